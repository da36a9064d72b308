"""Why an issuance does not go on: from conditions, Events, the issuer and the controller's Lease. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from certdash.certmanager import fields
from certdash.certmanager.issuance.seen import Body, Seen, condition, holds, words
from certdash.model.finding import Evidence
from certdash.model.issuance import StageName, Stall
from certdash.model.resource import Ref

_RATE_LIMIT = re.compile(r"rate ?limit|too many (?:certificates|requests|registrations)|\b429\b", re.IGNORECASE)
_FORBIDDEN = re.compile(r"is forbidden: User|cannot (?:create|patch|update|get|list|watch) resource")
_SHOWN_EVENTS = 5


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What else was looked up once it stalled: Events and ACME objects of the test, and the controller's Lease.

    `now` is the server's time in Unix seconds. `lease` None: not there, or not readable when `lease_readable` is
    False.
    """

    now: float
    events: Sequence[Body] = ()
    orders: Sequence[Body] = ()
    challenges: Sequence[Body] = ()
    lease: Body | None = None
    lease_readable: bool = False


def final_stall(seen: Seen) -> Stall | None:
    """What ends the attempt for good: cert-manager itself has given it up, and would back off for an hour."""
    request = seen.request
    if holds(request, "Denied"):
        said = condition(request, "Denied")
        return Stall("CD1105", f"the CertificateRequest was denied: {words(said)}", _evidence(request, "Denied"), True)
    if holds(request, "InvalidRequest"):
        said = condition(request, "InvalidRequest")
        return Stall("CD1109", f"the request is invalid: {words(said)}", _evidence(request, "InvalidRequest"), True)
    ready = condition(request, "Ready")
    if ready.get("reason") == "Failed":
        code = "CD1108" if _RATE_LIMIT.search(words(ready)) else "CD1109"
        return Stall(code, f"the issuer refused: {words(ready)}", _evidence(request, "Ready"), True)
    return None


def explain(stage: StageName, seen: Seen, around: Surroundings) -> Stall:
    """Why `stage` is not reached. Always an answer; CD1112 when nothing explains it."""
    if (final := final_stall(seen)) is not None:
        return final
    by_stage = {
        StageName.ISSUER: _issuer,
        StageName.REQUESTED: _requested,
        StageName.APPROVED: _approved,
        StageName.SIGNED: _signed,
        StageName.SECRET: _secret,
        StageName.READY: _secret,
    }
    ask = by_stage.get(stage)
    found = ask(seen, around) if ask is not None else None
    found = found or _from_events(around) or _no_leader(around)
    return found or Stall("CD1112", _silence(seen, stage), _events_as_evidence(around.events))


def _issuer(seen: Seen, around: Surroundings) -> Stall | None:
    ready = condition(seen.issuer, "Ready")
    if not ready:
        nobody = _no_leader(around)
        if nobody is not None or seen.issuer is None:
            return nobody
        return Stall("CD1101", "the Issuer has no status at all: no controller has looked at it")
    code = "CD1108" if _RATE_LIMIT.search(words(ready)) else "CD1102"
    return Stall(code, f"the Issuer is not ready: {words(ready)}", _evidence(seen.issuer, "Ready"))


def _requested(seen: Seen, around: Surroundings) -> Stall | None:
    refused = _last_event(around.events, "RequestFailed")
    if refused is not None:
        said = fields.text(refused, "message")
        return Stall("CD1106", f"the CertificateRequest can't be created: {said}", _events_as_evidence((refused,)))
    if not fields.items(seen.certificate, "status", "conditions"):
        nobody = _no_leader(around)
        return nobody or Stall("CD1101", "the Certificate has no status at all: no controller has looked at it")
    return None


def _approved(seen: Seen, around: Surroundings) -> Stall | None:
    if (nobody := _no_leader(around)) is not None:
        return nobody
    refused = next((e for e in around.events if _FORBIDDEN.search(fields.text(e, "message"))), None)
    if refused is not None:
        return Stall(
            "CD1104", f"nobody may approve: {fields.text(refused, 'message')}", _events_as_evidence((refused,))
        )
    return Stall(
        "CD1104",
        "the CertificateRequest waits for approval, and nobody has approved or denied it",
        _evidence(seen.request, "Ready"),
    )


