"""Looks up what may explain why an issuance stalls: Events, ACME objects, the controller's Lease and log."""

from typing import Any

from certdash.actions.cluster_view import REQUEST_TIMEOUT, ClusterView
from certdash.certmanager import constants, fields
from certdash.certmanager.issuance.plan import Plan
from certdash.certmanager.issuance.resources import CHALLENGES, EVENTS, LEASES, ORDERS, PODS
from certdash.certmanager.issuance.stalls import Surroundings
from certdash.kube.errors import TransportError

_MOST_EVENTS = "500"
_LOG_TAIL = "2000"
_SHOWN_LINES = 5
_CONTROLLERS = f"{constants.LABEL_COMPONENT}={constants.CONTROLLER},{constants.LABEL_NAME}=cert-manager"


async def look_around(view: ClusterView, plan: Plan, now: float) -> Surroundings:
    """Everything that can be read; what can't is left out. `now` is the server's time in Unix seconds."""
    lease = await view.get(LEASES.path(constants.DEFAULT_LEASE_NAMESPACE, constants.CONTROLLER_LEASE))
    return Surroundings(
        now=now,
        events=await _events(view, plan),
        orders=await _ours(view, plan, ORDERS.path(plan.namespace)),
        challenges=await _ours(view, plan, CHALLENGES.path(plan.namespace)),
        lease=lease.body or None,
        lease_readable=lease.status == 200,
    )


async def _events(view: ClusterView, plan: Plan) -> list[dict[str, Any]]:
    answer = await view.get(EVENTS.path(plan.namespace), (("limit", _MOST_EVENTS),))
    about = (
        event for event in answer.items if fields.text(event, "involvedObject", "name").startswith(plan.marks.name)
    )
    return sorted(about, key=_moment)


def _moment(event: dict[str, Any]) -> float:
    return (
        fields.moment(event, "lastTimestamp")
        or fields.moment(event, "eventTime")
        or fields.moment(event, "metadata", "creationTimestamp")
        or 0.0
    )


async def _ours(view: ClusterView, plan: Plan, path: str) -> list[dict[str, Any]]:
    answer = await view.get(path)
    return [body for body in answer.items if fields.text(body, "metadata", "name").startswith(plan.marks.name)]


async def controller_log(view: ClusterView, plan: Plan) -> tuple[str, ...]:
    """The last lines of the controllers' logs that name this test; none where they may not be read."""
    pods = await view.labelled(PODS, "", _CONTROLLERS)
    lines: list[str] = []
    for pod in pods.items:
        namespace, name = fields.text(pod, "metadata", "namespace"), fields.text(pod, "metadata", "name")
        try:
            answer = await view.reader.get(
                f"{PODS.path(namespace, name)}/log", (("tailLines", _LOG_TAIL),), timeout=REQUEST_TIMEOUT
            )
        except TransportError:
            continue
        if answer.status == 200:
            text = answer.body.decode("utf-8", "replace")
            lines += [line for line in text.splitlines() if plan.marks.name in line]
    return tuple(lines[-_SHOWN_LINES:])
