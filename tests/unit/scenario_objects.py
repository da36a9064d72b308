"""A made-up cluster with cert-manager v1.21.1 as its chart renders it by default, for tests and pictures.

`healthy()` is an install that works; tests change it and take `snapshot()`. Times are fixed: NOW is the moment of the
look, everything was installed a day before.
"""

import base64
import copy
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from certdash.certmanager import constants as c
from certdash.certmanager.reduce import reduce
from certdash.model.connection import Connection, ConnectionPhase, ServerFacts, Target
from certdash.model.instant import Instant
from certdash.model.probe import ProbeAnswer, ProbeName, ProbeRound, ProbeState
from certdash.model.resource import Key, Kind, KubeObject
from certdash.model.snapshot import Scope, Snapshot
from certdash.model.stream import StreamPhase, StreamSpec, StreamState
from tests.unit import scenario_certificates as certificates

Body = dict[str, Any]

NOW = Instant(steady=500_000.0, wall=datetime(2026, 11, 23, 20, 0, tzinfo=UTC).timestamp())
INSTALLED = NOW.wall - 86_400
VERSION = "v1.21.1"
NS = "cert-manager"
SERVICE_IP = "10.96.55.51"
WEBHOOK_POD = "cert-manager-webhook-6c9d5f7b8-k2xwq"
CONTROLLER_POD = "cert-manager-7d4b5c9f6-9ptzl"
CAINJECTOR_POD = "cert-manager-cainjector-5f8c6d7b9-mv4hs"
PODS = {c.CONTROLLER: CONTROLLER_POD, c.WEBHOOK: WEBHOOK_POD, c.CAINJECTOR: CAINJECTOR_POD}
USER = "alice"


def at(seconds_ago: float = 0.0) -> Instant:
    """The moment so many seconds before NOW."""
    return Instant(NOW.steady - seconds_ago, NOW.wall - seconds_ago)


