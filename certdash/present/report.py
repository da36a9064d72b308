"""The text of `check`: ordered lines, the root cause first. Every piece of cluster text is sanitised here."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from certdash.model.assessment import Assessment
from certdash.model.connection import ConnectionPhase
from certdash.model.diagnosis import Diagnosis, InstallPhase, IssuancePhase, Status, Verdict
from certdash.model.finding import Evidence, Finding, Remedy, Severity
from certdash.model.instant import Instant
from certdash.model.probe import ProbeAnswer
from certdash.model.resource import Ref
from certdash.model.snapshot import Snapshot
from certdash.model.stream import StreamPhase
from certdash.present.text import age, cell_width, duration, glyph, quote_command, sanitise, status_of

_MESSAGE_LIMIT: Final = 600
_LABEL_WIDTH: Final = 24

# The eight colours every terminal has: their shades are the user's own.
_COLOURS: Final = {
    Status.OK: "32",
    Status.WARN: "33",
    Status.FAIL: "31",
    Status.UNKNOWN: "35",
    Status.WAITING: "36",
}
_INSTALL_STATUS: Final = {
    InstallPhase.COMPLETE: Status.OK,
    InstallPhase.ROLLING: Status.WAITING,
    InstallPhase.DEGRADED: Status.FAIL,
    InstallPhase.ABSENT: Status.FAIL,
    InstallPhase.NOT_VISIBLE: Status.UNKNOWN,
}
_ISSUANCE_STATUS: Final = {
    IssuancePhase.RUNNING: Status.OK,
    IssuancePhase.NOT_RUNNING: Status.FAIL,
    IssuancePhase.NOT_VISIBLE: Status.UNKNOWN,
}
_STREAM_STATUS: Final = {
    StreamPhase.SYNCED: Status.OK,
    StreamPhase.CONNECTING: Status.WAITING,
    StreamPhase.BROKEN: Status.WARN,
}


@dataclass(frozen=True, slots=True)
class Style:
    """How text may look: `colour` allows SGR sequences, `ascii` forbids glyphs beyond ASCII, `verbose` asks for
    everything that was seen."""

    colour: bool = False
    ascii: bool = False
    verbose: bool = False

    def mark(self, status: Status) -> str:
        """The coloured glyph of a state."""
        return self.paint(glyph(status, ascii=self.ascii), _COLOURS[status])

    def paint(self, text: str, code: str) -> str:
        """The text between SGR sequences, when colour is allowed."""
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and text else text

    def bold(self, text: str) -> str:
        """Emphasised."""
        return self.paint(text, "1")

    def dim(self, text: str) -> str:
        """Less important."""
        return self.paint(text, "2")


def check_report(
    assessment: Assessment, now: Instant, style: Style, unmet: str = "", unseen: tuple[str, ...] = ()
) -> str:
    """The whole report.

    `unmet` is what was asked for and is not so beyond what the diagnosis says, else ""; `unseen` names what could not
    be read and so was not asked for.
    """
    diagnosis = assessment.diagnosis
    lines = [_verdict_line(diagnosis, style), *_target_lines(assessment, style)]
    if unmet:
        lines.append(f"{style.mark(_unmet_status(diagnosis))} {sanitise(unmet)}")
    if unseen:
        lines.append(f"{style.mark(Status.UNKNOWN)} not checked, since it can't be read: {sanitise(', '.join(unseen))}")
    if diagnosis.cause is not None:
        lines += ["", *_finding_lines(diagnosis.cause, now, style, full=True)]
    lines += ["", *_chain_lines(assessment, now, style)]
    lines += _section("also seen", diagnosis.also, now, style)
    lines += _section("warnings", diagnosis.warnings, now, style)
    if style.verbose:
        lines += _verbose_lines(assessment, style)
    return "\n".join(lines) + "\n"


def short_line(diagnosis: Diagnosis, unmet: str, style: Style) -> str:
    """One line: glyph, verdict, the cause's code, the headline."""
    code = f"{diagnosis.cause.code} " if diagnosis.cause is not None else ""
    mark = style.mark(_unmet_status(diagnosis) if unmet else status_of(diagnosis.verdict))
    return f"{mark} {diagnosis.verdict.value}  {code}{sanitise(unmet or diagnosis.headline)}"


