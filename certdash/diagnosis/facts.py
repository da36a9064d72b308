"""What several checks need, derived once for each snapshot."""

from collections.abc import Mapping
from dataclasses import dataclass

from certdash.certmanager import constants, fields
from certdash.certmanager.discovery import Install, cert_manager_entries, discover
from certdash.certmanager.rollout import Rollout, rollout
from certdash.certmanager.selection import Selection, SelectionResult, probe_request, select
from certdash.certmanager.trust import BundleView, decode_bundle
from certdash.certmanager.views import (
    CrdView,
    EndpointView,
    LeaseView,
    ServicePort,
    WebhookEntry,
    crd_view,
    endpoints,
    lease_view,
    service_port,
    webhook_entries,
)
from certdash.diagnosis.envelope import Outcome, parse_answer
from certdash.diagnosis.proof import current_proof, settled
from certdash.model.instant import Instant
from certdash.model.probe import ProbeAnswer, ProbeName, ProbeRound
from certdash.model.resource import Key, Kind, KubeObject
from certdash.model.snapshot import Snapshot

# After a change of the basis a round follows at once; its answer is back within this many seconds unless it hangs.
ANSWERS_FOLLOW = 5.0


@dataclass(frozen=True, slots=True)
class CrdFact:
    """One of the six CRDs. `served` None: not known. `view` None: absent when `readable`, else not seen."""

    name: str
    view: CrdView | None
    readable: bool
    served: bool | None


@dataclass(frozen=True, slots=True)
class EntryFact:
    """One of cert-manager's own webhook entries with what follows from it for the probes."""

    entry: WebhookEntry
    bundle: BundleView
    selections: Mapping[ProbeName, SelectionResult]


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that the checks read. `cluster_now` is the cluster's clock in Unix seconds.

    `answers` holds the newest answer to each create that still counts, `outcomes` their meanings. `proof` is the
    round that proves readiness now, `proof_outranks` whether it began late enough to outrank the objects.
    `answers_settled` says the same of the newest round, whatever it said.
    """

    snapshot: Snapshot
    now: Instant
    cluster_now: float
    install: Install
    crds: tuple[CrdFact, ...]
    rollouts: Mapping[str, Rollout]
    entries: tuple[EntryFact, ...]
    stale_entries: tuple[WebhookEntry, ...]
    other_entries: tuple[WebhookEntry, ...]
    service: KubeObject | None
    service_port: ServicePort | None
    endpoints: tuple[EndpointView, ...]
    namespace: KubeObject | None
    leases: Mapping[str, LeaseView]
    newest: ProbeRound | None
    answers: Mapping[ProbeName, ProbeAnswer]
    outcomes: Mapping[ProbeName, Outcome]
    proof: ProbeRound | None
    proof_outranks: bool
    answers_settled: bool

    def absent(self, kind: Kind, name: str = "", namespace: str = "") -> bool:
        """Whether it is a fact that the object does not exist."""
        return self.snapshot.get(kind, name, namespace) is None and self.snapshot.readable(kind, name, namespace)

    def deployment_absent(self, component: str) -> bool:
        """Whether it is a fact that the component's Deployment does not exist."""
        return component not in self.rollouts and self.snapshot.readable(
            Kind.DEPLOYMENT, namespace=self.install.namespace
        )

    @property
    def ready_endpoints(self) -> tuple[EndpointView, ...]:
        """The addresses that calls of the webhook can go to."""
        return tuple(e for e in self.endpoints if e.ready and e.port)

    @property
    def endpoints_readable(self) -> bool:
        """Whether a missing endpoint is a fact."""
        target = self.install.service
        return target is not None and self.snapshot.readable(Kind.ENDPOINTSLICE, namespace=target[0])

    @property
    def configurations_readable(self) -> bool:
        """Whether a missing webhook configuration is a fact."""
        return self.snapshot.readable(Kind.VALIDATING) and self.snapshot.readable(Kind.MUTATING)

    def age(self, wall: float | None) -> float | None:
        """Seconds since a moment of the cluster's clock."""
        return None if wall is None else self.cluster_now - wall

    def remaining(self, since: float | None, limit: float) -> float:
        """Seconds left of a limit that runs from a moment of the cluster's clock; 0 when passed or unknown."""
        age = self.age(since)
        return 0.0 if age is None else max(0.0, limit - age)

    @property
    def since_change(self) -> float:
        """Seconds since the basis last changed."""
        changed = self.snapshot.probe.basis_changed
        return float("inf") if changed is None else self.now.seconds_since(changed)

    @property
    def answers_pass(self) -> float:
        """Seconds for which the answers may still tell of what was before the last change; 0 when they stand."""
        return 0.0 if self.answers_settled else max(0.0, ANSWERS_FOLLOW - self.since_change)

    @property
    def installed(self) -> bool:
        """Whether anything of an install is to be seen beside CRDs."""
        return bool(self.entries or self.rollouts or self.service)


