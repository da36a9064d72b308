"""The only ways in: what live streams, a recording, the demo and the tests all feed to the store."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from certdash.model.connection import Connection, ServerFacts
from certdash.model.instant import Instant
from certdash.model.probe import ProbeRound
from certdash.model.stream import StreamSpec, StreamState


class ChangeType(StrEnum):
    """As the watch protocol says it."""

    ADDED = "ADDED"
    MODIFIED = "MODIFIED"
    DELETED = "DELETED"


@dataclass(frozen=True, slots=True)
class Change:
    """One object came, changed or went; `body` is the object as the API server sent it."""

    type: ChangeType
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ObjectsChanged:
    """Changes of one stream that belong together (a relist is one of these, so that it is atomic)."""

    at: Instant
    spec: StreamSpec
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class StreamChanged:
    """A stream's state changed; `state` None: the stream is no longer wanted and its objects go with it."""

    at: Instant
    spec: StreamSpec
    state: StreamState | None


@dataclass(frozen=True, slots=True)
class RoundBegan:
    """A probe round went out."""

    at: Instant


@dataclass(frozen=True, slots=True)
class RoundEnded:
    """A probe round came back, or was cancelled because its basis changed."""

    at: Instant
    round: ProbeRound


@dataclass(frozen=True, slots=True)
class IntervalChanged:
    """The probe's cadence changed, in seconds."""

    at: Instant
    interval: float


@dataclass(frozen=True, slots=True)
class ProofsVoided:
    """Whatever was proven before counts no more (the loop lagged, the machine slept, the connection went)."""

    at: Instant
    reason: str


@dataclass(frozen=True, slots=True)
class ConnectionChanged:
    """The connection's phase changed."""

    at: Instant
    connection: Connection


@dataclass(frozen=True, slots=True)
class ServerLooked:
    """Something was asked of the server beside the streams."""

    at: Instant
    server: ServerFacts


Input: TypeAlias = (
    ObjectsChanged
    | StreamChanged
    | RoundBegan
    | RoundEnded
    | IntervalChanged
    | ProofsVoided
    | ConnectionChanged
    | ServerLooked
)
