"""Creates, updates and patches: what happens to an object between the request and the store."""

import contextlib
import json
import secrets
from collections.abc import Iterator
from typing import Any

import yaml

from certdash.demo.api import managed_fields, protobuf
from certdash.demo.api.admission import Admission, Attributes, Schemas
from certdash.demo.api.client import APPLY, JSON_PATCH, MERGE, STRATEGIC
from certdash.demo.api.objects import Object, name_of, new_uid, timestamp
from certdash.demo.api.patch import json_patch, merge_patch, strategic_merge_patch
from certdash.demo.api.request import Request, Response
from certdash.demo.api.resource_types import BUILT_IN, NAMESPACES, ResourceType
from certdash.demo.api.routing import Target
from certdash.demo.api.status import (
    ApiError,
    already_exists,
    bad_request,
    conflict,
    invalid,
    not_found,
    refusal,
    status_body,
    warning_headers,
)
from certdash.demo.api.store import Store, VersionConflict

# The alphabet of generated names (k8s.io/apimachinery/pkg/util/rand): no vowels, so no words.
_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
_SERVERS_METADATA = ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation")
MODIFIED = "the object has been modified; please apply your changes to the latest version and try again"


@contextlib.contextmanager
def _warned(texts: tuple[str, ...]) -> Iterator[None]:
    """A refusal carries the warnings that came before it."""
    try:
        yield
    except ApiError as error:
        error.headers = (*warning_headers(texts), *error.headers)
        raise


