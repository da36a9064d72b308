"""The RBAC objects of the cert-manager 1.21 chart, as it renders by default."""

from collections.abc import Sequence
from typing import Any

from certdash.demo.chart.components import CAINJECTOR, CONTROLLER, NAMESPACE, WEBHOOK, Component

Object = dict[str, Any]
Rule = dict[str, list[str]]

_CM = ["cert-manager.io"]
_ACME = ["acme.cert-manager.io"]
_READ = ["get", "list", "watch"]
_GROUP = "rbac.authorization.k8s.io"


def rule(groups: Sequence[str], resources: str, verbs: str | Sequence[str], names: Sequence[str] = ()) -> Rule:
    """One policy rule; `resources` and a text of `verbs` are separated by spaces."""
    made: Rule = {
        "apiGroups": list(groups),
        "resources": resources.split(),
        "verbs": verbs.split() if isinstance(verbs, str) else list(verbs),
    }
    if names:
        made["resourceNames"] = list(names)
    return made


_EVENTS = rule([""], "events", "create patch")
_SECRETS = rule([""], "secrets", "get list watch create update delete")
_SECRETS_READ = rule([""], "secrets", _READ)

_CONTROLLER_ROLES: dict[str, list[Rule]] = {
    "issuers": [
        rule(_CM, "issuers issuers/status", "update patch"),
        rule(_CM, "issuers", _READ),
        _SECRETS,
        _EVENTS,
    ],
    "clusterissuers": [
        rule(_CM, "clusterissuers clusterissuers/status", "update patch"),
        rule(_CM, "clusterissuers", _READ),
        _SECRETS,
        _EVENTS,
    ],
    "certificates": [
        rule(_CM, "certificates certificates/status certificaterequests certificaterequests/status", "update patch"),
        rule(_CM, "certificates certificaterequests clusterissuers issuers", _READ),
        rule(_CM, "certificates/finalizers certificaterequests/finalizers", "update"),
        rule(_ACME, "orders", "create delete get list watch"),
        rule([""], "secrets", "get list watch create update delete patch"),
        _EVENTS,
    ],
    "orders": [
        rule(_ACME, "orders orders/status", "update patch"),
        rule(_ACME, "orders challenges", _READ),
        rule(_CM, "clusterissuers issuers", _READ),
        rule(_ACME, "challenges", "create delete"),
        rule(_ACME, "orders/finalizers", "update"),
        rule(_CM, "clusterissuers/finalizers issuers/finalizers", "update"),
        _SECRETS_READ,
        _EVENTS,
    ],
    "challenges": [
        rule(_ACME, "challenges challenges/status", "update patch"),
        rule(_ACME, "challenges", _READ),
        rule(_CM, "issuers clusterissuers", _READ),
        _SECRETS_READ,
        _EVENTS,
        rule([""], "pods services", "get list watch create delete"),
        rule(["networking.k8s.io"], "ingresses", "get list watch create delete update"),
        rule(["gateway.networking.k8s.io"], "httproutes", "get list watch create delete update"),
        rule(["route.openshift.io"], "routes/custom-host", "create"),
        rule(_ACME, "challenges/finalizers", "update"),
    ],
    "ingress-shim": [
        rule(_CM, "certificates certificaterequests", "create update delete"),
        rule(_CM, "certificates certificaterequests issuers clusterissuers", _READ),
        rule(["networking.k8s.io"], "ingresses", _READ),
        rule(["networking.k8s.io"], "ingresses/finalizers", "update"),
        rule(["gateway.networking.k8s.io"], "gateways httproutes listenersets", _READ),
        rule(
            ["gateway.networking.k8s.io"],
            "gateways/finalizers httproutes/finalizers listenersets/finalizers",
            "update",
        ),
        _EVENTS,
    ],
    "approve:cert-manager-io": [rule(_CM, "signers", "approve")],
    "certificatesigningrequests": [
        rule(["certificates.k8s.io"], "certificatesigningrequests", "get list watch update"),
        rule(["certificates.k8s.io"], "certificatesigningrequests/status", "update patch"),
        rule(
            ["certificates.k8s.io"],
            "signers",
            "sign",
            ["issuers.cert-manager.io/*", "clusterissuers.cert-manager.io/*"],
        ),
        rule(["authorization.k8s.io"], "subjectaccessreviews", "create"),
    ],
}

