"""The shape of objects: what structural schemas of CRDs, and the few rules for built-in kinds, allow."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from certdash.demo.api.objects import Object, name_of
from certdash.demo.api.resource_types import CRDS, NAMESPACES, SERVICES, ResourceType
from certdash.demo.api.status import bad_request, invalid
from certdash.demo.api.store import Store

Schema: TypeAlias = Mapping[str, Any]
Cause: TypeAlias = tuple[str, str, str]

_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_SUBDOMAIN_RULE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start "
    "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_LABEL_RULE = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end "
    "with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
_GO_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
}
# RBAC names are path segments, not DNS names.
_FREE_NAMES = "rbac.authorization.k8s.io"


class SchemaValidation:
    """Shapes as the store's CRDs define them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def read(self, resource: ResourceType, item: Object, *, strict: bool) -> tuple[Object, tuple[str, ...]]:
        """Defaults set, unknown fields left out and named. Raises ApiError 400 for unknown fields when `strict`."""
        schema = self._schema(resource)
        if schema is None:
            return item, ()
        unknown: list[str] = []
        shaped = _shaped(item, schema, "", unknown, top=True)
        told = tuple(f'unknown field "{path}"' for path in sorted(unknown))
        if told and strict:
            version = f'{resource.kind} in version "{resource.version}" cannot be handled as a {resource.kind}'
            raise bad_request(f"{version}: strict decoding error: {', '.join(told)}")
        return shaped, told

    def validate(self, resource: ResourceType, item: Object, old: Object | None) -> None:
        """Raises ApiError 422 with every cause, in the API server's order."""
        causes = [] if old is not None else list(_name_causes(resource, item))
        schema = self._schema(resource)
        if schema is not None:
            causes += _schema_causes(item, schema)
        causes += _built_in_causes(resource, item, old)
        if causes:
            raise invalid(resource.group, resource.kind, name_of(item), causes)

    def _schema(self, resource: ResourceType) -> Schema | None:
        crd = self._store.get(CRDS, "", f"{resource.plural}.{resource.group}")
        if crd is None:
            return None
        version = next((item for item in crd["spec"]["versions"] if item["name"] == resource.version), None)
        found = ((version or {}).get("schema") or {}).get("openAPIV3Schema")
        return dict(found) if found else None


def _shaped(value: Any, schema: Schema, path: str, unknown: list[str], *, top: bool = False) -> Any:
    """The value pruned to its schema, with defaults."""
    if isinstance(value, dict) and schema.get("type") == "object":
        return _shaped_object(value, schema, path, unknown, top=top)
    if isinstance(value, list) and isinstance(schema.get("items"), dict):
        return [_shaped(item, schema["items"], f"{path}[{index}]", unknown) for index, item in enumerate(value)]
    return value


def _shaped_object(value: Object, schema: Schema, path: str, unknown: list[str], *, top: bool) -> Object:
    properties = schema.get("properties") or {}
    more = schema.get("additionalProperties")
    made: Object = {}
    for key, inner in value.items():
        here = f"{path}.{key}" if path else key
        if top and key in ("apiVersion", "kind", "metadata"):
            made[key] = inner
        elif key in properties:
            made[key] = _shaped(inner, properties[key], here, unknown)
        elif isinstance(more, dict):
            made[key] = _shaped(inner, more, here, unknown)
        elif more is True or schema.get("x-kubernetes-preserve-unknown-fields") or not properties:
            made[key] = inner
        else:
            unknown.append(here)
    for key, inner in properties.items():
        if key not in made and "default" in inner:
            made[key] = inner["default"]
    return made


def _schema_causes(item: Object, schema: Schema) -> list[Cause]:
    causes: list[Cause] = []
    for key, inner in (schema.get("properties") or {}).items():
        if key in item and key not in ("apiVersion", "kind", "metadata"):
            causes += _causes(item[key], inner, key)
    return sorted([*_required(item, schema, ""), *causes], key=lambda cause: cause[2])