class Writer:
    """Writes to the store the way the API server does: decode, mutate, validate, admit, store."""

    def __init__(self, store: Store, admission: Admission, schemas: Schemas) -> None:
        self._store = store
        self._admission = admission
        self._schemas = schemas

    async def create(self, request: Request, target: Target) -> Response:
        """POST to a collection."""
        resource = target.resource
        options = write_options(request, "CreateOptions")
        item, warnings = self._decode(request, resource)
        with _warned(warnings):
            if item["metadata"].get("resourceVersion"):
                raise refusal(500, "", "resourceVersion should not be set on objects to be created")
            item = _placed(item, target)
            item = self._born(item, resource)
            attributes = _attributes(request, target, "CREATE", item, None, options)
            mutated, told = await self._admission.mutate(attributes)
            item = _renamed(mutated or item)
            item = {**item, "metadata": self._tracked(None, item, request, target)}
            self._schemas.validate(resource, item, None)
            told += await self._admission.validate(_attributes(request, target, "CREATE", item, None, options))
            if self._store.get(resource, target.namespace, name_of(item)) is not None:
                raise already_exists(resource, name_of(item))
            kept = item if options["dryRun"] else self._put(resource, item, "")
            return Response(201, kept, headers=warning_headers(warnings + told))

    async def update(self, request: Request, target: Target) -> Response:
        """PUT of an object or its status."""
        item, warnings = self._decode(request, target.resource)
        old = self._existing(target)
        options = write_options(request, "UpdateOptions")
        placed = _placed(item, target)
        given = item["metadata"].get("resourceVersion")
        if not given and target.resource not in BUILT_IN:
            raise _unversioned(target)
        if given and given != old["metadata"]["resourceVersion"]:
            raise conflict(target.resource, target.name, MODIFIED)
        return await self._replace(request, target, old, placed, options, warnings)

    async def patch(self, request: Request, target: Target) -> Response:
        """PATCH in any of the four formats."""
        kind = request.headers.get("content-type", "").partition(";")[0].strip()
        options = write_options(request, "PatchOptions")
        if kind not in (JSON_PATCH, MERGE, STRATEGIC, APPLY):
            raise refusal(415, "UnsupportedMediaType", "415: Unsupported Media Type", {})
        if kind == APPLY:
            return await self._apply(request, target, options)
        old = self._existing(target)
        body = _parsed(request.body)
        match kind:
            case "application/merge-patch+json":
                item = merge_patch(old, body)
            case "application/json-patch+json":
                item = json_patch(old, body)
            case "application/strategic-merge-patch+json" if target.resource.group in _STRATEGIC_GROUPS:
                item = strategic_merge_patch(old, body)
            case _:
                raise _unsupported_media_type((JSON_PATCH, MERGE, APPLY))
        item = _placed(item, target)
        given = item["metadata"].get("resourceVersion")
        if given and given != old["metadata"]["resourceVersion"]:
            raise conflict(target.resource, target.name, MODIFIED)
        item, unknown = self._schemas.read(target.resource, item, strict=_strict(request))
        return await self._replace(request, target, old, item, options, _told(request, unknown))

    async def _apply(self, request: Request, target: Target, options: Object) -> Response:
        manager = request.parameter("fieldManager")
        if not manager:
            cause = ("FieldValueRequired", "Required value: is required for apply patch", "fieldManager")
            raise invalid("meta.k8s.io", "PatchOptions", "", (cause,))
        given = _parsed(request.body)
        if not given.get("kind") or not given.get("apiVersion"):
            group, _, version = given.get("apiVersion", "").rpartition("/")
            raise bad_request(f"invalid object type: {group}/{version}, Kind={given.get('kind', '')}")
        applied, unknown = self._schemas.read(target.resource, given, strict=_strict(request))
        applied = _placed({**applied, "metadata": {"name": target.name, **applied.get("metadata", {})}}, target)
        old = self._store.get(target.resource, target.namespace, target.name)
        if request.parameter("force") not in ("true", "1"):
            _refuse_conflicts(old, applied, manager)
        if old is None:
            born = self._born(applied, target.resource)
            managed = managed_fields.after_apply(None, applied, manager)
            return await self._create_applied(request, target, born, managed, options)
        merged: Object = strategic_merge_patch(old, applied)
        merged = json.loads(json.dumps(merged))
        for path in managed_fields.given_up(old, applied, manager):
            managed_fields.without(merged, path)
        merged["metadata"]["managedFields"] = managed_fields.after_apply(old, applied, manager)
        return await self._replace(request, target, old, merged, options, _told(request, unknown), tracked=True)

    async def _create_applied(
        self, request: Request, target: Target, item: Object, managed: list[Object], options: Object
    ) -> Response:
        mutated, told = await self._admission.mutate(_attributes(request, target, "CREATE", item, None, options))
        item = mutated or item
        item = {**item, "metadata": {**item["metadata"], "managedFields": managed}}
        self._schemas.validate(target.resource, item, None)
        told += await self._admission.validate(_attributes(request, target, "CREATE", item, None, options))
        kept = item if options["dryRun"] else self._put(target.resource, item, "")
        return Response(201, kept, headers=warning_headers(told))

    async def _replace(
        self,
        request: Request,
        target: Target,
        old: Object,
        item: Object,
        options: Object,
        warnings: tuple[str, ...],
        *,
        tracked: bool = False,
    ) -> Response:
        with _warned(warnings):
            item = _kept_parts(target, old, item)
            _refuse_new_finalizers(target.resource, old, item)
            attributes = _attributes(request, target, "UPDATE", item, old, options)
            mutated, told = await self._admission.mutate(attributes)
            item = _kept_parts(target, old, mutated or item)
            item = _with_generation(target.resource, old, item)
            if not tracked:
                item = {**item, "metadata": self._tracked(old, item, request, target)}
            self._schemas.validate(target.resource, item, old)
            told += await self._admission.validate(_attributes(request, target, "UPDATE", item, old, options))
            headers = warning_headers(warnings + told)
            unchanged = _bare(old) == _bare(item) and (not tracked or _holders(old) == _holders(item))
            if options["dryRun"] or unchanged:
                return Response(200, old if unchanged else item, headers=headers)
            kept = self._put(target.resource, item, old["metadata"]["resourceVersion"])
            if kept["metadata"].get("deletionTimestamp") and not kept["metadata"].get("finalizers"):
                self._finish_deletion(target, kept)
            return Response(200, kept, headers=headers)

    def _finish_deletion(self, target: Target, item: Object) -> None:
        """The last finalizer went: so does the object, unless something else of it holds on."""
        if target.resource is NAMESPACES and item.get("spec", {}).get("finalizers"):
            return
        if item["metadata"].get("deletionGracePeriodSeconds"):
            return
        self._store.remove(target.resource, target.namespace, target.name)

    def _existing(self, target: Target) -> Object:
        found = self._store.get(target.resource, target.namespace, target.name)
        if found is None:
            raise not_found(target.resource, target.name)
        return found

    def _put(self, resource: ResourceType, item: Object, expected: str) -> Object:
        try:
            return self._store.put(resource, item, expected=expected)
        except VersionConflict:
            if not expected:
                raise already_exists(resource, name_of(item)) from None
            raise conflict(resource, name_of(item), MODIFIED) from None

    def _decode(self, request: Request, resource: ResourceType) -> tuple[Object, tuple[str, ...]]:
        kind = request.headers.get("content-type", "application/json").partition(";")[0].strip()
        if kind not in (*_BODIES, ""):
            raise _unsupported_media_type(_BODIES)
        if not request.body:
            why = "couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)"
            raise bad_request(f"the object provided is unrecognized (must be of type {resource.kind}): {why}")
        item = _parsed(request.body) if kind != protobuf.CONTENT_TYPE else _decoded(request.body)
        if isinstance(item, dict) and resource not in BUILT_IN and not item.get("kind"):
            raise _without_kind(request.body, resource)
        if not isinstance(item, dict):
            raise bad_request("the object provided is unrecognized (must be of type " + resource.kind + ")")
        item = {"apiVersion": resource.api_version, "kind": resource.kind, **item}
        if (item["apiVersion"], item["kind"]) != (resource.api_version, resource.kind):
            raise _wrong_kind(resource, item)
        if not isinstance(item.get("metadata", {}), dict):
            raise bad_request(
                f"{resource.kind} in version {resource.version!r} cannot be handled: metadata is no object"
            )
        item = {**item, "metadata": dict(item.get("metadata") or {})}
        shaped, unknown = self._schemas.read(resource, item, strict=_strict(request))
        return shaped, _told(request, unknown)

    def _born(self, item: Object, resource: ResourceType) -> Object:
        """What the server sets on a new object before anything looks at it."""
        metadata = {key: value for key, value in item["metadata"].items() if key not in _SERVERS_METADATA}
        metadata.pop("resourceVersion", None)
        metadata.pop("managedFields", None)
        if not metadata.get("name") and metadata.get("generateName"):
            metadata["name"] = f"{metadata['generateName']}{''.join(secrets.choice(_LETTERS) for _ in range(5))}"
        metadata |= {"uid": new_uid(), "creationTimestamp": timestamp()}
        if resource.generation:
            metadata["generation"] = 1
        born = {**item, "metadata": metadata}
        if "status" in resource.subresources and resource is not NAMESPACES:
            born.pop("status", None)
        if resource is NAMESPACES:
            born["spec"] = {"finalizers": ["kubernetes"]}
            born["status"] = {"phase": "Active"}
            metadata["labels"] = {**metadata.get("labels", {}), _NAME_LABEL: metadata.get("name", "")}
        return born

    def _tracked(self, old: Object | None, item: Object, request: Request, target: Target) -> Object:
        agent = request.headers.get("user-agent", "").partition("/")[0] or "unknown"
        manager = request.parameter("fieldManager") or agent
        managed = managed_fields.after_update(old, item, manager, target.subresource)
        metadata = {key: value for key, value in item["metadata"].items() if key != "managedFields"}
        return {**metadata, "managedFields": managed} if managed else metadata


