"""A place in a recording, and the store as it was there."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator

from certdash.engine.store import Store
from certdash.model.inputs import (
    ConnectionChanged,
    IntervalChanged,
    ObjectsChanged,
    ProofsVoided,
    RoundEnded,
    ServerLooked,
    StreamChanged,
)
from certdash.model.instant import Instant
from certdash.model.resource import Kind
from certdash.model.snapshot import Snapshot
from certdash.model.stream import StreamPhase, StreamSpec, StreamState
from certdash.recording.errors import RecordingError
from certdash.recording.keyframe import Keyframe
from certdash.recording.reader import Recording
from certdash.recording.records import BasisSettled, Record, Standstill

# Renewals and repetitions: nothing of them is to be seen when one steps through a recording.
_QUIET = frozenset({Kind.LEASE, Kind.EVENT})
# Positions are sums of differences: this close to each other they are one and the same.
_SAME = 1e-6
_SHOWN = (RoundEnded, IntervalChanged, ProofsVoided, ConnectionChanged, ServerLooked)


class Course:
    """Where the members of a recording lie on one axis of recorded seconds, from 0 to `length`.

    Each session has a steady clock of its own, so sessions follow each other without the time between them. What is
    missing within a session keeps its place: time went on there.
    """

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.members = recording.members
        self.starts: list[float] = []
        length, session, origin = 0.0, -1, 0.0
        for member in self.members:
            if member.session != session or member.begun.steady < origin:
                session, origin, base = member.session, member.begun.steady, length
            self.starts.append(base + member.begun.steady - origin)
            length = max(length, base + member.ended.steady - origin)
        self.length = length

    def member_at(self, position: float) -> int:
        """The index of the member that tells of that position."""
        return max(bisect_right(self.starts, position) - 1, 0)

    def position_of(self, index: int, moment: Instant) -> float:
        """Where a moment of a member lies."""
        return self.starts[index] + max(moment.steady - self.members[index].begun.steady, 0.0)

    def position_at_wall(self, wall: float) -> float | None:
        """Where a moment of the wall clock lies (Unix seconds, UTC); None outside of what was recorded."""
        for index, member in enumerate(self.members):
            last = index + 1 == len(self.members) or self.members[index + 1].session != member.session
            until = member.ended.wall if last else self.members[index + 1].begun.wall
            # Whoever reads a clock reads whole seconds.
            if int(member.begun.wall) <= wall <= until:
                return min(self.starts[index] + max(wall - member.begun.wall, 0.0), self.length)
        return None

    def shown_positions(self, index: int) -> tuple[float, ...]:
        """Where in a member something came in that is to be seen."""
        novelty = Novelty()
        shown = []
        for record in self.recording.read(self.members[index]):
            if isinstance(record, Keyframe):
                novelty.begin(record.streams)
            elif novelty.of(record):
                shown.append(self.position_of(index, record.at))
        return tuple(shown)


class Novelty:
    """Tells what is to be seen from what only says that all is as it was."""

    def __init__(self) -> None:
        self._phases: dict[StreamSpec, StreamPhase | None] = {}

    def begin(self, streams: Iterable[tuple[StreamSpec, StreamState]]) -> None:
        """From these streams on."""
        self._phases = {spec: state.phase for spec, state in streams}

    def of(self, record: Record) -> bool:
        """Whether the next record brings something new."""
        if isinstance(record, ObjectsChanged):
            return record.spec.kind not in _QUIET
        if not isinstance(record, StreamChanged):
            return isinstance(record, _SHOWN)
        phase = record.state.phase if record.state is not None else None
        known = self._phases.get(record.spec)
        self._phases[record.spec] = phase
        return known is not phase


class Cursor:
    """The store at one position of a course; moves forward record by record, elsewhere by the nearest keyframe."""

    def __init__(self, course: Course) -> None:
        """Stand at the beginning. Raises RecordingError when nothing can be read there."""
        self._course = course
        self._index = 0
        self._position = self._anchor_position = 0.0
        self._anchor = course.members[0].begun
        self._store: Store
        self._records: Iterator[Record]
        self._next: Record | None
        self._load(0)

    @property
    def position(self) -> float:
        """Where it stands."""
        return self._position

    @property
    def next_position(self) -> float | None:
        """Where the next record lies, None at the end."""
        if self._next is not None:
            return max(self._course.position_of(self._index, self._next.at), self._position)
        following = self._index + 1
        return self._course.starts[following] if following < len(self._course.members) else None

    @property
    def now(self) -> Instant:
        """The recording's clock here."""
        return self.instant(self._position)

    def instant(self, position: float) -> Instant:
        """The recording's clock at a position not before this one, if nothing else comes until then."""
        passed = position - self._anchor_position
        return Instant(self._anchor.steady + passed, self._anchor.wall + passed)

    def snapshot(self) -> Snapshot:
        """What was known here."""
        return self._store.frozen()

    def seek(self, position: float) -> None:
        """Go there, with everything applied that came until then. Raises RecordingError."""
        index = self._course.member_at(position)
        if index != self._index or position < self._position:
            self._load(index)
        self.advance(position)

    def advance(self, position: float) -> bool:
        """Go forward; whether anything was applied."""
        applied = False
        while (following := self.next_position) is not None and following <= position + _SAME:
            self.apply_next()
            applied = True
        self._position = max(position, self._position)
        return applied

    def apply_next(self) -> Record | None:
        """Apply the next record and stand where it came; None for the beginning of a member, or at the end."""
        record = self._next
        if record is None:
            if self._index + 1 < len(self._course.members):
                self._load(self._index + 1)
            return None
        self._position = max(self._course.position_of(self._index, record.at), self._position)
        self._anchor, self._anchor_position = record.at, self._position
        if isinstance(record, BasisSettled):
            self._store.snapshot(record.at)
        elif not isinstance(record, Standstill):
            self._store.apply(record)
        self._next = next(self._records, None)
        return record

    def _load(self, index: int) -> None:
        member = self._course.members[index]
        self._index = index
        self._position = self._anchor_position = self._course.starts[index]
        self._anchor = member.begun
        records = self._course.recording.read(member)
        first = next(records, None)
        if not isinstance(first, Keyframe):
            raise RecordingError(f"{self._course.recording.path} is damaged: a part of it can't be understood")
        self._store = Store.restored(first)
        self._records = _records(records)
        self._next = next(self._records, None)


def _records(items: Iterator[Keyframe | Record]) -> Iterator[Record]:
    return (item for item in items if not isinstance(item, Keyframe))
