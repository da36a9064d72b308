"""What the API server fills in where a built-in object leaves something open (the defaulting functions of 1.36)."""

import hashlib
import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any

from certdash.demo.api.objects import Object, name_of, namespace_of
from certdash.demo.api.resource_types import (
    CONFIG_MAPS,
    DEPLOYMENTS,
    MUTATING,
    PODS,
    POLICIES,
    REPLICA_SETS,
    SECRETS,
    SERVICES,
    VALIDATING,
    ResourceType,
)

_SERVICE_RANGE = ipaddress.IPv4Network("10.96.0.0/12")
_SELECTORS: Object = {"namespaceSelector": {}, "objectSelector": {}}
_ROLLING_UPDATE: Object = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}}
_POD: Object = {
    "restartPolicy": "Always",
    "terminationGracePeriodSeconds": 30,
    "dnsPolicy": "ClusterFirst",
    "securityContext": {},
    "schedulerName": "default-scheduler",
}
_CONTAINER: Object = {
    "resources": {},
    "terminationMessagePath": "/dev/termination-log",
    "terminationMessagePolicy": "File",
}
_PROBE: Object = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}


def with_defaults(resource: ResourceType, item: Object, old: Object | None, services: Sequence[Object]) -> Object:
    """The object with its defaults; `services` are those that there are, which a new ClusterIP must not collide
    with."""
    if resource in (VALIDATING, MUTATING):
        return {**item, "webhooks": [_hook(hook, resource) for hook in item.get("webhooks") or ()]}
    spec = item.get("spec")
    if resource is CONFIG_MAPS:
        return _without_empty(item)
    if resource is SECRETS:
        return _filled(_without_empty(item), {"type": "Opaque"})
    if not isinstance(spec, dict):
        return item
    if resource is POLICIES:
        return {**item, "spec": _policy(spec)}
    if resource is SERVICES:
        return {**item, "spec": _service(item, spec, old, services)}
    if resource is PODS:
        made = {**item, "spec": _pod(spec)}
        return {**made, "status": _pod_status(item["status"])} if item.get("status") else made
    if resource in (DEPLOYMENTS, REPLICA_SETS):
        return {**item, "spec": _workload(spec, resource)}
    return item


def _without_empty(item: Object) -> Object:
    """Maps without entries are not written (Go's omitempty)."""
    return {key: value for key, value in item.items() if key not in ("data", "binaryData") or value}


def _pod_status(status: Object) -> Object:
    """Go writes a time that is not set as null, and a state that is not set as an empty one."""
    made = dict(status)
    if status.get("conditions"):
        made["conditions"] = [{"lastProbeTime": None, **condition} for condition in status["conditions"]]
    if status.get("containerStatuses"):
        made["containerStatuses"] = [{"lastState": {}, **container} for container in status["containerStatuses"]]
    return made


def _filled(given: Object, defaults: Mapping[str, Any]) -> Object:
    return {**given, **{key: value for key, value in defaults.items() if given.get(key) is None}}


def _rules(rules: Sequence[Object] | None) -> list[Object]:
    return [_filled(rule, {"scope": "*"}) for rule in rules or ()]


def _hook(hook: Object, resource: ResourceType) -> Object:
    made = _filled(hook, {"failurePolicy": "Fail", "matchPolicy": "Equivalent", **_SELECTORS, "timeoutSeconds": 10})
    if resource is MUTATING:
        made = _filled(made, {"reinvocationPolicy": "Never"})
    if hook.get("rules"):
        made["rules"] = _rules(hook["rules"])
    config = hook.get("clientConfig") or {}
    if isinstance(config.get("service"), dict):
        made["clientConfig"] = {**config, "service": _filled(config["service"], {"port": 443})}
    return made


def _policy(spec: Object) -> Object:
    made = _filled(spec, {"failurePolicy": "Fail"})
    constraints = made.get("matchConstraints")
    if constraints is not None:
        made["matchConstraints"] = _filled(constraints, {**_SELECTORS, "matchPolicy": "Equivalent"})
        for key in ("resourceRules", "excludeResourceRules"):
            if constraints.get(key):
                made["matchConstraints"][key] = _rules(constraints[key])
    return made


def _service(item: Object, spec: Object, old: Object | None, services: Sequence[Object]) -> Object:
    made = _filled(spec, {"type": "ClusterIP", "sessionAffinity": "None"})
    if made["type"] == "ExternalName":
        return made
    if not made.get("clusterIP"):
        before = (old or {}).get("spec", {}).get("clusterIP")
        made["clusterIP"] = before or _free_address(f"{namespace_of(item)}/{name_of(item)}", services)
    made |= {"clusterIPs": [made["clusterIP"]]}
    made = _filled(made, {"internalTrafficPolicy": "Cluster", "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack"})
    ports = [_filled(port, {"protocol": "TCP", "targetPort": port.get("port")}) for port in made.get("ports") or ()]
    return {**made, "ports": ports} if ports else made


def _free_address(key: str, services: Sequence[Object]) -> str:
    """An address of the range for a Service: the same for the same name while nobody else has it."""
    taken = {service["spec"].get("clusterIP") for service in services}
    start = int.from_bytes(hashlib.sha256(key.encode()).digest()[:4])
    size = _SERVICE_RANGE.num_addresses - 2
    return next(
        address for offset in range(size) if (address := str(_SERVICE_RANGE[1 + (start + offset) % size])) not in taken
    )


def _workload(spec: Object, resource: ResourceType) -> Object:
    made = _filled(spec, {"replicas": 1})
    if resource is DEPLOYMENTS:
        strategy = _filled(made.get("strategy") or {}, {"type": "RollingUpdate"})
        if strategy["type"] == "RollingUpdate":
            inner = _filled(strategy.get("rollingUpdate") or {}, _ROLLING_UPDATE["rollingUpdate"])
            strategy = {**strategy, "rollingUpdate": inner}
        made = _filled(made, {"revisionHistoryLimit": 10, "progressDeadlineSeconds": 600}) | {"strategy": strategy}
    template = made.get("template") or {}
    if isinstance(template.get("spec"), dict):
        made["template"] = {**template, "spec": _pod(template["spec"])}
    return made


def _pod(spec: Object) -> Object:
    made = _filled(spec, _POD)
    account = made.get("serviceAccountName") or made.get("serviceAccount")
    if account:
        made |= {"serviceAccountName": account, "serviceAccount": account}
    made["containers"] = [_container(container) for container in made.get("containers") or ()]
    return made


def _container(container: Object) -> Object:
    made = _filled(container, _CONTAINER)
    _, _, tag = str(container.get("image", "")).rpartition(":")
    made = _filled(made, {"imagePullPolicy": "Always" if tag == "latest" or "/" in tag else "IfNotPresent"})
    if container.get("ports"):
        made["ports"] = [_filled(port, {"protocol": "TCP"}) for port in container["ports"]]
    if container.get("env"):
        made["env"] = [_variable(variable) for variable in container["env"]]
    for key in ("livenessProbe", "readinessProbe", "startupProbe"):
        if container.get(key):
            made[key] = _probe(container[key])
    return made


def _probe(probe: Object) -> Object:
    made = _filled(probe, _PROBE)
    if probe.get("httpGet"):
        made["httpGet"] = _filled(probe["httpGet"], {"path": "/", "scheme": "HTTP"})
    return made


def _variable(variable: Object) -> Object:
    field = (variable.get("valueFrom") or {}).get("fieldRef")
    if field is None:
        return variable
    return {**variable, "valueFrom": {**variable["valueFrom"], "fieldRef": _filled(field, {"apiVersion": "v1"})}}
