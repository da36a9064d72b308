"""The probe: what each of the three dry-run creates was answered, where, how often."""

from certdash.certmanager.constants import PROBE_DENIED_FIELD, PROBE_SENTINEL
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
    """The newest answer to each create, then where and how often."""
    rows = [_answer_row(source, probe) for probe in ProbeName]
    return (*rows, _where_row(source), _cadence_row(source))


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


def answer_text(answer: ProbeAnswer) -> tuple[Status, str]:
    """Whether the answer is the one that readiness needs, and the answer in words."""
    if answer.status is None:
        return Status.UNKNOWN, "no answer in time" if answer.timed_out else f"no answer: {answer.transport_error}"
    if answer.probe is ProbeName.INVALID:
        return _invalid_text(answer)
    if not answer.admitted:
        return Status.FAIL, f"{answer.status} {answer.message or answer.reason}"
    if answer.probe is ProbeName.IDENTITY:
        stamped = answer.stamped_username
        if not stamped or stamped == PROBE_SENTINEL:
            return Status.FAIL, "admitted, but the requester was not stamped: no mutating webhook was asked"
        return Status.OK, f"stamped with {stamped}"
    return Status.OK, "admitted"


def _invalid_text(answer: ProbeAnswer) -> tuple[Status, str]:
    if answer.admitted:
        return Status.FAIL, "admitted, though it is invalid: no validating webhook was asked"
    if PROBE_DENIED_FIELD in answer.message and "denied the request" in answer.message:
        return Status.OK, f"denied, as it must be: {PROBE_DENIED_FIELD}"
    return Status.FAIL, f"{answer.status} {answer.message or answer.reason}"


def _where_row(source: PanelInput) -> RowView:
    scope = source.snapshot.scope
    issuer = f"{scope.probe_issuer_kind}/{scope.probe_issuer_name}"
    text = f"{scope.probe_namespace}, never stored; issuer {issuer}"
    return source.row("namespace", None, (Cell("in namespace", Tone.DIM), Cell(""), state_cell(Status.OK, text)))


def _cadence_row(source: PanelInput) -> RowView:
    probe = source.snapshot.probe
    text = f"every {duration(probe.interval)}"
    if probe.in_flight is not None:
        text = f"{text}, asking now"
    elif probe.last is not None:
        # To the next five seconds, so that the row changes seldom.
        left = probe.interval - source.now.seconds_since(probe.last.begun)
        text = f"{text}, next " + ("now" if left <= 0 else f"within {max(5, -int(-left // 5) * 5)}s")
    return source.row("cadence", None, (Cell("cadence", Tone.DIM), Cell(""), state_cell(Status.OK, text)))
