"""Structural schemas: what a CRD's OpenAPI v3 schema leaves of an object, sets in it, and finds wrong with it.

Worded, and ordered as far as it is fixed there, as k8s.io/apiextensions-apiserver does (seen on 1.36): what is wrong
inside a field comes before what is missing beside it.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from certdash.certmanager.cel import CelError, CelSyntaxError, parse
from certdash.certmanager.cel.pattern_compiler import PatternError
from certdash.certmanager.cel.patterns import search
from certdash.demo.api.objects import Object

Schema: TypeAlias = Mapping[str, Any]
Cause: TypeAlias = tuple[str, str, str]
"""Reason, message and field."""

_ROOT_KEYS = ("apiVersion", "kind", "metadata")
_RULES = "x-kubernetes-validations"
_NO_FIELD = "<nil>"
_UNCHECKED = (
    "some validation rules were not checked because the object was invalid; correct the existing errors to complete "
    "validation"
)
# After one of these the rules written in expressions are not looked at.
_BLOCKING = frozenset(
    {
        "FieldValueRequired",
        "FieldValueTypeInvalid",
        "FieldValueNotSupported",
        "FieldValueTooLong",
        "FieldValueTooMany",
    }
)
_GO_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
}
_DATE_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[-+]\d{2}:\d{2})")


def shaped(value: Any, schema: Schema, path: str, unknown: list[str]) -> Any:
    """The value without what the schema does not know, and without nulls, with defaults. Adds the paths of unknown
    fields to the list."""
    if isinstance(value, dict) and schema.get("type") == "object":
        return _shaped_object(value, schema, path, unknown)
    if isinstance(value, list) and isinstance(schema.get("items"), dict):
        return [shaped(item, schema["items"], f"{path}[{index}]", unknown) for index, item in enumerate(value)]
    return value


def _shaped_object(value: Object, schema: Schema, path: str, unknown: list[str]) -> Object:
    properties = schema.get("properties") or {}
    more = schema.get("additionalProperties")
    made: Object = {}
    for key, inner in value.items():
        here = f"{path}.{key}" if path else key
        known = properties.get(key) or (more if isinstance(more, dict) else None)
        if not path and key in _ROOT_KEYS:
            made[key] = inner
        elif known is not None:
            if inner is not None or known.get("nullable"):
                made[key] = shaped(inner, known, here, unknown)
        elif more is True or schema.get("x-kubernetes-preserve-unknown-fields"):
            made[key] = inner
        else:
            unknown.append(here)
    for key, inner in properties.items():
        if key not in made and "default" in inner:
            made[key] = inner["default"]
    return made


def schema_causes(item: Object, schema: Schema) -> list[Cause]:
    """Everything that is wrong with a whole object."""
    inner = {**schema, "properties": {k: v for k, v in (schema.get("properties") or {}).items() if k not in _ROOT_KEYS}}
    causes = list(_causes(item, inner, ""))
    if not _has_rules(schema):
        return causes
    if any(reason in _BLOCKING for reason, _, _ in causes):
        return [*causes, ("FieldValueInvalid", f"Invalid value: null: {_UNCHECKED}", _NO_FIELD)]
    return [*causes, *_rule_causes(item, inner, "")]


def _causes(value: Any, schema: Schema, path: str) -> Iterator[Cause]:
    kind = schema.get("type")
    if value is None and schema.get("nullable"):
        return
    if kind is not None and not _fits_type(value, kind, schema):
        yield from _type_causes(value, schema, path)
        return
    yield from _value_causes(value, schema, path)
    if isinstance(value, dict):
        yield from _object_causes(value, schema, path)
    if isinstance(value, list) and isinstance(schema.get("items"), dict):
        for index, inner in enumerate(value):
            yield from _causes(inner, schema["items"], f"{path}[{index}]")
        yield from _duplicates(value, schema.get("x-kubernetes-list-map-keys") or (), path)


def _duplicates(items: Sequence[Any], keys: Sequence[str], path: str) -> Iterator[Cause]:
    """Items of a keyed list that have the keys of an earlier one."""
    seen: list[Object] = []
    for index, item in enumerate(items):
        if not keys or not isinstance(item, dict):
            continue
        identity = {key: item.get(key) for key in keys}
        if identity in seen:
            told = f"Duplicate value: {json.dumps(identity, separators=(',', ':'))}"
            yield "FieldValueDuplicate", told, f"{path}[{index}]"
        seen.append(identity)


def _object_causes(value: Object, schema: Schema, path: str) -> Iterator[Cause]:
    properties, more = schema.get("properties") or {}, schema.get("additionalProperties")
    for key in sorted(value):
        known = properties.get(key) or (more if isinstance(more, dict) else None)
        if known is not None:
            yield from _causes(value[key], known, f"{path}.{key}" if path else key)
    for key in schema.get("required") or ():
        if key not in value:
            yield "FieldValueRequired", "Required value", f"{path}.{key}" if path else key


def _fits_type(value: Any, kind: str, schema: Schema) -> bool:
    if schema.get("x-kubernetes-int-or-string"):
        return isinstance(value, int | str)
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _GO_TYPES.get(kind, object))


def _type_causes(value: Any, schema: Schema, path: str) -> Iterator[Cause]:
    kind, form = schema["type"], schema.get("format", "")
    found = "float64" if isinstance(value, float) else _go_type(value)
    wanted = form if kind == "integer" and form else kind
    yield (
        "FieldValueTypeInvalid",
        f'Invalid value: "{found}": {path} in body must be of type {wanted}: "{found}"',
        path,
    )
    if isinstance(value, float) and form:
        told = f"Checked value must be of type {kind} with format {form} in {path}"
        yield "FieldValueInvalid", f'Invalid value: "": {told}', _NO_FIELD


def _go_type(value: Any) -> str:
    if value is None:
        return "null"
    return next((name for name in _GO_TYPES if _fits_type(value, name, {})), "")


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
        yield "FieldValueTooMany", f"Too many: {len(value)}: must have at most {most} items", path


def _text_causes(value: str, schema: Schema, path: str) -> Iterator[Cause]:
    shown = json.dumps(value)
    form = schema.get("format")
    if (form == "byte" and not _is_base64(value)) or (form == "date-time" and not _DATE_TIME.fullmatch(value)):
        told = f"Invalid value: {shown}: {path} in body must be of type {form}: {shown}"
        yield "FieldValueTypeInvalid", told, path
    least, most, pattern = schema.get("minLength"), schema.get("maxLength"), schema.get("pattern")
    if least is not None and len(value) < least:
        yield "FieldValueInvalid", f"Invalid value: {shown}: {path} in body should be at least {least} chars long", path
    if most is not None and len(value) > most:
        yield "FieldValueTooLong", f"Too long: may not be more than {most} bytes", path
    if pattern is not None and not _matches(pattern, value):
        yield "FieldValueInvalid", f"Invalid value: {shown}: {path} in body should match '{pattern}'", path


def _matches(pattern: str, value: str) -> bool:
    """A pattern that is not understood here forbids nothing."""
    try:
        return search(pattern, value)
    except PatternError:
        return True


def _is_base64(text: str) -> bool:
    try:
        return bool(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return False


def _has_rules(schema: Any) -> bool:
    if isinstance(schema, Mapping):
        return _RULES in schema or any(_has_rules(inner) for inner in schema.values())
    return False


def _rule_causes(value: Any, schema: Schema, path: str) -> Iterator[Cause]:
    """What the schema's rules in expressions find; rules about the old object are left out."""
    for rule in schema.get(_RULES) or ():
        if "oldSelf" not in rule["rule"]:
            yield from _broken(rule, value, path)
    if isinstance(value, dict):
        for key, inner in (schema.get("properties") or {}).items():
            if key in value:
                yield from _rule_causes(value[key], inner, f"{path}.{key}" if path else key)
    if isinstance(value, list) and isinstance(schema.get("items"), dict):
        for index, inner in enumerate(value):
            yield from _rule_causes(inner, schema["items"], f"{path}[{index}]")


def _broken(rule: Mapping[str, str], value: Any, path: str) -> Iterator[Cause]:
    try:
        if parse(rule["rule"]).evaluate({"self": value}) is True:
            return
        told = rule.get("message") or f"failed rule: {rule['rule']}"
    except (CelError, CelSyntaxError) as error:
        told = f"rule evaluation error: {error}"
    yield "FieldValueInvalid", f"Invalid value: {told}", path