def derive(snapshot: Snapshot, now: Instant) -> Facts:
    """All facts of a snapshot as of now. Total."""
    install = discover(snapshot)
    namespace = snapshot.get(Kind.NAMESPACE, snapshot.scope.probe_namespace)
    labels = _namespace_labels(snapshot, namespace)
    own = {(e.configuration, e.name) for e in install.entries}
    port = install.entries[0].port if install.entries else 443
    service = snapshot.get(Kind.SERVICE, install.service[1], install.service[0]) if install.service else None
    known_port = service_port(service, port) if service else None
    port_name = known_port.name if known_port else constants.WEBHOOK_PORT_NAME
    answers = _standing_answers(snapshot)
    proof = current_proof(snapshot, now)
    newest = _newest(snapshot)
    return Facts(
        snapshot=snapshot,
        now=now,
        cluster_now=now.wall + snapshot.server.date_offset,
        install=install,
        crds=tuple(_crd_fact(snapshot, name) for name in constants.CRD_NAMES),
        rollouts=_rollouts(snapshot, install),
        entries=tuple(_entry_fact(snapshot, e, labels) for e in install.entries),
        stale_entries=tuple(e for e in cert_manager_entries(snapshot) if (e.configuration, e.name) not in own),
        other_entries=_other_entries(snapshot, labels),
        service=service,
        service_port=known_port,
        endpoints=endpoints(snapshot, install.service, port_name) if install.service else (),
        namespace=namespace,
        leases=_leases(snapshot, install),
        newest=newest,
        answers=answers,
        outcomes={name: parse_answer(answer) for name, answer in answers.items()},
        proof=proof,
        proof_outranks=proof is not None and settled(proof, snapshot.probe),
        answers_settled=newest is not None and settled(newest, snapshot.probe),
    )


def _namespace_labels(snapshot: Snapshot, namespace: KubeObject | None) -> Mapping[str, str] | None:
    if namespace is not None:
        return fields.string_map(namespace.body, "metadata", "labels")
    return {} if snapshot.readable(Kind.NAMESPACE, snapshot.scope.probe_namespace) else None


def _crd_fact(snapshot: Snapshot, name: str) -> CrdFact:
    found = snapshot.get(Kind.CRD, name)
    readable = snapshot.readable(Kind.CRD, name)
    if found is not None:
        view = crd_view(found)
        return CrdFact(name, view, readable, view.served)
    if readable:
        return CrdFact(name, None, True, False)
    told = snapshot.server.served
    return CrdFact(name, None, False, None if told is None else name in told)


def _rollouts(snapshot: Snapshot, install: Install) -> Mapping[str, Rollout]:
    found = {}
    for component in constants.COMPONENTS:
        deployment = snapshot.get(Kind.DEPLOYMENT, install.deployment_name(component), install.namespace)
        if deployment is not None:
            found[component] = rollout(snapshot, deployment)
    return found


def _entry_fact(snapshot: Snapshot, entry: WebhookEntry, labels: Mapping[str, str] | None) -> EntryFact:
    # The mutating webhook is about CertificateRequests only, since chart 1.14.
    probes = (ProbeName.IDENTITY,) if entry.kind is Kind.MUTATING else tuple(ProbeName)
    selections = {p: select(entry, probe_request(p, snapshot.scope), labels) for p in probes}
    return EntryFact(entry, decode_bundle(entry.ca_bundle), selections)


def _other_entries(snapshot: Snapshot, labels: Mapping[str, str] | None) -> tuple[WebhookEntry, ...]:
    own = {(e.kind, e.configuration, e.name) for e in cert_manager_entries(snapshot)}
    found = []
    for kind in (Kind.VALIDATING, Kind.MUTATING):
        for configuration in snapshot.of(kind).values():
            for entry in webhook_entries(configuration):
                if (entry.kind, entry.configuration, entry.name) in own:
                    continue
                requests = (probe_request(p, snapshot.scope) for p in (ProbeName.VALID, ProbeName.IDENTITY))
                if any(select(entry, r, labels).selection is not Selection.NO for r in requests):
                    found.append(entry)
    return tuple(sorted(found, key=lambda e: (e.configuration, e.name)))


def _leases(snapshot: Snapshot, install: Install) -> Mapping[str, LeaseView]:
    where: Mapping[str, Key] = {
        constants.CONTROLLER: (install.lease_namespace, constants.CONTROLLER_LEASE),
        constants.CAINJECTOR: (install.cainjector_lease_namespace, constants.CAINJECTOR_LEASE),
    }
    return {
        component: lease_view(found)
        for component, (namespace, name) in where.items()
        if (found := snapshot.get(Kind.LEASE, name, namespace)) is not None
    }


def _newest(snapshot: Snapshot) -> ProbeRound | None:
    voided = snapshot.probe.voided
    for candidate in reversed(snapshot.probe.rounds):
        if not candidate.cancelled:
            return None if voided is not None and candidate.begun.steady < voided.steady else candidate
    return None


def _standing_answers(snapshot: Snapshot) -> Mapping[ProbeName, ProbeAnswer]:
    """The newest answer to each create, back to the last full round or the last voiding."""
    voided = snapshot.probe.voided
    found: dict[ProbeName, ProbeAnswer] = {}
    for candidate in reversed(snapshot.probe.rounds):
        if candidate.cancelled:
            continue
        if voided is not None and candidate.begun.steady < voided.steady:
            break
        for answer in candidate.answers:
            found.setdefault(answer.probe, answer)
        if candidate.full:
            break
    return found
