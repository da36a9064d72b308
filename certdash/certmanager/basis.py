"""What the proof depends on, and only that: a change of it calls for a new round, a loss of it voids the proof."""

import json
from dataclasses import dataclass
from typing import Any

from certdash.certmanager import constants, fields
from certdash.certmanager.discovery import cert_manager_entries, discover
from certdash.certmanager.selection import AdmissionRequest, Selection, probe_request, select
from certdash.certmanager.trust import bundle_digest, decode_bundle
from certdash.certmanager.views import WebhookEntry, crd_view, endpoints, service_port, webhook_entries
from certdash.model.probe import ProbeName
from certdash.model.resource import Key, Kind
from certdash.model.snapshot import Snapshot

_ABSENT, _UNREADABLE, _SERVED = "absent", "unreadable", "served"


@dataclass(frozen=True, slots=True)
class EntryBasis:
    """One webhook entry as far as admission of the probes depends on it. `selects`: the valid Certificate, and the
    CertificateRequest."""

    kind: Kind
    configuration: str
    name: str
    own: bool
    target: str
    path: str
    bundle: str
    bundle_usable: bool
    rules: str
    selectors: str
    policy: str
    selects: tuple[Selection, ...]


@dataclass(frozen=True, slots=True)
class ProofBasis:
    """Everything that the proof depends on. Equal bases mean that a proof need not be made anew.

    The states of `crds` are "served", "absent", "unreadable" or why it is not served. `service` is its spec as text.
    """

    crds: tuple[tuple[str, str], ...]
    entries: tuple[EntryBasis, ...]
    configurations_readable: tuple[bool, bool]
    service: str
    service_port: bool
    endpoints: tuple[tuple[str, int], ...]
    endpoints_readable: bool
    namespace: str
    namespace_phase: str
    namespace_labels: tuple[tuple[str, str], ...]


def proof_basis(snapshot: Snapshot) -> ProofBasis:
    """The basis as of this snapshot. A stream that breaks changes nothing while its objects are still held."""
    install = discover(snapshot)
    namespace = snapshot.get(Kind.NAMESPACE, snapshot.scope.probe_namespace)
    labels = fields.string_map(namespace.body, "metadata", "labels") if namespace else None
    own = {(e.configuration, e.name, e.kind) for e in cert_manager_entries(snapshot)}
    entries = []
    for kind in (Kind.VALIDATING, Kind.MUTATING):
        for configuration in snapshot.of(kind).values():
            for entry in webhook_entries(configuration):
                basis = _entry(snapshot, entry, labels, (entry.configuration, entry.name, entry.kind) in own)
                if basis.own or any(s is not Selection.NO for s in basis.selects):
                    entries.append(basis)
    target = install.service or ("", "")
    port_number = install.entries[0].port if install.entries else 443
    service, port_name = _service(snapshot, target, port_number)
    name = constants.WEBHOOK_PORT_NAME if port_name is None else port_name
    ready = {(e.address, e.port) for e in endpoints(snapshot, target, name) if e.ready and e.port}
    return ProofBasis(
        crds=tuple((name, _crd(snapshot, name)) for name in constants.CRD_NAMES),
        entries=tuple(sorted(entries, key=lambda e: (e.kind.name, e.configuration, e.name, e.target))),
        configurations_readable=(snapshot.readable(Kind.VALIDATING), snapshot.readable(Kind.MUTATING)),
        service=service,
        service_port=port_name is not None,
        endpoints=tuple(sorted(ready)),
        endpoints_readable=bool(ready) or snapshot.readable(Kind.ENDPOINTSLICE, namespace=target[0]),
        namespace=snapshot.scope.probe_namespace,
        namespace_phase=_namespace_phase(snapshot),
        namespace_labels=tuple(sorted((labels or {}).items())),
    )


def _crd(snapshot: Snapshot, name: str) -> str:
    found = snapshot.get(Kind.CRD, name)
    if found is None:
        if snapshot.readable(Kind.CRD, name):
            return _ABSENT
        served = snapshot.server.served
        return _UNREADABLE if served is None else _SERVED if name in served else _ABSENT
    view = crd_view(found)
    if view.terminating:
        return "terminating"
    if not view.serves_v1:
        return "v1 is not served"
    if view.served:
        return f"{_SERVED} {found.uid}"
    return f"not established {view.established.reason if view.established else ''}".rstrip()


