"""A made-up hour of a cluster: inputs as the live engine would take them, and the file that is made of them."""

import copy
from pathlib import Path

from certdash.engine.assessor import Assessor
from certdash.engine.store import Store
from certdash.model.inputs import (
    Change,
    ChangeType,
    ConnectionChanged,
    Input,
    IntervalChanged,
    ObjectsChanged,
    RoundBegan,
    RoundEnded,
    ServerLooked,
    StreamChanged,
)
from certdash.model.instant import Instant
from certdash.model.probe import ProbeAnswer, ProbeName, ProbeRound
from certdash.model.resource import Kind
from certdash.model.stream import StreamSpec
from certdash.recording.container import ChunkCompressor
from certdash.recording.records import BasisSettled, Record, RecordEncoder, Rewrite
from certdash.recording.scrub import scrubbed
from certdash.recording.writer import RecordingWriter
from tests.unit.scenario_cluster import NOW, Cluster


class Tape:
    """Takes records down as the recorder does, but at once: each in a chunk of its own."""

    def __init__(self, path: Path, story: "Story", rewrite: Rewrite = scrubbed, max_size: int = 1 << 30) -> None:
        self.writer = RecordingWriter(path, certdash="test", begun=story.now, max_size=max_size, names_replaced=False)
        self._story = story
        self._rewrite = rewrite
        self.records: list[Record] = []
        self.begin_member()
        story.assessor.tap = self

    def begin_member(self) -> None:
        """Begin a member with what the story's store knows."""
        self._story.settle()
        self._encoder, self._compressor = RecordEncoder(self._rewrite), ChunkCompressor()
        frame = self._story.assessor.store.keyframe(self._story.now)
        self._append(self._encoder.keyframe(frame), frame.at, begins_member=True)

    def took(self, event: Input) -> None:
        """An input came."""
        self._take(event)

    def settled(self, at: Instant) -> None:
        """The basis changed."""
        self._take(BasisSettled(at))

    def _take(self, record: Record) -> None:
        self.records.append(record)
        self._append(self._encoder.record(record), record.at, begins_member=False)

    def _append(self, line: bytes, until: Instant, *, begins_member: bool) -> None:
        self.writer.append(self._compressor.compress(line), begins_member=begins_member, until=until)


class Story:
    """One engine's life without an engine: a store that is told what becomes of a cluster, moment by moment."""

    def __init__(self, cluster: Cluster) -> None:
        self.now = Instant(NOW.steady, NOW.wall)
        self.assessor = Assessor(Store(cluster.target, cluster.scope, self.now))
        self._shown: Cluster | None = None
        self._rounds = 0

    def wait(self, seconds: float) -> None:
        """Let time pass, in whole microseconds."""
        micros = round(seconds * 1e6)
        self.now = Instant((round(self.now.steady * 1e6) + micros) / 1e6, (round(self.now.wall * 1e6) + micros) / 1e6)

    def settle(self) -> None:
        """Look at the basis, as the engine does before each assessment."""
        self.assessor.snapshot(self.now)

    def take(self, event: Input) -> None:
        """Take one input."""
        self.assessor.take(event)

    def become(self, cluster: Cluster) -> None:
        """The cluster turns into this one: its objects, streams, connection and server."""
        before = self._shown
        if before is None:
            self.take(ConnectionChanged(self.now, cluster.connection))
            self.take(ServerLooked(self.now, cluster.server))
        elif before.connection != cluster.connection:
            self.take(ConnectionChanged(self.now, cluster.connection))
        for spec, state in cluster.streams().items():
            changes = self._changes(spec.kind, before, cluster)
            if changes:
                self.take(ObjectsChanged(self.now, spec, changes))
            if before is None or before.streams()[spec] != state:
                self.take(StreamChanged(self.now, spec, state))
        self._shown = copy.deepcopy(cluster)

    def _changes(self, kind: Kind, before: Cluster | None, after: Cluster) -> tuple[Change, ...]:
        old = {key: body for key, body in before.bodies.items() if key[0] is kind} if before is not None else {}
        new = {key: body for key, body in after.bodies.items() if key[0] is kind}
        changes = [Change(ChangeType.DELETED, copy.deepcopy(body)) for key, body in old.items() if key not in new]
        for key, body in new.items():
            if key not in old:
                changes.append(Change(ChangeType.ADDED, copy.deepcopy(body)))
            elif body != old[key]:
                changes.append(Change(ChangeType.MODIFIED, copy.deepcopy(body)))
        return tuple(changes)

    def probe(self, answers: tuple[ProbeAnswer, ...], seconds: float = 0.04) -> None:
        """A round goes out and comes back."""
        self._rounds += 1
        self.settle()
        begun, basis = self.now, self.assessor.store.basis_generation
        self.take(RoundBegan(begun))
        self.wait(seconds)
        self.settle()
        full = len(answers) == len(ProbeName)
        basis_ended = self.assessor.store.basis_generation
        done = ProbeRound(self._rounds, begun, self.now, "default", answers, full, basis, basis_ended)
        self.take(RoundEnded(self.now, done))
        self.settle()

    def every(self, interval: float) -> None:
        """The cadence becomes this."""
        self.take(IntervalChanged(self.now, interval))


def spec_of(kind: Kind) -> StreamSpec:
    """The stream that brings a kind in the made-up cluster."""
    return StreamSpec(kind, metadata_only=kind is Kind.SECRET)
