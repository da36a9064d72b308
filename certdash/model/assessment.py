"""What the engine publishes."""

from dataclasses import dataclass
from enum import StrEnum

from certdash.model.diagnosis import Diagnosis, Status
from certdash.model.instant import Instant
from certdash.model.resource import Ref
from certdash.model.snapshot import Snapshot


class TimelineTopic(StrEnum):
    """What an entry of the timeline is about."""

    VERDICT = "verdict"
    OBJECT = "object"
    STREAM = "stream"
    CONNECTION = "connection"
    PROBE = "probe"


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """What changed when. `text` may hold raw cluster text; `ref` leads to the object where there is one."""

    at: Instant
    topic: TimelineTopic
    status: Status
    text: str
    ref: Ref | None = None


@dataclass(frozen=True, slots=True)
class Assessment:
    """A snapshot with its diagnosis, and the timeline up to it (newest last). `version` grows with each."""

    version: int
    at: Instant
    snapshot: Snapshot
    diagnosis: Diagnosis
    timeline: tuple[TimelineEntry, ...]
