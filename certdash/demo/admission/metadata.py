"""The metadata of any object: what may be in it, and what it may be."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from certdash.demo import names
from certdash.demo.admission.structural import Cause
from certdash.demo.api.objects import Object, name_of
from certdash.demo.api.resource_types import NAMESPACES, SERVICES, ResourceType

_FIELDS = frozenset(
    {
        "name", "generateName", "namespace", "selfLink", "uid", "resourceVersion", "generation", "creationTimestamp",
        "deletionTimestamp", "deletionGracePeriodSeconds", "labels", "annotations", "ownerReferences", "finalizers",
        "managedFields",
    }
)  # fmt: skip
_TEXTS = ("name", "generateName", "namespace", "uid", "resourceVersion")
# RBAC names are path segments, not DNS names.
_FREE_NAMES = "rbac.authorization.k8s.io"
_OWNER_FIELDS = (
    ("apiVersion", "version must not be empty"),
    ("kind", "must not be empty"),
    ("name", "must not be empty"),
    ("uid", "must not be empty"),
)


def unknown_fields(metadata: Object) -> list[str]:
    """The paths of fields that no metadata has."""
    return [f"metadata.{key}" for key in metadata if key not in _FIELDS]


def unreadable(metadata: Object) -> str:
    """Why it can't be decoded, in the words of Go's encoding/json; "" where it can."""
    for key in _TEXTS:
        if metadata.get(key) is not None and not isinstance(metadata[key], str):
            return _no_text(key, metadata[key])
    for key in ("labels", "annotations"):
        for value in (metadata.get(key) or {}).values():
            if not isinstance(value, str):
                return _no_text(key, value)
    return ""


def _no_text(key: str, value: Any) -> str:
    return f"json: cannot unmarshal {_json_type(value)} into Go struct field ObjectMeta.{key} of type string"


def _json_type(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    return "array" if isinstance(value, list) else "object"


def metadata_causes(resource: ResourceType, item: Object, *, new: bool) -> Iterator[Cause]:
    """Everything that is wrong with an object's metadata."""
    metadata = item["metadata"]
    if new:
        yield from _name_causes(resource, item)
    for key, value in sorted((metadata.get("labels") or {}).items()):
        yield from _causes("metadata.labels", key, names.key_faults(key))
        yield from _causes("metadata.labels", value, names.value_faults(value))
    for key in sorted(metadata.get("annotations") or {}):
        yield from _causes("metadata.annotations", key, names.key_faults(key.lower()))
    for owner in metadata.get("ownerReferences") or ():
        for key, fault in _OWNER_FIELDS:
            if not owner.get(key):
                yield from _causes(f"metadata.ownerReferences.{key}", "", [fault])
    for finalizer in metadata.get("finalizers") or ():
        yield from _causes("metadata.finalizers", finalizer, names.key_faults(finalizer))


def _name_causes(resource: ResourceType, item: Object) -> Iterator[Cause]:
    if resource.group == _FREE_NAMES:
        return
    faults = names.label_faults if resource in (NAMESPACES, SERVICES) else names.subdomain_faults
    yield from _causes("metadata.name", name_of(item), faults(name_of(item)))


def _causes(path: str, value: str, faults: Iterable[str]) -> Iterator[Cause]:
    for fault in faults:
        yield "FieldValueInvalid", f"Invalid value: {json.dumps(value, ensure_ascii=False)}: {fault}", path
