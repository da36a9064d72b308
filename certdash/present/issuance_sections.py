"""A running issuance test as sections to read: stages with their clock, what stalls, what was issued and removed."""

from collections.abc import Iterator

from certdash.diagnosis.catalogue import CATALOGUE
from certdash.model.diagnosis import Status
from certdash.model.issuance import IssuanceProgress, Phase, Removal, RemovalResult, Stage, StageState, Stall
from certdash.present.detail import Fact, Section
from certdash.present.issuance import OUTCOME_WORDS, STAGE_STATUS, issued_in, stage_words
from certdash.present.text import date_time, duration, glyph, sanitise
from certdash.present.view_model import Tone

_TONES = {Status.OK: Tone.OK, Status.FAIL: Tone.FAIL, Status.UNKNOWN: Tone.UNKNOWN, Status.WARN: Tone.WARN}
_STAGE_TONES = {
    StageState.PENDING: Tone.DIM,
    StageState.RUNNING: Tone.WAITING,
    StageState.DONE: Tone.PLAIN,
    StageState.FAILED: Tone.FAIL,
    StageState.UNSEEN: Tone.UNKNOWN,
}
_PHASES = {
    Phase.LOOKING: "looking whether it can be done",
    Phase.SWEEPING: "removing what an earlier test left",
    Phase.ISSUING: "waiting for cert-manager",
    Phase.REMOVING: "removing everything again",
    Phase.ENDED: "ended",
}


def issuance_sections(progress: IssuanceProgress, *, ascii: bool = False) -> tuple[Section, ...]:  # noqa: A002
    """The outcome or what goes on, then every stage, then why it stalls, what came out, what was removed."""
    sections = [_outcome(progress, ascii), _stages(progress, ascii)]
    if progress.stall is not None:
        sections.append(_stall(progress.stall, progress.log))
    if issued := tuple(_issued(progress)):
        sections.append(Section("issued", issued))
    if removed := tuple(_removal(removal, ascii) for removal in progress.removals):
        sections.append(Section("removed", removed))
    return tuple(sections)


def _outcome(progress: IssuanceProgress, ascii: bool) -> Section:  # noqa: A002
    if progress.outcome is None or progress.phase is not Phase.ENDED:
        title = f"{glyph(Status.WAITING, ascii=ascii)} {_PHASES[progress.phase]}"
        return Section(title, (Fact("namespace", sanitise(progress.namespace)),))
    status, words = OUTCOME_WORDS[progress.outcome]
    told = sanitise(progress.reason) if progress.reason else f"in {duration(issued_in(progress))}"
    return Section(f"{glyph(status, ascii=ascii)} {words}", (Fact("result", told, _TONES[status]),))


def _stages(progress: IssuanceProgress, ascii: bool) -> Section:  # noqa: A002
    return Section("stages", tuple(_stage(stage, ascii) for stage in progress.stages))


def _stage(stage: Stage, ascii: bool) -> Fact:  # noqa: A002
    pending = stage.state is StageState.PENDING
    mark = " " if pending else glyph(STAGE_STATUS[stage.state], ascii=ascii)
    took = duration(stage.seconds) if stage.seconds is not None else ""
    told = sanitise(stage.detail) if stage.state in (StageState.FAILED, StageState.UNSEEN) else ""
    words = took if stage.state is not StageState.RUNNING else "under way"
    return Fact(f"{mark} {stage_words(stage)}", f"{words:<10}{told}".rstrip(), _STAGE_TONES[stage.state])


def _stall(stall: Stall, log: tuple[str, ...]) -> Section:
    entry = CATALOGUE.get(stall.code)
    facts = [Fact("why", sanitise(stall.reason), Tone.FAIL if stall.final else Tone.WARN)]
    if entry is not None:
        facts.append(Fact(entry.code, entry.title))
    for evidence in stall.evidence:
        who = f"{evidence.ref.kind} {evidence.ref.name}: " if evidence.ref else ""
        facts.append(Fact("seen", sanitise(f"{who}{evidence.field} = {evidence.value}")))
    facts += [Fact("controller", sanitise(line, 300), Tone.DIM) for line in log]
    return Section("what it waits for", tuple(facts))


def _issued(progress: IssuanceProgress) -> Iterator[Fact]:
    for found in progress.certificates:
        names = ", ".join(sanitise(name) for name in found.names)
        if found.fault:
            yield Fact(found.certificate, sanitise(found.fault), Tone.FAIL)
        else:
            until = date_time(found.not_after)
            yield Fact(found.certificate, f"{names}, issued by {sanitise(found.issuer)}, valid until {until}")


def _removal(removal: Removal, ascii: bool) -> Fact:  # noqa: A002
    left = removal.result is RemovalResult.LEFT
    mark = glyph(Status.FAIL if left else Status.OK, ascii=ascii)
    ref = removal.ref
    name = sanitise(f"{ref.namespace}/{ref.name}" if ref.namespace else ref.name)
    words = [name, removal.result.value, "of an earlier test" if removal.swept else "", sanitise(removal.reason)]
    return Fact(f"{mark} {ref.kind}", " · ".join(word for word in words if word), Tone.FAIL if left else Tone.PLAIN)
