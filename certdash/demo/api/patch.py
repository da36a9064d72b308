"""The three patch formats that change an object: JSON merge patch, JSON patch, strategic merge patch."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from certdash.demo.api.objects import Object
from certdash.demo.api.status import ApiError, bad_request, refusal

# Lists of objects that a strategic merge patch merges by a key, wherever their field's name appears. Sources: the
# patchMergeKey tags of k8s.io/api (core/v1, apps/v1, admissionregistration/v1, meta/v1).
_MERGE_KEYS: Mapping[str, str] = {
    "containers": "name",
    "initContainers": "name",
    "env": "name",
    "volumes": "name",
    "volumeMounts": "mountPath",
    "imagePullSecrets": "name",
    "webhooks": "name",
    "conditions": "type",
    "ownerReferences": "uid",
    "addresses": "type",
    "podIPs": "ip",
    "taints": "key",
}
# `ports` merges by another key in a container than in a Service.
_PORT_KEYS = ("containerPort", "port")
_MERGED_SETS = frozenset({"finalizers"})


def merge_patch(target: Any, patch: Any) -> Any:
    """RFC 7386."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


def strategic_merge_patch(target: Any, patch: Any, field: str = "") -> Any:
    """As a merge patch, but lists of objects with a merge key are merged by it; `$patch` directives are obeyed."""
    if isinstance(patch, list):
        return _merge_list(target if isinstance(target, list) else [], patch, field)
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    if patch.get("$patch") == "replace":
        return {key: value for key, value in patch.items() if key != "$patch"}
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if key == "$retainKeys":
            merged = {kept: merged[kept] for kept in value if kept in merged}
        elif key.startswith("$"):
            continue
        elif value is None:
            merged.pop(key, None)
        else:
            merged[key] = strategic_merge_patch(merged.get(key), value, key)
    return merged


def _merge_list(target: Sequence[Any], patch: Sequence[Any], field: str) -> list[Any]:
    if field in _MERGED_SETS:
        return [*target, *(item for item in patch if item not in target)]
    key = _merge_key(field, patch)
    if not key:
        return copy.deepcopy(list(patch))
    if any(item.get("$patch") == "replace" for item in patch):
        return [item for item in patch if "$patch" not in item]
    merged = list(target)
    added = 0
    for item in patch:
        position = next((at for at, old in enumerate(merged) if old.get(key) == item.get(key)), None)
        if item.get("$patch") == "delete":
            if position is not None:
                del merged[position]
        elif position is None:
            # What is new comes first, as in the server's answers.
            merged.insert(added, copy.deepcopy(item))
            added += 1
        else:
            merged[position] = strategic_merge_patch(merged[position], item)
    return merged


def _merge_key(field: str, items: Sequence[Any]) -> str:
    if not all(isinstance(item, dict) for item in items):
        return ""
    if field == "ports":
        return next((key for key in _PORT_KEYS if all(key in item for item in items)), "")
    return _MERGE_KEYS.get(field, "")


def json_patch(target: Object, operations: Any) -> Object:
    """RFC 6902. Raises ApiError: 400 for what is no patch, 422 for what can't be done to this object."""
    if not isinstance(operations, list):
        raise bad_request(
            "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp"
        )
    document: Any = copy.deepcopy(target)
    for operation in operations:
        document = _apply(document, operation)
    if not isinstance(document, dict):
        raise _unprocessable()
    return document


def _apply(document: Any, operation: Mapping[str, Any]) -> Any:
    name, path = operation.get("op"), _pointer(str(operation.get("path", "")))
    match name:
        case "add":
            return _add(document, path, copy.deepcopy(operation.get("value")))
        case "remove":
            return _remove(document, path)
        case "replace":
            _value_at(document, path)
            return _add(_remove(document, path), path, copy.deepcopy(operation.get("value")))
        case "test":
            if _value_at(document, path) != operation.get("value"):
                raise _unprocessable()
            return document
        case "copy" | "move":
            origin = _pointer(str(operation.get("from", "")))
            value = copy.deepcopy(_value_at(document, origin))
            return _add(_remove(document, origin) if name == "move" else document, path, value)
        case _:
            raise _unprocessable()


def _pointer(text: str) -> list[str]:
    return [step.replace("~1", "/").replace("~0", "~") for step in text.split("/")[1:]]


def _unprocessable() -> ApiError:
    return refusal(422, "Invalid", "the server rejected our request due to an error in our request", {})


def _value_at(document: Any, path: Sequence[str]) -> Any:
    for step in path:
        if isinstance(document, dict) and step in document:
            document = document[step]
        elif isinstance(document, list) and step.isdigit() and int(step) < len(document):
            document = document[int(step)]
        else:
            raise _unprocessable()
    return document


def _add(document: Any, path: Sequence[str], value: Any) -> Any:
    if not path:
        return value
    parent, last = _value_at(document, path[:-1]), path[-1]
    if isinstance(parent, dict):
        parent[last] = value
    elif isinstance(parent, list) and last == "-":
        parent.append(value)
    elif isinstance(parent, list) and last.isdigit() and int(last) <= len(parent):
        parent.insert(int(last), value)
    else:
        raise _unprocessable()
    return document


def _remove(document: Any, path: Sequence[str]) -> Any:
    parent, last = _value_at(document, path[:-1]), path[-1] if path else ""
    if isinstance(parent, dict) and last in parent:
        del parent[last]
    elif isinstance(parent, list) and last.isdigit() and int(last) < len(parent):
        del parent[int(last)]
    else:
        raise _unprocessable()
    return document
