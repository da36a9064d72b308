"""Conditions, whose times move as Kubernetes moves them."""

from certdash.demo.api.objects import Object, timestamp


def with_condition(
    conditions: list[Object], kind: str, holds: bool, reason: str, message: str, *, moved: bool = False
) -> list[Object]:
    """The conditions with one set. The transition time changes with the status, the update time with anything (or
    when `moved`)."""
    status = "True" if holds else "False"
    known = next((item for item in conditions if item["type"] == kind), None)
    now = timestamp()
    if (
        known is not None
        and not moved
        and (known["status"], known["reason"], known["message"]) == (status, reason, message)
    ):
        return conditions
    since = known["lastTransitionTime"] if known is not None and known["status"] == status else now
    made: Object = {
        "type": kind,
        "status": status,
        "lastUpdateTime": now,
        "lastTransitionTime": since,
        "reason": reason,
        "message": message,
    }
    if known is None:
        return [*conditions, made]
    return [made if item is known else item for item in conditions]
