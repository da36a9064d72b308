"""An issuance test as it goes on: frozen pictures of its stages, its end and what was removed."""

from dataclasses import dataclass
from enum import StrEnum

from certdash.model.finding import Evidence
from certdash.model.resource import Ref


class StageName(StrEnum):
    """What an issuance goes through, in this order. The last five repeat for each certificate of a chain."""

    NAMESPACE = "namespace created"
    DENIAL = "wrong Certificate denied"
    ISSUER = "Issuer ready"
    REQUESTED = "CertificateRequest created"
    APPROVED = "approved"
    SIGNED = "signed"
    SECRET = "Secret written"
    READY = "Certificate ready"
    VERIFIED = "certificate verified"


class StageState(StrEnum):
    """Where a stage stands. UNSEEN: passed, or not to be told, because what shows it may not be read."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    UNSEEN = "unseen"


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage. `certificate` names the link of the chain ("" for what is common to all).

    `seconds` is what it took as we saw it, `at` when it came about by the object's own word, UTC in Unix seconds to
    the second. `detail` is raw cluster text.
    """

    name: StageName
    certificate: str = ""
    state: StageState = StageState.PENDING
    seconds: float | None = None
    at: float | None = None
    detail: str = ""


class Phase(StrEnum):
    """What the test is doing."""

    LOOKING = "looking"
    SWEEPING = "sweeping"
    ISSUING = "issuing"
    REMOVING = "removing"
    ENDED = "ended"


class Outcome(StrEnum):
    """How it ended. REFUSED: nothing was created, what was asked for must be asked differently."""

    PROVEN = "proven"
    FAILED = "failed"
    TIMED_OUT = "timed out"
    COULD_NOT_TELL = "could not tell"
    REFUSED = "refused"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Stall:
    """Why it does not go on. `code` leads into the catalogue of findings; `reason` is one line of raw text.

    `final`: waiting does not help, cert-manager has given up on this attempt.
    """

    code: str
    reason: str
    evidence: tuple[Evidence, ...] = ()
    final: bool = False


@dataclass(frozen=True, slots=True)
class IssuedCertificate:
    """A certificate read from a CertificateRequest's status. Moments are UTC in Unix seconds.

    `fault` says what is wrong with it, "" when chain, names, key and dates are as asked.
    """

    certificate: str
    subject: str
    issuer: str
    names: tuple[str, ...]
    not_before: float
    not_after: float
    fingerprint: str
    chain_length: int
    fault: str = ""


class RemovalResult(StrEnum):
    """What became of an object that was to go. REPLACED: another object of that name stands there, and was left."""

    REMOVED = "removed"
    ALREADY_GONE = "already gone"
    REPLACED = "replaced by another"
    LEFT = "left behind"


@dataclass(frozen=True, slots=True)
class Removal:
    """One object that was to be removed. `reason` says why it is left, raw; `seconds` until it was really gone.

    `swept`: it was an earlier run's.
    """

    ref: Ref
    uid: str
    result: RemovalResult
    reason: str = ""
    seconds: float = 0.0
    swept: bool = False


@dataclass(frozen=True, slots=True)
class IssuanceProgress:
    """The whole test at one moment; `version` grows with each picture. `elapsed` in seconds.

    `reason` is one line on the outcome, "" when it is proven or not over. `log` holds lines of the controller's log
    that name the test, where it stalled.
    """

    version: int
    run: str
    namespace: str
    phase: Phase
    stages: tuple[Stage, ...]
    elapsed: float
    certificates: tuple[IssuedCertificate, ...] = ()
    stall: Stall | None = None
    log: tuple[str, ...] = ()
    removals: tuple[Removal, ...] = ()
    outcome: Outcome | None = None
    reason: str = ""

    @property
    def left_behind(self) -> tuple[Removal, ...]:
        """What could not be removed."""
        return tuple(removal for removal in self.removals if removal.result is RemovalResult.LEFT)
