"""The state with which each member of a recording begins."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from certdash.model.connection import Connection, ServerFacts, Target
from certdash.model.instant import Instant
from certdash.model.probe import ProbeState
from certdash.model.resource import Kind
from certdash.model.snapshot import Scope
from certdash.model.stream import StreamSpec, StreamState


@dataclass(frozen=True, slots=True)
class Held:
    """One object that the store holds, and the streams that brought it."""

    kind: Kind
    body: Mapping[str, Any]
    owners: tuple[StreamSpec, ...]


@dataclass(frozen=True, slots=True)
class Keyframe:
    """All that is known at one moment: what follows needs nothing from before."""

    at: Instant
    target: Target
    scope: Scope
    connection: Connection
    server: ServerFacts
    probe: ProbeState
    streams: tuple[tuple[StreamSpec, StreamState], ...]
    objects: tuple[Held, ...]