def _entry(snapshot: Snapshot, entry: WebhookEntry, labels: Any, own: bool) -> EntryBasis:
    if labels is None and snapshot.readable(Kind.NAMESPACE, snapshot.scope.probe_namespace):
        labels = {}
    bundle = decode_bundle(entry.ca_bundle) if own else None
    return EntryBasis(
        kind=entry.kind,
        configuration=entry.configuration.name,
        name=entry.name,
        own=own,
        target=entry.target,
        path=entry.path,
        bundle=bundle_digest(entry.ca_bundle),
        bundle_usable=bundle is None or bool(bundle.certificates),
        rules=_text(entry.rules),
        selectors=_text([entry.namespace_selector, entry.object_selector, entry.match_conditions]),
        policy=entry.failure_policy,
        selects=_selects(entry, snapshot, labels),
    )


def _selects(entry: WebhookEntry, snapshot: Snapshot, labels: Any) -> tuple[Selection, ...]:
    return tuple(select(entry, request, labels).selection for request in _requests(snapshot))


def _requests(snapshot: Snapshot) -> tuple[AdmissionRequest, ...]:
    return tuple(probe_request(p, snapshot.scope) for p in (ProbeName.VALID, ProbeName.IDENTITY))


def _service(snapshot: Snapshot, target: Key, port: int) -> tuple[str, str | None]:
    if target == ("", ""):
        return "not used", ""
    found = snapshot.get(Kind.SERVICE, target[1], target[0])
    if found is None:
        return (_ABSENT if snapshot.readable(Kind.SERVICE, target[1], target[0]) else _UNREADABLE), None
    known = service_port(found, port)
    return _text(found.body.get("spec")), known.name if known else None


def _namespace_phase(snapshot: Snapshot) -> str:
    name = snapshot.scope.probe_namespace
    found = snapshot.get(Kind.NAMESPACE, name)
    if found is None:
        return _ABSENT if snapshot.readable(Kind.NAMESPACE, name) else _UNREADABLE
    if fields.text(found.body, "metadata", "deletionTimestamp"):
        return "Terminating"
    return fields.text(found.body, "status", "phase") or "Active"


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def basis_loss(old: ProofBasis, new: ProofBasis) -> str:
    """What the proof has lost, in words; "" when nothing turned for the worse.

    What can't be read any more is no loss, neither is one endpoint of several, nor another authority in the caBundle:
    those are changes, and the next round tells.
    """
    for loss in (_crd_loss(old, new), _entry_loss(old, new), _service_loss(old, new), _namespace_loss(old, new)):
        if loss:
            return loss
    return ""


def _crd_loss(old: ProofBasis, new: ProofBasis) -> str:
    now = dict(new.crds)
    for name, before in old.crds:
        after = now.get(name, _UNREADABLE)
        if before.startswith(_SERVED) and after != _UNREADABLE and not after.startswith(_SERVED):
            return f"{name} is {after}"
    return ""


def _entry_loss(old: ProofBasis, new: ProofBasis) -> str:
    readable = dict(zip((Kind.VALIDATING, Kind.MUTATING), new.configurations_readable, strict=True))
    now = {(e.kind, e.configuration, e.name): e for e in new.entries}
    for before in old.entries:
        if not before.own:
            continue
        what = f"{before.kind.resource.kind} {before.configuration}"
        after = now.get((before.kind, before.configuration, before.name))
        if after is None:
            if readable[before.kind]:
                return f"{what} is gone"
        elif before.bundle_usable and not after.bundle_usable:
            return f"{what} has no usable caBundle any more"
        elif any(
            b is not Selection.NO and a is Selection.NO for b, a in zip(before.selects, after.selects, strict=True)
        ):
            return f"{what} does not select the probe any more"
    return ""


def _service_loss(old: ProofBasis, new: ProofBasis) -> str:
    present = old.service not in (_ABSENT, _UNREADABLE)
    if present and new.service == _ABSENT:
        return "the webhook's Service is gone"
    if old.service_port and not new.service_port and new.service != _UNREADABLE:
        return "the webhook's Service lost its port"
    if old.endpoints and not new.endpoints and new.endpoints_readable:
        return "the webhook's Service has no ready endpoint any more"
    return ""


def _namespace_loss(old: ProofBasis, new: ProofBasis) -> str:
    if old.namespace == new.namespace and old.namespace_phase == "Active":
        if new.namespace_phase == _ABSENT:
            return f"namespace {new.namespace} is gone"
        if new.namespace_phase == "Terminating":
            return f"namespace {new.namespace} is being deleted"
    return ""