_BODIES = ("application/json", "application/yaml", protobuf.CONTENT_TYPE)
_NAME_LABEL = "kubernetes.io/metadata.name"
_LONGEST_MANAGER = 128
_SHOWN = 30
_SCHEME = "pkg/runtime/scheme.go:111"
# Strategic merge patch is for built-in types alone.
_STRATEGIC_GROUPS = frozenset(
    {"", "apps", "discovery.k8s.io", "coordination.k8s.io", "apiextensions.k8s.io", "admissionregistration.k8s.io",
     "rbac.authorization.k8s.io"}
)  # fmt: skip


def write_options(request: Request, kind: str) -> Object:
    """The options of a write as admission gets them. Raises ApiError for what they can't be."""
    dry_run = [value for key, value in request.query if key == "dryRun"]
    if any(value != "All" for value in dry_run):
        listed = ", ".join(f'"{value}"' for value in dry_run)
        cause = ("FieldValueNotSupported", f'Unsupported value: [{listed}]: supported values: "All"', "dryRun")
        raise invalid("meta.k8s.io", kind, "", (cause,))
    _check_manager_and_validation(request, kind)
    options: Object = {"kind": kind, "apiVersion": "meta.k8s.io/v1", "dryRun": dry_run}
    if manager := request.parameter("fieldManager"):
        options["fieldManager"] = manager
    if validation := request.parameter("fieldValidation"):
        options["fieldValidation"] = validation
    return options


