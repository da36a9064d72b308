"""The banner: the verdict, its first cause with the reason and the fix, the proof behind it, install and issuance."""

from collections.abc import Iterator

from certdash.model.assessment import Assessment, TimelineTopic
from certdash.model.connection import ConnectionPhase
from certdash.model.diagnosis import Diagnosis, InstallPhase, IssuancePhase, Status
from certdash.model.finding import Evidence, Finding
from certdash.model.probe import ProbeRound
from certdash.model.resource import Ref
from certdash.present.panels.parts import TEXT_LIMIT
from certdash.present.text import glyph, quote_command, sanitise, status_of
from certdash.present.view_model import BannerView, StateLine

LATENCIES_SHOWN = 24

_INSTALL = {
    InstallPhase.COMPLETE: Status.OK,
    InstallPhase.ROLLING: Status.WAITING,
    InstallPhase.DEGRADED: Status.WARN,
    InstallPhase.ABSENT: Status.FAIL,
    InstallPhase.NOT_VISIBLE: Status.UNKNOWN,
}
_ISSUANCE = {
    IssuancePhase.RUNNING: Status.OK,
    IssuancePhase.NOT_RUNNING: Status.WARN,
    IssuancePhase.NOT_VISIBLE: Status.UNKNOWN,
}


def banner_view(assessment: Assessment, ascii: bool = False) -> BannerView:  # noqa: A002 - named as the flag --ascii
    """The banner of an assessment. Independent of the time: what ages does so from the instants in it."""
    snapshot, diagnosis = assessment.snapshot, assessment.diagnosis
    status = status_of(diagnosis.verdict)
    lost = snapshot.connection.phase is ConnectionPhase.LOST
    fix, fix_text, temporary = _fix(diagnosis.cause)
    return BannerView(
        verdict=diagnosis.verdict,
        status=status,
        mark=glyph(status, ascii=ascii),
        headline=sanitise(diagnosis.headline, TEXT_LIMIT),
        code=sanitise(diagnosis.cause.code) if diagnosis.cause else "",
        reason=_reason(diagnosis),
        fix=fix,
        fix_text=fix_text,
        fix_temporary=temporary,
        others=_others(diagnosis),
        proof_begun=diagnosis.proof.begun,
        streak=diagnosis.proof.streak,
        interval=diagnosis.proof.interval,
        in_flight=snapshot.probe.in_flight,
        slow_since=diagnosis.proof.slow_since,
        latencies=tuple(_latency(r) for r in _shown_rounds(snapshot.probe.rounds)),
        install=_install_line(diagnosis, ascii),
        issuance=_issuance_line(diagnosis, ascii),
        lost_since=snapshot.connection.since if lost else None,
        last_truth=_last_truth(assessment) if lost else "",
    )


def _shown_rounds(rounds: tuple[ProbeRound, ...]) -> tuple[ProbeRound, ...]:
    return tuple(r for r in rounds if not r.cancelled)[-LATENCIES_SHOWN:]


def _latency(finished: ProbeRound) -> float | None:
    """The slowest answer of a round; None when one never came."""
    if not finished.answers or any(a.status is None for a in finished.answers):
        return None
    return max(a.latency for a in finished.answers)


def _reason(diagnosis: Diagnosis) -> str:
    """The reason behind the headline: the evidence, else the finding's own words where the headline has others."""
    cause = diagnosis.cause
    if cause is None:
        return ""
    if cause.evidence:
        return sanitise(" · ".join(_seen(cause.evidence)), TEXT_LIMIT)
    told = next((text for text in (cause.summary, cause.title) if text and text not in diagnosis.headline), "")
    return sanitise(told, TEXT_LIMIT)


def _seen(evidence: tuple[Evidence, ...]) -> Iterator[str]:
    """Each fact; an object that was named just before is not named again."""
    before: Ref | None = None
    for one in evidence:
        place = f"{one.ref.kind} {one.ref.name}: " if one.ref and one.ref != before else ""
        before = one.ref
        yield f"{place}{one.field} = {one.value}" if one.field else f"{place}{one.value}"


def _fix(cause: Finding | None) -> tuple[str, str, bool]:
    """The command to paste, the sentence, and whether the owner of the object will undo it."""
    remedies = cause.remedies if cause else ()
    if not remedies:
        return "", "", False
    first = remedies[0]
    command = quote_command(first.commands[0]) if first.commands else ""
    return command, sanitise(first.text, TEXT_LIMIT), first.temporary


def _others(diagnosis: Diagnosis) -> str:
    parts = []
    if diagnosis.also:
        parts.append(f"{len(diagnosis.also)} more: {_titles(diagnosis.also)}")
    if diagnosis.warnings:
        count = len(diagnosis.warnings)
        parts.append(f"{count} warning{'s' if count > 1 else ''}: {_titles(diagnosis.warnings)}")
    return " · ".join(parts)


def _titles(findings: tuple[Finding, ...]) -> str:
    return sanitise("; ".join(dict.fromkeys(f.title for f in findings)), TEXT_LIMIT)


def _install_line(diagnosis: Diagnosis, ascii: bool) -> StateLine:  # noqa: A002
    line = diagnosis.install
    status = _INSTALL[line.phase]
    said = line.summary.removeprefix(line.phase.value).strip(" :,")
    version = line.version or ", ".join(line.versions)
    summary = " · ".join(part for part in (version if version not in said else "", said) if part)
    return StateLine("install", status, glyph(status, ascii=ascii), line.phase.value, sanitise(summary))


def _issuance_line(diagnosis: Diagnosis, ascii: bool) -> StateLine:  # noqa: A002
    line = diagnosis.issuance
    status = _ISSUANCE[line.phase]
    return StateLine("issuance", status, glyph(status, ascii=ascii), line.phase.value, sanitise(line.summary))


def _last_truth(assessment: Assessment) -> str:
    """What the verdict was before the connection went, in the timeline's words."""
    said = [e for e in assessment.timeline if e.topic is TimelineTopic.VERDICT and e.status is not Status.UNKNOWN]
    return sanitise(said[-1].text, TEXT_LIMIT) if said else ""
