"""What the screen shows, as finished strings: frozen, so that equality is the diff."""

from dataclasses import dataclass
from enum import StrEnum

from certdash.model.diagnosis import Status, Verdict
from certdash.model.instant import Instant
from certdash.model.resource import Ref


class Tone(StrEnum):
    """How a piece of text is meant; colour follows from it and never carries it alone."""

    PLAIN = "plain"
    DIM = "dim"
    STRONG = "strong"
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Cell:
    """One sanitised piece of text and its tone."""

    text: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a panel. The flexible one takes the room that is left; optional ones go when room is short."""

    title: str
    flexible: bool = False
    optional: bool = False
    right: bool = False


@dataclass(frozen=True, slots=True)
class RowView:
    """One row. `key` stays the same as long as it is about the same thing; `ref` leads to the object, if any."""

    key: str
    status: Status | None
    mark: str
    cells: tuple[Cell, ...]
    ref: Ref | None = None


class PanelId(StrEnum):
    """The panels in the order of the chain, then the timeline."""

    CRDS = "crds"
    WORKLOADS = "workloads"
    SERVICE = "service"
    WEBHOOKS = "webhooks"
    CA_BUNDLE = "ca-bundle"
    PROBE = "probe"
    TIMELINE = "timeline"


@dataclass(frozen=True, slots=True)
class PanelView:
    """One panel: a state of its own, a table, and a note about what can't be read (or, with no rows, why)."""

    id: PanelId
    number: int
    title: str
    status: Status | None
    mark: str
    summary: str
    columns: tuple[Column, ...]
    rows: tuple[RowView, ...]
    note: str = ""
    hidden: int = 0


@dataclass(frozen=True, slots=True)
class HeaderView:
    """Where we look and whether it answers. `since` is when the connection's phase began."""

    context: str
    server: str
    user: str
    cluster_version: str
    certmanager_version: str
    connection: str
    connection_status: Status
    connection_mark: str
    since: Instant
    last_answer: Instant | None
    frozen: bool = False


@dataclass(frozen=True, slots=True)
class StateLine:
    """One of the lines beside the verdict."""

    label: str
    status: Status
    mark: str
    word: str
    summary: str


@dataclass(frozen=True, slots=True)
class BannerView:
    """The verdict and what there is to say about it.

    `fix` is the command to paste, "" when the remedy is only the sentence `fix_text`. `proof_begun` is what the age
    counts from; latencies in seconds, oldest first, None where a round got no answer. `lost_since` is set while the
    server does not answer; `last_truth` then says what was so before, and `last_answer` of the header when.
    `issuance_proven` is when a test last had a certificate issued.
    """

    verdict: Verdict
    status: Status
    mark: str
    headline: str
    code: str
    reason: str
    fix: str
    fix_text: str
    fix_temporary: bool
    others: str
    proof_begun: Instant | None
    streak: int
    interval: float
    in_flight: Instant | None
    slow_since: Instant | None
    latencies: tuple[float | None, ...]
    install: StateLine
    issuance: StateLine
    lost_since: Instant | None = None
    last_truth: str = ""
    issuance_proven: Instant | None = None


@dataclass(frozen=True, slots=True)
class ScreenView:
    """The whole dashboard. `filter` is the text that the rows were chosen by."""

    header: HeaderView
    banner: BannerView
    panels: tuple[PanelView, ...]
    filter: str = ""

    def panel(self, panel: PanelId) -> PanelView:
        """One panel by its name."""
        return next(p for p in self.panels if p.id is panel)
