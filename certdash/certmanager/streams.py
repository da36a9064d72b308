"""Which streams the snapshot so far calls for."""

from certdash.certmanager import constants
from certdash.certmanager.discovery import FoundBy, cert_manager_entries, component_of, discover
from certdash.model.resource import Kind
from certdash.model.snapshot import Snapshot
from certdash.model.stream import StreamPhase, StreamSpec

_IN_NAMESPACE = (
    Kind.DEPLOYMENT,
    Kind.REPLICASET,
    Kind.POD,
    Kind.SERVICE,
    Kind.ENDPOINTSLICE,
    Kind.EVENT,
)
_FOREIGN_NAMESPACES = 2  # of further installs, so that a cluster full of leftovers can't cost a stream for each
_SEARCH = StreamSpec(Kind.DEPLOYMENT, label_selector=constants.COMPONENT_SELECTOR)


def desired_streams(snapshot: Snapshot) -> frozenset[StreamSpec]:
    """The streams to hold open. A default install needs 19, or one less when it holds the probe namespace.

    Where further configurations lead to other namespaces, what answers there is watched, too: their Deployments and
    Services decide which configuration is the live one.
    """
    install = discover(snapshot)
    specs = {StreamSpec(Kind.CRD, name=name) for name in constants.CRD_NAMES}
    specs |= {StreamSpec(Kind.VALIDATING), StreamSpec(Kind.MUTATING)}
    specs |= {StreamSpec(Kind.NAMESPACE, name=n) for n in (snapshot.scope.probe_namespace, install.namespace)}
    specs |= {StreamSpec(kind, namespace=install.namespace) for kind in _IN_NAMESPACE}
    specs |= {
        StreamSpec(Kind.LEASE, install.lease_namespace, constants.CONTROLLER_LEASE),
        StreamSpec(Kind.LEASE, install.cainjector_lease_namespace, constants.CAINJECTOR_LEASE),
    }
    if install.ca_secret:
        specs.add(StreamSpec(Kind.SECRET, *install.ca_secret, metadata_only=True))
    pointed = {e.service[0] for e in cert_manager_entries(snapshot) if e.service and e.service[0]}
    for namespace in sorted(pointed - {install.namespace})[:_FOREIGN_NAMESPACES]:
        specs |= {StreamSpec(kind, namespace=namespace) for kind in (Kind.DEPLOYMENT, Kind.SERVICE)}
    if _searching(snapshot, install.found_by):
        specs.add(_SEARCH)
    return frozenset(specs)


def _searching(snapshot: Snapshot, found_by: FoundBy) -> bool:
    """Whether Deployments are looked for in the whole cluster: only while nothing else leads to the install.

    The answer must not hang on what the search itself finds elsewhere, else it would end and begin again for ever.
    """
    if found_by in (FoundBy.SCOPE, FoundBy.CONFIGURATION):
        return False
    guess = constants.DEFAULT_NAMESPACE
    if any(ns == guess and component_of(d) for (ns, _), d in snapshot.of(Kind.DEPLOYMENT).items()):
        return False
    if _SEARCH in snapshot.streams:
        return True
    settled = (Kind.VALIDATING, Kind.MUTATING)
    read = all(snapshot.readable(kind) for kind in settled) or any(_refused(snapshot, kind) for kind in settled)
    return read and (snapshot.readable(Kind.DEPLOYMENT, namespace=guess) or _refused(snapshot, Kind.DEPLOYMENT))


def _refused(snapshot: Snapshot, kind: Kind) -> bool:
    states = [state for spec, state in snapshot.streams.items() if spec.kind is kind and spec is not _SEARCH]
    return any(state.phase is StreamPhase.FORBIDDEN for state in states)
