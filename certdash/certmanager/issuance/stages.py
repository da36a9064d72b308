"""Which stages an issuance has reached, told by the objects' own transitions."""

from collections.abc import Mapping
from types import MappingProxyType

from certdash.certmanager import fields
from certdash.certmanager.issuance.seen import Body, Seen, condition, holds
from certdash.model.issuance import StageName

LINK_STAGES = (
    StageName.ISSUER,
    StageName.REQUESTED,
    StageName.APPROVED,
    StageName.SIGNED,
    StageName.SECRET,
    StageName.READY,
)
"""What each certificate of the chain goes through."""


def reached(seen: Seen) -> Mapping[StageName, float | None]:
    """The stages behind it, with the moment that the object itself tells (UTC in Unix seconds).

    A stage is also behind it when a later one is: a watch that was interrupted shows only the last state.
    """
    told: dict[StageName, float | None] = {}
    if holds(seen.issuer, "Ready"):
        told[StageName.ISSUER] = _transition(seen.issuer, "Ready")
    if seen.request is not None:
        told[StageName.REQUESTED] = fields.moment(seen.request, "metadata", "creationTimestamp")
        if holds(seen.request, "Approved"):
            told[StageName.APPROVED] = _transition(seen.request, "Approved")
        if holds(seen.request, "Ready") and fields.text(seen.request, "status", "certificate"):
            told[StageName.SIGNED] = _transition(seen.request, "Ready")
    if seen.secret is not None:
        told[StageName.SECRET] = fields.moment(seen.secret, "metadata", "creationTimestamp")
    if holds(seen.certificate, "Ready"):
        told[StageName.READY] = _transition(seen.certificate, "Ready")
    last = max((LINK_STAGES.index(name) for name in told), default=-1)
    return MappingProxyType({name: told.get(name) for name in LINK_STAGES[: last + 1]})


def _transition(body: Body | None, kind: str) -> float | None:
    return fields.moment(condition(body, kind), "lastTransitionTime")