def _signed(seen: Seen, around: Surroundings) -> Stall | None:
    if (acme := _acme(around)) is not None:
        return acme
    missing = _last_event(around.events, "IssuerNotFound")
    if missing is not None:
        return Stall("CD1103", fields.text(missing, "message"), _events_as_evidence((missing,)))
    if (nobody := _no_leader(around)) is not None:
        return nobody
    if seen.issuer is not None and not holds(seen.issuer, "Ready"):
        return _issuer(seen, around)
    pending = condition(seen.request, "Ready")
    if words(pending):
        return Stall("CD1109", f"the issuer has not signed: {words(pending)}", _evidence(seen.request, "Ready"))
    return None


def _secret(seen: Seen, around: Surroundings) -> Stall | None:
    if (nobody := _no_leader(around)) is not None:
        return nobody
    issuing = condition(seen.certificate, "Issuing")
    said = f": {words(issuing)}" if words(issuing) else ""
    return Stall("CD1110", f"signed, but the Secret is not written{said}", _evidence(seen.certificate, "Issuing"))


def _acme(around: Surroundings) -> Stall | None:
    for kind, bodies in (("Challenge", around.challenges), ("Order", around.orders)):
        for body in bodies:
            state, reason = fields.text(body, "status", "state"), fields.text(body, "status", "reason")
            if state == "valid":
                continue
            code = "CD1108" if _RATE_LIMIT.search(reason) else "CD1107"
            told = f"the {kind} is {state or 'new'}" + (f": {reason}" if reason else "")
            return Stall(code, told, (Evidence(_ref(body, kind), "status.state", state),))
    return None


def _no_leader(around: Surroundings) -> Stall | None:
    if not around.lease_readable:
        return None
    if around.lease is None:
        return Stall("CD1101", "no controller leads: there is no Lease cert-manager-controller")
    holder = fields.text(around.lease, "spec", "holderIdentity")
    renewed = fields.moment(around.lease, "spec", "renewTime")
    lasts = fields.number(around.lease, "spec", "leaseDurationSeconds", default=60)
    ref = _ref(around.lease, "Lease")
    if not holder:
        return Stall("CD1101", "no controller leads: the Lease has no holder", (Evidence(ref, "holderIdentity", ""),))
    # Leaders renew at two thirds of the duration; half of it again allows for clocks that differ.
    if renewed is not None and around.now - renewed > lasts * 1.5:
        told = f"the controller that leads, {holder}, has not renewed its Lease for {around.now - renewed:.0f} s"
        return Stall("CD1101", told, (Evidence(ref, "spec.renewTime", holder, renewed),))
    return None


def _from_events(around: Surroundings) -> Stall | None:
    warnings = [e for e in around.events if e.get("type") == "Warning"]
    if not warnings:
        return None
    said = fields.text(warnings[-1], "message")
    code = "CD1108" if _RATE_LIMIT.search(said) else "CD1106" if _FORBIDDEN.search(said) else "CD1112"
    return Stall(code, f"{fields.text(warnings[-1], 'reason')}: {said}", _events_as_evidence(warnings))


def _silence(seen: Seen, stage: StageName) -> str:
    said = words(condition(seen.certificate, "Issuing")) or words(condition(seen.certificate, "Ready"))
    return f"nothing says why {stage.value!r} is not reached" + (f"; the Certificate says {said}" if said else "")


def _last_event(events: Sequence[Body], reason: str) -> Body | None:
    return next((e for e in reversed(events) if e.get("reason") == reason), None)


def _evidence(body: Body | None, kind: str) -> tuple[Evidence, ...]:
    found = condition(body, kind)
    if body is None or not found:
        return ()
    since = fields.moment(found, "lastTransitionTime")
    return (Evidence(_ref(body, fields.text(body, "kind")), f"status.conditions[{kind}]", words(found), since),)


def _events_as_evidence(events: Sequence[Body]) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(
            Ref(*(fields.text(e, "involvedObject", key) for key in ("kind", "namespace", "name"))),
            f"event {fields.text(e, 'reason')}",
            fields.text(e, "message"),
            fields.moment(e, "lastTimestamp") or fields.moment(e, "eventTime"),
        )
        for e in events[-_SHOWN_EVENTS:]
    )


def _ref(body: Body, kind: str) -> Ref:
    return Ref(kind, fields.text(body, "metadata", "namespace"), fields.text(body, "metadata", "name"))
