"""The answer: the verdict, its cause, the chain, and the two lines beside it."""

from dataclasses import dataclass
from enum import StrEnum

from certdash.model.finding import Component, Finding
from certdash.model.instant import Instant


class Verdict(StrEnum):
    """See the README: READY is a proof, UNKNOWN is not broken, broken is not absent."""

    READY = "READY"
    PROGRESSING = "PROGRESSING"
    NOT_READY = "NOT READY"
    UNKNOWN = "UNKNOWN"


class Status(StrEnum):
    """The state of one link or one row; always shown as glyph and word and colour."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class ChainLink:
    """One link of the chain with its own state and a short reason."""

    component: Component
    status: Status
    summary: str


class InstallPhase(StrEnum):
    """The three Deployments together."""

    COMPLETE = "complete"
    ROLLING = "rolling"
    DEGRADED = "degraded"
    ABSENT = "absent"
    NOT_VISIBLE = "not visible"


@dataclass(frozen=True, slots=True)
class InstallLine:
    """`version` is that of the running images ("" unknown); `versions` names all when they differ."""

    phase: InstallPhase
    summary: str
    version: str = ""
    versions: tuple[str, ...] = ()
    namespace: str = ""


class IssuancePhase(StrEnum):
    """Whether certificates can be signed: the controller alive and leading."""

    RUNNING = "running"
    NOT_RUNNING = "not running"
    NOT_VISIBLE = "not visible"


@dataclass(frozen=True, slots=True)
class IssuanceLine:
    """The controller's state for people."""

    phase: IssuancePhase
    summary: str


@dataclass(frozen=True, slots=True)
class ProofLine:
    """The proof behind READY. `begun`: start of the round that proves it, None without one. `streak`: consecutive
    good rounds since the basis last changed. `interval` in seconds. `slow_since`: the running round has gone
    unanswered since then, set after 3 s."""

    begun: Instant | None = None
    streak: int = 0
    interval: float = 10.0
    slow_since: Instant | None = None


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is so, as of the snapshot it was made from. It must be made anew once `valid_until` passes."""

    verdict: Verdict
    headline: str
    cause: Finding | None
    also: tuple[Finding, ...]
    warnings: tuple[Finding, ...]
    links: tuple[ChainLink, ...]
    install: InstallLine
    issuance: IssuanceLine
    proof: ProofLine
    valid_until: Instant | None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, the cause first."""
        return ((self.cause,) if self.cause else ()) + self.also + self.warnings
