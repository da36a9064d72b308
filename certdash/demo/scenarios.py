"""Named states of the cluster: what is broken, as verbs. The contract tests add what must be said of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from certdash.certmanager.constants import CRD_NAMES


@dataclass(frozen=True, slots=True)
class Scenario:
    """One state. Each verb is a line as it is typed: its name and its arguments."""

    name: str
    about: str
    verbs: tuple[str, ...]


_LISTED = (
    *(Scenario(f"without-{crd}", f"The CRD {crd} is missing", (f"delete_crd {crd}",)) for crd in CRD_NAMES),
    Scenario("no-crds", "All six CRDs are missing", ("delete_all_crds",)),
    Scenario("deployment-absent", "The webhook's Deployment is missing", ("delete_deployment webhook",)),
    Scenario("scaled-to-0", "The webhook is scaled to no Pod", ("scale webhook 0",)),
    Scenario("image-pull", "The webhook's image can't be pulled", ("image_pull_failure webhook", "delete_pod webhook")),
    Scenario("crash-loop", "The webhook crashes again and again", ("crash_loop webhook",)),
    Scenario("never-ready", "The webhook runs and is never ready", ("never_ready webhook",)),
    Scenario(
        "unschedulable", "There is no node for the webhook", ("pending_unschedulable webhook", "delete_pod webhook")
    ),
    Scenario("no-service", "The webhook's Service is missing", ("delete_service",)),
    Scenario("service-port", "The Service lacks port 443", ("wrong_service_port",)),
    Scenario("service-selector", "The Service selects no Pod", ("wrong_service_selector",)),
    Scenario("headless-service", "The Service has no ClusterIP", ("headless_service",)),
    Scenario("no-endpoints", "No endpoint of the Service is ready", ("no_ready_endpoints",)),
    Scenario("network-refuses", "The API server's connections are refused", ("clusterip refuse",)),
    Scenario("network-drops", "The API server's packets are dropped", ("clusterip timeout",)),
    Scenario("network-hangs", "Connections are accepted and never answered", ("clusterip hang",)),
    Scenario("network-resets", "Connections are reset", ("clusterip reset",)),
    Scenario("network-closes", "Connections are closed at once", ("clusterip close",)),
    Scenario("plain-http", "Something answers HTTP without TLS", ("clusterip plain_http",)),
    Scenario("no-validating", "The validating configuration is missing", ("delete_webhook_configuration validating",)),
    Scenario("no-mutating", "The mutating configuration is missing", ("delete_webhook_configuration mutating",)),
    Scenario("no-configurations", "Both webhook configurations are missing", ("delete_webhook_configuration both",)),
    Scenario("narrow-rules", "The validating webhook is asked about Issuers only", ("narrow_rules",)),
    Scenario("labelled-out", "The namespace is excluded from validation", ("label_namespace_out default",)),
    Scenario(
        "fails-open", "The webhook is down, and that is ignored", ("failure_policy Ignore", "stop_process webhook")
    ),
    Scenario("ca-empty", "The caBundle is blank", ("blank_ca_bundle",)),
    Scenario("ca-foreign", "The caBundle is another authority's", ("foreign_ca_bundle",)),
    Scenario("ca-garbage", "The caBundle is no certificate", ("garbage_ca_bundle",)),
    Scenario("wrong-name", "The webhook's certificate is for another name", ("serve_wrong_certificate",)),
    Scenario("expired", "The webhook's certificate has run out", ("serve_expired_certificate",)),
    Scenario("leftover-configuration", "An earlier install left its configuration", ("leftover_configuration",)),
    Scenario("third-party", "Somebody else's webhook is down and blocks", ("third_party_webhook",)),
    Scenario("policy", "A policy denies every Certificate", ("deny_policy default",)),
    Scenario("api-server-killed", "The API server is down", ("stop_process kube-apiserver",)),
    Scenario("etcd-stopped", "The API server's storage does not answer", ("stop_process etcd freeze",)),
    Scenario("namespace-missing", "cert-manager's namespace is gone", ("delete_namespace",)),
    Scenario("crds-only", "Nothing is there but the CRDs", ("crds_only",)),
    Scenario("rolling", "A rollout of the webhook is under way", ("start_rollout webhook v1.21.2 4",)),
    Scenario("stuck", "A rollout of the webhook is stuck", ("stuck_rollout webhook v1.21.2 5",)),
    Scenario("no-controller", "The controller's Deployment is missing", ("delete_deployment controller",)),
    Scenario("no-lease", "No controller leads", ("lease_gone controller",)),
    Scenario("no-cainjector", "The cainjector's Deployment is missing", ("delete_deployment cainjector",)),
    Scenario("cainjector-scaled-to-0", "The cainjector is scaled to no Pod", ("scale cainjector 0",)),
)
SCENARIOS: Mapping[str, Scenario] = MappingProxyType({scenario.name: scenario for scenario in _LISTED})
