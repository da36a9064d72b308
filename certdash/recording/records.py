"""What a recording is made of: keyframes, inputs, and the marks of when the proof's basis was found changed.

One record is one line of JSON. Bodies are reduced before anything else is done with them, and an object that was
written before within the member is written as the difference.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from certdash.certmanager.reduce import reduce
from certdash.model.connection import Connection, ServerFacts, Target
from certdash.model.inputs import (
    Change,
    ChangeType,
    ConnectionChanged,
    Input,
    IntervalChanged,
    ObjectsChanged,
    ProofsVoided,
    RoundBegan,
    RoundEnded,
    ServerLooked,
    StreamChanged,
)
from certdash.model.instant import Instant
from certdash.model.probe import ProbeState
from certdash.model.resource import Kind
from certdash.model.snapshot import Scope
from certdash.model.stream import StreamSpec, StreamState
from certdash.recording.keyframe import Held, Keyframe
from certdash.recording.patch import difference, patched
from certdash.recording.plain import from_plain, instant_from_plain, instant_to_plain, to_plain

Body: TypeAlias = dict[str, Any]
Rewrite: TypeAlias = Callable[[Any], Any]
"""Takes secrets (and names) out of a record before it is written."""


@dataclass(frozen=True, slots=True)
class BasisSettled:
    """At this moment the engine compared what the proof rests on with what it rested on before, and it had changed."""

    at: Instant


@dataclass(frozen=True, slots=True)
class Standstill:
    """Nothing else happened up to this moment."""

    at: Instant


Record: TypeAlias = Input | BasisSettled | Standstill

_TAGS: Final[Mapping[type, str]] = {
    ObjectsChanged: "objects",
    StreamChanged: "stream",
    RoundBegan: "began",
    RoundEnded: "ended",
    IntervalChanged: "interval",
    ProofsVoided: "voided",
    ConnectionChanged: "connection",
    ServerLooked: "server",
    BasisSettled: "settled",
    Standstill: "standstill",
}
_CLASSES: Final = {tag: cls for cls, tag in _TAGS.items()}
_KEYFRAME: Final = "keyframe"


def reduced(record: Record) -> Record:
    """The record as it is kept: objects reduced to what certdash reads, one that is gone to its name."""
    if not isinstance(record, ObjectsChanged):
        return record
    kind = record.spec.kind
    changes = tuple(Change(c.type, _reduced_body(kind, c)) for c in record.changes)
    return ObjectsChanged(record.at, record.spec, changes)


def _reduced_body(kind: Kind, change: Change) -> Body:
    body = reduce(kind, change.body)
    if change.type is not ChangeType.DELETED:
        return body
    metadata = body["metadata"]
    return {"metadata": {name: metadata[name] for name in ("name", "namespace") if name in metadata}}


def _key(kind: Kind, body: Mapping[str, Any]) -> tuple[Kind, str, str]:
    metadata = body.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    return kind, str(metadata.get("namespace") or ""), str(metadata.get("name") or "")


class RecordEncoder:
    """Writes the records of one member, its keyframe first."""

    def __init__(self, rewrite: Rewrite) -> None:
        self._rewrite = rewrite
        self._bodies: dict[tuple[Kind, str, str], Body] = {}
        self._at = Instant(0.0, 0.0)

    def keyframe(self, frame: Keyframe) -> bytes:
        """The member's first line."""
        self._at = frame.at
        bodies = [(held.kind, reduce(held.kind, held.body), held.owners) for held in frame.objects]
        self._bodies = {_key(kind, body): body for kind, body, _ in bodies}
        streams = [spec for spec, _ in frame.streams]
        plain = {
            "at": instant_to_plain(frame.at, Instant(0.0, 0.0)),
            "target": to_plain(frame.target, frame.at),
            "scope": to_plain(frame.scope, frame.at),
            "connection": to_plain(frame.connection, frame.at),
            "server": to_plain(frame.server, frame.at),
            "probe": to_plain(frame.probe, frame.at),
            "streams": to_plain(frame.streams, frame.at),
            "objects": [
                [kind.name, body, [streams.index(owner) for owner in owners if owner in streams]]
                for kind, body, owners in bodies
            ],
        }
        return _line(_KEYFRAME, self._rewrite(plain))

    def record(self, record: Record) -> bytes:
        """One more line."""
        plain: Any
        if isinstance(record, ObjectsChanged):
            kind = record.spec.kind
            changes = [self._change(kind, change) for change in record.changes]
            plain = {"spec": to_plain(record.spec, record.at), "changes": changes}
        else:
            plain = to_plain(record, record.at)
            del plain["at"]
        passed = instant_to_plain(record.at, self._at)
        self._at = record.at
        return _line(_TAGS[type(record)], passed, self._rewrite(plain))

    def _change(self, kind: Kind, change: Change) -> list[Any]:
        body = _reduced_body(kind, change)
        key = _key(kind, body)
        before = self._bodies.pop(key, None)
        if change.type is ChangeType.DELETED:
            return [change.type.value, body]
        self._bodies[key] = body
        if before is None:
            return [change.type.value, body]
        return [change.type.value, key[1], key[2], difference(before, body)]


