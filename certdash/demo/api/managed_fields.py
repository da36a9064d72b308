"""Who wrote which field: managedFields, and what server-side apply makes of them.

Fields are tracked as FieldsV1 writes them: `f:NAME` for a field, `k:{…}` for an item of a list that is merged by a
key. Lists without a known key are one field as a whole (sigs.k8s.io/structured-merge-diff).
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from certdash.demo.api.objects import Object, timestamp

Path: TypeAlias = tuple[str, ...]

_LIST_KEYS: Mapping[str, tuple[str, ...]] = {
    "containers": ("name",),
    "env": ("name",),
    "webhooks": ("name",),
    "conditions": ("type",),
    "ownerReferences": ("uid",),
    "volumes": ("name",),
}
_PORT_KEYS = (("containerPort", "protocol"), ("port", "protocol"))
# What the server itself writes belongs to nobody.
_SERVERS_OWN = frozenset(
    {"uid", "creationTimestamp", "generation", "resourceVersion", "managedFields", "name", "namespace", "selfLink",
     "deletionTimestamp", "deletionGracePeriodSeconds"}
)  # fmt: skip


def owned_paths(item: Object) -> set[Path]:
    """The paths of every leaf of an object that somebody can own."""
    metadata = {key: value for key, value in item.get("metadata", {}).items() if key not in _SERVERS_OWN}
    body = {key: value for key, value in item.items() if key not in ("apiVersion", "kind", "metadata")}
    if metadata:
        body["metadata"] = metadata
    return set(_leaves(body, (), ""))


def _leaves(value: Any, path: Path, field: str) -> Iterator[Path]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(inner, (*path, f"f:{key}"), key)
    elif isinstance(value, list) and (keys := _keys_of(field, value)):
        for item in value:
            mark = {key: item[key] for key in keys if key in item}
            step = f"k:{json.dumps(mark, separators=(',', ':'), sort_keys=True)}"
            yield (*path, step)
            yield from _leaves(item, (*path, step), "")
    else:
        yield path


def _keys_of(field: str, items: list[Any]) -> tuple[str, ...]:
    if not items or not all(isinstance(item, dict) for item in items):
        return ()
    if field == "ports":
        return next((keys for keys in _PORT_KEYS if all(keys[0] in item for item in items)), ())
    keys = _LIST_KEYS.get(field, ())
    return keys if keys and all(keys[0] in item for item in items) else ()


def fields_v1(paths: set[Path]) -> Object:
    """The paths as the tree that FieldsV1 is."""
    tree: Object = {}
    for path in sorted(paths):
        node = tree
        for step in path:
            node = node.setdefault(step, {})
        if path and path[-1].startswith("k:"):
            node["."] = {}
    return tree


def paths_of(tree: Mapping[str, Any], path: Path = ()) -> Iterator[Path]:
    """The way back from FieldsV1 to paths."""
    for step, inner in tree.items():
        if step == ".":
            yield path
        elif inner:
            yield from paths_of(inner, (*path, step))
        else:
            yield (*path, step)


def after_update(before: Object | None, after: Object, manager: str, subresource: str) -> list[Object]:
    """managedFields after a write that is no apply: what changed now belongs to its manager."""
    old = set() if before is None else owned_paths(before)
    new = owned_paths(after)
    changed = (new - old) | {path for path in new & old if before is not None and _at(before, path) != _at(after, path)}
    entries = [_kept(entry, new, changed) for entry in _entries(before)]
    mine = _find(entries, manager, "Update", subresource)
    if changed:
        owned = set(paths_of(mine["fieldsV1"])) if mine is not None else set()
        written = _entry(manager, "Update", subresource, after["apiVersion"], owned | changed)
        entries = [entry for entry in entries if entry is not mine] + [written]
    return [entry for entry in entries if entry["fieldsV1"]]


def apply_conflicts(before: Object | None, applied: Object, manager: str) -> list[tuple[str, Path]]:
    """Fields that another manager owns and that this apply would change: (who, in the server's words; the path)."""
    if before is None:
        return []
    wanted = owned_paths(applied)
    return [
        (_owner(entry), path)
        for entry in _entries(before)
        if (entry["manager"], entry["operation"]) != (manager, "Apply")
        for path in sorted(set(paths_of(entry["fieldsV1"])) & wanted)
        if not path[-1].startswith("k:") and _at(before, path) != _at(applied, path)
    ]


def _owner(entry: Object) -> str:
    name = json.dumps(entry["manager"])
    if entry.get("subresource"):
        name += f" with subresource {json.dumps(entry['subresource'])}"
    return name if entry["operation"] == "Apply" else f"{name} using {entry['apiVersion']}"


def given_up(before: Object | None, applied: Object, manager: str) -> set[Path]:
    """What this manager applied before and no longer names, and nobody else owns: it goes."""
    mine = _find(_entries(before), manager, "Apply", "")
    if mine is None:
        return set()
    others = {p for entry in _entries(before) if entry is not mine for p in paths_of(entry["fieldsV1"])}
    return set(paths_of(mine["fieldsV1"])) - owned_paths(applied) - others


def after_apply(before: Object | None, applied: Object, manager: str) -> list[Object]:
    """managedFields after an apply: its manager owns exactly what it named; what it took over others lose."""
    wanted = owned_paths(applied)
    entries = []
    for entry in _entries(before):
        if (entry["manager"], entry["operation"]) == (manager, "Apply"):
            continue
        taken = {p for p in wanted if before is not None and _at(before, p) != _at(applied, p)}
        left = set(paths_of(entry["fieldsV1"])) - taken
        if left:
            entries.append({**entry, "fieldsV1": fields_v1(left)})
    return [*entries, _entry(manager, "Apply", "", applied["apiVersion"], wanted)]


def without(item: Object, path: Path) -> None:
    """Take one owned field out of an object that may be changed."""
    parent: Any = item
    for step in path[:-1]:
        parent = _step(parent, step)
    if isinstance(parent, dict) and path[-1].startswith("f:"):
        parent.pop(path[-1][2:], None)
    elif isinstance(parent, list):
        gone = _step(parent, path[-1])
        if gone is not None:
            parent.remove(gone)


def dotted(path: Path) -> str:
    """The path as a conflict names it: `.spec.replicas`, `.webhooks[name="x"].rules`."""
    text = ""
    for step in path:
        if step.startswith("f:"):
            text += f".{step[2:]}"
        else:
            marks = json.loads(step[2:])
            text += "[" + ",".join(f"{key}={json.dumps(value)}" for key, value in marks.items()) + "]"
    return text


def _entry(manager: str, operation: str, subresource: str, version: str, paths: set[Path]) -> Object:
    made: Object = {
        "manager": manager,
        "operation": operation,
        "apiVersion": version,
        "time": timestamp(),
        "fieldsType": "FieldsV1",
        "fieldsV1": fields_v1(paths),
    }
    if subresource:
        made["subresource"] = subresource
    return made


def _entries(item: Object | None) -> list[Object]:
    return list(item["metadata"].get("managedFields") or ()) if item is not None else []


def _find(entries: list[Object], manager: str, operation: str, subresource: str) -> Object | None:
    wanted = (manager, operation, subresource)
    return next((e for e in entries if (e["manager"], e["operation"], e.get("subresource", "")) == wanted), None)


def _kept(entry: Object, existing: set[Path], changed: set[Path]) -> Object:
    """What is left of an entry: fields that went or were taken over are no longer its manager's."""
    left = {path for path in paths_of(entry["fieldsV1"]) if path in existing and path not in changed}
    return {**entry, "fieldsV1": fields_v1(left)}


def _at(item: Any, path: Path) -> Any:
    for step in path:
        item = _step(item, step)
        if item is None:
            return None
    return item


def _step(item: Any, step: str) -> Any:
    if step.startswith("f:"):
        return item.get(step[2:]) if isinstance(item, dict) else None
    marks = json.loads(step[2:])
    if not isinstance(item, list):
        return None
    return next((e for e in item if isinstance(e, dict) and all(e.get(k) == v for k, v in marks.items())), None)
