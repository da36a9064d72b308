"""What cert-manager's webhook asks of ACME Orders and Challenges (release 1.21.1): what is set stays as it is."""

from collections.abc import Sequence
from typing import Any

from certdash.demo.api.objects import Object
from certdash.demo.webhook import fields

_SET = "field is immutable once set"


def order_update_complaints(old: Object, new: Object) -> list[str]:
    """Everything that is wrong with a change of an Order."""
    before, after = old.get("status") or {}, new.get("status") or {}
    found = _changed(old.get("spec") or {}, new.get("spec") or {}, ("request",), "spec")
    found += _changed(before, after, ("url", "finalizeURL", "certificate"), "status")
    return found + _authorization_complaints(before.get("authorizations") or [], after.get("authorizations") or [])


def challenge_update_complaints(old: Object, new: Object) -> list[str]:
    """Everything that is wrong with a change of a Challenge."""
    if old.get("spec") == new.get("spec"):
        return []
    return [fields.forbidden("spec", "challenge spec is immutable after creation")]


def _authorization_complaints(before: Sequence[Object], after: Sequence[Object]) -> list[str]:
    if not before:
        return []
    path = "status.authorizations"
    if len(before) != len(after):
        return [fields.forbidden(path, _SET)]
    found = []
    for index, (old, new) in enumerate(zip(before, after, strict=True)):
        here = f"{path}[{index}]"
        found += _changed(old, new, ("url", "identifier"), here)
        if old.get("wildcard") is not None and old["wildcard"] != new.get("wildcard"):
            found.append(fields.forbidden(f"{here}.wildcard", _SET))
        found += _changed(old, new, ("initialState",), here)
        found += _challenge_complaints(old.get("challenges") or [], new.get("challenges") or [], f"{here}.challenges")
    return found


def _challenge_complaints(before: Sequence[Object], after: Sequence[Object], path: str) -> list[str]:
    if before and len(before) != len(after):
        return [fields.forbidden(path, _SET)]
    found = []
    for index, (old, new) in enumerate(zip(before, after, strict=False)):
        found += _changed(old, new, ("url", "type", "token"), f"{path}[{index}]")
    return found


def _changed(old: Any, new: Any, keys: Sequence[str], path: str) -> list[str]:
    return [fields.forbidden(f"{path}.{key}", _SET) for key in keys if old.get(key) and old[key] != new.get(key)]
