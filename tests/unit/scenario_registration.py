"""What registers cert-manager v1.21.1 with the API server, as its chart renders it by default.

The custom resource definitions, the webhook configurations, and the Service with the endpoint that these lead to.
"""

import base64

from certdash.certmanager import constants as c
from certdash.model.resource import Kind
from tests.unit import scenario_certificates as certificates
from tests.unit.scenario_chart import (
    NS,
    SERVICE_IP,
    VERSION,
    WEBHOOK_POD,
    component_labels,
    release_annotations,
    selector_labels,
)
from tests.unit.scenario_cluster import INSTALLED, Body, Cluster, stamp


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


def add_service(cluster: Cluster) -> None:
    """The webhook's Service with one ready endpoint."""
    labels = component_labels(c.WEBHOOK)
    cluster.add(
        Kind.SERVICE,
        {
            "metadata": {
                "name": "cert-manager-webhook",
                "namespace": NS,
                "labels": labels,
                "annotations": release_annotations(),
            },
            "spec": {
                "type": "ClusterIP",
                "clusterIP": SERVICE_IP,
                "ports": [
                    {"name": "https", "port": 443, "protocol": "TCP", "targetPort": "https"},
                    {"name": "metrics", "port": 9402, "protocol": "TCP", "targetPort": "http-metrics"},
                ],
                "selector": selector_labels(c.WEBHOOK),
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
    labels = component_labels(c.WEBHOOK)
    managed = [
        {"manager": "helm", "operation": "Apply", "time": stamp(INSTALLED)},
        {
            "manager": c.CAINJECTOR_FIELD_MANAGER,
            "operation": "Apply",
            "time": stamp(INSTALLED + 8),
            "fieldsV1": {"f:webhooks": {'k:{"name":"x"}': {"f:clientConfig": {"f:caBundle": {}}}}},
        },
    ]
    annotations = {**release_annotations(), c.INJECT_FROM_SECRET: f"{NS}/cert-manager-webhook-ca"}
    return {
        "metadata": {"name": name, "labels": labels, "annotations": annotations, "managedFields": managed},
        "webhooks": [entry],
    }


def entry_of(cluster: Cluster, kind: Kind, name: str = "cert-manager-webhook") -> Body:
    """The single webhook entry of a configuration, to be changed in place."""
    found: Body = cluster.get(kind, name)["webhooks"][0]
    return found


def encoded(pem: str) -> str:
    """A PEM text as a caBundle holds it."""
    return base64.b64encode(pem.encode()).decode()


def blank_bundles(cluster: Cluster, bundle: str = "") -> None:
    """Set the caBundle of both configurations to the given base64 text, or take it away."""
    for kind in (Kind.VALIDATING, Kind.MUTATING):
        client = entry_of(cluster, kind)["clientConfig"]
        if bundle:
            client["caBundle"] = bundle
        else:
            client.pop("caBundle", None)
