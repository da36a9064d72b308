"""Who may do what, decided by the RBAC objects in the store, and refused as the API server words it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from certdash.demo.api.objects import Object, namespace_of
from certdash.demo.api.request import User
from certdash.demo.api.resource_types import CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, ROLE_BINDINGS, ROLES
from certdash.demo.api.status import ApiError, status_body
from certdash.demo.api.store import Store

_HEADERS = (("X-Content-Type-Options", "nosniff"),)
_MASTERS = "system:masters"
# What everybody may ask (ClusterRole system:public-info-viewer), and who is known at all (system:discovery).
_PUBLIC_PATHS = ("/healthz", "/livez", "/readyz", "/version", "/version/")
_DISCOVERY_PATHS = ("/api", "/apis", "/openapi", "/version", "/healthz", "/livez", "/readyz")
# Any authenticated user may ask about itself (ClusterRole system:basic-user).
_ABOUT_ONESELF = frozenset({"selfsubjectaccessreviews", "selfsubjectrulesreviews", "selfsubjectreviews"})


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to be allowed. For what is no resource `path` is set and nothing else but the verb."""

    verb: str
    group: str = ""
    plural: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""


class Authorizer:
    """RBAC over the store's ClusterRoles, Roles and their bindings."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def check(self, user: User, action: Action) -> None:
        """Raises ApiError 403 where the user may not."""
        if not self.allows(user, action):
            raise forbidden(user, action)

    def allows(self, user: User, action: Action) -> bool:
        """Whether the user may."""
        if _MASTERS in user.groups:
            return True
        known = "system:authenticated" in user.groups
        if action.path:
            return _path_allowed(action, known=known) or any(_path_rule(rule, action) for rule in self._rules(user, ""))
        if known and action.plural in _ABOUT_ONESELF:
            return True
        return any(_resource_rule(rule, action) for rule in self._rules(user, action.namespace))

    def rules(self, user: User, namespace: str) -> list[Object]:
        """Every rule that holds for the user in the namespace."""
        return list(self._rules(user, namespace))

    def _rules(self, user: User, namespace: str) -> Iterator[Object]:
        for binding in self._store.items(CLUSTER_ROLE_BINDINGS):
            if _binds(binding, user):
                yield from self._role_rules(binding, "")
        if namespace:
            for binding in self._store.items(ROLE_BINDINGS, namespace):
                if _binds(binding, user):
                    yield from self._role_rules(binding, namespace)

    def _role_rules(self, binding: Object, namespace: str) -> Iterable[Object]:
        role = binding["roleRef"]
        if role["kind"] == "ClusterRole":
            found = self._store.get(CLUSTER_ROLES, "", role["name"])
        else:
            found = self._store.get(ROLES, namespace, role["name"])
        return () if found is None else found.get("rules") or ()


def _binds(binding: Object, user: User) -> bool:
    return any(_is_subject(subject, user, namespace_of(binding)) for subject in binding.get("subjects") or ())


def _is_subject(subject: Object, user: User, namespace: str) -> bool:
    match subject["kind"]:
        case "User":
            return bool(subject["name"] == user.name)
        case "Group":
            return subject["name"] in user.groups
        case "ServiceAccount":
            return user.name == f"system:serviceaccount:{subject.get('namespace') or namespace}:{subject['name']}"
        case _:
            return False


def _resource_rule(rule: Object, action: Action) -> bool:
    named = rule.get("resourceNames") or ()
    wanted = f"{action.plural}/{action.subresource}" if action.subresource else action.plural
    resources = rule.get("resources") or ()
    fits = (
        "*" in resources or wanted in resources or bool(action.subresource and f"*/{action.subresource}" in resources)
    )
    return (
        _has(rule, "verbs", action.verb)
        and _has(rule, "apiGroups", action.group)
        and fits
        and (not named or action.name in named)
    )


def _path_rule(rule: Object, action: Action) -> bool:
    patterns = rule.get("nonResourceURLs") or ()
    fits = any(p in ("*", action.path) or (p.endswith("*") and action.path.startswith(p[:-1])) for p in patterns)
    return fits and _has(rule, "verbs", action.verb)


def _has(rule: Object, field: str, value: str) -> bool:
    given = rule.get(field) or ()
    return "*" in given or value in given


def _path_allowed(action: Action, *, known: bool) -> bool:
    if action.verb != "get":
        return False
    if action.path in _PUBLIC_PATHS:
        return True
    return known and any(action.path == root or action.path.startswith(f"{root}/") for root in _DISCOVERY_PATHS)


def forbidden(user: User, action: Action) -> ApiError:
    """403 in the API server's words."""
    if action.path:
        message = f'forbidden: User "{user.name}" cannot {action.verb} path "{action.path}"'
        return _refusal(message, {})
    what = f"{action.plural}/{action.subresource}" if action.subresource else action.plural
    where = f'in the namespace "{action.namespace}"' if action.namespace else "at the cluster scope"
    resource = f"{action.plural}.{action.group}" if action.group else action.plural
    name = f'"{action.name}" ' if action.name else ""
    message = (
        f'{resource} {name}is forbidden: User "{user.name}" cannot {action.verb} resource "{what}" '
        f'in API group "{action.group}" {where}'
    )
    details: Object = {}
    if action.name:
        details["name"] = action.name
    if action.group:
        details["group"] = action.group
    details["kind"] = action.plural
    return _refusal(message, details)


def _refusal(message: str, details: Object) -> ApiError:
    # It is written before the request reaches what writes other refusals, hence the header of its own.
    return ApiError(403, status_body(403, "Forbidden", message, details), headers=_HEADERS)
