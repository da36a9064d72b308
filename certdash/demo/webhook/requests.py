"""What cert-manager's webhook asks of CertificateRequests (release 1.21.1), in its order and words."""

from collections.abc import Mapping, Sequence

from certdash.demo.api.objects import Object
from certdash.demo.webhook import fields
from certdash.demo.webhook.certificates import issuer_ref_complaints
from certdash.demo.webhook.durations import parse_duration
from certdash.demo.webhook.signing_requests import signing_request_complaints

_DECISIONS = ("Approved", "Denied")
_CONDITIONS = "status.conditions"


def request_complaints(item: Object, user: Object) -> list[str]:
    """Everything that is wrong with a new CertificateRequest of that user. Raises ValueError for one that can't be
    read."""
    spec = item.get("spec") or {}
    _check_readable(spec)
    return [
        *_identity_complaints(spec, user),
        *issuer_ref_complaints(spec.get("issuerRef") or {}),
        *signing_request_complaints(spec),
        *_decision_complaints(_conditions(item)),
    ]


def request_update_complaints(old: Object, new: Object) -> list[str]:
    """Everything that is wrong with a change of a CertificateRequest: only the status may change, and a decision in
    it stands. Raises ValueError for one that can't be read."""
    before, after = old.get("spec") or {}, new.get("spec") or {}
    _check_readable(after)
    changed = [
        *_changed_identity(before, after),
        *_changed_annotations(old, new),
        *_changed_annotations(new, old),
        *_changed_decisions(_conditions(old), _conditions(new)),
        *_decision_complaints(_conditions(new)),
    ]
    if before != after:
        changed.append(fields.forbidden("spec", "cannot change spec after creation"))
    return changed


def newly_decided(old: Object, new: Object) -> bool:
    """Whether the change approves or denies the request."""
    before, after = _conditions(old), _conditions(new)
    return any(_first(before, kind) is None and _first(after, kind) is not None for kind in _DECISIONS)


def _check_readable(spec: Object) -> None:
    if spec.get("duration") is not None:
        parse_duration(str(spec["duration"]))


def _identity_complaints(spec: Object, user: Object) -> list[str]:
    """The requester's identity must stand in the spec, which is what the mutating webhook is for."""
    wrong = {
        "uid": (spec.get("uid") or "") != (user.get("uid") or ""),
        "username": (spec.get("username") or "") != (user.get("username") or ""),
        "groups": sorted(spec.get("groups") or ()) != sorted(user.get("groups") or ()),
        "extra": _sorted_values(spec.get("extra") or {}) != _sorted_values(user.get("extra") or {}),
    }
    return [
        fields.forbidden(f"spec.{key}", f"{key} identity must be that of the requester")
        for key, differs in wrong.items()
        if differs
    ]


def _sorted_values(extra: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    return {key: sorted(values) for key, values in extra.items()}


def _changed_identity(before: Object, after: Object) -> list[str]:
    changed = {
        "uid": (before.get("uid") or "") != (after.get("uid") or ""),
        "username": (before.get("username") or "") != (after.get("username") or ""),
        "groups": sorted(before.get("groups") or ()) != sorted(after.get("groups") or ()),
        "extra": (before.get("extra") or {}) != (after.get("extra") or {}),
    }
    return [
        fields.forbidden(f"spec.{key}", f"{key} identity cannot be changed once set")
        for key, differs in changed.items()
        if differs
    ]


def _changed_annotations(these: Object, those: Object) -> list[str]:
    other = those["metadata"].get("annotations") or {}
    return [
        fields.forbidden(f"metadata.annotations.{key}", "cannot change cert-manager annotation after creation")
        for key, value in sorted((these["metadata"].get("annotations") or {}).items())
        if key.startswith(("cert-manager.io", "acme.cert-manager.io")) and other.get(key) != value
    ]


def _changed_decisions(before: Sequence[Object], after: Sequence[Object]) -> list[str]:
    return [
        fields.forbidden(_CONDITIONS, f"'{kind}' condition may not be modified once set")
        for kind in _DECISIONS
        if (stood := _first(before, kind)) is not None and stood != _first(after, kind)
    ]


def _decision_complaints(conditions: Sequence[Object]) -> list[str]:
    found = []
    for kind in _DECISIONS:
        of_kind = [condition for condition in conditions if condition.get("type") == kind]
        if len(of_kind) > 1:
            found.append(fields.forbidden(_CONDITIONS, f'multiple "{kind}" conditions present'))
        elif of_kind and of_kind[0].get("status") != "True":
            why = f'"{kind}" condition may only be set to True'
            found.append(fields.invalid(f"{_CONDITIONS}.{kind}", of_kind[0].get("status", ""), why))
    if all(_first(conditions, kind) is not None for kind in _DECISIONS):
        found.append(fields.forbidden(_CONDITIONS, "both 'Denied' and 'Approved' conditions cannot coexist"))
    return found


def _conditions(item: Object) -> Sequence[Object]:
    return (item.get("status") or {}).get("conditions") or ()


def _first(conditions: Sequence[Object], kind: str) -> Object | None:
    return next((condition for condition in conditions if condition.get("type") == kind), None)