def _causes(value: Any, schema: Schema, path: str) -> Iterator[Cause]:
    kind = schema.get("type")
    if value is None and schema.get("nullable"):
        return
    if kind is not None and not _fits_type(value, kind, schema):
        told = f'Invalid value: "{_go_type(value)}": {path} in body must be of type {kind}: "{_go_type(value)}"'
        yield "FieldValueTypeInvalid", told, path
        return
    yield from _value_causes(value, schema, path)
    if isinstance(value, dict):
        yield from _required(value, schema, path)
        for key, inner in (schema.get("properties") or {}).items():
            if key in value:
                yield from _causes(value[key], inner, f"{path}.{key}")
        more = schema.get("additionalProperties")
        if isinstance(more, dict):
            for key in value:
                if key not in (schema.get("properties") or {}):
                    yield from _causes(value[key], more, f"{path}.{key}")
    if isinstance(value, list) and isinstance(schema.get("items"), dict):
        for index, inner in enumerate(value):
            yield from _causes(inner, schema["items"], f"{path}[{index}]")


def _fits_type(value: Any, kind: str, schema: Schema) -> bool:
    if schema.get("x-kubernetes-int-or-string"):
        return isinstance(value, int | str)
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _GO_TYPES.get(kind, object))


def _go_type(value: Any) -> str:
    if value is None:
        return "null"
    return next(
        (name for name, kind in _GO_TYPES.items() if isinstance(value, kind) and _fits_type(value, name, {})), ""
    )


def _required(value: Object, schema: Schema, path: str) -> Iterator[Cause]:
    for key in schema.get("required") or ():
        if key not in value:
            yield "FieldValueRequired", "Required value", f"{path}.{key}" if path else key


def _value_causes(value: Any, schema: Schema, path: str) -> Iterator[Cause]:
    allowed = schema.get("enum")
    if allowed is not None and value not in allowed:
        listed = ", ".join(json.dumps(item) for item in allowed)
        yield "FieldValueNotSupported", f"Unsupported value: {json.dumps(value)}: supported values: {listed}", path
    if isinstance(value, str):
        yield from _text_causes(value, schema, path)
    if isinstance(value, int | float) and not isinstance(value, bool):
        low, high = schema.get("minimum"), schema.get("maximum")
        if low is not None and value < low:
            told = f"Invalid value: {value}: {path} in body should be greater than or equal to {low}"
            yield "FieldValueInvalid", told, path
        if high is not None and value > high:
            told = f"Invalid value: {value}: {path} in body should be less than or equal to {high}"
            yield "FieldValueInvalid", told, path
    if isinstance(value, list) and (most := schema.get("maxItems")) is not None and len(value) > most:
        told = f"Too many: {len(value)}: must have at most {most} items"
        yield "FieldValueTooMany", told, path


def _text_causes(value: str, schema: Schema, path: str) -> Iterator[Cause]:
    least, most = schema.get("minLength"), schema.get("maxLength")
    if least is not None and len(value) < least:
        told = f"Invalid value: {json.dumps(value)}: {path} in body should be at least {least} chars long"
        yield "FieldValueInvalid", told, path
    if most is not None and len(value) > most:
        yield "FieldValueTooLong", f"Too long: may not be more than {most} bytes", path
    pattern = schema.get("pattern")
    if pattern is not None and re.search(pattern, value) is None:
        told = f"Invalid value: {json.dumps(value)}: {path} in body should match '{pattern}'"
        yield "FieldValueInvalid", told, path


def _name_causes(resource: ResourceType, item: Object) -> Iterator[Cause]:
    name = name_of(item)
    if resource.group == _FREE_NAMES:
        return
    label = resource in (NAMESPACES, SERVICES)
    fits = (_LABEL if label else _SUBDOMAIN).fullmatch(name) and len(name) <= (63 if label else 253)
    if not fits:
        rule = _LABEL_RULE if label else _SUBDOMAIN_RULE
        yield "FieldValueInvalid", f"Invalid value: {json.dumps(name)}: {rule}", "metadata.name"


def _built_in_causes(resource: ResourceType, item: Object, old: Object | None) -> list[Cause]:
    if resource is SERVICES and old is not None:
        before, now = old["spec"].get("clusterIP"), item["spec"].get("clusterIP")
        if before and now != before:
            told = f"Invalid value: {json.dumps(now or '')}: may not change once set"
            return [("FieldValueInvalid", told, "spec.clusterIPs[0]")]
    if resource is CRDS and name_of(item) != _crd_name(item):
        told = f'Invalid value: {json.dumps(name_of(item))}: must be spec.names.plural+"."+spec.group'
        return [("FieldValueInvalid", told, "metadata.name")]
    return []


def _crd_name(item: Object) -> str:
    spec = item.get("spec") or {}
    return f"{(spec.get('names') or {}).get('plural', '')}.{spec.get('group', '')}"
