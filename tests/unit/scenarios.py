"""The scenarios that tests and pictures share: an install that works, and what becomes of it.

`healthy()` is an install that works; tests change it and take `snapshot()`.
"""

from collections.abc import Callable, Mapping

from certdash.certmanager import constants as c
from certdash.model.connection import Connection, ConnectionPhase
from certdash.model.resource import Kind
from tests.unit.scenario_answers import failed_answers, good_round, open_answers, round_of, same_answers
from tests.unit.scenario_chart import CAINJECTOR_POD, NS, SERVICE_IP, WEBHOOK_POD, image
from tests.unit.scenario_cluster import USER, Cluster, ago, at
from tests.unit.scenario_registration import add_configurations, add_crds, add_service, blank_bundles
from tests.unit.scenario_workloads import add_pod, add_replicaset, add_workloads, pod_unready, pod_waits


def healthy() -> Cluster:
    """An install that works, with three good rounds, the newest 2 s old."""
    cluster = empty()
    add_crds(cluster)
    add_workloads(cluster)
    add_service(cluster)
    add_configurations(cluster)
    cluster.probed(*(good_round(number, seconds_ago=2 + 10 * (3 - number)) for number in (1, 2, 3)))
    return cluster


def empty() -> Cluster:
    """A cluster without cert-manager. Nothing was probed yet."""
    cluster = Cluster()
    for name in ("default", "kube-system", NS):
        labels = {"kubernetes.io/metadata.name": name}
        cluster.add(Kind.NAMESPACE, {"metadata": {"name": name, "labels": labels}, "status": {"phase": "Active"}})
    return cluster


def crds_only() -> Cluster:
    """The story: the CRDs are there, cert-manager is not, and everything is admitted."""
    cluster = empty()
    cluster.remove(Kind.NAMESPACE, NS)
    add_crds(cluster)
    cluster.probed(round_of(open_answers()))
    return cluster


def webhook_crashing() -> Cluster:
    """The webhook's only Pod crashes at start."""
    cluster = healthy()
    message = "back-off 40s restarting failed container=cert-manager-webhook pod=cert-manager-webhook"
    pod_waits(cluster, WEBHOOK_POD, "CrashLoopBackOff", message, restarts=4)
    cluster.probed(round_of(failed_answers(f"dial tcp {SERVICE_IP}:443: connect: connection refused")))
    return cluster


def webhook_image_missing() -> Cluster:
    """The webhook's image can't be pulled."""
    cluster = healthy()
    message = f'Back-off pulling image "{image(c.WEBHOOK)}": ErrImagePull: not found'
    pod_waits(cluster, WEBHOOK_POD, "ImagePullBackOff", message)
    cluster.probed(round_of(failed_answers(f"dial tcp {SERVICE_IP}:443: connect: connection refused")))
    return cluster


def webhook_starting() -> Cluster:
    """A fresh install: the webhook's Pod is up but not ready yet."""
    cluster = healthy()
    pod_unready(cluster, WEBHOOK_POD, since=4)
    cluster.probed(round_of(failed_answers(f"dial tcp {SERVICE_IP}:443: connect: connection refused")))
    return cluster


def rolling_upgrade() -> Cluster:
    """The webhook goes to a new version: the old Pod serves, the new one is not ready yet."""
    cluster = healthy()
    new_hash = "84f5d8c6d4"
    new_pod = f"cert-manager-webhook-{new_hash}-qd7vz"
    add_replicaset(cluster, c.WEBHOOK, new_hash, revision=2, replicas=1, version="v1.21.2")
    add_pod(cluster, c.WEBHOOK, new_pod, ip="10.244.0.21", version="v1.21.2")
    pod_unready(cluster, new_pod, since=4)
    deployment = cluster.get(Kind.DEPLOYMENT, "cert-manager-webhook", NS)
    deployment["metadata"]["generation"] = 2
    deployment["metadata"]["labels"][c.LABEL_VERSION] = "v1.21.2"
    deployment["spec"]["template"]["spec"]["containers"][0]["image"] = image(c.WEBHOOK, "v1.21.2")
    deployment["status"].update(observedGeneration=2, replicas=2, updatedReplicas=1, unavailableReplicas=1)
    progressing = deployment["status"]["conditions"][1]
    progressing.update(reason="ReplicaSetUpdated", lastUpdateTime=ago(4))
    return cluster


def bundle_empty() -> Cluster:
    """The cainjector is gone and the caBundle is empty."""
    cluster = healthy()
    cluster.remove(Kind.DEPLOYMENT, "cert-manager-cainjector", NS)
    cluster.remove(Kind.POD, CAINJECTOR_POD, NS)
    cluster.remove(Kind.LEASE, c.CAINJECTOR_LEASE, "kube-system")
    blank_bundles(cluster)
    words = "tls: failed to verify certificate: x509: certificate signed by unknown authority"
    cluster.probed(round_of(failed_answers(words)))
    return cluster


def forbidden() -> Cluster:
    """We may read everything and create nothing."""
    cluster = healthy()
    message = (
        f'certificates.cert-manager.io is forbidden: User "{USER}" cannot create resource "certificates" '
        'in API group "cert-manager.io" in the namespace "default"'
    )
    cluster.probed(round_of(same_answers(403, message, reason="Forbidden", details_kind="certificates")))
    return cluster


def connection_lost() -> Cluster:
    """No answer for a while."""
    cluster = healthy()
    error = "cannot reach 10.0.0.10:6443: connection refused"
    cluster.connection = Connection(ConnectionPhase.LOST, at(42), at(52), error)
    cluster.probed(good_round(seconds_ago=60))
    return cluster


SCENARIOS: Mapping[str, Callable[[], Cluster]] = {
    "healthy": healthy,
    "crds only": crds_only,
    "webhook crashing": webhook_crashing,
    "webhook image missing": webhook_image_missing,
    "webhook starting": webhook_starting,
    "rolling upgrade": rolling_upgrade,
    "caBundle empty": bundle_empty,
    "forbidden": forbidden,
    "connection lost": connection_lost,
}