def _check_manager_and_validation(request: Request, kind: str) -> None:
    manager, validation = request.parameter("fieldManager"), request.parameter("fieldValidation")
    if len(manager.encode()) > _LONGEST_MANAGER:
        why = f"Too long: may not be more than {_LONGEST_MANAGER} bytes"
        raise invalid("meta.k8s.io", kind, "", (("FieldValueTooLong", why, "fieldManager"),))
    if validation not in ("", "Ignore", "Strict", "Warn"):
        why = f'Unsupported value: {json.dumps(validation)}: supported values: "", "Ignore", "Strict", "Warn"'
        raise invalid("meta.k8s.io", kind, "", (("FieldValueNotSupported", why, "fieldValidation"),))


def _attributes(
    request: Request, target: Target, operation: str, item: Object | None, old: Object | None, options: Object
) -> Attributes:
    name = target.name or (name_of(item) if item is not None else "")
    return Attributes(
        target.resource,
        target.subresource,
        operation,
        target.namespace or (name if target.resource is NAMESPACES else ""),
        name,
        item,
        old,
        request.user,
        bool(options["dryRun"]),
        options,
    )


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body) if body[:1] in (b"{", b"[") else yaml.safe_load(body)
    except (ValueError, yaml.YAMLError) as error:
        raise bad_request(f"error decoding: {error}") from None


def _decoded(body: bytes) -> Object:
    try:
        return protobuf.decode(body)
    except ValueError as error:
        raise bad_request(str(error)) from None


def _placed(item: Object, target: Target) -> Object:
    """The object in the namespace, and under the name, that the path says. Raises ApiError where they differ."""
    metadata = dict(item["metadata"])
    if target.resource.namespaced:
        given = metadata.get("namespace") or target.namespace
        if given != target.namespace:
            raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
        metadata["namespace"] = target.namespace
    if target.name and metadata.setdefault("name", target.name) != target.name:
        raise bad_request(
            f"the name of the object ({metadata['name']}) does not match the name on the URL ({target.name})"
        )
    return {**item, "metadata": metadata}


def _renamed(item: Object) -> Object:
    if not item["metadata"].get("name"):
        cause = ("FieldValueRequired", "Required value: name or generateName is required", "metadata.name")
        group, _, _ = item["apiVersion"].rpartition("/")
        raise invalid(group, item["kind"], "", (cause,))
    return item


def _kept_parts(target: Target, old: Object, item: Object) -> Object:
    """A write to the object leaves its status alone, a write to the status everything else."""
    metadata = {**item["metadata"]}
    for key in (*_SERVERS_METADATA, "name", "namespace", "resourceVersion"):
        if key in old["metadata"]:
            metadata[key] = old["metadata"][key]
        else:
            metadata.pop(key, None)
    if target.subresource == "status":
        for key in ("labels", "annotations", "finalizers", "ownerReferences"):
            if key in old["metadata"]:
                metadata[key] = old["metadata"][key]
            else:
                metadata.pop(key, None)
        kept = {key: value for key, value in old.items() if key not in ("status", "metadata")}
        return {**kept, "metadata": metadata, **({"status": item["status"]} if "status" in item else {})}
    made = {**item, "metadata": metadata}
    if target.resource is NAMESPACES:
        made["spec"] = old.get("spec", {})
        metadata["labels"] = {**metadata.get("labels", {}), _NAME_LABEL: target.name}
    if "status" in target.resource.subresources:
        made.pop("status", None)
        if "status" in old:
            made["status"] = old["status"]
    return made


def _refuse_new_finalizers(resource: ResourceType, old: Object, item: Object) -> None:
    """What is being deleted can be held by nobody new."""
    if not old["metadata"].get("deletionTimestamp"):
        return
    held = old["metadata"].get("finalizers") or ()
    new = sorted(name for name in item["metadata"].get("finalizers") or () if name not in held)
    if new:
        listed = ", ".join(json.dumps(name) for name in new)
        why = "no new finalizers can be added if the object is being deleted, found new finalizers"
        cause = ("FieldValueForbidden", f"Forbidden: {why} []string{{{listed}}}", "metadata.finalizers")
        raise invalid(resource.group, resource.kind, name_of(old), (cause,))


