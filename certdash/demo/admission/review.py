"""One request as webhooks and expressions see it."""

from typing import Any

from certdash.demo.api.admission import Attributes
from certdash.demo.api.objects import Object, new_uid


def variables(attributes: Attributes) -> dict[str, Any]:
    """What an expression may refer to."""
    return {"object": attributes.item, "oldObject": attributes.old, "request": _request(attributes, "")}


def review_of(attributes: Attributes) -> Object:
    """The AdmissionReview that a webhook is sent."""
    return {"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": _request(attributes, new_uid())}


def _request(attributes: Attributes, uid: str) -> Object:
    resource = attributes.resource
    kind = {"group": resource.group, "version": resource.version, "kind": resource.kind}
    where = {"group": resource.group, "version": resource.version, "resource": resource.plural}
    user: Object = {"username": attributes.user.name, "groups": list(attributes.user.groups)}
    if attributes.user.uid:
        user["uid"] = attributes.user.uid
    if attributes.user.extra:
        user["extra"] = {key: list(values) for key, values in attributes.user.extra.items()}
    made: Object = {
        "uid": uid,
        "kind": kind,
        "resource": where,
        "requestKind": kind,
        "requestResource": where,
        "name": attributes.name,
        "operation": attributes.operation,
        "userInfo": user,
        "object": attributes.item,
        "oldObject": attributes.old,
        "dryRun": attributes.dry_run,
        "options": attributes.options,
    }
    if attributes.namespace:
        made["namespace"] = attributes.namespace
    if attributes.subresource:
        made["subResource"] = made["requestSubResource"] = attributes.subresource
    return made
