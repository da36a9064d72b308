"""What a screen or a command may ask of the running engine: the only way from intent back to the cluster."""

from dataclasses import dataclass
from typing import Protocol

from certdash.model.assessment import Assessment
from certdash.model.resource import Ref


@dataclass(frozen=True, slots=True)
class LookResult:
    """One object fetched whole, because somebody looks at it. `yaml` is the object as `kubectl get -o yaml` shows
    it (managedFields left out; a Secret's data never), "" when it could not be fetched; then `error` says why in
    one line."""

    ref: Ref
    yaml: str = ""
    error: str = ""


class Source(Protocol):
    """Live engine, replay, and scripts in tests all look like this."""

    @property
    def assessment(self) -> Assessment:
        """The newest assessment."""
        ...

    async def next_assessment(self, after: int) -> Assessment:
        """Wait until there is an assessment with a version above `after`, and return the newest."""
        ...

    def probe_now(self) -> None:
        """Start a full probe round at once (or right after the running one)."""
        ...

    async def look(self, ref: Ref) -> LookResult:
        """Fetch one object whole. Never raises for what the cluster does."""
        ...

    async def close(self) -> None:
        """Stop streams and probes; returns within a second whatever the network does."""
        ...
