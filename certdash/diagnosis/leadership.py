"""Whether a component that elects a leader has one."""

from dataclasses import dataclass

from certdash.certmanager import constants
from certdash.certmanager.rollout import argument
from certdash.diagnosis.facts import Facts
from certdash.model.connection import ConnectionPhase
from certdash.model.resource import Kind

# A candidate looks at the lease every 15 s (the components' retry period).
_RETRY = 15.0


@dataclass(frozen=True, slots=True)
class Leadership:
    """`leading` None: it can't be known. `taking_over`: seconds within which a live candidate may take the lease.
    `until`: in how many seconds the answer changes by itself, None for never."""

    leading: bool | None
    reason: str
    taking_over: float = 0.0
    until: float | None = None


def leadership(facts: Facts, component: str) -> Leadership:
    """Who leads, by the lease: renewed within its duration, and held by a Pod that is there.

    A holder that is not one of our Pods by name may still lead: on the host network a Pod goes by its node's name,
    and another install may hold the lease. It is gone only if it is named like our Pods and is not among them.
    """
    rollout = facts.rollouts.get(component)
    if rollout and argument(rollout.args, "leader-elect") == "false":
        return Leadership(True, "leader election is off")
    controller = component == constants.CONTROLLER
    namespace = facts.install.lease_namespace if controller else facts.install.cainjector_lease_namespace
    name = constants.CONTROLLER_LEASE if controller else constants.CAINJECTOR_LEASE
    lease = facts.leases.get(component)
    started = max((p.ready_since or 0.0 for p in rollout.pods if p.ready), default=0.0) if rollout else 0.0
    if lease is None:
        if not facts.snapshot.readable(Kind.LEASE, name, namespace):
            return Leadership(None, f"lease {namespace}/{name} can't be read")
        return Leadership(False, f"lease {namespace}/{name} is missing", facts.remaining(started, 60.0))
    age = facts.age(lease.renewed)
    if not lease.holder or age is None:
        return Leadership(False, f"nobody holds lease {namespace}/{name}", facts.remaining(started, 60.0))
    left = lease.duration - age
    takeover = max(0.0, left + _RETRY)
    if left <= 0 and not _heard(facts, name, namespace):
        return Leadership(None, f"lease {namespace}/{name} has not been heard of")
    if left <= 0:
        return Leadership(
            False, f"lease {namespace}/{name} was not renewed within its {lease.duration} s", takeover, takeover or None
        )
    if rollout and _gone(facts, lease.holder_pod, rollout.ref.name, {p.ref.name for p in rollout.pods}):
        return Leadership(
            False, f"lease {namespace}/{name} is held by {lease.holder_pod}, which is gone", takeover, left
        )
    return Leadership(True, f"{lease.holder_pod} leads", until=left)


def _heard(facts: Facts, name: str, namespace: str) -> bool:
    """Whether a renewal would have reached us: silence of the connection is not silence of the leader."""
    answering = facts.snapshot.connection.phase in (ConnectionPhase.CONNECTED, ConnectionPhase.DEGRADED)
    return answering and facts.snapshot.readable(Kind.LEASE, name, namespace)


def _gone(facts: Facts, holder: str, deployment: str, pods: set[str]) -> bool:
    if holder in pods or not facts.snapshot.readable(Kind.POD, namespace=facts.install.namespace):
        return False
    # <deployment>-<template hash>-<suffix>: the controller's Deployment is a prefix of the others' names.
    rest = holder.removeprefix(f"{deployment}-")
    return rest != holder and rest.count("-") == 1