_CAINJECTOR_ROLE = [
    rule(_CM, "certificates", _READ),
    _SECRETS_READ,
    rule([""], "events", "get create update patch"),
    rule(
        ["admissionregistration.k8s.io"],
        "validatingwebhookconfigurations mutatingwebhookconfigurations",
        "get list watch update patch",
    ),
    rule(["apiregistration.k8s.io"], "apiservices", "get list watch update patch"),
    rule(["apiextensions.k8s.io"], "customresourcedefinitions", "get list watch update patch"),
]

_AGGREGATE = "rbac.authorization.k8s.io/aggregate-to-"
_USER_ROLES: dict[str, tuple[tuple[str, ...], list[Rule]]] = {
    "cluster-view": (("cluster-reader",), [rule(_CM, "clusterissuers", _READ)]),
    "view": (
        ("view", "edit", "admin", "cluster-reader"),
        [
            rule(_CM, "certificates certificaterequests issuers", _READ),
            rule(_ACME, "challenges orders", _READ),
        ],
    ),
    "edit": (
        ("edit", "admin"),
        [
            rule(_CM, "certificates certificaterequests issuers", "create delete deletecollection patch update"),
            rule(_CM, "certificates/status", "update"),
            rule(_ACME, "challenges", "delete deletecollection patch update"),
            rule(_ACME, "orders", "delete deletecollection"),
        ],
    ),
}


def role(kind: str, name: str, rules: list[Rule], labels: dict[str, str], namespace: str = "") -> Object:
    """A Role or ClusterRole."""
    metadata: Object = {"name": name, "labels": labels}
    if namespace:
        metadata["namespace"] = namespace
    return {"apiVersion": f"{_GROUP}/v1", "kind": kind, "metadata": metadata, "rules": rules}


def binding(kind: str, name: str, account: str, labels: dict[str, str], namespace: str = "") -> Object:
    """The binding of the role of the same name to a ServiceAccount of cert-manager."""
    metadata: Object = {"name": name, "labels": labels}
    if namespace:
        metadata["namespace"] = namespace
    return {
        "apiVersion": f"{_GROUP}/v1",
        "kind": f"{kind}Binding",
        "metadata": metadata,
        "roleRef": {"apiGroup": _GROUP, "kind": kind, "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": NAMESPACE}],
    }


def _pair(
    kind: str, name: str, rules: list[Rule], component: Component, labels: dict[str, str], namespace: str = ""
) -> list[Object]:
    return [
        role(kind, name, rules, labels, namespace),
        binding(kind, name, component.deployment, labels, namespace),
    ]


def _lease_rules(*names: str) -> list[Rule]:
    leases = ["coordination.k8s.io"]
    return [rule(leases, "leases", "get update patch", names), rule(leases, "leases", "create")]


def rbac(labels: dict[str, dict[str, str]]) -> list[Object]:
    """All roles and bindings; `labels` are those of each component by name."""
    controller, cainjector, webhook = labels["controller"], labels["cainjector"], labels["webhook"]
    shared = {**controller, "app.kubernetes.io/component": "cert-manager"}
    made: list[Object] = []
    for suffix, rules in _CONTROLLER_ROLES.items():
        own = shared if suffix in ("approve:cert-manager-io", "certificatesigningrequests") else controller
        made += _pair("ClusterRole", f"cert-manager-controller-{suffix}", rules, CONTROLLER, own)
    for suffix, (targets, rules) in _USER_ROLES.items():
        aggregated = controller | {f"{_AGGREGATE}{target}": "true" for target in targets}
        made.append(role("ClusterRole", f"cert-manager-{suffix}", rules, aggregated))
    made += _pair("ClusterRole", "cert-manager-cainjector", _CAINJECTOR_ROLE, CAINJECTOR, cainjector)
    reviews = [rule(["authorization.k8s.io"], "subjectaccessreviews", "create")]
    made += _pair("ClusterRole", "cert-manager-webhook:subjectaccessreviews", reviews, WEBHOOK, webhook)
    serving = [
        rule([""], "secrets", "get list watch update", ["cert-manager-webhook-ca"]),
        rule([""], "secrets", "create"),
    ]
    made += _pair("Role", "cert-manager-webhook:dynamic-serving", serving, WEBHOOK, webhook, NAMESPACE)
    made += _pair(
        "Role",
        "cert-manager:leaderelection",
        _lease_rules("cert-manager-controller"),
        CONTROLLER,
        controller,
        "kube-system",
    )
    made += _pair(
        "Role",
        "cert-manager-cainjector:leaderelection",
        _lease_rules("cert-manager-cainjector-leader-election", "cert-manager-cainjector-leader-election-core"),
        CAINJECTOR,
        cainjector,
        "kube-system",
    )
    return made
