"""Folds inputs into the state of the world, and freezes it into snapshots."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from certdash.certmanager.basis import ProofBasis, basis_loss, proof_basis
from certdash.certmanager.reduce import reduce
from certdash.model.connection import Connection, ConnectionPhase, Target
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
from certdash.model.resource import Key, Kind, KubeObject
from certdash.model.snapshot import Scope, Snapshot
from certdash.model.stream import StreamSpec, StreamState
from certdash.recording.keyframe import Held, Keyframe

ROUNDS_KEPT = 60

# Changes of these kinds come all the time and say nothing about a rollout or a repair.
_RESTLESS = frozenset({Kind.LEASE, Kind.EVENT})


class Store:
    """The state behind the snapshots. Not thread safe: it lives on the loop.

    `moved` is when an object other than a Lease or an Event last changed.
    """

    def __init__(self, target: Target, scope: Scope, now: Instant) -> None:
        self._objects: dict[Kind, dict[Key, KubeObject]] = defaultdict(dict)
        self._frozen: dict[Kind, Mapping[Key, KubeObject]] = {}
        self._owners: dict[tuple[Kind, Key], set[StreamSpec]] = defaultdict(set)
        self._streams: dict[StreamSpec, StreamState] = {}
        self._dirty: set[Kind] = set()
        self._basis: ProofBasis | None = None
        self._basis_stale = True
        self.moved = now
        connection = Connection(phase=ConnectionPhase.CONNECTING, since=now)
        self._snapshot = Snapshot(target=target, scope=scope, connection=connection)

    @property
    def basis_generation(self) -> int:
        """How often what the proof rests on was found changed."""
        return self._snapshot.probe.basis_generation

    def apply(self, event: Input) -> None:
        """Fold one input."""
        match event:
            case ObjectsChanged():
                self._apply_objects(event)
            case StreamChanged():
                self._apply_stream(event)
            case ConnectionChanged():
                self._snapshot = replace(self._snapshot, connection=event.connection)
            case ServerLooked():
                self._basis_stale = True
                self._snapshot = replace(self._snapshot, server=event.server)
            case _:
                self._set_probe(_fold_probe(self._snapshot.probe, event))

    @classmethod
    def restored(cls, frame: Keyframe) -> "Store":
        """The store that a keyframe was made from."""
        store = cls(frame.target, frame.scope, frame.at)
        store._streams = dict(frame.streams)
        for held in frame.objects:
            item = _kube_object(held.kind, held.body)
            store._objects[held.kind][item.key] = item
            store._owners[held.kind, item.key] = set(held.owners)
            store._dirty.add(held.kind)
        streams = MappingProxyType(dict(store._streams))
        store._snapshot = Snapshot(
            frame.target, frame.scope, frame.connection, frame.server, streams=streams, probe=frame.probe
        )
        store._basis = proof_basis(store.frozen())
        store._basis_stale = False
        return store

    def keyframe(self, now: Instant) -> Keyframe:
        """Everything that the store knows."""
        snapshot = self.snapshot(now)
        return Keyframe(
            at=now,
            target=snapshot.target,
            scope=snapshot.scope,
            connection=snapshot.connection,
            server=snapshot.server,
            probe=snapshot.probe,
            streams=tuple(self._streams.items()),
            objects=tuple(
                Held(kind, item.body, tuple(self._owners[kind, item.key]))
                for kind, held in self._objects.items()
                for item in held.values()
            ),
        )

    def snapshot(self, now: Instant) -> Snapshot:
        """Freeze. Recomputes the proof's basis where something it may rest on changed."""
        self.frozen()
        if self._basis_stale:
            self._settle_basis(now)
        return self._snapshot

    def frozen(self) -> Snapshot:
        """What was folded in so far, with the proof's basis as it was last settled."""
        if self._dirty:
            for kind in self._dirty:
                self._frozen[kind] = MappingProxyType(dict(self._objects[kind]))
            self._dirty.clear()
            self._snapshot = replace(self._snapshot, objects=MappingProxyType(dict(self._frozen)))
        return self._snapshot

    def _settle_basis(self, now: Instant) -> None:
        self._basis_stale = False
        basis = proof_basis(self._snapshot)
        if basis == self._basis:
            return
        probe = self._snapshot.probe
        changed = replace(probe, basis_generation=probe.basis_generation + 1, basis_changed=now)
        loss = basis_loss(self._basis, basis) if self._basis is not None else ""
        if loss:
            changed = replace(changed, voided=now, void_reason=loss)
        self._basis = basis
        self._set_probe(changed)

    def _set_probe(self, probe: ProbeState) -> None:
        self._snapshot = replace(self._snapshot, probe=probe)

    def _apply_objects(self, event: ObjectsChanged) -> None:
        for change in event.changes:
            self._apply_change(event.spec, change)
        kind = event.spec.kind
        if event.changes and kind not in _RESTLESS:
            self._basis_stale = True
            self.moved = event.at

    def _apply_change(self, spec: StreamSpec, change: Change) -> None:
        kind = spec.kind
        item = _kube_object(kind, change.body)
        if change.type is ChangeType.DELETED:
            self._disown(spec, item.key)
            return
        self._owners[kind, item.key].add(spec)
        self._objects[kind][item.key] = item
        self._dirty.add(kind)

    def _disown(self, spec: StreamSpec, key: Key) -> None:
        owners = self._owners.get((spec.kind, key))
        if owners is None:
            return
        owners.discard(spec)
        if owners:
            return
        del self._owners[spec.kind, key]
        if self._objects[spec.kind].pop(key, None) is not None:
            self._dirty.add(spec.kind)

    def _apply_stream(self, event: StreamChanged) -> None:
        self._basis_stale = True
        if event.state is not None:
            self._streams[event.spec] = event.state
        elif event.spec in self._streams:
            del self._streams[event.spec]
            for kind, key in [owned for owned, specs in self._owners.items() if event.spec in specs]:
                if kind is event.spec.kind:
                    self._disown(event.spec, key)
        self._snapshot = replace(self._snapshot, streams=MappingProxyType(dict(self._streams)))


def _kube_object(kind: Kind, raw: Mapping[str, Any]) -> KubeObject:
    metadata = raw.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    return KubeObject(
        kind=kind,
        namespace=str(metadata.get("namespace") or ""),
        name=str(metadata.get("name") or ""),
        uid=str(metadata.get("uid") or ""),
        resource_version=str(metadata.get("resourceVersion") or ""),
        body=reduce(kind, raw),
    )


def _fold_probe(probe: ProbeState, event: RoundBegan | RoundEnded | IntervalChanged | ProofsVoided) -> ProbeState:
    match event:
        case RoundBegan():
            return replace(probe, in_flight=event.at)
        case RoundEnded():
            return replace(probe, in_flight=None, rounds=(*probe.rounds, event.round)[-ROUNDS_KEPT:])
        case IntervalChanged():
            return replace(probe, interval=event.interval)
        case ProofsVoided():
            return replace(probe, voided=event.at, void_reason=event.reason)
