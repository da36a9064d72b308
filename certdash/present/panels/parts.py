"""What every panel needs: marks, the state of its links, and honest words about what can't be read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from certdash.certmanager import fields
from certdash.certmanager.discovery import Install
from certdash.model.assessment import Assessment
from certdash.model.diagnosis import ChainLink, Status
from certdash.model.finding import Component
from certdash.model.instant import Instant
from certdash.model.resource import Kind, KubeObject, Ref
from certdash.model.snapshot import Snapshot
from certdash.model.stream import StreamPhase, StreamState
from certdash.present.text import age, glyph, sanitise
from certdash.present.view_model import Cell, RowView, Tone

NAME_LIMIT = 256
TEXT_LIMIT = 1024

_TONES = {
    Status.OK: Tone.OK,
    Status.WARN: Tone.WARN,
    Status.FAIL: Tone.FAIL,
    Status.UNKNOWN: Tone.UNKNOWN,
    Status.WAITING: Tone.WAITING,
}
_WORST_FIRST = (Status.FAIL, Status.WARN, Status.WAITING, Status.UNKNOWN, Status.OK)


@dataclass(frozen=True, slots=True)
class PanelInput:
    """What a panel is made from."""

    assessment: Assessment
    install: Install
    now: Instant
    ascii: bool

    @property
    def snapshot(self) -> Snapshot:
        """The snapshot that the diagnosis is about."""
        return self.assessment.snapshot

    def mark(self, status: Status | None) -> str:
        """The glyph of a state, a blank for none."""
        return " " if status is None else glyph(status, ascii=self.ascii)

    def row(self, key: str, status: Status | None, cells: Sequence[Cell], ref: Ref | None = None) -> RowView:
        """A row with its mark."""
        return RowView(key, status, self.mark(status), tuple(cells), ref)

    def object_age(self, body: object) -> str:
        """Age of a cluster object by the server's clock, "" when it does not tell."""
        return self.since_server_time(fields.moment(body, "metadata", "creationTimestamp"))

    def since_server_time(self, moment: float | None) -> str:
        """How long ago a moment on the server's clock was, "" for None."""
        if moment is None:
            return ""
        return age(self.now.wall + self.snapshot.server.date_offset - moment)


def tone_of(status: Status | None) -> Tone:
    """The tone that a state is said in."""
    return Tone.PLAIN if status is None else _TONES[status]


def worst(statuses: Iterable[Status]) -> Status | None:
    """The state that matters most, None of none."""
    found = set(statuses)
    return next((status for status in _WORST_FIRST if status in found), None)


def link_for(assessment: Assessment, components: Sequence[Component]) -> ChainLink | None:
    """The link of the chain that a panel is about; of several, the first in the worst state."""
    found = {link.component: link for link in assessment.diagnosis.links}
    links = [found[component] for component in components if component in found]
    state = worst(link.status for link in links)
    return next((link for link in links if link.status is state), None)


@dataclass(frozen=True, slots=True)
class Absence:
    """Why an object is not in the store: a fact (`FAIL`), not yet known, or not to be known."""

    status: Status
    text: str


def absence(source: PanelInput, kind: Kind, name: str = "", namespace: str = "") -> Absence:
    """What can be said of an object (or kind) that the store does not hold. Only a synced stream makes it missing."""
    if source.snapshot.readable(kind, name, namespace):
        return Absence(Status.FAIL, "missing")
    states = list(source.snapshot.streams_for(kind, name, namespace))
    if not states:
        return Absence(Status.WAITING, "not read yet")
    return Absence(*stream_trouble(states[0], source.now))


def stream_trouble(state: StreamState, now: Instant) -> tuple[Status, str]:
    """A stream that is not synced, in words: never as an absence of objects."""
    since = age(now.seconds_since(state.since))
    if state.phase is StreamPhase.CONNECTING:
        return Status.WAITING, "reading"
    if state.phase is StreamPhase.FORBIDDEN:
        return Status.UNKNOWN, "forbidden: may not be read"
    if state.phase is StreamPhase.UNAUTHENTICATED:
        return Status.UNKNOWN, f"not authenticated for {since}"
    if state.phase is StreamPhase.NOT_SERVED:
        return Status.UNKNOWN, "kind not served"
    error = sanitise(state.error, TEXT_LIMIT)
    return Status.UNKNOWN, f"unread for {since}" + (f": {error}" if error else "")


def stale_state(source: PanelInput, item: KubeObject, status: Status, text: str) -> tuple[Status, str]:
    """The state of an object; not to be trusted, with its age, while the object's stream is not synced."""
    if source.snapshot.readable(item.kind, item.name, item.namespace):
        return status, text
    states = list(source.snapshot.streams_for(item.kind, item.name, item.namespace))
    if not states:
        return Status.UNKNOWN, f"{text}, stale"
    heard = states[0].last_heard or states[0].since
    return Status.UNKNOWN, f"{text}, stale {age(source.now.seconds_since(heard))}"


def streams_note(source: PanelInput, kinds: Sequence[Kind]) -> str:
    """The streams of these kinds that can't be trusted now, each with its reason and age; "" when all are fine."""
    troubles: dict[str, list[str]] = {}
    for spec, state in source.snapshot.streams.items():
        if spec.kind not in kinds or state.phase in (StreamPhase.SYNCED, StreamPhase.CONNECTING):
            continue
        what = f"{state.phase.value} {age(source.now.seconds_since(state.since))}"
        troubles.setdefault(what, []).append(spec.kind.resource.plural)
    return "; ".join(f"{', '.join(dict.fromkeys(names))} {what}" for what, names in troubles.items())


def name_cell(text: str, tone: Tone = Tone.PLAIN) -> Cell:
    """A name of the cluster, safe."""
    return Cell(sanitise(text, NAME_LIMIT), tone)


def text_cell(text: str, tone: Tone = Tone.PLAIN) -> Cell:
    """A longer text of the cluster, safe."""
    return Cell(sanitise(text, TEXT_LIMIT), tone)


def state_cell(status: Status, text: str) -> Cell:
    """What the state is, in its tone; what is well is said calmly."""
    return text_cell(text, Tone.PLAIN if status is Status.OK else tone_of(status))
