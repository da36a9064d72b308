"""Everything that is known at one moment, frozen."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from certdash.model.connection import Connection, ServerFacts, Target
from certdash.model.probe import ProbeState
from certdash.model.resource import Key, Kind, KubeObject
from certdash.model.stream import StreamPhase, StreamSpec, StreamState

_EMPTY: Mapping[Any, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Scope:
    """What the user asked to look at.

    `install_namespace` "" lets discovery find it. Probe objects go to `probe_namespace` with the given labels,
    annotations, DNS name and issuer reference, which exist for policy engines.
    """

    probe_namespace: str = "default"
    install_namespace: str = ""
    probe_labels: tuple[tuple[str, str], ...] = ()
    probe_annotations: tuple[tuple[str, str], ...] = ()
    probe_dns_name: str = "certdash.invalid"
    probe_issuer_kind: str = "Issuer"
    probe_issuer_name: str = "certdash-probe"
    probe_issuer_group: str = "cert-manager.io"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All inputs so far, folded. Kinds that did not change are shared with the snapshot before."""

    target: Target
    scope: Scope
    connection: Connection
    server: ServerFacts = field(default_factory=ServerFacts)
    objects: Mapping[Kind, Mapping[Key, KubeObject]] = field(default_factory=lambda: _EMPTY)
    streams: Mapping[StreamSpec, StreamState] = field(default_factory=lambda: _EMPTY)
    probe: ProbeState = field(default_factory=ProbeState)

    def of(self, kind: Kind) -> Mapping[Key, KubeObject]:
        """All objects of a kind by namespace and name."""
        return self.objects.get(kind, _EMPTY)

    def get(self, kind: Kind, name: str, namespace: str = "") -> KubeObject | None:
        """One object, or None when it is not in the store (see `readable` before calling it absent)."""
        return self.of(kind).get((namespace, name))

    def streams_for(self, kind: Kind, name: str = "", namespace: str = "") -> Iterator[StreamState]:
        """The streams that would have brought this object; without a name, those that bring all of the kind there."""
        for spec, state in self.streams.items():
            if spec.kind is not kind or spec.name not in ("", name):
                continue
            if spec.namespace in ("", namespace):
                yield state

    def readable(self, kind: Kind, name: str = "", namespace: str = "") -> bool:
        """Whether the absence of the object is a fact: a stream that covers it is synced right now."""
        return any(s.phase is StreamPhase.SYNCED for s in self.streams_for(kind, name, namespace))
