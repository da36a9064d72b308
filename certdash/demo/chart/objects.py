"""The objects of a default Helm install of cert-manager 1.21 (release cert-manager, CRDs enabled)."""

import json
from typing import Any

from certdash.demo.chart.components import (
    CAINJECTOR,
    COMPONENTS,
    CONTROLLER,
    IMAGES,
    NAMESPACE,
    VERSION,
    WEBHOOK,
    Component,
)
from certdash.demo.chart.rbac import rbac
from certdash.demo.faults.api import Api

Object = dict[str, Any]

VALIDATING = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
MUTATING = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
WEBHOOK_NAME = WEBHOOK.deployment

_COLLECTIONS = {
    "Namespace": "/api/v1/namespaces",
    "ServiceAccount": "/api/v1/namespaces/{}/serviceaccounts",
    "Service": "/api/v1/namespaces/{}/services",
    "Deployment": "/apis/apps/v1/namespaces/{}/deployments",
    "ClusterRole": "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "ClusterRoleBinding": "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
    "Role": "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/roles",
    "RoleBinding": "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/rolebindings",
    "ValidatingWebhookConfiguration": VALIDATING,
    "MutatingWebhookConfiguration": MUTATING,
    "CustomResourceDefinition": CRDS,
}


def path_of(item: Object) -> str:
    """The API path of an object of the chart."""
    collection = _COLLECTIONS[item["kind"]].format(item["metadata"].get("namespace", ""))
    return f"{collection}/{item['metadata']['name']}"


def _common(app: str, component: str) -> dict[str, str]:
    return {
        "app": app,
        "app.kubernetes.io/name": app,
        "app.kubernetes.io/instance": "cert-manager",
        "app.kubernetes.io/component": component,
        "app.kubernetes.io/version": VERSION,
        "app.kubernetes.io/managed-by": "Helm",
        "helm.sh/chart": f"cert-manager-{VERSION}",
    }


def labels(component: Component) -> dict[str, str]:
    """The labels of a component's own objects."""
    return _common(component.app, component.name)


def _released(item: Object) -> Object:
    annotations = item["metadata"].setdefault("annotations", {})
    annotations |= {"meta.helm.sh/release-name": "cert-manager", "meta.helm.sh/release-namespace": NAMESPACE}
    return item


def labelled_crd(crd: Object) -> Object:
    """A plain CRD, labelled and annotated as the chart does."""
    metadata = {
        **crd["metadata"],
        "labels": _common("cert-manager", "crds"),
        "annotations": {"helm.sh/resource-policy": "keep"},
    }
    return _released({**crd, "metadata": metadata})


def _arguments(component: Component) -> list[str]:
    if component is WEBHOOK:
        name = WEBHOOK.deployment
        return [
            "--v=2",
            "--secure-port=10250",
            "--dynamic-serving-ca-secret-namespace=$(POD_NAMESPACE)",
            f"--dynamic-serving-ca-secret-name={name}-ca",
            f"--dynamic-serving-dns-names={name}",
            f"--dynamic-serving-dns-names={name}.$(POD_NAMESPACE)",
            f"--dynamic-serving-dns-names={name}.$(POD_NAMESPACE).svc",
        ]
    election = ["--v=2", "--leader-election-namespace=kube-system"]
    if component is CAINJECTOR:
        return election
    return [
        "--v=2",
        "--cluster-resource-namespace=$(POD_NAMESPACE)",
        election[1],
        f"--acme-http01-solver-image={IMAGES}/cert-manager-acmesolver:{VERSION}",
        "--max-concurrent-challenges=60",
    ]


def _http_get(path: str, port: str, delay: int, period: int, timeout: int, failures: int) -> Object:
    return {
        "httpGet": {"path": path, "port": port, "scheme": "HTTP"},
        "initialDelaySeconds": delay,
        "periodSeconds": period,
        "timeoutSeconds": timeout,
        "successThreshold": 1,
        "failureThreshold": failures,
    }


