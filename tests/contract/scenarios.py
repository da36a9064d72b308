"""How cert-manager breaks, as data over the verbs of the faults, and what certdash must say of it."""

from collections.abc import Callable
from dataclasses import dataclass

from certdash.model.assessment import Assessment
from certdash.model.diagnosis import InstallPhase, IssuancePhase, Verdict

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
