"""GET of one object and of a collection: selectors, pages, resource versions."""

import base64
import json
from collections.abc import Iterator

from certdash.demo.api.objects import Object, name_of, namespace_of
from certdash.demo.api.request import Request
from certdash.demo.api.resource_types import BUILT_IN
from certdash.demo.api.routing import Target
from certdash.demo.api.selectors import selects
from certdash.demo.api.status import ApiError, bad_request, invalid, not_found, status_body
from certdash.demo.api.store import Store

Cause = tuple[str, str, str]


def get_object(store: Store, target: Target, version: str = "") -> Object:
    """One object, not older than `version` where that is given. Raises ApiError 404, or 504 for a version to come."""
    if version.isdigit() and int(version) > store.version:
        raise too_large_version(int(version), store.version)
    found = store.get(target.resource, target.namespace, target.name)
    if found is None:
        raise not_found(target.resource, target.name)
    return found


def list_objects(store: Store, request: Request, target: Target) -> Object:
    """A collection, or a page of it."""
    refuse_list_options(request)
    version = _list_version(store, request)
    matches = selects(target.resource, request.parameter("labelSelector"), request.parameter("fieldSelector"))
    items = [item for item in store.items(target.resource, target.namespace) if matches(item)]
    custom = target.resource not in BUILT_IN
    # A list of custom resources is a map on the server's side: what is empty is written, too.
    metadata: Object = {"continue": "", "resourceVersion": version} if custom else {"resourceVersion": version}
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
        # Items of built-in lists bear no kind of their own, those of custom resources do.
        "items": items if custom else [_without_type(item) for item in items],
    }


def _without_type(item: Object) -> Object:
    return {key: value for key, value in item.items() if key not in ("kind", "apiVersion")}


def _limit(request: Request) -> int:
    text = request.parameter("limit") or "0"
    try:
        return max(int(text), 0)
    except ValueError:
        raise bad_request(f"strconv.ParseInt: parsing {json.dumps(text)}: invalid syntax") from None


def _list_version(store: Store, request: Request) -> str:
    """The version of the answer. Raises ApiError where the asked one can't be had."""
    asked = request.parameter("resourceVersion")
    if asked and not asked.isdigit():
        raise bad_request(f"invalid resource version: {no_version(asked)}")
    if asked and int(asked) > store.version:
        raise too_large_version(int(asked), store.version)
    return str(store.version)


def too_large_version(asked: int, current: int) -> ApiError:
    """504: the server has not seen that version yet."""
    message = f"Timeout: Too large resource version: {asked}, current: {current}"
    causes = [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}]
    details = {"causes": causes, "retryAfterSeconds": 1}
    return ApiError(504, status_body(504, "Timeout", message, details))


def no_version(text: str) -> str:
    """What is said of a resourceVersion that is no number."""
    quoted = json.dumps(text)
    return f"resourceVersion: Invalid value: {quoted}: strconv.ParseUint: parsing {quoted}: invalid syntax"


def refuse_list_options(request: Request, *, watching: bool = False) -> None:
    """Raise ApiError 422 for list options that don't go together (apimachinery's ValidateListOptions)."""
    initial = request.parameter("sendInitialEvents") in ("true", "1")
    match, version = request.parameter("resourceVersionMatch"), request.parameter("resourceVersion")
    causes = list(_watch_causes(initial, match) if watching else _list_causes(initial, match, version))
    if causes:
        raise invalid("meta.k8s.io", "ListOptions", "", causes)


def _watch_causes(initial: bool, match: str) -> Iterator[Cause]:
    if initial and match != "NotOlderThan":
        yield _forbidden("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")
        if match:
            yield _unsupported(match, '"NotOlderThan"')
    elif match and not initial:
        yield _forbidden("resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided")


def _list_causes(initial: bool, match: str, version: str) -> Iterator[Cause]:
    if initial:
        yield _forbidden("sendInitialEvents is forbidden for list", "sendInitialEvents")
    if match and not version:
        yield _forbidden("resourceVersionMatch is forbidden unless resourceVersion is provided")
    elif match == "Exact" and version == "0":
        yield _forbidden('resourceVersionMatch "exact" is forbidden for resourceVersion "0"')
    if match and match not in ("Exact", "NotOlderThan"):
        yield _unsupported(match, '"Exact", "NotOlderThan", ""')


def _forbidden(why: str, field: str = "resourceVersionMatch") -> Cause:
    return "FieldValueForbidden", f"Forbidden: {why}", field


def _unsupported(value: str, supported: str) -> Cause:
    message = f"Unsupported value: {json.dumps(value)}: supported values: {supported}"
    return "FieldValueNotSupported", message, "resourceVersionMatch"


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
