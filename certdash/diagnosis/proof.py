"""Whether a fresh probe round proves that the API accepts cert-manager resources."""

from functools import lru_cache

from certdash.certmanager import constants
from certdash.diagnosis.envelope import OutcomeKind, parse_answer
from certdash.model.connection import ConnectionPhase
from certdash.model.instant import Instant
from certdash.model.probe import ProbeAnswer, ProbeName, ProbeRound, ProbeState
from certdash.model.snapshot import Snapshot

# The API server's informers need this long to act on a changed configuration (seen: 1.2 to 1.5 s on 1.36).
SETTLING = 1.5
# A change that is no loss leaves the proof standing for this long, for the round that it triggers.
GRACE = 1.0
# A proof is worth this many intervals.
INTERVALS = 2.0
_ANSWERING = (ConnectionPhase.CONNECTED, ConnectionPhase.DEGRADED)


# Each diagnosis asks it of the same sixty rounds several times.
@lru_cache(maxsize=512)
def as_expected(answer: ProbeAnswer) -> bool:
    """Whether one answer is what a working cert-manager makes the API server say.

    The valid Certificate is admitted; the invalid one is denied by cert-manager for the field that is wrong; the
    CertificateRequest is admitted with somebody's name stamped over the sentinel.
    """
    outcome = parse_answer(answer)
    if answer.probe is ProbeName.INVALID:
        return outcome.kind is OutcomeKind.DENIED_BY_CERT_MANAGER and outcome.denies(constants.PROBE_DENIED_FIELD)
    if outcome.kind is not OutcomeKind.ADMITTED:
        return False
    if answer.probe is ProbeName.IDENTITY:
        return answer.stamped_username not in (None, "", constants.PROBE_SENTINEL)
    return True


def round_is_good(probe_round: ProbeRound) -> bool:
    """Whether a round holds all three answers, each as expected."""
    answers = [probe_round.answer(name) for name in ProbeName]
    return not probe_round.cancelled and all(a is not None and as_expected(a) for a in answers)


def scout_probe(newest: ProbeRound | None) -> ProbeName:
    """The single create to repeat while not ready: the one that failed and passes through most of the chain.

    The CertificateRequest goes through both webhooks. It is no use where only the validating one is silent: then the
    invalid Certificate tells.
    """
    if newest is None:
        return ProbeName.IDENTITY
    wrong = {a.probe for a in newest.answers if not as_expected(a)}
    for name in (ProbeName.IDENTITY, ProbeName.INVALID, ProbeName.VALID):
        if name in wrong:
            return name
    return ProbeName.IDENTITY


def current_proof(snapshot: Snapshot, now: Instant) -> ProbeRound | None:
    """The round that proves readiness now, None when none does.

    It is the newest full round that began and ended in one generation of the basis, if it is good, not older than two
    intervals, begun after the last voiding, and if nothing that ended later failed. A basis that changed since, but
    lost nothing (a loss voids), leaves it standing for a second.
    """
    if snapshot.connection.phase not in _ANSWERING:
        return None
    for candidate in reversed(snapshot.probe.rounds):
        if candidate.cancelled:
            continue
        if not all(as_expected(a) for a in candidate.answers):
            return None
        if candidate.full and candidate.basis_begun == candidate.basis_ended:
            return candidate if _stands(candidate, snapshot.probe, now) else None
    return None


def proof_holds(snapshot: Snapshot, now: Instant) -> bool:
    """Whether there is a proof now."""
    return current_proof(snapshot, now) is not None


def _stands(candidate: ProbeRound, probe: ProbeState, now: Instant) -> bool:
    if not round_is_good(candidate) or now.seconds_since(candidate.begun) > INTERVALS * probe.interval:
        return False
    if probe.voided is not None and candidate.begun.steady < probe.voided.steady:
        return False
    if candidate.basis_ended == probe.basis_generation:
        return True
    return probe.basis_changed is not None and now.seconds_since(probe.basis_changed) <= GRACE


def proof_ends(proof: ProbeRound, probe: ProbeState) -> Instant:
    """When the proof ends if nothing else happens."""
    ends = _later(proof.begun, INTERVALS * probe.interval)
    if proof.basis_ended != probe.basis_generation and probe.basis_changed is not None:
        return min(ends, _later(probe.basis_changed, GRACE))
    return ends


def settled(candidate: ProbeRound, probe: ProbeState) -> bool:
    """Whether the round began long enough after the last change of the basis to outrank what the objects suggest."""
    return probe.basis_changed is None or candidate.begun.seconds_since(probe.basis_changed) >= SETTLING


def streak(probe: ProbeState) -> int:
    """Consecutive good full rounds up to now, all begun and ended in the present generation of the basis."""
    count = 0
    for candidate in reversed(probe.rounds):
        if candidate.cancelled:
            continue
        voided = probe.voided is not None and candidate.begun.steady < probe.voided.steady
        one_basis = candidate.basis_begun == candidate.basis_ended == probe.basis_generation
        if voided or not one_basis or not all(as_expected(a) for a in candidate.answers):
            break
        count += candidate.full and round_is_good(candidate)
    return count


def _later(moment: Instant, seconds: float) -> Instant:
    return Instant(moment.steady + seconds, moment.wall + seconds)
