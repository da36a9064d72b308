"""The probe: what each of the three dry-run creates was answered, where, how often."""

from certdash.certmanager.constants import PROBE_DENIED_FIELD, PROBE_SENTINEL
from certdash.diagnosis.envelope import OutcomeKind, parse_answer
from certdash.model.diagnosis import Status
from certdash.model.probe import ProbeAnswer, ProbeName
from certdash.present.panels.parts import PanelInput, state_cell
from certdash.present.text import age, duration
from certdash.present.view_model import Cell, Column, RowView, Tone

COLUMNS = (
    Column("DRY-RUN CREATE"),
    Column("TIME", right=True),
    Column("ANSWER", flexible=True),
)


def probe_rows(source: PanelInput) -> tuple[RowView, ...]:
    """The newest answer to each create."""
    return tuple(_answer_row(source, probe) for probe in ProbeName)


def _answer_row(source: PanelInput, probe: ProbeName) -> RowView:
    newest = source.snapshot.probe.last
    answered = [r for r in reversed(source.snapshot.probe.rounds) if r.answer(probe) is not None]
    answer = answered[0].answer(probe) if answered else None
    name = Cell(probe.value, Tone.STRONG)
    if answer is None:
        asking = source.snapshot.probe.in_flight is not None
        waits = state_cell(Status.WAITING, "asking" if asking else "not asked yet")
        return source.row(probe.name, Status.WAITING, (name, Cell(""), waits))
    status, text = answer_text(answer)
    if newest is not None and answered[0].number != newest.number:
        text = f"{text} ({age(source.now.seconds_since(answered[0].begun))} ago)"
    return source.row(probe.name, status, (name, Cell(duration(answer.latency), Tone.DIM), state_cell(status, text)))


# What blocks the probe before cert-manager is asked says nothing about cert-manager.
_UNTOLD = frozenset(
    {
        OutcomeKind.DENIED_BY_OTHER,
        OutcomeKind.OTHER_CALL_FAILED,
        OutcomeKind.DRY_RUN_UNSUPPORTED,
        OutcomeKind.POLICY_DENIED,
        OutcomeKind.QUOTA,
        OutcomeKind.RBAC,
        OutcomeKind.FORBIDDEN,
        OutcomeKind.THROTTLED,
        OutcomeKind.STARTING,
        OutcomeKind.STOPPING,
        OutcomeKind.UNAVAILABLE,
        OutcomeKind.TIMEOUT,
        OutcomeKind.STORAGE,
        OutcomeKind.UNAUTHENTICATED,
        OutcomeKind.AUTHORIZER,
        OutcomeKind.TRANSPORT,
    }
)


def answer_text(answer: ProbeAnswer) -> tuple[Status, str]:
    """Whether the answer is the one that readiness needs, and the answer in words."""
    outcome = parse_answer(answer)
    if outcome.kind is OutcomeKind.ADMITTED:
        return _admitted_text(answer)
    if outcome.kind is OutcomeKind.DENIED_BY_CERT_MANAGER:
        if answer.probe is ProbeName.INVALID and outcome.denies(PROBE_DENIED_FIELD):
            return Status.OK, "denied, as it must be"
        return Status.FAIL, f"denied: {outcome.text}"
    if outcome.kind is OutcomeKind.TRANSPORT and answer.timed_out:
        return Status.UNKNOWN, "no answer in time"
    status = Status.UNKNOWN if outcome.kind in _UNTOLD else Status.FAIL
    if outcome.kind in (OutcomeKind.CALL_FAILED, OutcomeKind.OTHER):
        return status, f"{answer.status} {outcome.text or answer.reason}"
    who = outcome.webhook or outcome.policy
    about = f"{outcome.kind.value} {who}".strip()
    return status, f"{about}: {outcome.text}" if outcome.text else about


def _admitted_text(answer: ProbeAnswer) -> tuple[Status, str]:
    if answer.probe is ProbeName.INVALID:
        return Status.FAIL, "admitted: no webhook was asked"
    if answer.probe is ProbeName.VALID:
        return Status.OK, "admitted"
    stamped = answer.stamped_username
    if not stamped or stamped == PROBE_SENTINEL:
        return Status.FAIL, "not stamped: no webhook was asked"
    return Status.OK, f"stamped with {stamped}"


def probe_note(source: PanelInput) -> str:
    """Where the probe objects go, though never stored, and how often."""
    probe = source.snapshot.probe
    # Without a proof the pace follows what moves; only the pace of a proven state is a promise.
    pace = f", every {duration(probe.interval)}" if source.assessment.diagnosis.proof.begun is not None else ""
    slow = source.assessment.diagnosis.proof.slow_since
    waiting = f", no answer for {age(source.now.seconds_since(slow))}" if slow is not None else ""
    return f"in {source.snapshot.scope.probe_namespace}{pace}{waiting}"
