"""Everything that happened in a recording: its whole timeline, and where the verdict changed.

It is found by going through the recording once from its beginning, a little at a time, beside whatever else is done.
"""

from bisect import bisect_left, bisect_right

from certdash.diagnosis.diagnose import diagnose
from certdash.engine.assessor import entries_between
from certdash.engine.cursor import Course, Cursor, Novelty
from certdash.engine.timeline import ENTRIES_KEPT
from certdash.model.assessment import Assessment, TimelineEntry, TimelineTopic
from certdash.model.inputs import ConnectionChanged, ProofsVoided, RoundEnded
from certdash.recording.records import BasisSettled, Record

# What decides is diagnosed at once, the rest within this many recorded seconds.
GRAIN = 1.0
_DECISIVE = (RoundEnded, BasisSettled, ConnectionChanged, ProofsVoided)
# An answer ends when its time has passed, not at that moment.
_JUST_AFTER = 0.001


class Chronicle:
    """What is known of a course so far; `advance` until `complete`."""

    def __init__(self, course: Course) -> None:
        """Raises RecordingError when the beginning can't be read."""
        self._course = course
        self._cursor = Cursor(course)
        self._novelty = Novelty()
        self._last = self._assessed(0)
        self._assessed_at = 0.0
        self._stale = False
        self._positions: list[float] = []
        self._entries: list[TimelineEntry] = []
        self._verdicts: list[float] = []
        self.complete = False

    @property
    def reached(self) -> float:
        """Up to which position everything is known."""
        return self._course.length if self.complete else self._assessed_at

    def timeline(self, position: float) -> tuple[TimelineEntry, ...]:
        """The newest entries up to a position, as far as they are known."""
        end = bisect_right(self._positions, position)
        return tuple(self._entries[max(end - ENTRIES_KEPT, 0) : end])

    def verdict_before(self, position: float) -> float | None:
        """Where the verdict or its cause last changed before that position."""
        index = bisect_left(self._verdicts, position)
        return self._verdicts[index - 1] if index else None

    def verdict_after(self, position: float) -> float | None:
        """Where it next changes, None as far as is known."""
        index = bisect_right(self._verdicts, position)
        return self._verdicts[index] if index < len(self._verdicts) else None

    def advance(self) -> None:
        """Go on by one record, or one diagnosis. Raises RecordingError."""
        following, due = self._cursor.next_position, self._due()
        if due is not None and (following is None or due < following):
            self._cursor.advance(due)
            self._assess()
        elif following is None:
            self._assess()
            self.complete = True
        else:
            self._take(self._cursor.apply_next())

    def _take(self, record: Record | None) -> None:
        """What a record calls for; None: a member begins, and with it all may be different."""
        if record is None:
            self._novelty.begin(self._cursor.snapshot().streams.items())
        if isinstance(record, _DECISIVE):
            self._assess()
        elif record is None or self._novelty.of(record):
            self._stale = True

    def _due(self) -> float | None:
        """Where the next diagnosis is due if nothing decisive comes before."""
        moments = [self._assessed_at + GRAIN] if self._stale else []
        valid_until = self._last.diagnosis.valid_until
        if valid_until is not None:
            moments.append(self._assessed_at + max(valid_until.seconds_since(self._last.at), 0.0) + _JUST_AFTER)
        due = min(moments, default=self._course.length)
        return due if due < self._course.length else None

    def _assess(self) -> None:
        before, self._last = self._last, self._assessed(self._last.version + 1)
        self._assessed_at, self._stale = self._cursor.position, False
        for entry in entries_between(before, self._last):
            self._positions.append(self._assessed_at)
            self._entries.append(entry)
            if entry.topic is TimelineTopic.VERDICT:
                self._verdicts.append(self._assessed_at)

    def _assessed(self, version: int) -> Assessment:
        snapshot, now = self._cursor.snapshot(), self._cursor.now
        return Assessment(version, now, snapshot, diagnose(snapshot, now), ())
