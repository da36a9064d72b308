"""The workloads of cert-manager v1.21.1 as its chart renders them by default, and what may befall them.

Deployments with their ReplicaSets and Pods, and what these keep: the leases and the CA Secret.
"""

import copy

from certdash.certmanager import constants as c
from certdash.model.resource import Kind
from tests.unit.scenario_chart import (
    CAINJECTOR_POD,
    CONTROLLER_POD,
    NS,
    PODS,
    VERSION,
    component_labels,
    deployment_name,
    image,
    release_annotations,
    selector_labels,
)
from tests.unit.scenario_cluster import INSTALLED, Body, Cluster, ago, stamp

_ARGS = {
    c.CONTROLLER: [
        "--v=2",
        "--cluster-resource-namespace=$(POD_NAMESPACE)",
        "--leader-election-namespace=kube-system",
        f"--acme-http01-solver-image=quay.io/jetstack/cert-manager-acmesolver:{VERSION}",
        "--max-concurrent-challenges=60",
    ],
    c.WEBHOOK: [
        "--v=2",
        "--secure-port=10250",
        "--dynamic-serving-ca-secret-namespace=$(POD_NAMESPACE)",
        "--dynamic-serving-ca-secret-name=cert-manager-webhook-ca",
        "--dynamic-serving-dns-names=cert-manager-webhook",
        "--dynamic-serving-dns-names=cert-manager-webhook.$(POD_NAMESPACE)",
        "--dynamic-serving-dns-names=cert-manager-webhook.$(POD_NAMESPACE).svc",
    ],
    c.CAINJECTOR: ["--v=2", "--leader-election-namespace=kube-system"],
}
_PORTS = {
    c.CONTROLLER: [{"name": "http-metrics", "containerPort": 9402}, {"name": "http-healthz", "containerPort": 9403}],
    c.WEBHOOK: [
        {"name": "https", "containerPort": 10250, "protocol": "TCP"},
        {"name": "healthcheck", "containerPort": 6080, "protocol": "TCP"},
        {"name": "http-metrics", "containerPort": 9402, "protocol": "TCP"},
    ],
    c.CAINJECTOR: [{"name": "http-metrics", "containerPort": 9402}],
}


def add_workloads(cluster: Cluster) -> None:
    """Three Deployments, each with its ReplicaSet and one ready Pod, the leases and the CA Secret."""
    for index, component in enumerate(c.COMPONENTS):
        add_deployment(cluster, component)
        pod_name = PODS[component]
        hash_ = pod_name.rsplit("-", 2)[1]
        add_replicaset(cluster, component, hash_, revision=1, replicas=1)
        add_pod(cluster, component, pod_name, ip=f"10.244.0.{10 + index}")
    holders = {
        c.CONTROLLER_LEASE: f"{CONTROLLER_POD}-external-cert-manager-controller",
        c.CAINJECTOR_LEASE: f"{CAINJECTOR_POD}_0b7a1b1e-6f0f-4b57-9d50-0b9a3f2f5d11",
    }
    for name, holder in holders.items():
        spec = {
            "holderIdentity": holder,
            "leaseDurationSeconds": 60,
            "acquireTime": stamp(INSTALLED),
            "renewTime": ago(5),
            "leaseTransitions": 0,
        }
        cluster.add(Kind.LEASE, {"metadata": {"name": name, "namespace": "kube-system"}, "spec": spec})
    cluster.add(
        Kind.SECRET,
        {
            "metadata": {
                "name": "cert-manager-webhook-ca",
                "namespace": NS,
                "annotations": {c.ALLOW_DIRECT_INJECTION: "true"},
                "labels": {c.LABEL_MANAGED_BY: "cert-manager-webhook"},
                "managedFields": [{"manager": "webhook", "operation": "Update", "time": stamp(INSTALLED)}],
            }
        },
    )


def add_deployment(cluster: Cluster, component: str, replicas: int = 1) -> Body:
    """A Deployment, rolled out."""
    name = deployment_name(component)
    conditions = [
        {
            "type": "Available",
            "status": "True",
            "reason": "MinimumReplicasAvailable",
            "message": "Deployment has minimum availability.",
            "lastTransitionTime": stamp(INSTALLED),
        },
        {
            "type": "Progressing",
            "status": "True",
            "reason": "NewReplicaSetAvailable",
            "message": f'ReplicaSet "{PODS[component].rsplit("-", 1)[0]}" has successfully progressed.',
            "lastUpdateTime": stamp(INSTALLED),
            "lastTransitionTime": stamp(INSTALLED),
        },
    ]
    container = {
        "name": f"cert-manager-{component}",
        "image": image(component),
        "args": list(_ARGS[component]),
        "ports": copy.deepcopy(_PORTS[component]),
    }
    return cluster.add(
        Kind.DEPLOYMENT,
        {
            "metadata": {
                "name": name,
                "namespace": NS,
                "generation": 1,
                "labels": component_labels(component),
                "annotations": {**release_annotations(), "deployment.kubernetes.io/revision": "1"},
            },
            "spec": {
                "replicas": replicas,
                "selector": {"matchLabels": selector_labels(component)},
                "strategy": {"type": "RollingUpdate"},
                "progressDeadlineSeconds": 600,
                "template": {"metadata": {"labels": component_labels(component)}, "spec": {"containers": [container]}},
            },
            "status": {
                "observedGeneration": 1,
                "replicas": replicas,
                "updatedReplicas": replicas,
                "readyReplicas": replicas,
                "availableReplicas": replicas,
                "conditions": conditions,
            },
        },
    )


