"""The dry-run creates that prove readiness, and what came back."""

from dataclasses import dataclass
from enum import StrEnum

from certdash.model.instant import Instant


class ProbeName(StrEnum):
    """The three creates of a round.

    VALID must be admitted, INVALID must be denied by cert-manager's validating webhook for `spec.ipAddresses[0]`,
    IDENTITY must come back with the requester's name stamped over the sentinel in `spec.username`.
    """

    VALID = "valid certificate"
    INVALID = "invalid certificate"
    IDENTITY = "certificate request"


@dataclass(frozen=True, slots=True)
class ProbeAnswer:
    """What the API server (or the transport) said to one dry-run create, raw.

    `status` is the HTTP status, None when no answer came; then `transport_error` says why (`timed_out` when our own
    deadline passed). `message`, `reason` and `causes` (field, message) come from a Status body; for any other body
    `message` is its text and `is_status` False. `stamped_username` is `spec.username` of an admitted
    CertificateRequest. `latency` in seconds.
    """

    probe: ProbeName
    status: int | None
    latency: float
    is_status: bool = False
    reason: str = ""
    message: str = ""
    causes: tuple[tuple[str, str], ...] = ()
    details_kind: str = ""
    stamped_username: str | None = None
    transport_error: str = ""
    timed_out: bool = False
    retry_after: float | None = None
    warnings: tuple[str, ...] = ()
    audit_id: str = ""

    @property
    def admitted(self) -> bool:
        """The create went through admission (201, or 409: admission precedes the existence check)."""
        return self.status in (200, 201, 409)


@dataclass(frozen=True, slots=True)
class ProbeRound:
    """One round: all three creates when `full`, else a scout of one.

    `basis_begun` and `basis_ended` are the store's basis generations at both ends: only a round within one
    generation proves anything. Age counts from `begun`.
    """

    number: int
    begun: Instant
    ended: Instant
    namespace: str
    answers: tuple[ProbeAnswer, ...]
    full: bool
    basis_begun: int
    basis_ended: int
    cancelled: bool = False

    def answer(self, probe: ProbeName) -> ProbeAnswer | None:
        """The answer to one of the creates, None when this round did not ask it."""
        return next((a for a in self.answers if a.probe is probe), None)


@dataclass(frozen=True, slots=True)
class ProbeState:
    """The probe as a whole.

    `rounds`: newest last. `in_flight`: when the running round began. `interval`: seconds between rounds now in
    force. `basis_generation` counts changes of what the proof depends on; `basis_changed` is when it last changed.
    `voided`: nothing begun before this moment proves anything, because of `void_reason`.
    """

    rounds: tuple[ProbeRound, ...] = ()
    in_flight: Instant | None = None
    interval: float = 10.0
    basis_generation: int = 0
    basis_changed: Instant | None = None
    voided: Instant | None = None
    void_reason: str = ""

    @property
    def last(self) -> ProbeRound | None:
        """The newest finished round."""
        return self.rounds[-1] if self.rounds else None

    @property
    def last_full(self) -> ProbeRound | None:
        """The newest finished round that asked all three."""
        return next((r for r in reversed(self.rounds) if r.full and not r.cancelled), None)
