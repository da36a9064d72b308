"""What a write may change of an object, and what it leaves as it was."""

import json

from certdash.demo.api.objects import Object, name_of
from certdash.demo.api.resource_types import NAMESPACES, ResourceType
from certdash.demo.api.routing import Target
from certdash.demo.api.status import ApiError, bad_request, invalid

SERVERS_METADATA = ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation")
NAME_LABEL = "kubernetes.io/metadata.name"


def placed(item: Object, target: Target) -> Object:
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


def named(item: Object) -> Object:
    """The object, which must have a name by now. Raises ApiError 422."""
    if not item["metadata"].get("name"):
        cause = ("FieldValueRequired", "Required value: name or generateName is required", "metadata.name")
        group, _, _ = item["apiVersion"].rpartition("/")
        raise invalid(group, item["kind"], "", (cause,))
    return item


def kept_parts(target: Target, old: Object, item: Object) -> Object:
    """A write to the object leaves its status alone, a write to the status everything else."""
    metadata = {**item["metadata"]}
    for key in (*SERVERS_METADATA, "name", "namespace", "resourceVersion"):
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
        metadata["labels"] = {**metadata.get("labels", {}), NAME_LABEL: target.name}
    if "status" in target.resource.subresources:
        made.pop("status", None)
        if "status" in old:
            made["status"] = old["status"]
    return made


def refuse_new_finalizers(resource: ResourceType, old: Object, item: Object) -> None:
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


def with_generation(resource: ResourceType, old: Object, item: Object) -> Object:
    """Raises the generation where more than metadata and status changed."""
    if not resource.generation:
        return item
    outside = ("metadata", "status")
    same = {k: v for k, v in old.items() if k not in outside} == {k: v for k, v in item.items() if k not in outside}
    if same:
        return item
    generation = old["metadata"].get("generation", 1) + 1
    return {**item, "metadata": {**item["metadata"], "generation": generation}}


def holders(item: Object) -> list[Object]:
    """Who holds which fields, whenever that was said."""
    entries = item["metadata"].get("managedFields") or ()
    return [{key: value for key, value in entry.items() if key != "time"} for entry in entries]


def content(item: Object) -> Object:
    """What a write must change to be stored and raise a version."""
    metadata = {key: value for key, value in item["metadata"].items() if key != "managedFields"}
    return {**item, "metadata": metadata}


def unversioned(target: Target) -> ApiError:
    """Custom resources are not overwritten by who does not say which state was read."""
    why = "Invalid value: 0: must be specified for an update"
    cause = ("FieldValueInvalid", why, "metadata.resourceVersion")
    return invalid(target.resource.group, target.resource.plural, target.name, (cause,))
