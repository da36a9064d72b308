"""Faults of a whole install, as objects and as the API server's words. Each is applied to a cluster that works."""

from collections.abc import Callable

from certdash.certmanager import constants as c
from certdash.model.probe import ProbeName
from certdash.model.resource import Kind
from tests.unit.scenario_answers import (
    DENIED_IDENTITY,
    answer,
    call_failed,
    failed_answers,
    good_answers,
    open_answers,
    round_of,
    same_answers,
)
from tests.unit.scenario_chart import CAINJECTOR_POD, CONTROLLER_POD, NS, SERVICE_IP, WEBHOOK_POD
from tests.unit.scenario_cluster import Cluster, ago
from tests.unit.scenario_registration import blank_bundles, configuration, encoded, entry_of
from tests.unit.scenario_workloads import deployment_unavailable, pod_unready, pod_waits

REFUSED = f"dial tcp {SERVICE_IP}:443: connect: connection refused"
UNKNOWN_AUTHORITY = "tls: failed to verify certificate: x509: certificate signed by unknown authority"
STALE_AUTHORITY = (
    UNKNOWN_AUTHORITY + ' (possibly because of "x509: ECDSA verification failure" while trying to verify candidate '
    'authority certificate "cert-manager-webhook-ca")'
)
EXPIRED = (
    "tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time "
    "2026-11-23T20:00:00Z is after 2026-11-20T20:00:00Z"
)
OTHER_NAME = (
    "tls: failed to verify certificate: x509: certificate is valid for a, b, not cert-manager-webhook.cert-manager.svc"
)
POLICY = (
    "certificates.cert-manager.io \"certdash-probe-x\" is forbidden: ValidatingAdmissionPolicy 'no-certificates' "
    "with binding 'everywhere' denied request: not here"
)
RBAC = (
    'certificates.cert-manager.io is forbidden: User "alice" cannot create resource "certificates" in API group '
    '"cert-manager.io" in the namespace "default"'
)


def failed(rest: str) -> Callable[[Cluster], None]:
    return lambda cluster: cluster.probed(round_of(failed_answers(rest)))


def answered(status: int | None, message: str = "", **more: object) -> Callable[[Cluster], None]:
    return lambda cluster: cluster.probed(round_of(same_answers(status, message, **more)))


def both(*faults: Callable[[Cluster], object]) -> Callable[[Cluster], None]:
    def apply(cluster: Cluster) -> None:
        for fault in faults:
            fault(cluster)

    return apply


def unasked(cluster: Cluster) -> None:
    cluster.probed(round_of(open_answers()))


def invalid_admitted(cluster: Cluster) -> None:
    valid, _, identity = good_answers()
    cluster.probed(round_of((valid, answer(ProbeName.INVALID, 201), identity)))


def identity_denied(cluster: Cluster) -> None:
    valid, invalid, _ = good_answers()
    denied = answer(ProbeName.IDENTITY, 403, DENIED_IDENTITY, reason="Forbidden")
    cluster.probed(round_of((valid, invalid, denied)))


def gone(kind: Kind, name: str = "", namespace: str = "") -> Callable[[Cluster], None]:
    return lambda cluster: cluster.remove(kind, name, namespace)


def no_endpoints(cluster: Cluster) -> None:
    cluster.remove(Kind.ENDPOINTSLICE)


def no_webhook(cluster: Cluster) -> None:
    cluster.remove(Kind.DEPLOYMENT, "cert-manager-webhook")
    cluster.remove(Kind.REPLICASET, "cert-manager-webhook-6c9d5f7b8")
    cluster.remove(Kind.POD, WEBHOOK_POD)
    no_endpoints(cluster)


def scaled_to_zero(cluster: Cluster) -> None:
    deployment = cluster.get(Kind.DEPLOYMENT, "cert-manager-webhook", NS)
    deployment["spec"]["replicas"] = 0
    deployment["status"].update(replicas=0, updatedReplicas=0, readyReplicas=0, availableReplicas=0)
    cluster.remove(Kind.POD, WEBHOOK_POD)
    no_endpoints(cluster)


def crashing(cluster: Cluster) -> None:
    pod_waits(cluster, WEBHOOK_POD, "CrashLoopBackOff", "back-off 40s restarting", restarts=4)


def crashing_between(cluster: Cluster) -> None:
    crashing(cluster)
    status = cluster.get(Kind.POD, WEBHOOK_POD, NS)["status"]["containerStatuses"][0]
    status["state"] = {"running": {"startedAt": ago(1)}}


def image(cluster: Cluster) -> None:
    pod_waits(cluster, WEBHOOK_POD, "ErrImagePull", "manifest unknown")


def creating(cluster: Cluster) -> None:
    pod_waits(cluster, WEBHOOK_POD, "ContainerCreating")


def unready_for_long(cluster: Cluster) -> None:
    pod_unready(cluster, WEBHOOK_POD, since=900)
    deployment_unavailable(cluster, c.WEBHOOK, since=900, deadline_passed=True)


def unready_again(cluster: Cluster) -> None:
    pod_unready(cluster, WEBHOOK_POD, since=5)
    conditions = cluster.get(Kind.DEPLOYMENT, "cert-manager-webhook", NS)["status"]["conditions"]
    conditions[1]["reason"] = "NewReplicaSetAvailable"


def unscheduled(cluster: Cluster) -> None:
    pod_unready(cluster, WEBHOOK_POD)
    status = cluster.get(Kind.POD, WEBHOOK_POD, NS)["status"]
    status["phase"] = "Pending"
    status["conditions"][0].update(status="False", reason="Unschedulable", message="0/1 nodes are available")


