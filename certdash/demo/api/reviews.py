"""Reviews: what a user may ask about itself, and an administrator about others."""

from certdash.demo.api.objects import Object
from certdash.demo.api.protobuf import body_of
from certdash.demo.api.rbac import Action, Authorizer
from certdash.demo.api.request import Request, Response, User
from certdash.demo.api.status import bad_request

_KINDS = {
    "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews": "SelfSubjectAccessReview",
    "/apis/authorization.k8s.io/v1/subjectaccessreviews": "SubjectAccessReview",
    "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews": "SelfSubjectRulesReview",
    "/apis/authentication.k8s.io/v1/selfsubjectreviews": "SelfSubjectReview",
}


def kind_of(path: str) -> str | None:
    """The kind of review at a path, None for any other path."""
    return _KINDS.get(path)


def answer(kind: str, request: Request, authorizer: Authorizer) -> Response:
    """The review with its status. Raises ApiError."""
    group = "authentication.k8s.io" if kind == "SelfSubjectReview" else "authorization.k8s.io"
    authorizer.check(request.user, Action("create", group, f"{kind.lower()}s"))
    try:
        body = body_of(request.headers.get("content-type", ""), request.body)
    except ValueError as error:
        raise bad_request(f"error decoding: {error}") from None
    spec = body.get("spec") or {}
    made: Object = {
        "kind": kind,
        "apiVersion": f"{group}/v1",
        "metadata": {"creationTimestamp": None},
        "spec": spec,
        "status": _status(kind, spec, request, authorizer),
    }
    if kind == "SelfSubjectReview":
        del made["spec"]
    return Response(201, made)


def _status(kind: str, spec: Object, request: Request, authorizer: Authorizer) -> Object:
    user = request.user
    if kind == "SelfSubjectReview":
        info: Object = {"username": user.name, "groups": list(user.groups)}
        if user.extra:
            info["extra"] = {key: list(values) for key, values in user.extra.items()}
        return {"userInfo": info}
    if kind == "SelfSubjectRulesReview":
        rules = authorizer.rules(user, spec.get("namespace", ""))
        resource_rules = [rule for rule in rules if rule.get("resources")]
        return {"resourceRules": resource_rules, "nonResourceRules": [], "incomplete": False}
    if kind == "SubjectAccessReview":
        user = User(spec.get("user", ""), tuple(spec.get("groups") or ()), spec.get("uid", ""))
    allowed = authorizer.allows(user, _asked(spec))
    return {"allowed": allowed, "reason": ""} if allowed else {"allowed": False}


def _asked(spec: Object) -> Action:
    if path := spec.get("nonResourceAttributes"):
        return Action(path.get("verb", ""), path=path.get("path", ""))
    wanted = spec.get("resourceAttributes") or {}
    return Action(
        wanted.get("verb", ""),
        wanted.get("group", ""),
        wanted.get("resource", ""),
        wanted.get("subresource", ""),
        wanted.get("namespace", ""),
        wanted.get("name", ""),
    )
