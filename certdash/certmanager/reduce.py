"""What is kept of each object before anything is stored or written: an allow-list of fields for each kind."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from certdash.certmanager import fields
from certdash.model.resource import Kind

Shape: TypeAlias = Mapping[str, "Shape | None"]
"""Which fields are kept: None keeps the field whole, a nested shape picks within it (and within list items)."""

_ANNOTATION_PREFIXES = (
    "cert-manager.io/",
    "meta.helm.sh/",
    "helm.sh/",
    "helm.toolkit.fluxcd.io/",
    "kustomize.toolkit.fluxcd.io/",
    "argocd.argoproj.io/",
    "cert-manager.clusterctl.cluster.x-k8s.io/",
    "deployment.kubernetes.io/revision",
    "kubectl.kubernetes.io/restartedAt",
    "operator.openshift.io/",
    "admissions.enforcer/",
)


def _whole(*names: str) -> dict[str, Shape | None]:
    return dict.fromkeys(names)


_METADATA: Shape = _whole(
    "name",
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "labels",
    "creationTimestamp",
    "deletionTimestamp",
    "ownerReferences",
    "finalizers",
)
_CONTAINER_STATUS: Shape = _whole("name", "ready", "started", "restartCount", "image", "imageID", "state", "lastState")
_CONTAINER: Shape = _whole("name", "image", "args", "command", "ports")

_SHAPES: Mapping[Kind, Shape] = {
    Kind.CRD: {
        "spec": {
            **_whole("group", "scope", "names"),
            "versions": _whole("name", "served", "storage", "deprecated"),
            "conversion": {
                "strategy": None,
                "webhook": {"clientConfig": _whole("service", "url"), "conversionReviewVersions": None},
            },
        },
        "status": _whole("conditions", "storedVersions", "acceptedNames"),
    },
    Kind.NAMESPACE: {"status": _whole("phase", "conditions")},
    Kind.DEPLOYMENT: {
        "spec": {
            **_whole("replicas", "selector", "strategy", "progressDeadlineSeconds", "paused", "minReadySeconds"),
            "template": {
                "metadata": _whole("labels"),
                "spec": {"containers": _CONTAINER, **_whole("hostNetwork", "serviceAccountName")},
            },
        },
        "status": _whole(
            "observedGeneration",
            "replicas",
            "updatedReplicas",
            "readyReplicas",
            "availableReplicas",
            "unavailableReplicas",
            "conditions",
        ),
    },
    Kind.REPLICASET: {
        "spec": {
            **_whole("replicas", "selector"),
            "template": {"metadata": _whole("labels"), "spec": {"containers": _whole("name", "image")}},
        },
        "status": _whole("replicas", "readyReplicas", "availableReplicas", "observedGeneration", "conditions"),
    },
    Kind.POD: {
        "spec": {
            **_whole("nodeName", "hostNetwork"),
            "containers": _whole("name", "image", "ports"),
        },
        "status": {
            **_whole("phase", "reason", "message", "conditions", "podIP", "startTime"),
            "containerStatuses": _CONTAINER_STATUS,
            "initContainerStatuses": _CONTAINER_STATUS,
        },
    },
    Kind.SERVICE: {"spec": _whole("type", "clusterIP", "clusterIPs", "ports", "selector", "externalName")},
    Kind.ENDPOINTSLICE: {"addressType": None, "endpoints": None, "ports": None},
    Kind.VALIDATING: {"webhooks": None},
    Kind.MUTATING: {"webhooks": None},
    Kind.LEASE: {"spec": None},
    Kind.SECRET: {},
    Kind.EVENT: _whole(
        "reason", "message", "type", "count", "involvedObject", "firstTimestamp", "lastTimestamp", "eventTime", "series"
    ),
}
_WITH_MANAGED_FIELDS = frozenset({Kind.VALIDATING, Kind.MUTATING, Kind.SECRET})


def reduce(kind: Kind, raw: Mapping[str, Any]) -> dict[str, Any]:
    """The object with nothing but the fields that certdash reads. Total, and the same when applied again.

    A Secret keeps its metadata only, whatever was sent. Managed fields are kept for the kinds whose writers matter:
    the manager, the operation, the time, and whether that manager owns a caBundle (`ownsCaBundle`).
    """
    body = _pick(raw, _SHAPES[kind])
    body["metadata"] = _metadata(kind, fields.mapping(raw, "metadata"))
    return body


def _pick(raw: Mapping[str, Any], shape: Shape) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name, inner in shape.items():
        found = raw.get(name)
        if found is None:
            continue
        if inner is None:
            kept[name] = found
        elif isinstance(found, Mapping):
            kept[name] = _pick(found, inner)
        elif isinstance(found, list):
            kept[name] = [_pick(item, inner) for item in found if isinstance(item, Mapping)]
    return kept


def _metadata(kind: Kind, raw: Mapping[str, Any]) -> dict[str, Any]:
    kept = _pick(raw, _METADATA)
    annotations = {k: v for k, v in fields.string_map(raw, "annotations").items() if k.startswith(_ANNOTATION_PREFIXES)}
    if annotations:
        kept["annotations"] = annotations
    if kind in _WITH_MANAGED_FIELDS:
        kept["managedFields"] = [_managed_fields_entry(e) for e in fields.items(raw, "managedFields")]
    return kept


def _managed_fields_entry(entry: Mapping[str, Any]) -> dict[str, Any]:
    kept = {k: entry[k] for k in ("manager", "operation", "time", "subresource") if isinstance(entry.get(k), str)}
    owns = _mentions(entry.get("fieldsV1"), "f:caBundle", 12) or fields.flag(entry, "ownsCaBundle")
    return {**kept, "ownsCaBundle": owns}


def _mentions(tree: Any, key: str, depth: int) -> bool:
    if not isinstance(tree, Mapping) or depth == 0:
        return False
    return key in tree or any(_mentions(branch, key, depth - 1) for branch in tree.values())
