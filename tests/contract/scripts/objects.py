"""The objects that scripts write, and the collections they write them to."""

from typing import Any

from certdash.certmanager.probe_objects import CSR
from tests.contract.exchange import NAMESPACE

Object = dict[str, Any]

NAMESPACES = "/api/v1/namespaces"
CONFIG_MAPS = f"/api/v1/namespaces/{NAMESPACE}/configmaps"
SECRETS = f"/api/v1/namespaces/{NAMESPACE}/secrets"
ROOT = f"/apis/cert-manager.io/v1/namespaces/{NAMESPACE}"
CERTIFICATES = f"{ROOT}/certificates"
REQUESTS = f"{ROOT}/certificaterequests"
ISSUERS = f"{ROOT}/issuers"
CLUSTER_ISSUERS = "/apis/cert-manager.io/v1/clusterissuers"
DEPLOYMENTS = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments"
LEASES = f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
WIDGETS = f"/apis/contract.test/v1/namespaces/{NAMESPACE}/widgets"
VALIDATING = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"

ISSUER_REF = {"name": "contract", "kind": "Issuer", "group": "cert-manager.io"}


def config_map(name: str, **data: str) -> Object:
    """A ConfigMap."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def labelled(item: Object, **labels: str) -> Object:
    """The object with labels."""
    return {**item, "metadata": {**item["metadata"], "labels": labels}}


def certificate(name: str, **spec: Any) -> Object:
    """A good Certificate, but for what `spec` says."""
    good = {"secretName": "contract-tls", "dnsNames": ["contract.test"], "issuerRef": ISSUER_REF}
    return _custom("Certificate", name, {key: value for key, value in {**good, **spec}.items() if value is not None})


def request(name: str, **spec: Any) -> Object:
    """A good CertificateRequest, but for what `spec` says."""
    return _custom("CertificateRequest", name, {"request": CSR, "issuerRef": {"name": "contract"}, **spec})


def issuer(name: str, **spec: Any) -> Object:
    """An Issuer with exactly this spec."""
    return _custom("Issuer", name, spec)


def cluster_issuer(name: str, **spec: Any) -> Object:
    """A ClusterIssuer with exactly this spec."""
    return _custom("ClusterIssuer", name, spec)


def widget(name: str, **spec: Any) -> Object:
    """A custom resource that no controller touches."""
    return {"apiVersion": "contract.test/v1", "kind": "Widget", "metadata": {"name": name}, "spec": spec}


def widget_crd() -> Object:
    """What makes widgets a resource: `spec.size` is required, `spec.parts` is an atomic list."""
    text = {"type": "string"}
    parts = {"type": "array", "items": text, "x-kubernetes-list-type": "atomic"}
    spec = {"type": "object", "required": ["size"], "properties": {"size": text, "colour": text, "parts": parts}}
    status = {"type": "object", "properties": {"revision": {"type": "integer"}}}
    schema = {"type": "object", "properties": {"spec": spec, "status": status}}
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
        "subresources": {"status": {}},
    }
    names = {"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.contract.test"},
        "spec": {"group": "contract.test", "scope": "Namespaced", "names": names, "versions": [version]},
    }


def _custom(kind: str, name: str, spec: Object) -> Object:
    return {"apiVersion": "cert-manager.io/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def deployment(name: str, replicas: int = 0) -> Object:
    """A Deployment of no pods unless told otherwise."""
    labels = {"app": name}
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "main", "image": "example.test/main:1"}]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {"replicas": replicas, "selector": {"matchLabels": labels}, "template": pod},
    }
