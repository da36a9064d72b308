"""Every finding for people: what it is, the evidence, what to do."""

from collections.abc import Iterator

from certdash.model.assessment import Assessment
from certdash.model.diagnosis import Status
from certdash.model.finding import Evidence, Finding, Remedy, Severity
from certdash.present.detail import Fact, Section
from certdash.present.text import date_time, glyph, quote_command, sanitise
from certdash.present.view_model import Tone

_SEVERITY = {
    Severity.BLOCKER: (Status.FAIL, Tone.FAIL),
    Severity.WARNING: (Status.WARN, Tone.WARN),
    Severity.INFO: (Status.OK, Tone.PLAIN),
}


def finding_sections(assessment: Assessment, *, ascii: bool = False) -> tuple[Section, ...]:  # noqa: A002
    """One section for each finding, the cause first."""
    cause = assessment.diagnosis.cause
    return tuple(_section(f, is_cause=f is cause, ascii=ascii) for f in assessment.diagnosis.findings)


def _section(finding: Finding, *, is_cause: bool, ascii: bool) -> Section:  # noqa: A002
    status, tone = _SEVERITY[finding.severity]
    word = "cause" if is_cause else finding.severity.value
    title = f"{glyph(status, ascii=ascii)} {sanitise(finding.code)} {sanitise(finding.title)}"
    facts = [Fact(word, sanitise(finding.summary), tone)]
    facts += [_evidence(e) for e in finding.evidence]
    for remedy in finding.remedies:
        facts += _remedy(remedy)
    if finding.reference:
        facts.append(Fact("more", sanitise(finding.reference), Tone.DIM))
    return Section(title, tuple(facts))


def _evidence(evidence: Evidence) -> Fact:
    ref = evidence.ref
    place = f"{ref.kind} {ref.namespace + '/' if ref.namespace else ''}{ref.name}: " if ref else ""
    since = f" (since {date_time(evidence.since)})" if evidence.since is not None else ""
    return Fact("seen", sanitise(f"{place}{evidence.field} = {evidence.value}{since}"))


def _remedy(remedy: Remedy) -> Iterator[Fact]:
    label = "for now" if remedy.temporary else "do"
    yield Fact(label, sanitise(remedy.text))
    for command in remedy.commands:
        yield Fact("", f"$ {quote_command(command)}", Tone.STRONG)