def stamp(wall: float) -> str:
    """The moment as the API writes it."""
    return datetime.fromtimestamp(wall, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def ago(seconds: float) -> str:
    """The moment so many seconds before NOW, as the API writes it."""
    return stamp(NOW.wall - seconds)


def encoded(pem: str) -> str:
    """A PEM text as a caBundle holds it."""
    return base64.b64encode(pem.encode()).decode()


class Cluster:
    """Objects as the API server would send them, and what certdash asked of it. Everything may be changed."""

    def __init__(self) -> None:
        self.bodies: dict[tuple[Kind, str, str], Body] = {}
        self.phases: dict[Kind, StreamPhase] = {}
        self.target = Target("prod", "prod", USER, "https://10.0.0.10:6443", "default", "~/.kube/config")
        self.scope = Scope()
        self.connection = Connection(ConnectionPhase.CONNECTED, at(600), NOW)
        self.server = ServerFacts(version="v1.36.2", api_servers=1, served=frozenset(c.CRD_NAMES), served_at=at(600))
        self.probe = ProbeState(basis_generation=1, basis_changed=at(600))

    def add(self, kind: Kind, body: Body) -> Body:
        """Put an object in (or in place of the one of that name)."""
        meta = body["metadata"]
        name, namespace = meta["name"], meta.get("namespace", "")
        meta.setdefault("uid", f"uid-{kind.name.lower()}-{namespace}-{name}")
        meta.setdefault("resourceVersion", "1000")
        meta.setdefault("creationTimestamp", stamp(INSTALLED))
        self.bodies[kind, namespace, name] = body
        return body

    def remove(self, kind: Kind, name: str = "", namespace: str = "") -> None:
        """Take one object away, or (no name) every object of the kind."""
        for key in [k for k in self.bodies if k[0] is kind and name in ("", k[2]) and namespace in ("", k[1])]:
            del self.bodies[key]

    def get(self, kind: Kind, name: str, namespace: str = "") -> Body:
        """The body of one object, to be changed in place."""
        return self.bodies[kind, namespace, name]

    def stream(self, kind: Kind, phase: StreamPhase) -> None:
        """Put all streams of a kind in a phase; unless SYNCED its objects are not seen."""
        self.phases[kind] = phase

    def objects(self) -> Mapping[Kind, Mapping[Key, KubeObject]]:
        """The objects as the store would hold them."""
        held: dict[Kind, dict[Key, KubeObject]] = {}
        for (kind, namespace, name), raw in self.bodies.items():
            if self.phases.get(kind, StreamPhase.SYNCED) is not StreamPhase.SYNCED:
                continue
            body = reduce(kind, copy.deepcopy(raw))
            meta = body["metadata"]
            held.setdefault(kind, {})[namespace, name] = KubeObject(
                kind, namespace, name, str(meta.get("uid", "")), str(meta.get("resourceVersion", "")), body
            )
        return held

    def streams(self) -> Mapping[StreamSpec, StreamState]:
        """One stream for each kind, as wide as need be."""
        states: dict[StreamSpec, StreamState] = {}
        for kind in Kind:
            phase = self.phases.get(kind, StreamPhase.SYNCED)
            synced = phase is StreamPhase.SYNCED
            error = "" if synced else f"{kind.resource.plural} is {phase.value}"
            status = 403 if phase is StreamPhase.FORBIDDEN else None
            spec = StreamSpec(kind, metadata_only=kind is Kind.SECRET)
            states[spec] = StreamState(phase, at(600), NOW, synced, error, status)
        return states

    def snapshot(self) -> Snapshot:
        """All of it, as the engine would see it."""
        return Snapshot(
            self.target, self.scope, self.connection, self.server, self.objects(), self.streams(), self.probe
        )

    def probed(self, *rounds: ProbeRound, **state: Any) -> None:
        """Set the probe's finished rounds (newest last) and other fields of its state."""
        known = {
            "basis_generation": self.probe.basis_generation,
            "basis_changed": self.probe.basis_changed,
            "interval": self.probe.interval,
        }
        self.probe = ProbeState(rounds=rounds, **{**known, **state})


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


def add_crds(cluster: Cluster) -> None:
    """The six CRDs, established."""
    for name in c.CRD_NAMES:
        cluster.add(Kind.CRD, crd(name))


def crd(name: str) -> Body:
    """One CRD, established."""
    plural, _, group = name.partition(".")
    labels = {"app.kubernetes.io/name": "cert-manager", c.LABEL_INSTANCE: "cert-manager", c.LABEL_VERSION: VERSION}
    conditions = [
        {"type": t, "status": "True", "reason": r, "lastTransitionTime": stamp(INSTALLED)}
        for t, r in (("NamesAccepted", "NoConflicts"), ("Established", "InitialNamesAccepted"))
    ]
    names = {"plural": plural, "kind": plural[:-1].title(), "singular": plural[:-1]}
    return {
        "metadata": {"name": name, "labels": labels, "annotations": {"helm.sh/resource-policy": "keep"}},
        "spec": {
            "group": group,
            "scope": "Cluster" if plural == "clusterissuers" else "Namespaced",
            "names": names,
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {}}}],
            "conversion": {"strategy": "None"},
        },
        "status": {"conditions": conditions, "storedVersions": ["v1"], "acceptedNames": names},
    }


def _labels(component: str) -> dict[str, str]:
    name = "cert-manager" if component == c.CONTROLLER else component
    return {
        "app": name,
        c.LABEL_NAME: name,
        c.LABEL_INSTANCE: "cert-manager",
        c.LABEL_COMPONENT: component,
        c.LABEL_VERSION: VERSION,
        c.LABEL_MANAGED_BY: "Helm",
        c.LABEL_CHART: f"cert-manager-{VERSION}",
    }


def _helm() -> dict[str, str]:
    return {"meta.helm.sh/release-name": "cert-manager", "meta.helm.sh/release-namespace": NS}


def _selector(component: str) -> dict[str, str]:
    labels = _labels(component)
    return {k: labels[k] for k in (c.LABEL_NAME, c.LABEL_INSTANCE, c.LABEL_COMPONENT)}


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


def deployment_name(component: str) -> str:
    """The chart's name for a component's Deployment."""
    return "cert-manager" if component == c.CONTROLLER else f"cert-manager-{component}"


