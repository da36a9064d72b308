"""As much OpenAPI as kubectl asks for before it leaves the validation of fields to the server."""

from collections.abc import Sequence

from certdash.demo.api.objects import Object
from certdash.demo.api.request import Response
from certdash.demo.api.resource_types import ResourceType
from certdash.demo.api.status import path_not_found

_ROOT = "/openapi/v3"
_FIELD_VALIDATION = {"name": "fieldValidation", "in": "query", "schema": {"type": "string", "uniqueItems": True}}


def openapi(path: str, served: Sequence[ResourceType]) -> Response | None:
    """The index, or the document of one group and version; None for any other path. Raises ApiError 404."""
    if path.rstrip("/") == _ROOT:
        roots = dict.fromkeys(_root(resource) for resource in served)
        return Response(200, {"paths": {root: {"serverRelativeURL": f"{_ROOT}/{root}"} for root in roots}})
    if not path.startswith(f"{_ROOT}/"):
        return None
    root = path.removeprefix(f"{_ROOT}/").rstrip("/")
    here = [resource for resource in served if _root(resource) == root]
    if not here:
        raise path_not_found()
    return Response(200, _document(here))


def _root(resource: ResourceType) -> str:
    return f"apis/{resource.group}/{resource.version}" if resource.group else f"api/{resource.version}"


def _document(here: Sequence[ResourceType]) -> Object:
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": "v1.36.2"},
        "paths": dict(_path(resource) for resource in here),
        "components": {"schemas": {}},
    }


def _path(resource: ResourceType) -> tuple[str, Object]:
    kind = {"group": resource.group, "version": resource.version, "kind": resource.kind}
    operation = {"parameters": [_FIELD_VALIDATION], "responses": {}, "x-kubernetes-group-version-kind": kind}
    path = resource.path("{namespace}" if resource.namespaced else "", "{name}")
    return path, {"patch": {**operation, "x-kubernetes-action": "patch"}}
