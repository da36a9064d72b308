"""GET of one object and of a collection: selectors, pages, resource versions."""

import base64
import json

from certdash.demo.api.objects import Object, name_of, namespace_of
from certdash.demo.api.request import Request
from certdash.demo.api.routing import Target
from certdash.demo.api.selectors import selects
from certdash.demo.api.status import ApiError, bad_request, not_found, refusal, status_body
from certdash.demo.api.store import Store


def get_object(store: Store, target: Target) -> Object:
    """One object. Raises ApiError 404."""
    found = store.get(target.resource, target.namespace, target.name)
    if found is None:
        raise not_found(target.resource, target.name)
    return found


def list_objects(store: Store, request: Request, target: Target) -> Object:
    """A collection, or a page of it."""
    version = _list_version(store, request)
    matches = selects(target.resource, request.parameter("labelSelector"), request.parameter("fieldSelector"))
    items = [item for item in store.items(target.resource, target.namespace) if matches(item)]
    metadata: Object = {"resourceVersion": version}
    limit = _limit(request)
    if after := request.parameter("continue"):
        start, metadata["resourceVersion"] = _continued(after)
        items = [item for item in items if (namespace_of(item), name_of(item)) > start]
    if limit and len(items) > limit and request.parameter("resourceVersion") != "0":
        last = items[limit - 1]
        metadata["continue"] = _continue_token(namespace_of(last), name_of(last), metadata["resourceVersion"])
        if not (request.parameter("labelSelector") or request.parameter("fieldSelector")):
            metadata["remainingItemCount"] = len(items) - limit
        items = items[:limit]
    resource = target.resource
    return {
        "kind": f"{resource.kind}List",
        "apiVersion": resource.api_version,
        "metadata": metadata,
        "items": [_without_type(item) for item in items] if not _custom(resource.group) else items,
    }


def _custom(group: str) -> bool:
    # Items of built-in lists bear no kind of their own, those of custom resources do.
    return group.endswith("cert-manager.io")


def _without_type(item: Object) -> Object:
    return {key: value for key, value in item.items() if key not in ("kind", "apiVersion")}


def _limit(request: Request) -> int:
    text = request.parameter("limit", "0")
    return int(text) if text.isdigit() else 0


def _list_version(store: Store, request: Request) -> str:
    """The version of the answer. Raises ApiError where the asked one can't be had."""
    asked, match = request.parameter("resourceVersion"), request.parameter("resourceVersionMatch")
    if match and not asked:
        why = "resourceVersionMatch is forbidden unless resourceVersion is provided"
        raise refusal_of_options("resourceVersionMatch", "Forbidden", why)
    if asked and not asked.isdigit():
        quoted = json.dumps(asked)
        raise bad_request(
            f"resourceVersion: Invalid value: {quoted}: strconv.ParseUint: parsing {quoted}: invalid syntax"
        )
    if asked and int(asked) > store.version:
        raise too_large_version(int(asked), store.version)
    return str(store.version)


def too_large_version(asked: int, current: int) -> ApiError:
    """504: the server has not seen that version yet."""
    message = f"Timeout: Too large resource version: {asked}, current: {current}"
    causes = [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}]
    details = {"causes": causes, "retryAfterSeconds": 1}
    return ApiError(504, status_body(504, "Timeout", message, details))


def refusal_of_options(field: str, word: str, message: str) -> ApiError:
    """422 for list options that don't go together."""
    told = f'ListOptions.meta.k8s.io "" is invalid: {field}: {word}: {message}'
    reasons = {"Forbidden": "FieldValueForbidden", "Invalid value": "FieldValueInvalid"}
    causes = [{"reason": reasons.get(word, word), "message": f"{word}: {message}", "field": field}]
    details = {"group": "meta.k8s.io", "kind": "ListOptions", "causes": causes}
    return refusal(422, "Invalid", told, details)


def _continue_token(namespace: str, name: str, version: str) -> str:
    mark = {"v": "meta.k8s.io/v1", "rv": version, "start": [namespace, name]}
    return base64.urlsafe_b64encode(json.dumps(mark).encode()).decode().rstrip("=")


def _continued(token: str) -> tuple[tuple[str, str], str]:
    try:
        mark = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        namespace, name = mark["start"]
        return (str(namespace), str(name)), str(mark["rv"])
    except (ValueError, KeyError, TypeError):
        raise bad_request("continue key is not valid: illegal base64 data") from None
