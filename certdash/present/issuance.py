"""An issuance test for people and for scripts: what it will create, its stages, what was removed; text and JSON."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from certdash.certmanager.issuance.plan import Plan, Settings
from certdash.diagnosis.catalogue import CATALOGUE
from certdash.model.connection import Target
from certdash.model.diagnosis import Status
from certdash.model.issuance import (
    IssuanceProgress,
    IssuedCertificate,
    Outcome,
    Removal,
    RemovalResult,
    Stage,
    StageState,
    Stall,
)
from certdash.model.resource import Ref
from certdash.present.text import date_time, duration, fit, glyph, sanitise

STAGE_STATUS = {
    StageState.PENDING: Status.WAITING,
    StageState.RUNNING: Status.WAITING,
    StageState.DONE: Status.OK,
    StageState.FAILED: Status.FAIL,
    StageState.UNSEEN: Status.UNKNOWN,
}
"""How each state of a stage is marked and coloured."""
OUTCOME_WORDS = {
    Outcome.PROVEN: (Status.OK, "ISSUANCE PROVEN"),
    Outcome.FAILED: (Status.FAIL, "ISSUANCE FAILED"),
    Outcome.TIMED_OUT: (Status.FAIL, "ISSUANCE STALLED"),
    Outcome.COULD_NOT_TELL: (Status.UNKNOWN, "COULD NOT TELL"),
    Outcome.REFUSED: (Status.UNKNOWN, "NOT BEGUN"),
    Outcome.INTERRUPTED: (Status.UNKNOWN, "INTERRUPTED"),
}
_NAME_WIDTH = 34


def plan_text(plan: Plan, settings: Settings, target: Target) -> str:
    """What the test will create and where, and what becomes of it."""
    lines = [f"This creates in {sanitise(target.context or target.cluster)} ({sanitise(target.server)}):"]
    lines += [f"  {_named(planned.ref)}" for planned in plan.objects()]
    if settings.issuer is not None:
        ref = settings.issuer
        lines.append(f"  signed by {sanitise(ref.kind)} {sanitise(ref.name)}, for {sanitise(settings.dns_name)}")
    lines.append("cert-manager makes of it CertificateRequests, a key under way, and:")
    lines += [f"  {_named(ref)}" for ref in plan.secrets()]
    where = "with its namespace" if plan.temporary is not None else "one by one"
    lines.append(f"All of it is removed at the end, {where}; Secrets are read as metadata only.")
    return "\n".join([*lines, ""])


def _named(ref: Ref) -> str:
    where = f"{sanitise(ref.namespace)}/" if ref.namespace else ""
    return f"{ref.kind:<12}{where}{sanitise(ref.name)}"


def stage_words(stage: Stage) -> str:
    """A stage's name, with the certificate that it is about where there are several."""
    return f"{stage.certificate}: {stage.name.value}" if stage.certificate else stage.name.value


def progress_line(progress: IssuanceProgress) -> str:
    """What is under way, in one line."""
    running = next((stage for stage in progress.stages if stage.state is StageState.RUNNING), None)
    told = f"waiting for: {stage_words(running)}" if running else progress.phase.value
    return f"{told}  ({sanitise(progress.stall.reason)})" if progress.stall else told


def issuance_report(progress: IssuanceProgress, *, ascii: bool = False) -> str:  # noqa: A002 - as the flag
    """The whole report of a test that has ended."""
    return "\n".join([*_lines(progress, ascii), ""])


def _lines(progress: IssuanceProgress, plain: bool) -> Iterator[str]:
    status, words = OUTCOME_WORDS[progress.outcome or Outcome.COULD_NOT_TELL]
    reason = f"  {sanitise(progress.reason)}" if progress.reason else f"  in {duration(issued_in(progress))}"
    yield f"{glyph(status, plain)} {words}{reason}"
    if progress.stall is not None and (entry := CATALOGUE.get(progress.stall.code)) is not None:
        yield f"  {entry.code}  {entry.title} (certdash explain {entry.code})"
        for fact in progress.stall.evidence:
            who = f"{fact.ref.kind} {sanitise(fact.ref.name)}: " if fact.ref else ""
            yield f"    {who}{sanitise(fact.field)} = {sanitise(fact.value)}"
    yield ""
    if any(stage.state is not StageState.PENDING for stage in progress.stages):
        yield from (_stage_line(stage, plain) for stage in progress.stages)
    yield from (f"  controller: {sanitise(line, 300)}" for line in progress.log)
    for found in progress.certificates:
        if not found.fault:
            names, until = ", ".join(map(sanitise, found.names)), date_time(found.not_after)
            yield f"  {found.certificate}: {names}, issued by {sanitise(found.issuer)}, valid until {until}"
    yield from _removal_lines(progress.removals, plain)


