"""Objects as rows, which is what kubectl prints by default."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from certdash.demo.api.objects import Object, name_of
from certdash.demo.api.resource_types import CRDS, DEPLOYMENTS, NAMESPACES, PODS, REPLICA_SETS, SERVICES, ResourceType
from certdash.demo.api.store import Store

Cells = Callable[[Object], list[Any]]


def table(resource: ResourceType, items: Sequence[Object], metadata: Object, store: Store) -> Object:
    """A Table of the items."""
    columns, cells = _columns(resource, store)
    definitions = [("Name", "string"), *columns, ("Age", "string")]
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": metadata,
        "columnDefinitions": [
            {"name": name, "type": kind, "format": "name" if name == "Name" else "", "description": name, "priority": 0}
            for name, kind in definitions
        ],
        "rows": [
            {
                "cells": [name_of(item), *cells(item), _age(item)],
                "object": {
                    "kind": "PartialObjectMetadata",
                    "apiVersion": "meta.k8s.io/v1",
                    "metadata": item["metadata"],
                },
            }
            for item in items
        ],
    }


def _columns(resource: ResourceType, store: Store) -> tuple[list[tuple[str, str]], Cells]:
    known = _KNOWN.get(resource)
    if known is not None:
        return known
    crd = store.get(CRDS, "", f"{resource.plural}.{resource.group}")
    if crd is None:
        return [], lambda _: []
    printed = crd["spec"]["versions"][0].get("additionalPrinterColumns") or []
    shown = [c for c in printed if c["jsonPath"] != ".metadata.creationTimestamp" and not c.get("priority")]
    return [(c["name"], c["type"]) for c in shown], lambda item: [_at(item, c["jsonPath"]) for c in shown]


def _at(item: Any, path: str) -> Any:
    """A JSONPath as printer columns use it: `.a.b` and `.a[?(@.type=="Ready")].status`."""
    for step in path.strip(".").replace("[?(@.", ".?").split("."):
        if step.startswith("?"):
            key, _, rest = step[1:].partition("==")
            wanted = rest.partition(")")[0].strip().strip("\"'")
            items = item if isinstance(item, list) else []
            item = next((e for e in items if isinstance(e, dict) and e.get(key.strip()) == wanted), None)
        else:
            item = item.get(step) if isinstance(item, dict) else None
    return "" if item is None else item


def _pod_cells(pod: Object) -> list[Any]:
    status = pod.get("status") or {}
    statuses = status.get("containerStatuses") or []
    ready = sum(1 for container in statuses if container.get("ready"))
    reason = next((c["state"]["waiting"]["reason"] for c in statuses if "waiting" in c.get("state", {})), "")
    shown = "Terminating" if pod["metadata"].get("deletionTimestamp") else reason or status.get("phase", "Pending")
    restarts = str(sum(container.get("restartCount", 0) for container in statuses))
    return [f"{ready}/{len(pod['spec']['containers'])}", shown, restarts]


def _deployment_cells(item: Object) -> list[Any]:
    status = item.get("status") or {}
    ready = f"{status.get('readyReplicas', 0)}/{item['spec'].get('replicas', 1)}"
    return [ready, status.get("updatedReplicas", 0), status.get("availableReplicas", 0)]


def _replica_set_cells(item: Object) -> list[Any]:
    status = item.get("status") or {}
    return [item["spec"].get("replicas", 1), status.get("replicas", 0), status.get("readyReplicas", 0)]


def _service_cells(item: Object) -> list[Any]:
    spec = item["spec"]
    ports = ",".join(f"{port['port']}/{port.get('protocol', 'TCP')}" for port in spec.get("ports") or ())
    return [spec.get("type", "ClusterIP"), spec.get("clusterIP", "<none>"), "<none>", ports]


def _namespace_cells(item: Object) -> list[Any]:
    return [(item.get("status") or {}).get("phase", "Active")]


_KNOWN: Mapping[ResourceType, tuple[list[tuple[str, str]], Cells]] = {
    PODS: ([("Ready", "string"), ("Status", "string"), ("Restarts", "string")], _pod_cells),
    DEPLOYMENTS: ([("Ready", "string"), ("Up-to-date", "string"), ("Available", "string")], _deployment_cells),
    REPLICA_SETS: ([("Desired", "integer"), ("Current", "integer"), ("Ready", "integer")], _replica_set_cells),
    SERVICES: (
        [("Type", "string"), ("Cluster-IP", "string"), ("External-IP", "string"), ("Port(s)", "string")],
        _service_cells,
    ),
    NAMESPACES: ([("Status", "string")], _namespace_cells),
}


def _age(item: Object) -> str:
    """As kubectl prints ages, to the largest unit."""
    created = datetime.fromisoformat(item["metadata"]["creationTimestamp"])
    seconds = int((datetime.now(UTC) - created).total_seconds())
    for limit, size, unit in ((120, 1, "s"), (7200, 60, "m"), (172800, 3600, "h")):
        if seconds < limit:
            return f"{max(seconds, 0) // size}{unit}"
    return f"{seconds // 86400}d"
