"""Deletes: preconditions, finalizers, grace, and what goes with an object."""

import json

from certdash.demo.api.admission import Admission, Attributes
from certdash.demo.api.objects import Object, name_of, namespace_of, timestamp
from certdash.demo.api.request import Request, Response
from certdash.demo.api.resource_types import BUILT_IN, CRDS, NAMESPACES, PODS
from certdash.demo.api.routing import Target
from certdash.demo.api.selectors import selects
from certdash.demo.api.status import bad_request, invalid, not_found, refusal
from certdash.demo.api.store import Store
from certdash.demo.api.write_options import write_options

_POD_GRACE = 30
# Its holder deletes the objects of the CRD first.
CRD_FINALIZER = "customresourcecleanup.apiextensions.k8s.io"


class Deleter:
    """DELETE of an object and of a collection."""

    def __init__(self, store: Store, admission: Admission) -> None:
        self._store = store
        self._admission = admission

    async def delete(self, request: Request, target: Target) -> Response:
        """One object: gone at once, or marked where finalizers or a grace period hold it."""
        options = _delete_options(request)
        item = self._store.get(target.resource, target.namespace, target.name)
        if item is None:
            raise not_found(target.resource, target.name)
        _check_preconditions(target, item, options)
        await self._admit(request, target, item, options)
        if options["dryRun"]:
            return Response(200, _gone_status(target, item))
        marked = self._mark(target, item, options)
        if marked is not None:
            return Response(200, marked)
        self._store.remove(target.resource, target.namespace, target.name)
        return Response(200, _gone_status(target, item))

    async def delete_collection(self, request: Request, target: Target) -> Response:
        """Every object of the collection that the selectors match; the answer lists them as they were."""
        matches = selects(target.resource, request.parameter("labelSelector"), request.parameter("fieldSelector"))
        found = [item for item in self._store.items(target.resource, target.namespace) if matches(item)]
        for item in found:
            await self.delete(request, Target(target.resource, namespace_of(item), name_of(item)))
        if target.resource in BUILT_IN:
            found = [{key: value for key, value in item.items() if key not in ("kind", "apiVersion")} for item in found]
        kind = f"{target.resource.kind}List"
        metadata = {"resourceVersion": str(self._store.version)}
        return Response(
            200, {"kind": kind, "apiVersion": target.resource.api_version, "metadata": metadata, "items": found}
        )

    async def _admit(self, request: Request, target: Target, item: Object, options: Object) -> None:
        attributes = Attributes(
            target.resource,
            "",
            "DELETE",
            target.namespace or (target.name if target.resource is NAMESPACES else ""),
            target.name,
            None,
            item,
            request.user,
            bool(options["dryRun"]),
            options,
        )
        await self._admission.mutate(attributes)
        await self._admission.validate(attributes)

    def _mark(self, target: Target, item: Object, options: Object) -> Object | None:
        """The object marked for deletion, or None where it may go at once."""
        metadata = item["metadata"]
        finalizers = list(metadata.get("finalizers") or ())
        policy = options.get("propagationPolicy")
        if policy == "Foreground" and "foregroundDeletion" not in finalizers:
            finalizers.append("foregroundDeletion")
        if policy == "Orphan" and "orphan" not in finalizers:
            finalizers.append("orphan")
        if target.resource is CRDS and CRD_FINALIZER not in finalizers:
            finalizers.append(CRD_FINALIZER)
        grace = _grace(target, item, options)
        held = bool(finalizers) or grace > 0 or (target.resource is NAMESPACES and _namespace_holds(item))
        if not held:
            return None
        if metadata.get("deletionTimestamp") and grace >= metadata.get("deletionGracePeriodSeconds", 0):
            return item
        marks: Object = {"deletionTimestamp": metadata.get("deletionTimestamp") or timestamp()}
        if target.resource == PODS or not finalizers:
            marks["deletionGracePeriodSeconds"] = grace
        else:
            marks["deletionGracePeriodSeconds"] = 0
        if finalizers:
            marks["finalizers"] = finalizers
        if "generation" in metadata and not metadata.get("deletionTimestamp"):
            marks["generation"] = metadata["generation"] + 1
        marked = {**item, "metadata": {**metadata, **marks}}
        if target.resource is NAMESPACES:
            del marked["metadata"]["deletionGracePeriodSeconds"]
            marked["status"] = {**item.get("status", {}), "phase": "Terminating"}
        if target.resource is CRDS:
            marked["status"] = _terminating(item)
        return self._store.put(target.resource, marked)