def issued_in(progress: IssuanceProgress) -> float:
    """Seconds that the stages took, without what came before and after."""
    return sum(stage.seconds or 0.0 for stage in progress.stages)


def _stage_line(stage: Stage, plain: bool) -> str:
    took = duration(stage.seconds) if stage.seconds is not None else ""
    told = sanitise(stage.detail) if stage.state in (StageState.FAILED, StageState.UNSEEN) else ""
    return (
        f"  {glyph(STAGE_STATUS[stage.state], plain)} {fit(stage_words(stage), _NAME_WIDTH)} {took:>6}  {told}".rstrip()
    )


def _removal_lines(removals: tuple[Removal, ...], plain: bool) -> Iterator[str]:
    if not removals:
        return
    own = [removal for removal in removals if not removal.swept]
    left = [removal for removal in removals if removal.result is RemovalResult.LEFT]
    if own and not any(removal in left for removal in own):
        slowest = max(removal.seconds for removal in own)
        yield f"  {glyph(Status.OK, plain)} {fit('everything removed again', _NAME_WIDTH)} {duration(slowest):>6}"
    for removal in removals:
        if removal.swept and removal.result is RemovalResult.REMOVED:
            yield f"  {glyph(Status.OK, plain)} removed what an earlier test had left: {_named(removal.ref)}"
    for removal in left:
        yield f"  {glyph(Status.FAIL, plain)} left behind: {_named(removal.ref)}: {sanitise(removal.reason)}"


def issuance_document(
    progress: IssuanceProgress | None, exit_code: int, target: Target | None, *, reason: str = ""
) -> dict[str, Any]:
    """The document of `-o json`: always whole, whatever is unknown is null."""
    return {
        "apiVersion": "certdash/v1",
        "kind": "IssuanceTest",
        "result": {
            "state": progress.outcome.value if progress and progress.outcome else Outcome.COULD_NOT_TELL.value,
            "exitCode": exit_code,
            "reason": progress.reason if progress else reason,
            "elapsedSeconds": _rounded(progress.elapsed if progress else 0.0),
        },
        "target": _target(target),
        "run": progress.run if progress else None,
        "namespace": progress.namespace if progress else None,
        "stages": [_stage(stage) for stage in progress.stages] if progress else [],
        "stall": _stall(progress.stall) if progress and progress.stall else None,
        "controllerLog": list(progress.log) if progress else [],
        "certificates": [_certificate(found) for found in progress.certificates] if progress else [],
        "removals": [_removal(removal) for removal in progress.removals] if progress else [],
    }


def _target(target: Target | None) -> dict[str, str] | None:
    if target is None:
        return None
    return {"context": target.context, "cluster": target.cluster, "user": target.user, "server": target.server}


def _stage(stage: Stage) -> dict[str, Any]:
    return {
        "name": stage.name.value,
        "certificate": stage.certificate or None,
        "state": stage.state.value,
        "seconds": _rounded(stage.seconds),
        "at": _time(stage.at),
        "detail": stage.detail,
    }


def _stall(stall: Stall) -> dict[str, Any]:
    entry = CATALOGUE.get(stall.code)
    return {
        "code": stall.code,
        "title": entry.title if entry else None,
        "reason": stall.reason,
        "reference": entry.reference if entry else None,
        "evidence": [
            {"object": _ref(fact.ref) if fact.ref else None, "field": fact.field, "value": fact.value}
            for fact in stall.evidence
        ],
    }


def _certificate(found: IssuedCertificate) -> dict[str, Any]:
    return {
        "certificate": found.certificate,
        "subject": found.subject,
        "issuer": found.issuer,
        "dnsNames": list(found.names),
        "notBefore": _time(found.not_before),
        "notAfter": _time(found.not_after),
        "fingerprint": found.fingerprint,
        "chainLength": found.chain_length,
        "fault": found.fault or None,
    }


def _removal(removal: Removal) -> dict[str, Any]:
    return {
        "object": _ref(removal.ref),
        "uid": removal.uid,
        "result": removal.result.value,
        "reason": removal.reason,
        "seconds": _rounded(removal.seconds),
        "ofEarlierRun": removal.swept,
    }


def _ref(ref: Ref) -> dict[str, str]:
    return {"kind": ref.kind, "namespace": ref.namespace, "name": ref.name}


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)


def _time(wall: float | None) -> str | None:
    return None if wall is None else datetime.fromtimestamp(wall, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