def add_replicaset(
    cluster: Cluster, component: str, hash_: str, *, revision: int, replicas: int, version: str = VERSION
) -> Body:
    """A ReplicaSet of a component's Deployment, all its replicas ready."""
    owner = deployment_name(component)
    labels = {**component_labels(component), c.LABEL_VERSION: version, "pod-template-hash": hash_}
    containers = [{"name": f"cert-manager-{component}", "image": image(component, version)}]
    return cluster.add(
        Kind.REPLICASET,
        {
            "metadata": {
                "name": f"{owner}-{hash_}",
                "namespace": NS,
                "labels": labels,
                "annotations": {"deployment.kubernetes.io/revision": str(revision)},
                "ownerReferences": [_owner("Deployment", owner)],
            },
            "spec": {
                "replicas": replicas,
                "selector": {"matchLabels": {**selector_labels(component), "pod-template-hash": hash_}},
                "template": {"metadata": {"labels": labels}, "spec": {"containers": containers}},
            },
            "status": {"replicas": replicas, "readyReplicas": replicas, "availableReplicas": replicas},
        },
    )


def add_pod(cluster: Cluster, component: str, name: str, *, ip: str, version: str = VERSION) -> Body:
    """A running, ready Pod of a component."""
    replicaset, _, _ = name.rpartition("-")
    hash_ = replicaset.rpartition("-")[2]
    conditions = [
        {"type": t, "status": "True", "lastTransitionTime": stamp(INSTALLED + 5)}
        for t in ("PodScheduled", "Initialized", "ContainersReady", "Ready")
    ]
    status = {
        "name": f"cert-manager-{component}",
        "ready": True,
        "started": True,
        "restartCount": 0,
        "image": image(component, version),
        "state": {"running": {"startedAt": stamp(INSTALLED + 2)}},
        "lastState": {},
    }
    return cluster.add(
        Kind.POD,
        {
            "metadata": {
                "name": name,
                "namespace": NS,
                "labels": {**component_labels(component), c.LABEL_VERSION: version, "pod-template-hash": hash_},
                "ownerReferences": [_owner("ReplicaSet", replicaset)],
            },
            "spec": {
                "nodeName": "n1",
                "containers": [
                    {
                        "name": f"cert-manager-{component}",
                        "image": image(component, version),
                        "ports": copy.deepcopy(_PORTS[component]),
                    }
                ],
            },
            "status": {"phase": "Running", "podIP": ip, "conditions": conditions, "containerStatuses": [status]},
        },
    )


def _owner(kind: str, name: str) -> Body:
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "name": name,
        "uid": f"uid-{kind.lower()}-{NS}-{name}",
        "controller": True,
    }


def pod_waits(cluster: Cluster, pod: str, reason: str, message: str = "", *, restarts: int = 0) -> None:
    """Let a Pod's container wait for the given reason (ImagePullBackOff, CrashLoopBackOff, ContainerCreating)."""
    body = cluster.get(Kind.POD, pod, NS)
    status = body["status"]["containerStatuses"][0]
    waiting = {"reason": reason, **({"message": message} if message else {})}
    status.update(ready=False, started=False, restartCount=restarts, state={"waiting": waiting})
    if restarts:
        finished = {"exitCode": 1, "reason": "Error", "finishedAt": ago(20), "startedAt": ago(40)}
        status["lastState"] = {"terminated": finished}
    body["status"]["phase"] = "Running" if restarts else "Pending"
    pod_unready(cluster, pod)


def pod_unready(cluster: Cluster, pod: str, since: float = 30) -> None:
    """Make a Pod not ready, and with it its endpoint and its Deployment."""
    body = cluster.get(Kind.POD, pod, NS)
    body["status"]["containerStatuses"][0]["ready"] = False
    for condition in body["status"]["conditions"]:
        if condition["type"] in ("Ready", "ContainersReady"):
            condition.update(
                status="False",
                reason="ContainersNotReady",
                message="containers with unready status: [cert-manager-webhook]",
                lastTransitionTime=ago(since),
            )
    for (kind, _, _), other in cluster.bodies.items():
        if kind is Kind.ENDPOINTSLICE:
            for endpoint in other["endpoints"]:
                if endpoint["targetRef"]["name"] == pod:
                    endpoint["conditions"] = {"ready": False, "serving": False, "terminating": False}
    for component, name in PODS.items():
        if name == pod:
            deployment_unavailable(cluster, component, since)


def deployment_unavailable(cluster: Cluster, component: str, since: float = 30, deadline_passed: bool = False) -> None:
    """Make a Deployment have no ready replica."""
    body = cluster.get(Kind.DEPLOYMENT, deployment_name(component), NS)
    status = body["status"]
    status.update(readyReplicas=0, availableReplicas=0, unavailableReplicas=1)
    for condition in status["conditions"]:
        if condition["type"] == "Available":
            condition.update(
                status="False",
                reason="MinimumReplicasUnavailable",
                message="Deployment does not have minimum availability.",
                lastTransitionTime=ago(since),
            )
        elif deadline_passed:
            condition.update(status="False", reason="ProgressDeadlineExceeded", lastTransitionTime=ago(since))
        else:
            condition.update(reason="ReplicaSetUpdated", lastUpdateTime=ago(since))
