"""Objects as rows, which is what kubectl prints by default."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from certdash.demo.api.objects import Object, name_of
from certdash.demo.api.resource_types import (
    CRDS,
    DEPLOYMENTS,
    LEASES,
    NAMESPACES,
    PODS,
    REPLICA_SETS,
    SERVICES,
    ResourceType,
)
from certdash.demo.api.store import Store

Cells = Callable[[Object], list[Any]]


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `kubectl get` shows those of priority 0, `-o wide` all."""

    name: str
    type: str = "string"
    priority: int = 0


AGE = Column("Age")


def table(resource: ResourceType, items: Sequence[Object], metadata: Object, store: Store) -> Object:
    """A Table of the items."""
    columns, cells = _columns(resource, store)
    definitions = [Column("Name"), *columns]
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {key: value for key, value in metadata.items() if value},
        "columnDefinitions": [_definition(column) for column in definitions],
        "rows": [
            {
                "cells": [name_of(item), *cells(item)],
                "object": {
                    "kind": "PartialObjectMetadata",
                    "apiVersion": "meta.k8s.io/v1",
                    "metadata": item["metadata"],
                },
            }
            for item in items
        ],
    }


def _definition(column: Column) -> Object:
    return {
        "name": column.name,
        "type": column.type,
        "format": "name" if column.name == "Name" else "",
        "description": column.name,
        "priority": column.priority,
    }


def _columns(resource: ResourceType, store: Store) -> tuple[Sequence[Column], Cells]:
    known = _KNOWN.get(resource)
    if known is not None:
        return known
    crd = store.get(CRDS, "", f"{resource.plural}.{resource.group}")
    printed = crd["spec"]["versions"][0].get("additionalPrinterColumns") if crd is not None else None
    if not printed:
        return (AGE,), lambda item: [_age(item)]
    shown = [Column(c["name"], c["type"], c.get("priority", 0)) for c in printed]
    return shown, lambda item: [_printed(item, c) for c in printed]


def _printed(item: Object, column: Mapping[str, Any]) -> Any:
    created = column["jsonPath"] == ".metadata.creationTimestamp"
    return _age(item) if created else _at(item, column["jsonPath"])


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
    wide = [status.get("podIP", "<none>"), pod["spec"].get("nodeName", "<none>"), "<none>", "<none>"]
    return [f"{ready}/{len(pod['spec']['containers'])}", shown, restarts, _age(pod), *wide]


def _deployment_cells(item: Object) -> list[Any]:
    status = item.get("status") or {}
    ready = f"{status.get('readyReplicas', 0)}/{item['spec'].get('replicas', 1)}"
    counts = [ready, status.get("updatedReplicas", 0), status.get("availableReplicas", 0)]
    return [*counts, _age(item), *_wide(item)]


def _replica_set_cells(item: Object) -> list[Any]:
    status = item.get("status") or {}
    counts = [item["spec"].get("replicas", 1), status.get("replicas", 0), status.get("readyReplicas", 0)]
    return [*counts, _age(item), *_wide(item)]


def _wide(item: Object) -> list[Any]:
    containers = item["spec"]["template"]["spec"]["containers"]
    names, images = (",".join(str(container.get(key, "")) for container in containers) for key in ("name", "image"))
    return [names, images, _selector(item["spec"].get("selector", {}).get("matchLabels"))]


def _selector(labels: Mapping[str, str] | None) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted((labels or {}).items())) or "<none>"


def _service_cells(item: Object) -> list[Any]:
    spec = item["spec"]
    ports = ",".join(f"{port['port']}/{port.get('protocol', 'TCP')}" for port in spec.get("ports") or ())
    shown = [spec.get("type", "ClusterIP"), spec.get("clusterIP", "<none>"), "<none>", ports]
    return [*shown, _age(item), _selector(spec.get("selector"))]


def _namespace_cells(item: Object) -> list[Any]:
    return [(item.get("status") or {}).get("phase", "Active"), _age(item)]


def _crd_cells(item: Object) -> list[Any]:
    return [item["metadata"]["creationTimestamp"]]


def _lease_cells(item: Object) -> list[Any]:
    return [item.get("spec", {}).get("holderIdentity", ""), _age(item)]


def _named(*names: str, kind: str = "string") -> tuple[Column, ...]:
    return tuple(Column(name, kind) for name in names)


def _wide_named(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, priority=1) for name in names)


_WORKLOAD = (AGE, *_wide_named("Containers", "Images", "Selector"))
_KNOWN: Mapping[ResourceType, tuple[Sequence[Column], Cells]] = {
    PODS: (
        (
            *_named("Ready", "Status", "Restarts"),
            AGE,
            *_wide_named("IP", "Node", "Nominated Node", "Readiness Gates"),
        ),
        _pod_cells,
    ),
    DEPLOYMENTS: ((*_named("Ready", "Up-to-date", "Available"), *_WORKLOAD), _deployment_cells),
    REPLICA_SETS: ((*_named("Desired", "Current", "Ready", kind="integer"), *_WORKLOAD), _replica_set_cells),
    SERVICES: (
        (*_named("Type", "Cluster-IP", "External-IP", "Port(s)"), AGE, *_wide_named("Selector")),
        _service_cells,
    ),
    NAMESPACES: ((*_named("Status"), AGE), _namespace_cells),
    CRDS: (_named("Created At", kind="date"), _crd_cells),
    LEASES: ((*_named("Holder"), AGE), _lease_cells),
}


def _age(item: Object) -> str:
    """As kubectl prints ages, to the largest unit."""
    created = datetime.fromisoformat(item["metadata"]["creationTimestamp"])
    seconds = int((datetime.now(UTC) - created).total_seconds())
    for limit, size, unit in ((120, 1, "s"), (7200, 60, "m"), (172800, 3600, "h")):
        if seconds < limit:
            return f"{max(seconds, 0) // size}{unit}"
    return f"{seconds // 86400}d"