def _unmet_status(diagnosis: Diagnosis) -> Status:
    return Status.FAIL if diagnosis.verdict is Verdict.READY else status_of(diagnosis.verdict)


def failure_line(reason: str, style: Style) -> str:
    """One line for a check that had no cluster to ask."""
    return f"{style.mark(Status.UNKNOWN)} {Verdict.UNKNOWN.value}  {sanitise(reason)}"


def _verdict_line(diagnosis: Diagnosis, style: Style) -> str:
    status = status_of(diagnosis.verdict)
    word = style.paint(f"{glyph(status, ascii=style.ascii)} {diagnosis.verdict.value}", f"1;{_COLOURS[status]}")
    return f"{word}  {style.bold(sanitise(diagnosis.headline))}"


def _target_lines(assessment: Assessment, style: Style) -> Iterator[str]:
    snapshot = assessment.snapshot
    target, server = snapshot.target, snapshot.server
    parts = [f"context {sanitise(target.context) or '(none)'}", sanitise(target.server)]
    if target.user:
        parts.append(f"user {sanitise(target.user)}")
    if target.impersonate:
        parts.append(f"as {sanitise(target.impersonate)}")
    if server.version:
        parts.append(f"Kubernetes {sanitise(server.version)}")
    parts.append(f"probing in {sanitise(snapshot.scope.probe_namespace)}")
    yield style.dim("  " + _separator(style).join(parts))


def _separator(style: Style) -> str:
    return " | " if style.ascii else " · "


def _finding_lines(finding: Finding, now: Instant, style: Style, *, full: bool) -> Iterator[str]:
    status = _finding_status(finding)
    yield f"{style.mark(status)} {style.bold(sanitise(finding.title))} {style.dim(finding.code)}"
    if finding.summary and finding.summary != finding.title:
        yield f"    {sanitise(finding.summary, _MESSAGE_LIMIT)}"
    if not full:
        return
    for evidence in finding.evidence:
        yield f"    {_evidence_text(evidence, now, style)}"
    for remedy in finding.remedies:
        yield from _remedy_lines(remedy, style)
    if finding.reference:
        yield style.dim(f"    see {sanitise(finding.reference)}")


def _finding_status(finding: Finding) -> Status:
    if finding.severity is not Severity.BLOCKER:
        return Status.WARN
    if finding.blames_others:
        return Status.UNKNOWN
    return Status.WAITING if finding.heals_itself else Status.FAIL


def _evidence_text(evidence: Evidence, now: Instant, style: Style) -> str:
    where = _ref_text(evidence.ref)
    what = " ".join(part for part in (where, sanitise(evidence.field)) if part)
    value = sanitise(evidence.value, _MESSAGE_LIMIT)
    since = f" (for {age(now.wall - evidence.since)})" if evidence.since is not None else ""
    shown = f"{what}: {value}" if what and value else what or value
    return f"{style.dim('-')} {shown}{style.dim(since)}"


def _ref_text(ref: Ref | None) -> str:
    if ref is None:
        return ""
    return sanitise(f"{ref.kind} {ref.namespace}/{ref.name}" if ref.namespace else f"{ref.kind} {ref.name}")


def _remedy_lines(remedy: Remedy, style: Style) -> Iterator[str]:
    arrow = ">" if style.ascii else "→"
    note = style.dim(" (until its owner undoes it)") if remedy.temporary else ""
    yield f"    {style.paint(arrow, '1')} {sanitise(remedy.text, _MESSAGE_LIMIT)}{note}"
    for argv in remedy.commands:
        # Alone on its line and without decoration, so that it can be selected and pasted.
        yield f"        {quote_command(argv)}"


