"""What a request wants to do, in the words that RBAC knows."""

from certdash.demo.api.rbac import Action
from certdash.demo.api.request import Request
from certdash.demo.api.resource_types import BUILT_IN, NAMESPACES
from certdash.demo.api.routing import Target, group_version_of
from certdash.demo.api.status import ApiError, path_not_found, refusal

_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


def verb_of(request: Request, target: Target) -> str:
    """The verb that RBAC knows. Raises ApiError 405."""
    watching = request.parameter("watch") in ("true", "1")
    named = bool(target.name)
    if request.method != "GET" and target.resource.namespaced and not target.namespace:
        raise method_not_allowed() if target.resource in BUILT_IN else path_not_found()
    match request.method:
        case "GET":
            if target.subresource:
                return "get"
            return "get" if named else "watch" if watching else "list"
        case "POST" if not named or target.subresource:
            return "create"
        case "PUT" if named:
            return "update"
        case "PATCH" if named:
            return "patch"
        case "DELETE" if named:
            return "delete"
        case "DELETE" if target.resource is not NAMESPACES:
            return "deletecollection"
    raise method_not_allowed()


def method_not_allowed() -> ApiError:
    """405."""
    message = "the server does not allow this method on the requested resource"
    return refusal(405, "MethodNotAllowed", message, {})


def action_of(verb: str, request: Request, target: Target) -> Action:
    """What RBAC is asked."""
    resource = target.resource
    namespace = target.namespace or (target.name if resource is NAMESPACES else "")
    name = target.name or _selected_name(request)
    return Action(verb, resource.group, resource.plural, target.subresource, namespace, name)


def _selected_name(request: Request) -> str:
    """The one name that a collection is asked for: RBAC takes it for the name of the request."""
    key, equals, value = request.parameter("fieldSelector").partition("=")
    return value.lstrip("=") if equals and key == "metadata.name" and "," not in value else ""


def unrouted_action(request: Request) -> Action:
    """What somebody wants at a path that nobody serves: below a group the path is read as a resource's."""
    found = group_version_of(request.path)
    if found is None or not found[2]:
        return Action(request.method.lower(), path=request.path)
    group, _, steps = found
    namespace = ""
    if steps[0] == "namespaces" and len(steps) > 2:
        namespace, steps = steps[1], steps[2:]
    plural, name, subresource = (*steps, "", "")[:3]
    verb = _VERBS.get(request.method, "get" if name else "list")
    return Action(verb, group, plural, subresource, namespace, name)
