"""What the body of a write holds: an object of the right kind, or what the API server says instead."""

import json
from typing import Any

import yaml

from certdash.demo.api import protobuf
from certdash.demo.api.admission import Schemas
from certdash.demo.api.objects import Object
from certdash.demo.api.request import Request
from certdash.demo.api.resource_types import BUILT_IN, ResourceType
from certdash.demo.api.status import ApiError, bad_request, invalid, refusal

_BODIES = ("application/json", "application/yaml", protobuf.CONTENT_TYPE)
# How much of a body an error text quotes.
_SHOWN = 30
# Where the server's types are registered, as its error texts name it.
_SCHEME = "pkg/runtime/scheme.go:111"


def decode(request: Request, resource: ResourceType, schemas: Schemas) -> tuple[Object, tuple[str, ...]]:
    """The object in the body, in the shape of its schema, and the warnings about it. Raises ApiError 400 or 415."""
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip()
    if kind not in (*_BODIES, ""):
        raise unsupported_media_type(_BODIES)
    if not request.body:
        why = "couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)"
        raise bad_request(f"the object provided is unrecognized (must be of type {resource.kind}): {why}")
    item = parsed(request.body) if kind != protobuf.CONTENT_TYPE else _decoded(request.body)
    if isinstance(item, dict) and resource not in BUILT_IN and not item.get("kind"):
        raise _without_kind(request.body, resource)
    if not isinstance(item, dict):
        raise bad_request("the object provided is unrecognized (must be of type " + resource.kind + ")")
    item = {"apiVersion": resource.api_version, "kind": resource.kind, **item}
    if (item["apiVersion"], item["kind"]) != (resource.api_version, resource.kind):
        raise _wrong_kind(resource, item)
    if not isinstance(item.get("metadata", {}), dict):
        raise bad_request(f"{resource.kind} in version {resource.version!r} cannot be handled: metadata is no object")
    item = {**item, "metadata": dict(item.get("metadata") or {})}
    shaped, unknown = schemas.read(resource, item, strict=is_strict(request))
    return shaped, warnings_wanted(request, unknown)


def parsed(body: bytes) -> Any:
    """JSON or YAML. Raises ApiError 400."""
    try:
        return json.loads(body) if body[:1] in (b"{", b"[") else yaml.safe_load(body)
    except (ValueError, yaml.YAMLError) as error:
        raise bad_request(f"error decoding: {error}") from None


def _decoded(body: bytes) -> Object:
    try:
        return protobuf.decode(body)
    except ValueError as error:
        raise bad_request(str(error)) from None


def unsupported_media_type(accepted: tuple[str, ...]) -> ApiError:
    """415, with what would do."""
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


def is_strict(request: Request) -> bool:
    """Whether fields that nobody knows are refused."""
    return request.parameter("fieldValidation") == "Strict"


def warnings_wanted(request: Request, unknown: tuple[str, ...]) -> tuple[str, ...]:
    """What is said of unknown fields: nothing where they are to be ignored."""
    return () if request.parameter("fieldValidation") == "Ignore" else unknown
