"""The Status bodies of refusals, worded as kube-apiserver 1.36 words them (tests/contract holds what it said)."""

import json
from collections.abc import Sequence

from certdash.demo.api.objects import Object
from certdash.demo.api.resource_types import ResourceType


class ApiUnavailable(Exception):  # noqa: N818 - a state, as net/http's ErrServerClosed
    """The embedded API server is stopped: nobody answers."""


class ApiError(Exception):
    """A refusal. `code` is the HTTP status, `body` the Status; for a path that is not served `text` in its
    place."""

    def __init__(
        self, code: int, body: Object | None = None, text: str = "", headers: tuple[tuple[str, str], ...] = ()
    ) -> None:
        self.code = code
        self.headers = headers
        self.body = body
        self.message = str(body.get("message", "")) if body is not None else text
        super().__init__(f"HTTP {code}: {self.message}")


def warning_headers(texts: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """One Warning header for each text (RFC 7234 §5.5, code 299)."""
    return tuple(("Warning", f"299 - {json.dumps(text)}") for text in texts)


def status_body(code: int, reason: str, message: str, details: Object | None = None) -> Object:
    """A failure, its fields in the order in which the API server writes them."""
    body: Object = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message}
    if reason:
        body["reason"] = reason
    if details is not None:
        body["details"] = details
    body["code"] = code
    return body


def refusal(code: int, reason: str, message: str, details: Object | None = None) -> ApiError:
    """Any refusal with a Status body."""
    return ApiError(code, status_body(code, reason, message, details))


def object_details(resource: ResourceType, name: str) -> Object:
    """The details that name one object."""
    details: Object = {"name": name}
    if resource.group:
        details["group"] = resource.group
    details["kind"] = resource.plural
    return details


def not_found(resource: ResourceType, name: str) -> ApiError:
    """404 for an object of a resource that is served."""
    return refusal(404, "NotFound", f'{resource.group_resource} "{name}" not found', object_details(resource, name))


def path_not_found() -> ApiError:
    """404 for a path that nobody serves: plain text."""
    return ApiError(404, text="404 page not found\n")


def resource_not_found() -> ApiError:
    """404 for a path that a built-in group does not have."""
    return refusal(404, "NotFound", "the server could not find the requested resource", {})


def already_exists(resource: ResourceType, name: str) -> ApiError:
    """409 for a create of an object that is there."""
    message = f'{resource.group_resource} "{name}" already exists'
    return refusal(409, "AlreadyExists", message, object_details(resource, name))


def conflict(resource: ResourceType, name: str, why: str) -> ApiError:
    """409 for a write that was made for another state of the object."""
    message = f'Operation cannot be fulfilled on {resource.group_resource} "{name}": {why}'
    return refusal(409, "Conflict", message, object_details(resource, name))


def bad_request(message: str) -> ApiError:
    """400."""
    return refusal(400, "BadRequest", message)


def invalid(group: str, kind: str, name: str, causes: Sequence[tuple[str, str, str]]) -> ApiError:
    """422; each cause is (reason, message, field)."""
    told = [f"{field}: {message}" for _, message, field in causes]
    joined = told[0] if len(told) == 1 else f"[{', '.join(told)}]"
    qualified = f"{kind}.{group}" if group else kind
    details: Object = {key: value for key, value in (("name", name), ("group", group), ("kind", kind)) if value}
    details["causes"] = [{"reason": reason, "message": message, "field": field} for reason, message, field in causes]
    return refusal(422, "Invalid", f'{qualified} "{name}" is invalid: {joined}', details)