def service_port(cluster: Cluster) -> None:
    cluster.get(Kind.SERVICE, "cert-manager-webhook", NS)["spec"]["ports"][0]["port"] = 8443


def target_port(cluster: Cluster) -> None:
    cluster.get(Kind.SERVICE, "cert-manager-webhook", NS)["spec"]["ports"][0]["targetPort"] = 6080
    for body in cluster.bodies.values():
        if "endpoints" in body:
            body["ports"][0]["port"] = 6080


def service_selector(cluster: Cluster) -> None:
    cluster.get(Kind.SERVICE, "cert-manager-webhook", NS)["spec"]["selector"][c.LABEL_NAME] = "other"
    no_endpoints(cluster)


def headless(cluster: Cluster) -> None:
    cluster.get(Kind.SERVICE, "cert-manager-webhook", NS)["spec"]["clusterIP"] = "None"


def rules_narrowed(cluster: Cluster) -> None:
    entry_of(cluster, Kind.VALIDATING)["rules"][0]["resources"] = ["issuers"]


def labelled_out(cluster: Cluster) -> None:
    cluster.get(Kind.NAMESPACE, "default")["metadata"]["labels"][c.DISABLE_VALIDATION] = "true"


def object_selector(cluster: Cluster) -> None:
    entry_of(cluster, Kind.VALIDATING)["objectSelector"] = {"matchLabels": {"team": "a"}}


def ignoring(cluster: Cluster) -> None:
    for kind in (Kind.VALIDATING, Kind.MUTATING):
        entry_of(cluster, kind)["failurePolicy"] = "Ignore"


def bundle(pem: str) -> Callable[[Cluster], None]:
    return lambda cluster: blank_bundles(cluster, encoded(pem))


def no_cainjector(cluster: Cluster) -> None:
    cluster.remove(Kind.DEPLOYMENT, "cert-manager-cainjector")
    cluster.remove(Kind.POD, CAINJECTOR_POD)


def injected_just_now(cluster: Cluster) -> None:
    blank_bundles(cluster)
    for kind in (Kind.VALIDATING, Kind.MUTATING):
        managed = cluster.get(kind, "cert-manager-webhook")["metadata"]["managedFields"]
        managed[0]["time"] = ago(3)


def secret_rotated(cluster: Cluster) -> None:
    secret = cluster.get(Kind.SECRET, "cert-manager-webhook-ca", NS)
    secret["metadata"]["managedFields"][0]["time"] = ago(900)


def leftover(cluster: Cluster) -> None:
    body = configuration(Kind.VALIDATING, name="old-cert-manager-webhook")
    body["webhooks"][0]["clientConfig"]["service"].update(name="old-webhook", namespace="old")
    cluster.add(Kind.VALIDATING, body)


def crd_terminating(cluster: Cluster) -> None:
    cluster.get(Kind.CRD, "issuers.cert-manager.io")["metadata"]["deletionTimestamp"] = ago(60)


def crd_establishing(cluster: Cluster) -> None:
    body = cluster.get(Kind.CRD, "issuers.cert-manager.io")
    body["metadata"]["creationTimestamp"] = ago(2)
    body["status"]["conditions"][1].update(status="False", reason="Installing", message="the initial names")


def crd_old(cluster: Cluster) -> None:
    cluster.get(Kind.CRD, "issuers.cert-manager.io")["spec"]["versions"][0]["served"] = False


def crd_conflict(cluster: Cluster) -> None:
    conditions = cluster.get(Kind.CRD, "issuers.cert-manager.io")["status"]["conditions"]
    conditions[0].update(status="False", reason="ShortNamesConflict", message='"iss" is already in use')
    conditions[1].update(status="False", reason="NotAccepted")


def namespace_gone(cluster: Cluster) -> None:
    for kind in (Kind.DEPLOYMENT, Kind.REPLICASET, Kind.POD, Kind.SERVICE, Kind.ENDPOINTSLICE, Kind.SECRET):
        cluster.remove(kind)
    cluster.remove(Kind.NAMESPACE, NS)


def third_party(cluster: Cluster) -> None:
    entry = configuration(Kind.VALIDATING, name="kyverno-resource")
    entry["metadata"].pop("labels")
    hook = entry["webhooks"][0]
    hook.update(
        name="validate.kyverno.svc-fail",
        rules=[{"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": ["*/*"]}],
    )
    hook["clientConfig"]["service"].update(name="kyverno-svc", namespace="kyverno", path="/validate/fail")
    cluster.add(Kind.VALIDATING, entry)
    words = 'service "kyverno-svc" not found'
    text = call_failed(words, webhook="validate.kyverno.svc-fail", host="kyverno-svc.kyverno.svc:443")
    cluster.probed(round_of(same_answers(500, text, reason="InternalError")))


def without_controller(cluster: Cluster) -> None:
    cluster.remove(Kind.DEPLOYMENT, "cert-manager")
    cluster.remove(Kind.POD, CONTROLLER_POD)


def lease_old(cluster: Cluster) -> None:
    cluster.get(Kind.LEASE, c.CONTROLLER_LEASE, "kube-system")["spec"]["renewTime"] = ago(300)


def lease_of_a_gone_pod(cluster: Cluster) -> None:
    spec = cluster.get(Kind.LEASE, c.CONTROLLER_LEASE, "kube-system")["spec"]
    spec["holderIdentity"] = "cert-manager-7d4b5c9f6-zzzzz-external-cert-manager-controller"