def _with_generation(resource: ResourceType, old: Object, item: Object) -> Object:
    if not resource.generation:
        return item
    outside = ("metadata", "status")
    same = {k: v for k, v in old.items() if k not in outside} == {k: v for k, v in item.items() if k not in outside}
    if same:
        return item
    generation = old["metadata"].get("generation", 1) + 1
    return {**item, "metadata": {**item["metadata"], "generation": generation}}


def _holders(item: Object) -> list[Object]:
    """Who holds which fields, whenever that was said."""
    entries = item["metadata"].get("managedFields") or ()
    return [{key: value for key, value in entry.items() if key != "time"} for entry in entries]


def _bare(item: Object) -> Object:
    """What a write must change to be stored and raise a version."""
    metadata = {key: value for key, value in item["metadata"].items() if key != "managedFields"}
    return {**item, "metadata": metadata}


def _strict(request: Request) -> bool:
    return request.parameter("fieldValidation") == "Strict"


def _told(request: Request, unknown: tuple[str, ...]) -> tuple[str, ...]:
    return () if request.parameter("fieldValidation") == "Ignore" else unknown


def _unversioned(target: Target) -> ApiError:
    """Custom resources are not overwritten by who does not say which state was read."""
    why = "Invalid value: 0: must be specified for an update"
    cause = ("FieldValueInvalid", why, "metadata.resourceVersion")
    return invalid(target.resource.group, target.resource.plural, target.name, (cause,))


def _refuse_conflicts(old: Object | None, applied: Object, manager: str) -> None:
    found = managed_fields.apply_conflicts(old, applied, manager)
    if not found:
        return
    told = [f"conflict with {owner}: {managed_fields.dotted(path)}" for owner, path in found]
    many = "" if len(told) == 1 else "s"
    message = (
        f"Apply failed with {len(told)} conflict{many}: {told[0] if len(told) == 1 else 'conflicts:' + ''.join(told)}"
    )
    causes = [
        {"reason": "FieldManagerConflict", "message": f"conflict with {owner}", "field": managed_fields.dotted(path)}
        for owner, path in found
    ]
    raise ApiError(409, status_body(409, "Conflict", message, {"causes": causes}))


def _unsupported_media_type(accepted: tuple[str, ...]) -> ApiError:
    message = "the body of the request was in an unknown format - accepted media types include: " + ", ".join(accepted)
    return refusal(415, "UnsupportedMediaType", message)


def _without_kind(body: bytes, resource: ResourceType) -> ApiError:
    text = body.decode(errors="replace")
    shown = f"{text[:_SHOWN]} ..." if len(text) > _SHOWN else text
    why = f"Object 'Kind' is missing in '{text}' ({shown})"
    return bad_request(f"the object provided is unrecognized (must be of type {resource.kind}): {why}")


def _wrong_kind(resource: ResourceType, item: Object) -> ApiError:
    if item["apiVersion"] != resource.api_version and resource in BUILT_IN and item["kind"] == resource.kind:
        version = item["apiVersion"]
        unknown = f'no kind "{item["kind"]}" is registered for version "{version}" in scheme "{_SCHEME}"'
        refused = f'{item["kind"]} in version "{version.rpartition("/")[2]}" cannot be handled as a {resource.kind}'
        return bad_request(f"{refused}: {unknown}")
    if item["apiVersion"] != resource.api_version:
        expected = f"the expected API version ({resource.api_version})"
        return bad_request(f"the API version in the data ({item['apiVersion']}) does not match {expected}")
    if resource not in BUILT_IN:
        cause = ("FieldValueInvalid", f"Invalid value: {json.dumps(item['kind'])}: must be {resource.kind}", "kind")
        return invalid(resource.group, item["kind"], item.get("metadata", {}).get("name", ""), (cause,))
    source, target = (
        f"{resource.version}.{item['kind']}",
        f"{resource.group.partition('.')[0] or 'core'}.{resource.kind}",
    )
    refused = f'{item["kind"]} in version "{resource.version}" cannot be handled as a {resource.kind}'
    return bad_request(f"{refused}: converting ({source}) to ({target}): unknown conversion")