def _namespace_holds(item: Object) -> bool:
    return bool(item.get("spec", {}).get("finalizers"))


def _terminating(crd: Object) -> Object:
    status = dict(crd.get("status") or {})
    condition = {
        "type": "Terminating",
        "status": "True",
        "lastTransitionTime": timestamp(),
        "reason": "InstanceDeletionInProgress",
        "message": "CustomResource deletion is in progress",
    }
    kept = [item for item in status.get("conditions") or () if item["type"] != "Terminating"]
    return {**status, "conditions": [*kept, condition]}


def _grace(target: Target, item: Object, options: Object) -> int:
    """Seconds that a bound Pod has to end; everything else has none."""
    if target.resource != PODS or not item.get("spec", {}).get("nodeName"):
        return 0
    if item.get("status", {}).get("phase") in ("Succeeded", "Failed"):
        return 0
    asked = options.get("gracePeriodSeconds")
    return int(asked) if asked is not None else int(item["spec"].get("terminationGracePeriodSeconds", _POD_GRACE))


def _delete_options(request: Request) -> Object:
    """From body and query. Raises ApiError for what they can't be."""
    options = write_options(request, "DeleteOptions")
    if request.body:
        try:
            given = json.loads(request.body)
        except ValueError as error:
            raise bad_request(f"error decoding DeleteOptions: {error}") from None
        if isinstance(given, dict):
            options |= {key: value for key, value in given.items() if key not in ("kind", "apiVersion")}
            options["dryRun"] = options.get("dryRun") or []
    if policy := request.parameter("propagationPolicy"):
        options["propagationPolicy"] = policy
    wanted = options.get("propagationPolicy")
    if wanted not in (None, "Foreground", "Background", "Orphan"):
        supported = '"Foreground", "Background", "Orphan", "nil"'
        why = f"Unsupported value: {json.dumps(wanted)}: supported values: {supported}"
        raise invalid("meta.k8s.io", "DeleteOptions", "", (("FieldValueNotSupported", why, "propagationPolicy"),))
    if grace := request.parameter("gracePeriodSeconds"):
        options["gracePeriodSeconds"] = int(grace)
    return options


def _check_preconditions(target: Target, item: Object, options: Object) -> None:
    wanted = options.get("preconditions") or {}
    metadata = item["metadata"]
    for key, word in (("uid", "UID"), ("resourceVersion", "ResourceVersion")):
        asked = wanted.get(key)
        if asked is not None and asked != metadata[key]:
            happened = "deleted and then recreated" if key == "uid" else "modified"
            why = (
                f"the {word} in the precondition ({asked}) does not match the {word} in record ({metadata[key]}). "
                f"The object might have been {happened}"
            )
            kind = target.resource.kind
            told = f'Operation cannot be fulfilled on {kind} "{target.name}": {why}'
            details: Object = {"name": target.name, "group": target.resource.group, "kind": kind}
            raise refusal(409, "Conflict", told, {key: value for key, value in details.items() if value})


def _gone_status(target: Target, item: Object) -> Object:
    details: Object = {"name": target.name}
    if target.resource.group:
        details["group"] = target.resource.group
    details |= {"kind": target.resource.plural, "uid": item["metadata"]["uid"]}
    if target.resource == PODS:
        return item
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}
