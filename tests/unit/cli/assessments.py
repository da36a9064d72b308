"""Assessments made by hand, as small as a test of `check` needs them."""

from dataclasses import replace
from typing import Any

from certdash.certmanager.streams import desired_streams
from certdash.model.assessment import Assessment
from certdash.model.connection import Connection, ConnectionPhase, ServerFacts, Target
from certdash.model.diagnosis import (
    ChainLink,
    Diagnosis,
    InstallLine,
    InstallPhase,
    IssuanceLine,
    IssuancePhase,
    ProofLine,
    Status,
    Verdict,
)
from certdash.model.finding import Component, Evidence, Finding, Remedy, Severity
from certdash.model.instant import Instant
from certdash.model.probe import ProbeAnswer, ProbeName, ProbeRound, ProbeState
from certdash.model.resource import Kind, KubeObject, Ref
from certdash.model.snapshot import Scope, Snapshot
from certdash.model.stream import StreamPhase, StreamState

NOW = Instant(steady=1000.0, wall=1_800_000_000.0)
TARGET = Target("kind-dev", "kind-dev", "alice", "https://127.0.0.1:6443", "team-a", "/home/alice/.kube/config")

BROKEN_BUNDLE = Finding(
    code="CD0601",
    title="the webhook configuration trusts no CA",
    component=Component.CA_BUNDLE,
    severity=Severity.BLOCKER,
    summary="caBundle is empty, so the API server refuses the webhook's certificate",
    evidence=(
        Evidence(
            Ref("ValidatingWebhookConfiguration", "", "cert-manager-webhook"),
            "webhooks[0].clientConfig.caBundle",
            "(empty)",
            since=NOW.wall - 192,
        ),
    ),
    remedies=(
        Remedy(
            "restart cainjector, which writes it",
            (("kubectl", "--context", "kind dev", "-n", "cert-manager", "rollout", "restart", "deployment/x"),),
        ),
    ),
    reference="https://cert-manager.io/docs/concepts/ca-injector/",
)
SKEW = Finding("CD0901", "versions differ", Component.WORKLOADS, Severity.WARNING, "two versions run at once")


def diagnosis(verdict: Verdict = Verdict.READY, **changes: Any) -> Diagnosis:
    """READY with everything in order, unless changed."""
    ready = verdict is Verdict.READY
    made = Diagnosis(
        verdict=verdict,
        headline="the API accepts cert-manager resources" if ready else "the webhook configuration trusts no CA",
        cause=None if ready else BROKEN_BUNDLE,
        also=(),
        warnings=(),
        links=(
            ChainLink(Component.CRDS, Status.OK, "6 of 6 served"),
            ChainLink(Component.CA_BUNDLE, Status.OK if ready else Status.FAIL, "trusted" if ready else "empty"),
        ),
        install=InstallLine(InstallPhase.COMPLETE, "complete", "v1.21.1", ("v1.21.1",), "cert-manager"),
        issuance=IssuanceLine(IssuancePhase.RUNNING, "running"),
        proof=ProofLine(begun=Instant(NOW.steady - 2, NOW.wall - 2), streak=1) if ready else ProofLine(),
        valid_until=None,
    )
    return replace(made, **changes)


def answer(probe: ProbeName, status: int | None = 201, **changes: Any) -> ProbeAnswer:
    """An answer that admits, unless changed."""
    return replace(ProbeAnswer(probe, status, 0.012), **changes)


def probe_round(*answers: ProbeAnswer, basis: tuple[int, int] = (1, 1), **changes: Any) -> ProbeRound:
    """A full round of the given answers."""
    begun, ended = Instant(NOW.steady - 2, NOW.wall - 2), Instant(NOW.steady - 1.9, NOW.wall - 1.9)
    made = ProbeRound(1, begun, ended, "team-a", answers, True, basis[0], basis[1])
    return replace(made, **changes)


def assessment(
    found: Diagnosis | None = None,
    *,
    rounds: tuple[ProbeRound, ...] = (),
    api_servers: int | None = 1,
    connection: ConnectionPhase = ConnectionPhase.CONNECTED,
    stream_phase: StreamPhase | None = StreamPhase.SYNCED,
    crd_version: str = "v1.21.1",
    version: int = 1,
) -> Assessment:
    """An assessment around a diagnosis, every stream of a default install in the given phase (None: unheard of)."""
    labels = {"app.kubernetes.io/version": crd_version} if crd_version else {}
    name = "certificates.cert-manager.io"
    crd = KubeObject(Kind.CRD, "", name, "u", "1", {"metadata": {"name": name, "labels": labels}})
    snapshot = Snapshot(
        target=TARGET,
        scope=Scope(probe_namespace="team-a"),
        connection=Connection(connection, NOW, NOW),
        server=ServerFacts(version="v1.36.2", api_servers=api_servers),
        objects={Kind.CRD: {("", name): crd}},
        probe=ProbeState(rounds=rounds, basis_generation=1),
    )
    # What is wanted depends on what is known: a second look adds the search for an install with other names.
    for phase in (stream_phase, stream_phase):
        if phase is not None:
            states = {spec: StreamState(phase, NOW) for spec in desired_streams(snapshot)}
            snapshot = replace(snapshot, streams=states)
    return Assessment(version, NOW, snapshot, found or diagnosis(), ())


def good_round(**changes: Any) -> ProbeRound:
    """A round that proves."""
    return probe_round(*(answer(name) for name in ProbeName), **changes)
