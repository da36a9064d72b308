"""A Source that publishes what a test tells it to."""

import asyncio
from dataclasses import replace

from certdash.engine.source import LookResult
from certdash.model.assessment import Assessment
from certdash.model.resource import Ref


class ScriptedSource:
    """Starts with one assessment; `publish` brings the next."""

    def __init__(self, first: Assessment) -> None:
        self.assessment = replace(first, version=0)
        self.closed = False
        self.waited = asyncio.Event()
        self._published = asyncio.Event()

    def publish(self, assessment: Assessment) -> None:
        """The next assessment, as the engine would publish it."""
        self.assessment = replace(assessment, version=self.assessment.version + 1)
        published, self._published = self._published, asyncio.Event()
        published.set()

    async def next_assessment(self, after: int) -> Assessment:
        """As `Source`; sets `waited` when somebody waits."""
        while self.assessment.version <= after:
            self.waited.set()
            await self._published.wait()
        return self.assessment

    def probe_now(self) -> None:
        """Nothing to do."""

    async def look(self, ref: Ref) -> LookResult:
        """Nothing to see."""
        return LookResult(ref, error="scripted")

    async def close(self) -> None:
        """Remembered."""
        self.closed = True