def _container(component: Component, tag: str) -> Object:
    made: Object = {
        "name": component.container,
        "image": f"{component.image}:{tag}",
        "imagePullPolicy": "IfNotPresent",
        "args": _arguments(component),
        "ports": [{"name": name, "containerPort": port, "protocol": "TCP"} for name, port in component.ports],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
        "env": [{"name": "POD_NAMESPACE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}}],
    }
    if component is CONTROLLER:
        made["livenessProbe"] = _http_get("/livez", "http-healthz", 10, 10, 15, 8)
    if component is WEBHOOK:
        made["livenessProbe"] = _http_get("/livez", "healthcheck", 60, 10, 1, 3)
        made["readinessProbe"] = _http_get("/healthz", "healthcheck", 5, 5, 1, 3)
    return made


def deployment(component: Component, tag: str = VERSION) -> Object:
    """The Deployment of a component, with its image at `tag`."""
    scrape = {"prometheus.io/path": "/metrics", "prometheus.io/scrape": "true", "prometheus.io/port": "9402"}
    return _released(
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": component.deployment, "namespace": NAMESPACE, "labels": labels(component)},
            "spec": {
                "replicas": 1,
                "selector": {"matchLabels": component.selector},
                "template": {
                    "metadata": {"labels": labels(component), "annotations": scrape},
                    "spec": {
                        "serviceAccountName": component.deployment,
                        "enableServiceLinks": False,
                        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
                        "containers": [_container(component, tag)],
                        "nodeSelector": {"kubernetes.io/os": "linux"},
                    },
                },
            },
        }
    )


def webhook_service(cluster_ip: str) -> Object:
    """The webhook's Service, at a given ClusterIP so that clusters do not meet on one address."""
    made = _service(WEBHOOK)
    made["spec"]["clusterIP"] = cluster_ip
    made["spec"]["ports"] = [
        {"name": "https", "port": 443, "protocol": "TCP", "targetPort": "https"},
        {"name": "metrics", "port": 9402, "protocol": "TCP", "targetPort": "http-metrics"},
    ]
    return made


def _service(component: Component) -> Object:
    return _released(
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": component.deployment, "namespace": NAMESPACE, "labels": labels(component)},
            "spec": {
                "type": "ClusterIP",
                "ports": [{"name": "http-metrics", "port": 9402, "protocol": "TCP"}],
                "selector": component.selector,
            },
        }
    )


def _webhook_configuration(kind: str, path: str, rule: Object, **extra: Object) -> Object:
    return _released(
        {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": kind,
            "metadata": {
                "name": WEBHOOK_NAME,
                "labels": labels(WEBHOOK),
                "annotations": {"cert-manager.io/inject-ca-from-secret": f"{NAMESPACE}/{WEBHOOK_NAME}-ca"},
            },
            "webhooks": [
                {
                    "name": "webhook.cert-manager.io",
                    "rules": [rule],
                    "admissionReviewVersions": ["v1"],
                    "matchPolicy": "Equivalent",
                    "timeoutSeconds": 30,
                    "failurePolicy": "Fail",
                    "sideEffects": "None",
                    "clientConfig": {"service": {"name": WEBHOOK_NAME, "namespace": NAMESPACE, "path": path}},
                    **extra,
                }
            ],
        }
    )


def webhook_configurations() -> list[Object]:
    """The validating and the mutating webhook configuration, without caBundle: the cainjector writes it."""
    group = "cert-manager.io"
    validated = {
        "apiGroups": [group, f"acme.{group}"],
        "apiVersions": ["v1"],
        "operations": ["CREATE", "UPDATE"],
        "resources": ["*/*"],
    }
    mutated = {
        "apiGroups": [group],
        "apiVersions": ["v1"],
        "operations": ["CREATE"],
        "resources": ["certificaterequests"],
    }
    selector: Object = {
        "matchExpressions": [{"key": "cert-manager.io/disable-validation", "operator": "NotIn", "values": ["true"]}]
    }
    return [
        _webhook_configuration("ValidatingWebhookConfiguration", "/validate", validated, namespaceSelector=selector),
        _webhook_configuration("MutatingWebhookConfiguration", "/mutate", mutated),
    ]


def at_version(item: Object, version: str) -> Object:
    """An object of the chart as the chart of another release renders it: its version stands in names and labels, and
    up to 1.20 the controller's Service named its port otherwise."""
    changed: Object = json.loads(json.dumps(item).replace(VERSION, version))
    before_21 = tuple(int(part) for part in version.lstrip("v").split(".")[:2]) < (1, 21)
    if before_21 and item["kind"] == "Service" and item["metadata"]["name"] == CONTROLLER.deployment:
        changed["spec"]["ports"][0]["name"] = "tcp-prometheus-servicemonitor"
    return changed


def install(cluster_ip: str, version: str = VERSION) -> list[Object]:
    """Everything but the CRDs, in an order in which it can be created."""
    return [at_version(item, version) for item in _install(cluster_ip)]


def _install(cluster_ip: str) -> list[Object]:
    accounts: list[Object] = [
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": component.deployment, "namespace": NAMESPACE, "labels": labels(component)},
            "automountServiceAccountToken": True,
        }
        for component in COMPONENTS.values()
    ]
    roles = rbac({name: labels(component) for name, component in COMPONENTS.items()})
    services = [_service(CONTROLLER), _service(CAINJECTOR), webhook_service(cluster_ip)]
    namespace: Object = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
    return [
        namespace,
        *(_released(item) for item in (*accounts, *roles)),
        *services,
        *(deployment(component) for component in COMPONENTS.values()),
        *webhook_configurations(),
    ]


def apply(api: Api, items: list[Object]) -> None:
    """Apply the objects as Helm does (server-side, field manager helm)."""
    for item in items:
        api.apply(path_of(item), item)
