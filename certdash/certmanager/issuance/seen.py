"""What is seen of one issuance: the objects that take part in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from certdash.certmanager import fields

Body = Mapping[str, Any]

CERTIFICATE_NAME = "cert-manager.io/certificate-name"


@dataclass(frozen=True, slots=True)
class Seen:
    """The newest state of each object, None when it is not there. The Secret is metadata only.

    `unreadable` names the kinds that may not be read; their absence says nothing.
    """

    issuer: Body | None = None
    certificate: Body | None = None
    request: Body | None = None
    secret: Body | None = None
    unreadable: frozenset[str] = frozenset()


def condition(body: Body | None, kind: str) -> Body:
    """The condition of that type, an empty one when there is none."""
    conditions = fields.items(body, "status", "conditions")
    return next((c for c in conditions if c.get("type") == kind), fields.EMPTY)


def holds(body: Body | None, kind: str) -> bool:
    """Whether the condition of that type is True."""
    return condition(body, kind).get("status") == "True"


def words(found: Body) -> str:
    """Reason and message of a condition, as one text."""
    reason, message = fields.text(found, "reason"), fields.text(found, "message")
    return f"{reason}: {message}" if reason and message else reason or message
