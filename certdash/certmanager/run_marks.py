"""How certdash marks what it creates: whose run it is, and until when it may exist."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from certdash.certmanager import fields
from certdash.certmanager.constants import LABEL_MANAGED_BY

RUN_LABEL: Final = "certdash.io/run"
EXPIRY_ANNOTATION: Final = "certdash.io/expires"
NAME_PREFIX: Final = "certdash-test-"


@dataclass(frozen=True, slots=True)
class RunMarks:
    """One run's marks. `expires` is UTC in Unix seconds: nothing of the run has any use after it."""

    run: str
    expires: float

    @property
    def name(self) -> str:
        """The name that this run's objects bear or begin with."""
        return NAME_PREFIX + self.run

    @property
    def labels(self) -> dict[str, str]:
        """The labels of every object of this run."""
        return {RUN_LABEL: self.run, LABEL_MANAGED_BY: "certdash"}

    @property
    def annotations(self) -> dict[str, str]:
        """The annotations of every object of this run."""
        return {EXPIRY_ANNOTATION: datetime.fromtimestamp(self.expires, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}


def read_marks(body: Mapping[str, Any]) -> RunMarks | None:
    """The marks of an object, None unless label, expiry and name agree that certdash made it."""
    run = fields.text(body, "metadata", "labels", RUN_LABEL)
    expires = fields.moment(body, "metadata", "annotations", EXPIRY_ANNOTATION)
    name = fields.text(body, "metadata", "name")
    if not run or expires is None or not fields.text(body, "metadata", "uid") or not name.startswith(NAME_PREFIX + run):
        return None
    return RunMarks(run, expires)
