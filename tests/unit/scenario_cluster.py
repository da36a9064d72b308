"""A made-up cluster: its objects as the API server would send them, and how certdash is connected to it.

Times are fixed: NOW is the moment of the look, everything was installed a day before.
"""

import copy
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from certdash.certmanager import constants as c
from certdash.certmanager.reduce import reduce
from certdash.model.connection import Connection, ConnectionPhase, ServerFacts, Target
from certdash.model.instant import Instant
from certdash.model.probe import ProbeRound, ProbeState
from certdash.model.resource import Key, Kind, KubeObject
from certdash.model.snapshot import Scope, Snapshot
from certdash.model.stream import StreamPhase, StreamSpec, StreamState

Body = dict[str, Any]

NOW = Instant(steady=500_000.0, wall=datetime(2026, 11, 23, 20, 0, tzinfo=UTC).timestamp())
INSTALLED = NOW.wall - 86_400
USER = "alice"


def at(seconds_ago: float = 0.0) -> Instant:
    """The moment so many seconds before NOW."""
    return Instant(NOW.steady - seconds_ago, NOW.wall - seconds_ago)


def stamp(wall: float) -> str:
    """The moment as the API writes it."""
    return datetime.fromtimestamp(wall, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def ago(seconds: float) -> str:
    """The moment so many seconds before NOW, as the API writes it."""
    return stamp(NOW.wall - seconds)


class Cluster:
    """Objects as the API server would send them, and what certdash asked of it. Everything may be changed."""

    def __init__(self) -> None:
        self.bodies: dict[tuple[Kind, str, str], Body] = {}
        self.phases: dict[Kind, StreamPhase] = {}
        self.target = Target("prod", "prod", USER, "https://10.0.0.10:6443", "default", "~/.kube/config")
        self.scope = Scope()
        self.connection = Connection(ConnectionPhase.CONNECTED, at(600), NOW)
        self.server = ServerFacts(version="v1.36.2", api_servers=1, served=frozenset(c.CRD_NAMES), served_at=at(600))
        self.probe = ProbeState(basis_generation=1, basis_changed=at(600))

    def add(self, kind: Kind, body: Body) -> Body:
        """Put an object in (or in place of the one of that name)."""
        meta = body["metadata"]
        name, namespace = meta["name"], meta.get("namespace", "")
        meta.setdefault("uid", f"uid-{kind.name.lower()}-{namespace}-{name}")
        meta.setdefault("resourceVersion", "1000")
        meta.setdefault("creationTimestamp", stamp(INSTALLED))
        self.bodies[kind, namespace, name] = body
        return body

    def remove(self, kind: Kind, name: str = "", namespace: str = "") -> None:
        """Take one object away, or (no name) every object of the kind."""
        for key in [k for k in self.bodies if k[0] is kind and name in ("", k[2]) and namespace in ("", k[1])]:
            del self.bodies[key]

    def get(self, kind: Kind, name: str, namespace: str = "") -> Body:
        """The body of one object, to be changed in place."""
        return self.bodies[kind, namespace, name]

    def stream(self, kind: Kind, phase: StreamPhase) -> None:
        """Put all streams of a kind in a phase; unless SYNCED its objects are not seen."""
        self.phases[kind] = phase

    def objects(self) -> Mapping[Kind, Mapping[Key, KubeObject]]:
        """The objects as the store would hold them."""
        held: dict[Kind, dict[Key, KubeObject]] = {}
        for (kind, namespace, name), raw in self.bodies.items():
            if self.phases.get(kind, StreamPhase.SYNCED) is not StreamPhase.SYNCED:
                continue
            body = reduce(kind, copy.deepcopy(raw))
            meta = body["metadata"]
            held.setdefault(kind, {})[namespace, name] = KubeObject(
                kind, namespace, name, str(meta.get("uid", "")), str(meta.get("resourceVersion", "")), body
            )
        return held

    def streams(self) -> Mapping[StreamSpec, StreamState]:
        """One stream for each kind, as wide as need be."""
        states: dict[StreamSpec, StreamState] = {}
        for kind in Kind:
            phase = self.phases.get(kind, StreamPhase.SYNCED)
            synced = phase is StreamPhase.SYNCED
            error = "" if synced else f"{kind.resource.plural} is {phase.value}"
            status = 403 if phase is StreamPhase.FORBIDDEN else None
            spec = StreamSpec(kind, metadata_only=kind is Kind.SECRET)
            states[spec] = StreamState(phase, at(600), NOW, synced, error, status)
        return states

    def snapshot(self) -> Snapshot:
        """All of it, as the engine would see it."""
        return Snapshot(
            self.target, self.scope, self.connection, self.server, self.objects(), self.streams(), self.probe
        )

    def probed(self, *rounds: ProbeRound, **state: Any) -> None:
        """Set the probe's finished rounds (newest last) and other fields of its state."""
        known = {
            "basis_generation": self.probe.basis_generation,
            "basis_changed": self.probe.basis_changed,
            "interval": self.probe.interval,
        }
        self.probe = ProbeState(rounds=rounds, **{**known, **state})
