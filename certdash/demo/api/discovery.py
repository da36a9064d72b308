"""What the server says of itself: version, groups, resources."""

from collections.abc import Iterable, Sequence

from certdash.demo.api.objects import Object
from certdash.demo.api.request import Response
from certdash.demo.api.resource_types import BUILT_IN, NAMESPACES, ResourceType
from certdash.demo.api.routing import group_version_of
from certdash.demo.api.status import path_not_found

GIT_VERSION = "v1.36.2+certdash-demo"
# The order in which apiextensions lists them.
_CUSTOM_VERBS = ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"]
_VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
_REVIEWS = (
    ("authorization.k8s.io", "selfsubjectaccessreviews", "SelfSubjectAccessReview"),
    ("authorization.k8s.io", "selfsubjectrulesreviews", "SelfSubjectRulesReview"),
    ("authorization.k8s.io", "subjectaccessreviews", "SubjectAccessReview"),
    ("authentication.k8s.io", "selfsubjectreviews", "SelfSubjectReview"),
)


def version() -> Object:
    """/version."""
    return {
        "major": "1",
        "minor": "36",
        "emulationMajor": "1",
        "emulationMinor": "36",
        "minCompatibilityMajor": "1",
        "minCompatibilityMinor": "35",
        "gitVersion": GIT_VERSION,
        "gitCommit": "",
        "gitTreeState": "",
        "buildDate": "",
        "goVersion": "",
        "compiler": "",
        "platform": "certdash/demo",
    }


def discover(path: str, served: Sequence[ResourceType], address: str) -> Response | None:
    """The answer for a path of discovery or health, None for any other path. Raises ApiError 404 for a group or
    version that is not served."""
    match path.rstrip("/"):
        case "/version":
            return Response(200, version())
        case "/healthz" | "/livez" | "/readyz":
            return Response(200, text="ok")
        case "/api":
            pair = {"clientCIDR": "0.0.0.0/0", "serverAddress": address}
            return Response(200, {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": [pair]})
        case "/apis":
            return Response(200, _groups(served))
        case "":
            return Response(
                200, {"paths": ["/api", "/apis", "/healthz", "/livez", "/openapi/v3", "/readyz", "/version"]}
            )
    return _of_group(path, served)


def _of_group(path: str, served: Sequence[ResourceType]) -> Response | None:
    steps = [step for step in path.split("/") if step]
    if len(steps) == 2 and steps[0] == "apis":
        group = next((item for item in _group_list(served) if item["name"] == steps[1]), None)
        if group is None:
            raise path_not_found()
        return Response(200, {"kind": "APIGroup", "apiVersion": "v1", **group})
    found = group_version_of(path)
    if found is None or found[2]:
        return None
    listed = _resources(found[0], found[1], served)
    if not listed:
        raise path_not_found()
    version_name = f"{found[0]}/{found[1]}" if found[0] else found[1]
    body: Object = {"kind": "APIResourceList", "groupVersion": version_name, "resources": listed}
    return Response(200, body if not found[0] else {**body, "apiVersion": "v1"})


def _groups(served: Sequence[ResourceType]) -> Object:
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": _group_list(served)}


def _group_list(served: Iterable[ResourceType]) -> list[Object]:
    versions: dict[str, str] = {}
    for resource in served:
        if resource.group:
            versions.setdefault(resource.group, resource.version)
    for group, _, _ in _REVIEWS:
        versions.setdefault(group, "v1")
    made = []
    for group, name in versions.items():
        entry = {"groupVersion": f"{group}/{name}", "version": name}
        made.append({"name": group, "versions": [entry], "preferredVersion": entry})
    return made


def _resources(group: str, version_name: str, served: Iterable[ResourceType]) -> list[Object]:
    listed: list[Object] = []
    for resource in served:
        if (resource.group, resource.version) != (group, version_name):
            continue
        listed.append(_resource(resource))
        listed += [_subresource(resource, name) for name in resource.subresources]
    if version_name == "v1":
        listed += [_review(plural, kind) for owner, plural, kind in _REVIEWS if owner == group]
    return listed


def _resource(resource: ResourceType) -> Object:
    made: Object = {
        "name": resource.plural,
        "singularName": resource.singular,
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": _VERBS if resource in BUILT_IN else _CUSTOM_VERBS,
    }
    if resource is NAMESPACES:
        made["verbs"] = [verb for verb in _VERBS if verb != "deletecollection"]
    if resource.short_names:
        made["shortNames"] = list(resource.short_names)
    if resource.categories:
        made["categories"] = list(resource.categories)
    return made


def _subresource(resource: ResourceType, name: str) -> Object:
    made: Object = {
        "name": f"{resource.plural}/{name}",
        "singularName": "",
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": ["get", "patch", "update"],
    }
    if name == "scale":
        made |= {"group": "autoscaling", "version": "v1", "kind": "Scale"}
    elif name == "log":
        made["verbs"] = ["get"]
    elif name == "binding":
        made |= {"kind": "Binding", "verbs": ["create"]}
    return made


def _review(plural: str, kind: str) -> Object:
    return {"name": plural, "singularName": kind.lower(), "namespaced": False, "kind": kind, "verbs": ["create"]}
