"""The difference between two versions of an object's body, and the newer version made of it again.

An object that changes often changes little: of a renewed Lease only the time, of a Pod one condition.
"""

from typing import Any, TypeAlias

Patch: TypeAlias = list[Any]
"""`[]` nothing changed, `[value]` this instead, `[null, {key: patch or null}]` within a mapping (null: taken away),
`[null, null, {index: patch}]` within a list of the same length."""


def difference(old: Any, new: Any) -> Patch:
    """The patch that makes `new` of `old`, to the order of its keys."""
    if old is new or _same_scalar(old, new):
        return []
    if isinstance(old, dict) and isinstance(new, dict):
        return _mapping_difference(old, new)
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        changed = {str(i): patch for i, (a, b) in enumerate(zip(old, new, strict=True)) if (patch := difference(a, b))}
        return [None, None, changed] if changed else []
    return [new]


def _same_scalar(old: Any, new: Any) -> bool:
    # 1, 1.0 and True are equal to Python, and different JSON.
    return type(old) is type(new) and not isinstance(old, (dict, list)) and bool(old == new)


def _mapping_difference(old: dict[str, Any], new: dict[str, Any]) -> Patch:
    patched_order = [key for key in old if key in new] + [key for key in new if key not in old]
    if patched_order != list(new):
        return [new]
    changed: dict[str, Patch | None] = {key: None for key in old if key not in new}
    for key, value in new.items():
        patch = difference(old[key], value) if key in old else [value]
        if patch:
            changed[key] = patch
    return [None, changed] if changed else []


def patched(old: Any, patch: Any) -> Any:
    """The newer version; what did not change is shared with the older. Raises ValueError when they don't fit."""
    match patch:
        case []:
            return old
        case [value]:
            return value
        case [None, dict() as changed] if isinstance(old, dict):
            return _patched_mapping(old, changed)
        case [None, None, dict() as changed] if isinstance(old, list):
            return _patched_list(old, changed)
    raise ValueError("a change does not fit the object that it changes")


def _patched_mapping(old: dict[str, Any], changed: dict[str, Any]) -> dict[str, Any]:
    new = dict(old)
    for key, patch in changed.items():
        if patch is None:
            new.pop(key, None)
        else:
            new[key] = patched(old.get(key), patch)
    return new


def _patched_list(old: list[Any], changed: dict[str, Any]) -> list[Any]:
    new = list(old)
    for index, patch in changed.items():
        if not index.isdecimal() or int(index) >= len(old):
            raise ValueError("a change does not fit the list that it changes")
        new[int(index)] = patched(old[int(index)], patch)
    return new
