"""Folds inputs into the store, and says what follows: snapshot, diagnosis and timeline."""

from collections.abc import Iterator
from typing import Protocol

from certdash.diagnosis.diagnose import diagnose
from certdash.engine.store import Store
from certdash.engine.timeline import ENTRIES_KEPT, changes_between, verdict_change
from certdash.model.assessment import Assessment, TimelineEntry
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
    """The store with its tap."""

    def __init__(self, store: Store) -> None:
        self.tap: Tap | None = None
        self.store = store

    def take(self, event: Input) -> None:
        """Fold one input."""
        self.store.apply(event)
        if self.tap is not None:
            self.tap.took(event)

    def snapshot(self, now: Instant) -> Snapshot:
        """Everything folded in, with the proof's basis settled."""
        before = self.store.basis_generation
        snapshot = self.store.snapshot(now)
        if self.tap is not None and snapshot.probe.basis_generation != before:
            self.tap.settled(now)
        return snapshot

    def assessment_after(self, before: Assessment, now: Instant) -> Assessment:
        """What is known now, diagnosed; its timeline goes on from the one before."""
        return successor(before, self.snapshot(now), now)


def successor(before: Assessment, snapshot: Snapshot, now: Instant) -> Assessment:
    """The assessment of a snapshot that came after another."""
    after = Assessment(before.version + 1, now, snapshot, diagnose(snapshot, now), before.timeline)
    news = tuple(entries_between(before, after))
    if not news:
        return after
    timeline = (*before.timeline, *news)[-ENTRIES_KEPT:]
    return Assessment(after.version, now, snapshot, after.diagnosis, timeline)


def entries_between(before: Assessment, after: Assessment) -> Iterator[TimelineEntry]:
    """What the timeline says of the step from one assessment to the next."""
    yield from changes_between(before.snapshot, after.snapshot, after.at)
    entry = verdict_change(before.diagnosis, after.diagnosis, after.at)
    if entry is not None:
        yield entry