def _chain_lines(assessment: Assessment, now: Instant, style: Style) -> Iterator[str]:
    diagnosis = assessment.diagnosis
    for link in diagnosis.links:
        yield _row(link.status, link.component.value, link.summary, style)
    yield _row(_INSTALL_STATUS[diagnosis.install.phase], "install", _install_text(diagnosis), style)
    issuance = diagnosis.issuance
    yield _row(_ISSUANCE_STATUS[issuance.phase], "issuance", _joined(issuance.phase, issuance.summary), style)
    yield _row(*_proof_cells(assessment, now), style)


def _row(status: Status, label: str, text: str, style: Style) -> str:
    padding = " " * max(_LABEL_WIDTH - cell_width(label), 1)
    return f"{style.mark(status)} {label}{padding}{sanitise(text, _MESSAGE_LIMIT)}".rstrip()


def _install_text(diagnosis: Diagnosis) -> str:
    install = diagnosis.install
    versions = ", ".join(install.versions) if len(install.versions) > 1 else install.version
    where = f"in {install.namespace}" if install.namespace else ""
    extra = " ".join(part for part in (versions, where) if part and part not in install.summary)
    return ", ".join(part for part in (_joined(install.phase, install.summary), extra) if part)


def _joined(phase: str, summary: str) -> str:
    return summary if summary.startswith(phase) else f"{phase}: {summary}" if summary else phase


def _proof_cells(assessment: Assessment, now: Instant) -> tuple[Status, str, str]:
    proof = assessment.diagnosis.proof
    if proof.begun is None:
        return Status.UNKNOWN if _disconnected(assessment) else Status.FAIL, "proof", "none"
    rounds = "1 good round" if proof.streak == 1 else f"{proof.streak} good rounds in a row"
    ready = assessment.diagnosis.verdict is Verdict.READY
    text = f"{duration(now.seconds_since(proof.begun))} ago, {rounds}"
    return Status.OK if ready else Status.WAITING, "proof", text


def _disconnected(assessment: Assessment) -> bool:
    return assessment.snapshot.connection.phase not in (ConnectionPhase.CONNECTED, ConnectionPhase.DEGRADED)


def _section(title: str, findings: Iterable[Finding], now: Instant, style: Style) -> Iterator[str]:
    listed = list(findings)
    if not listed:
        return
    yield ""
    yield style.bold(title)
    for finding in listed:
        yield from _finding_lines(finding, now, style, full=style.verbose)


def _verbose_lines(assessment: Assessment, style: Style) -> Iterator[str]:
    snapshot = assessment.snapshot
    yield ""
    yield style.bold("last round of the probe")
    last = snapshot.probe.last_full or snapshot.probe.last
    for answer in last.answers if last is not None else ():
        yield f"  {_answer_text(answer)}"
    yield ""
    yield style.bold("streams")
    yield from _stream_lines(snapshot, style)
    if snapshot.server.api_servers is not None:
        yield style.dim(f"  API servers counted: {snapshot.server.api_servers}")


def _answer_text(answer: ProbeAnswer) -> str:
    said = answer.transport_error or answer.message or answer.reason
    outcome = f"HTTP {answer.status}" if answer.status is not None else "no answer"
    text = f"{answer.probe.value}: {outcome} after {duration(answer.latency)}"
    return f"{text}: {sanitise(said, _MESSAGE_LIMIT)}" if said else text


def _stream_lines(snapshot: Snapshot, style: Style) -> Iterator[str]:
    for spec, state in sorted(snapshot.streams.items(), key=lambda pair: pair[0].label):
        status = _STREAM_STATUS.get(state.phase, Status.UNKNOWN)
        error = f": {sanitise(state.error, _MESSAGE_LIMIT)}" if state.error else ""
        yield f"{style.mark(status)} {sanitise(spec.label)} {style.dim(state.phase.value)}{error}"