class RecordDecoder:
    """Reads the records of one member, its keyframe first. Raises ValueError for what it does not understand."""

    def __init__(self) -> None:
        self._bodies: dict[tuple[Kind, str, str], Body] = {}
        self._at = Instant(0.0, 0.0)

    def keyframe(self, line: bytes) -> Keyframe:
        """The member's first line."""
        tag, plain = _parsed(line, 2)
        if tag != _KEYFRAME or not isinstance(plain, dict):
            raise ValueError("a part does not begin with a keyframe")
        at = self._at = instant_from_plain(plain.get("at"), Instant(0.0, 0.0))
        streams = from_plain(tuple[tuple[StreamSpec, StreamState], ...], plain.get("streams"), at)
        specs = [spec for spec, _ in streams]
        objects = []
        for kind_name, body, owners in plain.get("objects", ()):
            kind = from_plain(Kind, kind_name, at)
            self._bodies[_key(kind, body)] = body
            objects.append(Held(kind, body, tuple(specs[index] for index in owners)))
        return Keyframe(
            at=at,
            target=from_plain(Target, plain.get("target"), at),
            scope=from_plain(Scope, plain.get("scope"), at),
            connection=from_plain(Connection, plain.get("connection"), at),
            server=from_plain(ServerFacts, plain.get("server"), at),
            probe=from_plain(ProbeState, plain.get("probe"), at),
            streams=streams,
            objects=tuple(objects),
        )

    def record(self, line: bytes) -> Record | None:
        """One more record, None for one of a kind that is not known: a newer program wrote it."""
        tag, passed, plain = _parsed(line, 3)
        at = self._at = instant_from_plain(passed, self._at)
        cls = _CLASSES.get(tag)
        if cls is None or not isinstance(plain, dict):
            return None
        if cls is ObjectsChanged:
            spec: StreamSpec = from_plain(StreamSpec, plain.get("spec"), at)
            return ObjectsChanged(at, spec, tuple(self._change(spec.kind, c) for c in plain.get("changes", ())))
        found: Record = from_plain(cls, {**plain, "at": 0}, at)
        return found

    def _change(self, kind: Kind, plain: Any) -> Change:
        change_type = ChangeType(plain[0])
        body = plain[1] if len(plain) == 2 else patched(self._bodies.get((kind, plain[1], plain[2])), plain[3])
        if not isinstance(body, dict):
            raise ValueError("a change has no object")
        key = _key(kind, body)
        if change_type is ChangeType.DELETED:
            self._bodies.pop(key, None)
        else:
            self._bodies[key] = body
        return Change(change_type, body)


def _line(*parts: Any) -> bytes:
    return json.dumps(parts, separators=(",", ":")).encode() + b"\n"


def _parsed(line: bytes, length: int) -> list[Any]:
    found = json.loads(line)
    if not isinstance(found, list) or len(found) != length:
        raise ValueError("a record is not a record")
    return found
