"""Rules for built-in kinds that people and faults write: the ones that a mistake runs into."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from certdash.certmanager.cel import CelSyntaxError, parse
from certdash.demo import names
from certdash.demo.admission.structural import Cause
from certdash.demo.api.objects import Object, name_of
from certdash.demo.api.resource_types import (
    CONFIG_MAPS,
    CRDS,
    MUTATING,
    SECRETS,
    SERVICES,
    VALIDATING,
    ResourceType,
)

_URL_FORM = "desired format: https://host[/path]"


def built_in_causes(resource: ResourceType, item: Object, old: Object | None) -> list[Cause]:
    """Everything that is wrong with the object beside its metadata."""
    if resource in (VALIDATING, MUTATING):
        return [cause for index, hook in enumerate(item.get("webhooks") or ()) for cause in _hook_causes(hook, index)]
    if resource in (CONFIG_MAPS, SECRETS):
        return list(_key_causes(item))
    if resource is SERVICES and old is not None:
        return list(_service_causes(item, old))
    if resource is CRDS and name_of(item) != _crd_name(item):
        return [_invalid("metadata.name", name_of(item), 'must be spec.names.plural+"."+spec.group')]
    return []


def _hook_causes(hook: Object, index: int) -> Iterator[Cause]:
    path = f"webhooks[{index}]"
    name = hook.get("name") or ""
    if names.subdomain_faults(name):
        yield from (_invalid(f"{path}.name", name, fault) for fault in names.subdomain_faults(name))
    elif name.count(".") < 2:
        yield _invalid(f"{path}.name", name, "should be a domain with at least three segments separated by dots")
    yield from _choice(hook, "failurePolicy", ("Fail", "Ignore"), path)
    yield from _choice(hook, "matchPolicy", ("Equivalent", "Exact"), path)
    if not hook.get("sideEffects"):
        yield _required(f"{path}.sideEffects", "must specify one of None, NoneOnDryRun")
    yield from _choice(hook, "sideEffects", ("None", "NoneOnDryRun"), path)
    timeout = hook.get("timeoutSeconds")
    if timeout is not None and not 1 <= timeout <= 30:
        yield _invalid(f"{path}.timeoutSeconds", timeout, "the timeout value must be between 1 and 30 seconds")
    yield from _client_causes(hook.get("clientConfig") or {}, f"{path}.clientConfig")
    if not hook.get("admissionReviewVersions"):
        yield _required(f"{path}.admissionReviewVersions", "must specify one of v1, v1beta1")
    for place, condition in enumerate(hook.get("matchConditions") or ()):
        yield from _expression_causes(condition.get("expression", ""), f"{path}.matchConditions[{place}].expression")


def _client_causes(config: Object, path: str) -> Iterator[Cause]:
    url, service = config.get("url"), config.get("service")
    if (url is None) is (service is None):
        yield _required(path, "exactly one of url or service is required")
        return
    if url is not None:
        parts = urlsplit(url)
        if parts.scheme != "https":
            told = f"'https' is the only allowed URL scheme; {_URL_FORM}"
            yield _invalid(f"{path}.url", parts.scheme, told)
        return
    for key in ("name", "namespace"):
        if not (service or {}).get(key):
            yield _required(f"{path}.service.{key}", f"service {key} is required")


def _expression_causes(expression: str, path: str) -> Iterator[Cause]:
    try:
        parse(expression)
    except CelSyntaxError as error:
        yield _invalid(path, expression, f"compilation failed: ERROR: <input>:1:1: Syntax error: {error}")


def _choice(hook: Object, key: str, allowed: tuple[str, ...], path: str) -> Iterator[Cause]:
    value = hook.get(key)
    if value and value not in allowed:
        listed = ", ".join(json.dumps(item) for item in allowed)
        yield (
            "FieldValueNotSupported",
            f"Unsupported value: {json.dumps(value)}: supported values: {listed}",
            f"{path}.{key}",
        )


def _key_causes(item: Object) -> Iterator[Cause]:
    for key in sorted(item.get("data") or {}):
        yield from (_invalid(f"data[{key}]", key, fault) for fault in names.config_key_faults(key))


def _service_causes(item: Object, old: Object) -> Iterator[Cause]:
    before, now = old["spec"].get("clusterIP"), item["spec"].get("clusterIP")
    if before and now != before:
        yield _invalid("spec.clusterIPs[0]", now or "", "may not change once set")


def _crd_name(item: Object) -> str:
    spec = item.get("spec") or {}
    return f"{(spec.get('names') or {}).get('plural', '')}.{spec.get('group', '')}"


def _invalid(path: str, value: Any, why: str) -> Cause:
    return "FieldValueInvalid", f"Invalid value: {json.dumps(value, ensure_ascii=False)}: {why}", path


def _required(path: str, why: str) -> Cause:
    return "FieldValueRequired", f"Required value: {why}", path
