"""What certdash says of a real cluster while things break and heal: verdict and root cause, and never a false green.

One engine watches one cluster through all scenarios, as a person's dashboard would: each scenario begins READY, is
broken by verbs, must be named, is healed, and must be READY again.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from certdash.demo.faults.verbs import Faults, perform
from certdash.model.assessment import Assessment
from certdash.model.diagnosis import InstallPhase, IssuancePhase, Verdict
from tests.real.cluster import RealCluster
from tests.real.watcher import Watcher

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]

SIX_CRDS = (
    "certificaterequests.cert-manager.io",
    "certificates.cert-manager.io",
    "challenges.acme.cert-manager.io",
    "clusterissuers.cert-manager.io",
    "issuers.cert-manager.io",
    "orders.acme.cert-manager.io",
)


@dataclass(frozen=True, slots=True)
class Broken:
    """A break that takes the API down (or makes it unprovable): the verbs, and what must be said.

    `codes`: the root cause must be one of them. `patience` in seconds; a call of a webhook that is never answered
    takes its 30 s.
    """

    name: str
    verbs: tuple[str, ...]
    codes: tuple[str, ...]
    verdict: Verdict = Verdict.NOT_READY
    patience: float = 45.0
    heals_within: float = 60.0


@dataclass(frozen=True, slots=True)
class Impaired:
    """A break under which the API stays ready; `shows` must come true while it does."""

    name: str
    verbs: tuple[str, ...]
    shows: Callable[[Assessment], bool]
    codes: tuple[str, ...] = ()
    patience: float = 60.0


BROKEN = (
    *(Broken(f"without-{crd}", (f"delete_crd {crd}",), ("CD0302",)) for crd in SIX_CRDS),
    Broken("no-crds", ("delete_all_crds",), ("CD0301",)),
    Broken("deployment-absent", ("delete_deployment webhook",), ("CD0701",)),
    Broken("scaled-to-0", ("scale webhook 0",), ("CD0702",)),
    Broken("image-pull", ("image_pull_failure webhook", "delete_pod webhook"), ("CD0703",)),
    Broken("crash-loop", ("crash_loop webhook",), ("CD0704",)),
    Broken("never-ready", ("never_ready webhook",), ("CD0706",)),
    Broken("unschedulable", ("pending_unschedulable webhook", "delete_pod webhook"), ("CD0705",)),
    Broken("no-service", ("delete_service",), ("CD0601",)),
    Broken("service-port", ("wrong_service_port",), ("CD0602",)),
    Broken("service-selector", ("wrong_service_selector",), ("CD0604",)),
    Broken("headless-service", ("headless_service",), ("CD0603",)),
    Broken("no-endpoints", ("no_ready_endpoints",), ("CD0605", "CD0706")),
    Broken("network-refuses", ("clusterip refuse",), ("CD0911",)),
    Broken("network-drops", ("clusterip timeout",), ("CD0912",), patience=80),
    Broken("network-hangs", ("clusterip hang",), ("CD0912", "CD0921"), patience=80),
    Broken("network-resets", ("clusterip reset",), ("CD0913",)),
    Broken("network-closes", ("clusterip close",), ("CD0914",)),
    Broken("plain-http", ("clusterip plain_http",), ("CD0915",)),
    Broken("no-validating", ("delete_webhook_configuration validating",), ("CD0503",)),
    Broken("no-mutating", ("delete_webhook_configuration mutating",), ("CD0504",)),
    Broken("no-configurations", ("delete_webhook_configuration both",), ("CD0502",)),
    Broken("narrow-rules", ("narrow_rules",), ("CD0505",)),
    Broken("labelled-out", ("label_namespace_out default",), ("CD0506",)),
    Broken("fails-open", ("failure_policy Ignore", "stop_process webhook"), ("CD0509", "CD0704", "CD0605", "CD0706")),
    Broken("ca-empty", ("blank_ca_bundle",), ("CD0801",)),
    Broken("ca-foreign", ("foreign_ca_bundle",), ("CD0803",)),
    Broken("ca-garbage", ("garbage_ca_bundle",), ("CD0802",)),
    Broken("wrong-name", ("serve_wrong_certificate",), ("CD0903",)),
    Broken("expired", ("serve_expired_certificate",), ("CD0901",)),
    Broken("leftover-configuration", ("leftover_configuration",), ("CD0510",)),
    Broken("third-party", ("third_party_webhook",), ("CD0401",), Verdict.UNKNOWN),
    Broken("policy", ("deny_policy default",), ("CD0403",), Verdict.UNKNOWN),
    Broken("api-server-killed", ("stop_process kube-apiserver",), ("CD0101",), Verdict.UNKNOWN),
    Broken("etcd-stopped", ("stop_process etcd freeze",), ("CD0109", "CD0110"), Verdict.UNKNOWN, patience=80),
    Broken("namespace-missing", ("delete_namespace",), ("CD0710",), heals_within=120),
    Broken("crds-only", ("crds_only",), ("CD0501",), heals_within=120),
)


def issuance_stopped(assessment: Assessment) -> bool:
    return assessment.diagnosis.issuance.phase is IssuancePhase.NOT_RUNNING


def install_is(phase: InstallPhase) -> Callable[[Assessment], bool]:
    return lambda assessment: assessment.diagnosis.install.phase is phase


def always(_: Assessment) -> bool:
    return True


IMPAIRED = (
    Impaired("rolling", ("start_rollout webhook v1.21.2 4",), install_is(InstallPhase.ROLLING)),
    Impaired("stuck", ("stuck_rollout webhook v1.21.2 5",), install_is(InstallPhase.DEGRADED), ("CD0721",)),
    Impaired("no-controller", ("delete_deployment controller",), issuance_stopped, ("CD0722",)),
    Impaired("no-lease", ("lease_gone controller",), issuance_stopped, ("CD0722", "CD0723")),
    Impaired("no-cainjector", ("delete_deployment cainjector",), always, ("CD0724",)),
    Impaired("cainjector-scaled-to-0", ("scale cainjector 0",), always, ("CD0724",)),
)


@pytest.fixture(scope="module")
def watcher(healthy_cluster: RealCluster) -> Iterator[Watcher]:
    with Watcher(healthy_cluster.kubeconfig) as watcher:
        watcher.wait_ready()
        yield watcher


@pytest.fixture
def faults(healthy_cluster: RealCluster) -> Iterator[Faults]:
    faults = Faults(healthy_cluster)
    yield faults
    faults.heal()


def do(faults: Faults, verbs: tuple[str, ...]) -> None:
    for verb in verbs:
        name, *arguments = verb.split()
        perform(faults, name, arguments)


def cause_is(verdict: Verdict, codes: tuple[str, ...]) -> Callable[[Assessment], bool]:
    def fits(assessment: Assessment) -> bool:
        diagnosis = assessment.diagnosis
        return diagnosis.verdict is verdict and diagnosis.cause is not None and diagnosis.cause.code in codes

    return fits


def rounds_since(assessment: Assessment, number: int) -> int:
    return sum(done.number > number for done in assessment.snapshot.probe.rounds)


@pytest.mark.parametrize("scenario", BROKEN, ids=lambda scenario: scenario.name)
def test_a_break_is_named_and_its_heal_seen(watcher: Watcher, faults: Faults, scenario: Broken) -> None:
    watcher.wait_ready()
    do(faults, scenario.verbs)
    watcher.forget()
    named = watcher.wait_for(cause_is(scenario.verdict, scenario.codes), f"{scenario.codes}", scenario.patience)
    cause = named.diagnosis.cause
    assert cause is not None
    assert cause.evidence
    assert cause.remedies
    assert cause.blames_others == (scenario.codes[0] in ("CD0401", "CD0403"))
    watcher.forget()
    seen = named.snapshot.probe.rounds[-1].number if named.snapshot.probe.rounds else 0
    watcher.wait_for(lambda a: rounds_since(a, seen) >= 2 or a.snapshot.probe.in_flight is not None, "more rounds", 40)
    assert Verdict.READY not in {assessment.diagnosis.verdict for assessment in watcher.history}, watcher.said()
    faults.heal()
    watcher.wait_ready(scenario.heals_within)


@pytest.mark.parametrize("scenario", IMPAIRED, ids=lambda scenario: scenario.name)
def test_the_api_stays_ready_and_the_impairment_is_said(watcher: Watcher, faults: Faults, scenario: Impaired) -> None:
    watcher.wait_ready()
    watcher.forget()
    do(faults, scenario.verbs)

    def said(assessment: Assessment) -> bool:
        warned = {warning.code for warning in assessment.diagnosis.warnings}
        return scenario.shows(assessment) and (not scenario.codes or bool(warned & set(scenario.codes)))

    watcher.wait_for(said, f"{scenario.name} {scenario.codes}", scenario.patience)
    verdicts = {assessment.diagnosis.verdict for assessment in watcher.history}
    assert verdicts == {Verdict.READY}, watcher.said()
    watcher.forget()
    faults.heal()

    def whole(assessment: Assessment) -> bool:
        diagnosis = assessment.diagnosis
        complete = diagnosis.install.phase is InstallPhase.COMPLETE
        return complete and diagnosis.issuance.phase is IssuancePhase.RUNNING

    watcher.wait_for(whole, "a complete install that issues", 120)
