"""Creates, updates and patches: what happens to an object between the request and the store."""

import contextlib
import json
import secrets
from collections.abc import Iterator

from certdash.demo.api import managed_fields
from certdash.demo.api.admission import Admission, Attributes, Schemas
from certdash.demo.api.changes import (
    NAME_LABEL,
    SERVERS_METADATA,
    content,
    holders,
    kept_parts,
    named,
    placed,
    refuse_new_finalizers,
    unversioned,
    with_generation,
)
from certdash.demo.api.client import APPLY, JSON_PATCH, MERGE, STRATEGIC
from certdash.demo.api.decoding import decode, is_strict, parsed, unsupported_media_type, warnings_wanted
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
from certdash.demo.api.write_options import write_options

# The alphabet of generated names (k8s.io/apimachinery/pkg/util/rand): no vowels, so no words.
_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
# Strategic merge patch is for built-in types alone.
_STRATEGIC_GROUPS = frozenset(
    {"", "apps", "discovery.k8s.io", "coordination.k8s.io", "apiextensions.k8s.io", "admissionregistration.k8s.io",
     "rbac.authorization.k8s.io"}
)  # fmt: skip
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
        item, warnings = decode(request, resource, self._schemas)
        with _warned(warnings):
            if item["metadata"].get("resourceVersion"):
                raise refusal(500, "", "resourceVersion should not be set on objects to be created")
            item = placed(item, target)
            item = self._born(item, resource)
            attributes = _attributes(request, target, "CREATE", item, None, options)
            mutated, told = await self._admission.mutate(attributes)
            item = named(mutated or item)
            item = {**item, "metadata": self._tracked(None, item, request, target)}
            self._schemas.validate(resource, item, None)
            told += await self._admission.validate(_attributes(request, target, "CREATE", item, None, options))
            if self._store.get(resource, target.namespace, name_of(item)) is not None:
                raise already_exists(resource, name_of(item))
            kept = item if options["dryRun"] else self._put(resource, item, "")
            return Response(201, kept, headers=warning_headers(warnings + told))

    async def update(self, request: Request, target: Target) -> Response:
        """PUT of an object or its status."""
        item, warnings = decode(request, target.resource, self._schemas)
        old = self._existing(target)
        options = write_options(request, "UpdateOptions")
        moved = placed(item, target)
        given = item["metadata"].get("resourceVersion")
        if not given and target.resource not in BUILT_IN:
            raise unversioned(target)
        if given and given != old["metadata"]["resourceVersion"]:
            raise conflict(target.resource, target.name, MODIFIED)
        return await self._replace(request, target, old, moved, options, warnings)

    async def patch(self, request: Request, target: Target) -> Response:
        """PATCH in any of the four formats."""
        kind = request.headers.get("content-type", "").partition(";")[0].strip()
        options = write_options(request, "PatchOptions")
        if kind not in (JSON_PATCH, MERGE, STRATEGIC, APPLY):
            raise refusal(415, "UnsupportedMediaType", "415: Unsupported Media Type", {})
        if kind == APPLY:
            return await self._apply(request, target, options)
        old = self._existing(target)
        body = parsed(request.body)
        match kind:
            case "application/merge-patch+json":
                item = merge_patch(old, body)
            case "application/json-patch+json":
                item = json_patch(old, body)
            case "application/strategic-merge-patch+json" if target.resource.group in _STRATEGIC_GROUPS:
                item = strategic_merge_patch(old, body)
            case _:
                raise unsupported_media_type((JSON_PATCH, MERGE, APPLY))
        item = placed(item, target)
        given = item["metadata"].get("resourceVersion")
        if given and given != old["metadata"]["resourceVersion"]:
            raise conflict(target.resource, target.name, MODIFIED)
        item, unknown = self._schemas.read(target.resource, item, strict=is_strict(request))
        return await self._replace(request, target, old, item, options, warnings_wanted(request, unknown))

    async def _apply(self, request: Request, target: Target, options: Object) -> Response:
        manager = request.parameter("fieldManager")
        if not manager:
            cause = ("FieldValueRequired", "Required value: is required for apply patch", "fieldManager")
            raise invalid("meta.k8s.io", "PatchOptions", "", (cause,))
        given = parsed(request.body)
        if not isinstance(given, dict):
            raise bad_request("invalid object type: /, Kind=")
        if not given.get("kind") or not given.get("apiVersion"):
            group, _, version = given.get("apiVersion", "").rpartition("/")
            raise bad_request(f"invalid object type: {group}/{version}, Kind={given.get('kind', '')}")
        applied, unknown = self._schemas.read(target.resource, given, strict=is_strict(request))
        applied = placed({**applied, "metadata": {"name": target.name, **applied.get("metadata", {})}}, target)
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
        return await self._replace(
            request, target, old, merged, options, warnings_wanted(request, unknown), tracked=True
        )

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
            item = kept_parts(target, old, item)
            refuse_new_finalizers(target.resource, old, item)
            attributes = _attributes(request, target, "UPDATE", item, old, options)
            mutated, told = await self._admission.mutate(attributes)
            item = kept_parts(target, old, mutated or item)
            item = with_generation(target.resource, old, item)
            if not tracked:
                item = {**item, "metadata": self._tracked(old, item, request, target)}
            self._schemas.validate(target.resource, item, old)
            told += await self._admission.validate(_attributes(request, target, "UPDATE", item, old, options))
            headers = warning_headers(warnings + told)
            unchanged = content(old) == content(item) and (not tracked or holders(old) == holders(item))
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

    def _born(self, item: Object, resource: ResourceType) -> Object:
        """What the server sets on a new object before anything looks at it."""
        metadata = {key: value for key, value in item["metadata"].items() if key not in SERVERS_METADATA}
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
            metadata["labels"] = {**metadata.get("labels", {}), NAME_LABEL: metadata.get("name", "")}
        return born

    def _tracked(self, old: Object | None, item: Object, request: Request, target: Target) -> Object:
        agent = request.headers.get("user-agent", "").partition("/")[0] or "unknown"
        manager = request.parameter("fieldManager") or agent
        managed = managed_fields.after_update(old, item, manager, target.subresource)
        metadata = {key: value for key, value in item["metadata"].items() if key != "managedFields"}
        return {**metadata, "managedFields": managed} if managed else metadata


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
