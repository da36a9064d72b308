"""The state of one object in a few words: what the timeline compares and says."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from certdash.certmanager import fields
from certdash.model.diagnosis import Status
from certdash.model.resource import Kind, KubeObject

Words = tuple[Status, str]


def describe_object(item: KubeObject) -> Words:
    """Status and words. Two versions with the same words are the same to a reader. Survives any body."""
    describe = _BY_KIND.get(item.kind)
    return describe(item.body) if describe else (Status.OK, f"version {item.resource_version}")


def _condition(body: Mapping[str, Any], kind: str) -> str:
    conditions = fields.items(body, "status", "conditions")
    return next((fields.text(c, "status") for c in conditions if c.get("type") == kind), "")


def _terminating(body: Mapping[str, Any]) -> bool:
    return bool(fields.text(body, "metadata", "deletionTimestamp"))


def _crd(body: Mapping[str, Any]) -> Words:
    if _terminating(body):
        return Status.FAIL, "terminating"
    established = _condition(body, "Established") == "True"
    return (Status.OK, "established") if established else (Status.WAITING, "not established")


def _namespace(body: Mapping[str, Any]) -> Words:
    phase = fields.text(body, "status", "phase") or "Active"
    return (Status.OK if phase == "Active" else Status.WARN), phase.lower()


def _deployment(body: Mapping[str, Any]) -> Words:
    wanted = fields.number(body, "spec", "replicas", default=1)
    ready = fields.number(body, "status", "readyReplicas")
    updated = fields.number(body, "status", "updatedReplicas")
    there = fields.number(body, "status", "replicas")
    images = (fields.text(c, "image") for c in fields.items(body, "spec", "template", "spec", "containers"))
    names = ", ".join(image.rpartition("/")[2] for image in images)
    complete = wanted > 0 and ready == updated == there == wanted
    return (Status.OK if complete else Status.WARN), f"{ready}/{wanted} ready, {updated} updated, {names}"


def _replicaset(body: Mapping[str, Any]) -> Words:
    wanted, ready = fields.number(body, "spec", "replicas"), fields.number(body, "status", "readyReplicas")
    return (Status.OK if ready == wanted else Status.WARN), f"{ready}/{wanted} ready"


def _pod(body: Mapping[str, Any]) -> Words:
    if _terminating(body):
        return Status.WARN, "terminating"
    for container in fields.items(body, "status", "containerStatuses"):
        for state in ("waiting", "terminated"):
            if reason := fields.text(container, "state", state, "reason"):
                return Status.WARN, reason
    if _condition(body, "Ready") == "True":
        return Status.OK, "ready"
    return Status.WARN, f"{(fields.text(body, 'status', 'phase') or 'unknown').lower()}, not ready"


def _service(body: Mapping[str, Any]) -> Words:
    ports = ", ".join(f"{p.get('port')} to {p.get('targetPort')}" for p in fields.items(body, "spec", "ports"))
    selector = ",".join(f"{k}={v}" for k, v in sorted(fields.string_map(body, "spec", "selector").items()))
    kind = fields.text(body, "spec", "type") or "ClusterIP"
    return Status.OK, f"{kind} {fields.text(body, 'spec', 'clusterIP')}, port {ports}, selects {selector or 'nothing'}"


def _endpointslice(body: Mapping[str, Any]) -> Words:
    ready = sorted(
        address
        for endpoint in fields.items(body, "endpoints")
        if fields.value(endpoint, "conditions", "ready") is not False
        for address in fields.texts(endpoint, "addresses")
    )
    return (Status.OK, f"ready: {', '.join(ready)}") if ready else (Status.WARN, "no ready endpoint")


def _webhook_configuration(body: Mapping[str, Any]) -> Words:
    parts = []
    for entry in fields.items(body, "webhooks"):
        bundle = fields.text(entry, "clientConfig", "caBundle")
        rest = {k: v for k, v in entry.items() if k != "clientConfig"}
        rest["service"] = fields.value(entry, "clientConfig", "service")
        policy = fields.text(entry, "failurePolicy") or "Fail"
        shown = f"caBundle {_mark(bundle)}" if bundle else "caBundle empty"
        parts.append(
            f"{fields.text(entry, 'name')}: policy {policy}, {shown}, rules {_mark(repr(sorted(rest.items())))}"
        )
    return Status.OK, "; ".join(parts) or "no webhooks"


def _mark(text: str) -> str:
    """Eight hex digits that tell two values apart."""
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:8]


def _secret(body: Mapping[str, Any]) -> Words:
    return Status.OK, f"version {fields.text(body, 'metadata', 'resourceVersion')}"


_BY_KIND: Mapping[Kind, Callable[[Mapping[str, Any]], Words]] = {
    Kind.CRD: _crd,
    Kind.NAMESPACE: _namespace,
    Kind.DEPLOYMENT: _deployment,
    Kind.REPLICASET: _replicaset,
    Kind.POD: _pod,
    Kind.SERVICE: _service,
    Kind.ENDPOINTSLICE: _endpointslice,
    Kind.VALIDATING: _webhook_configuration,
    Kind.MUTATING: _webhook_configuration,
    Kind.SECRET: _secret,
}
