"""Folds inputs into the store and publishes what follows from them: snapshot, diagnosis and timeline.

The live engine and a replay differ in where the inputs come from and in when they ask for an assessment; this is what
they share.
"""

import asyncio
from typing import Protocol

from certdash.diagnosis.diagnose import diagnose
from certdash.engine.store import Store
from certdash.engine.timeline import ENTRIES_KEPT, changes_between, verdict_change
from certdash.model.assessment import Assessment
from certdash.model.inputs import Input
from certdash.model.instant import Instant
from certdash.model.snapshot import Snapshot


class Tap(Protocol):
    """Is told what the store is told, in the same order: a recording in the making."""

    def took(self, event: Input) -> None:
        """An input was folded."""
        ...

    def settled(self, at: Instant) -> None:
        """What the proof rests on was found to have changed."""
        ...


class Assessor:
    """The newest assessment, and the way to the next. Lives on the loop."""

    def __init__(self, store: Store, now: Instant) -> None:
        self.tap: Tap | None = None
        self._store = store
        snapshot = store.snapshot(now)
        self._assessment = Assessment(0, now, snapshot, diagnose(snapshot, now), ())
        self._published = asyncio.Event()
        self._failure: BaseException | None = None

    @property
    def assessment(self) -> Assessment:
        """The newest assessment."""
        return self._assessment

    @property
    def store(self) -> Store:
        """What the inputs are folded into."""
        return self._store

    async def next_assessment(self, after: int) -> Assessment:
        """Wait for an assessment newer than `after`. Raises what went wrong in the engine itself, if anything did: a
        picture that stands still must not pass for the truth."""
        while self._assessment.version <= after:
            if self._failure is not None:
                raise self._failure
            await self._published.wait()
        return self._assessment

    def fail(self, error: BaseException) -> None:
        """Let whoever waits hear of a fault of the engine."""
        self._failure = self._failure or error
        self._published.set()

    def take(self, event: Input) -> None:
        """Fold one input."""
        self._store.apply(event)
        if self.tap is not None:
            self.tap.took(event)

    def snapshot(self, now: Instant) -> Snapshot:
        """Everything folded in, with the proof's basis settled."""
        before = self._store.basis_generation
        snapshot = self._store.snapshot(now)
        if self.tap is not None and snapshot.probe.basis_generation != before:
            self.tap.settled(now)
        return snapshot

    def assess(self, now: Instant) -> Assessment:
        """Diagnose what is known now, and publish it."""
        before = self._assessment
        snapshot = self.snapshot(now)
        diagnosis = diagnose(snapshot, now)
        entries = list(changes_between(before.snapshot, snapshot, now))
        if (entry := verdict_change(before.diagnosis, diagnosis, now)) is not None:
            entries.append(entry)
        timeline = (*before.timeline, *entries)[-ENTRIES_KEPT:] if entries else before.timeline
        return self.publish(Assessment(before.version + 1, now, snapshot, diagnosis, timeline))

    def publish(self, assessment: Assessment) -> Assessment:
        """Make this the newest assessment."""
        self._assessment = assessment
        published, self._published = self._published, asyncio.Event()
        published.set()
        return assessment