def image(component: str, version: str = VERSION) -> str:
    """The published image of a component."""
    return f"quay.io/jetstack/cert-manager-{component}:{version}"


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
                "labels": _labels(component),
                "annotations": {**_helm(), "deployment.kubernetes.io/revision": "1"},
            },
            "spec": {
                "replicas": replicas,
                "selector": {"matchLabels": _selector(component)},
                "strategy": {"type": "RollingUpdate"},
                "progressDeadlineSeconds": 600,
                "template": {"metadata": {"labels": _labels(component)}, "spec": {"containers": [container]}},
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
    labels = {**_labels(component), c.LABEL_VERSION: version, "pod-template-hash": hash_}
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
                "selector": {"matchLabels": {**_selector(component), "pod-template-hash": hash_}},
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
                "labels": {**_labels(component), c.LABEL_VERSION: version, "pod-template-hash": hash_},
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


def add_service(cluster: Cluster) -> None:
    """The webhook's Service with one ready endpoint."""
    labels = _labels(c.WEBHOOK)
    cluster.add(
        Kind.SERVICE,
        {
            "metadata": {"name": "cert-manager-webhook", "namespace": NS, "labels": labels, "annotations": _helm()},
            "spec": {
                "type": "ClusterIP",
                "clusterIP": SERVICE_IP,
                "ports": [
                    {"name": "https", "port": 443, "protocol": "TCP", "targetPort": "https"},
                    {"name": "metrics", "port": 9402, "protocol": "TCP", "targetPort": "http-metrics"},
                ],
                "selector": _selector(c.WEBHOOK),
            },
        },
    )
    cluster.add(
        Kind.ENDPOINTSLICE,
        {
            "metadata": {
                "name": "cert-manager-webhook-x7k2p",
                "namespace": NS,
                "labels": {**labels, c.LABEL_SERVICE_NAME: "cert-manager-webhook"},
            },
            "addressType": "IPv4",
            "endpoints": [endpoint("10.244.0.11", WEBHOOK_POD)],
            "ports": [
                {"name": "https", "port": 10250, "protocol": "TCP"},
                {"name": "metrics", "port": 9402, "protocol": "TCP"},
            ],
        },
    )


def endpoint(address: str, pod: str, ready: bool = True) -> Body:
    """One endpoint of the webhook's slice."""
    return {
        "addresses": [address],
        "conditions": {"ready": ready, "serving": ready, "terminating": False},
        "targetRef": {"kind": "Pod", "name": pod, "namespace": NS},
        "nodeName": "n1",
    }


def add_configurations(cluster: Cluster) -> None:
    """The validating and the mutating webhook configuration, injected."""
    cluster.add(Kind.VALIDATING, configuration(Kind.VALIDATING))
    cluster.add(Kind.MUTATING, configuration(Kind.MUTATING))


def configuration(kind: Kind, *, name: str = "cert-manager-webhook", bundle: str = certificates.WEBHOOK_CA) -> Body:
    """cert-manager's webhook configuration of that kind."""
    validating = kind is Kind.VALIDATING
    rule = {
        "apiGroups": ["cert-manager.io", "acme.cert-manager.io"] if validating else ["cert-manager.io"],
        "apiVersions": ["v1"],
        "operations": ["CREATE", "UPDATE"] if validating else ["CREATE"],
        "resources": ["*/*"] if validating else ["certificaterequests"],
        "scope": "*",
    }
    unlabelled = {"key": c.DISABLE_VALIDATION, "operator": "NotIn", "values": ["true"]}
    entry: Body = {
        "name": "webhook.cert-manager.io",
        "admissionReviewVersions": ["v1"],
        "clientConfig": {
            "service": {
                "name": "cert-manager-webhook",
                "namespace": NS,
                "path": c.VALIDATE_PATH if validating else c.MUTATE_PATH,
                "port": 443,
            },
            "caBundle": encoded(bundle),
        },
        "failurePolicy": "Fail",
        "matchPolicy": "Equivalent",
        "namespaceSelector": {"matchExpressions": [unlabelled]} if validating else {},
        "objectSelector": {},
        "rules": [rule],
        "sideEffects": "None",
        "timeoutSeconds": 30,
    }
    if not validating:
        entry["reinvocationPolicy"] = "Never"
    labels = _labels(c.WEBHOOK)
    managed = [
        {"manager": "helm", "operation": "Apply", "time": stamp(INSTALLED)},
        {
            "manager": c.CAINJECTOR_FIELD_MANAGER,
            "operation": "Apply",
            "time": stamp(INSTALLED + 8),
            "fieldsV1": {"f:webhooks": {'k:{"name":"x"}': {"f:clientConfig": {"f:caBundle": {}}}}},
        },
    ]
    annotations = {**_helm(), c.INJECT_FROM_SECRET: f"{NS}/cert-manager-webhook-ca"}
    return {
        "metadata": {"name": name, "labels": labels, "annotations": annotations, "managedFields": managed},
        "webhooks": [entry],
    }


def entry_of(cluster: Cluster, kind: Kind, name: str = "cert-manager-webhook") -> Body:
    """The single webhook entry of a configuration, to be changed in place."""
    found: Body = cluster.get(kind, name)["webhooks"][0]
    return found


def blank_bundles(cluster: Cluster, bundle: str = "") -> None:
    """Set the caBundle of both configurations to the given base64 text, or take it away."""
    for kind in (Kind.VALIDATING, Kind.MUTATING):
        client = entry_of(cluster, kind)["clientConfig"]
        if bundle:
            client["caBundle"] = bundle
        else:
            client.pop("caBundle", None)


# What the API server says, word for word.

DENIED_INVALID = (
    'admission webhook "webhook.cert-manager.io" denied the request: '
    'spec.ipAddresses[0]: Invalid value: "not-an-ip": invalid IP address'
)
DENIED_IDENTITY = (
    'admission webhook "webhook.cert-manager.io" denied the request: [spec.username: Forbidden: username identity '
    "must be that of the requester, spec.groups: Forbidden: groups identity must be that of the requester]"
)
NO_PATH = "404 page not found\n"


def call_failed(rest: str, *, webhook: str = "webhook.cert-manager.io", path: str = "validate", host: str = "") -> str:
    """The text of a failed call: `rest` is the network's own words."""
    host = host or f"cert-manager-webhook.{NS}.svc:443"
    post = f'Post "https://{host}/{path}?timeout=30s": {rest}'
    return f'Internal error occurred: failed calling webhook "{webhook}": failed to call webhook: {post}'


def answer(probe: ProbeName, status: int | None, message: str = "", *, reason: str = "", **more: Any) -> ProbeAnswer:
    """One answer; anything but a plain text is taken for a Status body."""
    more.setdefault("is_status", message != NO_PATH and status is not None)
    return ProbeAnswer(probe, status, more.pop("latency", 0.012), reason=reason, message=message, **more)


def good_answers() -> tuple[ProbeAnswer, ...]:
    """The three answers that prove readiness."""
    return (
        answer(ProbeName.VALID, 201),
        answer(ProbeName.INVALID, 403, DENIED_INVALID, reason="Forbidden"),
        answer(ProbeName.IDENTITY, 201, stamped_username=USER),
    )


def open_answers() -> tuple[ProbeAnswer, ...]:
    """What a cluster answers where no webhook is asked: everything is admitted, nothing is stamped."""
    return (
        answer(ProbeName.VALID, 201),
        answer(ProbeName.INVALID, 201),
        answer(ProbeName.IDENTITY, 201, stamped_username=c.PROBE_SENTINEL),
    )


def failed_answers(rest: str, **more: Any) -> tuple[ProbeAnswer, ...]:
    """Every call of the webhook fails with these words of the network."""

    def failed(probe: ProbeName, path: str) -> ProbeAnswer:
        return answer(probe, 500, call_failed(rest, path=path, **more), reason="InternalError")

    return (
        failed(ProbeName.VALID, "validate"),
        failed(ProbeName.INVALID, "validate"),
        failed(ProbeName.IDENTITY, "mutate"),
    )


def same_answers(status: int | None, message: str = "", **more: Any) -> tuple[ProbeAnswer, ...]:
    """All three creates get the same answer."""
    return tuple(answer(probe, status, message, **more) for probe in ProbeName)


def round_of(
    answers: tuple[ProbeAnswer, ...], number: int = 1, *, seconds_ago: float = 2, basis: int = 1
) -> ProbeRound:
    """A round with these answers, within one generation of the basis."""
    begun = at(seconds_ago)
    ended = Instant(begun.steady + 0.04, begun.wall + 0.04)
    full = len(answers) == len(ProbeName)
    return ProbeRound(number, begun, ended, "default", answers, full, basis, basis)


def good_round(number: int = 1, *, seconds_ago: float = 2, basis: int = 1) -> ProbeRound:
    """A round that proves readiness."""
    return round_of(good_answers(), number, seconds_ago=seconds_ago, basis=basis)


# The scenarios that tests and pictures share.


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
