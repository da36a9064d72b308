"""The parts of an answer's body that a step compares, where the whole of it is not the subject."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from certdash.certmanager.reduce import reduce
from certdash.model.resource import Kind

# What the embedded cluster serves; a real one serves more, which nobody here asks for.
_RESOURCES = {
    *("namespaces", "nodes", "pods", "services", "secrets", "configmaps", "events", "serviceaccounts"),
    *("pods/log", "deployments", "deployments/scale", "deployments/status", "replicasets", "replicasets/scale"),
    *("endpointslices", "leases", "customresourcedefinitions"),
    *("validatingwebhookconfigurations", "mutatingwebhookconfigurations"),
    *("validatingadmissionpolicies", "validatingadmissionpolicybindings"),
    *("clusterroles", "clusterrolebindings", "roles", "rolebindings"),
    *("certificates", "certificates/status", "certificaterequests", "certificaterequests/status"),
    *("issuers", "issuers/status", "clusterissuers", "clusterissuers/status"),
    *("orders", "orders/status", "challenges", "challenges/status"),
}
_GROUPS = {
    *("apps", "apiextensions.k8s.io", "admissionregistration.k8s.io", "rbac.authorization.k8s.io"),
    *("coordination.k8s.io", "discovery.k8s.io", "authorization.k8s.io", "cert-manager.io", "acme.cert-manager.io"),
}


def _whole(body: Any) -> Any:
    return body


def _names(body: Any) -> Any:
    """Only what a list's items are called."""
    if not isinstance(body, Mapping) or "items" not in body:
        return body
    names = [_full_name(item["metadata"]) for item in body["items"]]
    return {**body, "items": names}


def _full_name(metadata: Mapping[str, Any]) -> str:
    return "/".join(part for part in (metadata.get("namespace", ""), metadata["name"]) if part)


def _resources(body: Any) -> Any:
    """The resources of a group that the embedded cluster has; storageVersionHash is the server's own affair."""
    if not isinstance(body, Mapping) or "resources" not in body:
        return body
    kept = [{k: v for k, v in entry.items() if k != "storageVersionHash"} for entry in body["resources"]]
    return {**body, "resources": sorted((e for e in kept if e["name"] in _RESOURCES), key=lambda e: str(e["name"]))}


def _groups(body: Any) -> Any:
    """The API groups that the embedded cluster has."""
    if not isinstance(body, Mapping) or "groups" not in body:
        return body
    return {**body, "groups": sorted((g for g in body["groups"] if g["name"] in _GROUPS), key=lambda g: str(g["name"]))}


def _status(body: Any) -> Any:
    """Of an object its metadata and status only."""
    return {k: v for k, v in body.items() if k != "spec"} if isinstance(body, Mapping) else body


def _review(body: Any) -> Any:
    """Of a review its answer; how the server keeps house in it is its own affair."""
    status = {key: value for key, value in body["status"].items() if key != "reason" or body["status"].get("denied")}
    return {"kind": body["kind"], "apiVersion": body["apiVersion"], "status": status}


def _version(body: Any) -> Any:
    """Of /version what a client goes by."""
    kept = ("major", "minor", "gitVersion", "emulationMajor", "emulationMinor")
    # The demo marks itself where semantic versioning has room for it.
    return {name: body[name].partition("+")[0] for name in kept if name in body}


def _read_by_certdash(body: Any) -> Any:
    """Of every object in a list what certdash keeps of it."""
    kind = _kind_of(body["kind"])
    items = [_plain(reduce(kind, item)) for item in body["items"]]
    return {**body, "items": sorted(items, key=lambda item: json.dumps(item["metadata"]["name"]))}


def _kind_of(listed: str) -> Kind:
    wanted = listed.removesuffix("List")
    return next(kind for kind in Kind if kind.value.kind == wanted)


def _plain(item: dict[str, Any]) -> dict[str, Any]:
    """Without what is chance or a setting of the cluster: who wrote last, how often an endpoint slice was written and
    a lease changed hands, how long a lease is, the order of conditions."""
    item["metadata"].pop("managedFields", None)
    if "endpoints" in item:
        item["metadata"].pop("generation", None)
    for key in ("leaseDurationSeconds", "leaseTransitions"):
        item.get("spec", {}).pop(key, None)
    if conditions := item.get("status", {}).get("conditions"):
        item["status"]["conditions"] = sorted(conditions, key=lambda condition: str(condition["type"]))
    return item


def _metadata(body: Any) -> Any:
    """Of an object only what it is."""
    return {k: v for k, v in body.items() if k in ("apiVersion", "kind", "metadata")}


def _columns(body: Any) -> Any:
    """Of a table its columns without their descriptions, and what its rows carry."""
    columns = [{k: v for k, v in column.items() if k != "description"} for column in body["columnDefinitions"]]
    rows = sorted({row["object"]["kind"] for row in body["rows"]})
    return {**body, "columnDefinitions": columns, "rows": rows}


def _containers(body: Any) -> Any:
    """Of a Deployment its containers' names and images."""
    containers = body["spec"]["template"]["spec"]["containers"]
    return [{name: container[name] for name in ("name", "image")} for container in containers]


def _initial(body: Any) -> Any:
    """Of a streamed list the names, and its closing bookmark, whose other fields are Go's zero values."""
    metadata = body["metadata"]
    ends = "k8s.io/initial-events-end" in metadata.get("annotations", {})
    return _metadata(body) if ends else _full_name(metadata)


VIEWS: Mapping[str, Callable[[Any], Any]] = {
    "whole": _whole,
    "names": _names,
    "resources": _resources,
    "groups": _groups,
    "status": _status,
    "version": _version,
    "certdash": _read_by_certdash,
    "metadata": _metadata,
    "columns": _columns,
    "review": _review,
    "containers": _containers,
    "initial": _initial,
}
