"""The newest assessment, for whoever waits for it."""

import asyncio

from certdash.diagnosis.diagnose import diagnose
from certdash.model.assessment import Assessment
from certdash.model.instant import Instant
from certdash.model.snapshot import Snapshot


class Publication:
    """Holds the newest assessment, and wakes whoever waits for the next. Lives on the loop."""

    def __init__(self, snapshot: Snapshot, now: Instant) -> None:
        self._assessment = Assessment(0, now, snapshot, diagnose(snapshot, now), ())
        self._published = asyncio.Event()
        self.failure: BaseException | None = None

    @property
    def assessment(self) -> Assessment:
        """The newest assessment."""
        return self._assessment

    async def next_assessment(self, after: int) -> Assessment:
        """Wait for an assessment newer than `after`. Raises what went wrong in the engine itself, if anything did: a
        picture that stands still must not pass for the truth."""
        while self._assessment.version <= after:
            if self.failure is not None:
                raise self.failure
            await self._published.wait()
        return self._assessment

    def publish(self, assessment: Assessment) -> None:
        """Make this the newest assessment."""
        self._assessment = assessment
        published, self._published = self._published, asyncio.Event()
        published.set()

    def fail(self, error: BaseException) -> None:
        """Let whoever waits hear of a fault of the engine."""
        self.failure = self.failure or error
        self._published.set()
