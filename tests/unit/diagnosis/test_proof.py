"""When a round proves readiness, and for how long."""

from dataclasses import replace

import pytest

from certdash.diagnosis.diagnose import diagnose
from certdash.diagnosis.proof import current_proof, proof_holds, round_is_good, scout_probe, streak
from certdash.model.connection import Connection, ConnectionPhase
from certdash.model.diagnosis import Verdict
from certdash.model.instant import Instant
from certdash.model.probe import ProbeAnswer, ProbeName, ProbeRound
from tests.unit import scenarios
from tests.unit.scenario_answers import (
    DENIED_IDENTITY,
    DENIED_INVALID,
    answer,
    call_failed,
    failed_answers,
    good_answers,
    good_round,
    open_answers,
    round_of,
)
from tests.unit.scenario_cluster import NOW, at

VALID, INVALID, IDENTITY = good_answers()
REFUSED = failed_answers("connection refused")


def holds(*rounds: ProbeRound, at: Instant = NOW, **state: object) -> bool:
    cluster = scenarios.healthy()
    cluster.probed(*rounds, **state)
    return proof_holds(cluster.snapshot(), at)


def scout(answer: ProbeAnswer, seconds_ago: float) -> ProbeRound:
    return round_of((answer,), 9, seconds_ago=seconds_ago)


def test_three_answers_make_a_proof() -> None:
    assert round_is_good(good_round())


@pytest.mark.parametrize(
    "answers",
    [
        (VALID, INVALID),
        (VALID, answer(ProbeName.INVALID, 201), IDENTITY),
        (VALID, answer(ProbeName.INVALID, 403, "certificates is forbidden"), IDENTITY),
        (VALID, answer(ProbeName.INVALID, 403, DENIED_INVALID.replace("webhook.cert-manager.io", "x.y")), IDENTITY),
        (VALID, answer(ProbeName.INVALID, 403, DENIED_INVALID.replace("ipAddresses", "dnsNames")), IDENTITY),
        (VALID, INVALID, answer(ProbeName.IDENTITY, 201)),
        (VALID, INVALID, answer(ProbeName.IDENTITY, 201, stamped_username="")),
        (VALID, INVALID, answer(ProbeName.IDENTITY, 201, stamped_username="certdash-sentinel")),
        (VALID, INVALID, answer(ProbeName.IDENTITY, 403, DENIED_IDENTITY)),
        (answer(ProbeName.VALID, 500, call_failed("EOF")), INVALID, IDENTITY),
        open_answers(),
    ],
)
def test_anything_less_is_none(answers: tuple[ProbeAnswer, ...]) -> None:
    assert not round_is_good(round_of(answers))
    assert not holds(round_of(answers))


def test_the_denial_may_come_from_the_community_bundle() -> None:
    text = DENIED_INVALID.replace("webhook.cert-manager.io", "validate.webhooks.cert-manager.io")
    assert round_is_good(round_of((VALID, answer(ProbeName.INVALID, 403, text), IDENTITY)))


def test_a_proof_ends_after_two_intervals() -> None:
    assert holds(good_round(seconds_ago=20))
    assert not holds(good_round(seconds_ago=20.1))
    assert holds(good_round(seconds_ago=100), interval=60.0)


def test_a_voided_proof_is_none() -> None:
    assert not holds(good_round(seconds_ago=5), voided=at(4))
    assert holds(good_round(seconds_ago=5), voided=at(6))


def test_a_failed_scout_ends_it_and_a_good_one_does_not() -> None:
    assert not holds(good_round(seconds_ago=5), scout(REFUSED[0], 1))
    assert holds(good_round(seconds_ago=5), scout(VALID, 1))
    assert not holds(round_of(REFUSED, seconds_ago=5), scout(VALID, 1))
    assert not holds(scout(VALID, 1))


def test_a_cancelled_round_says_nothing() -> None:
    assert holds(good_round(seconds_ago=5), replace(round_of((), seconds_ago=1), cancelled=True))


def test_a_changed_basis_leaves_it_for_a_second() -> None:
    proven = good_round(seconds_ago=5, basis=1)
    assert holds(proven, basis_generation=2, basis_changed=at(0.9))
    assert not holds(proven, basis_generation=2, basis_changed=at(1.1))


def test_a_round_across_a_change_proves_nothing() -> None:
    across = replace(good_round(seconds_ago=0.5), basis_begun=1, basis_ended=2)
    assert not holds(across, basis_generation=2, basis_changed=at(0.4))
    assert holds(good_round(seconds_ago=5), across, basis_generation=2, basis_changed=at(0.4))


@pytest.mark.parametrize(
    ("phase", "proven"),
    [
        (ConnectionPhase.CONNECTED, True),
        (ConnectionPhase.DEGRADED, True),
        (ConnectionPhase.LOST, False),
        (ConnectionPhase.CONNECTING, False),
        (ConnectionPhase.UNAUTHENTICATED, False),
        (ConnectionPhase.FORBIDDEN, False),
    ],
)
def test_it_needs_a_connection(phase: ConnectionPhase, proven: bool) -> None:
    cluster = scenarios.healthy()
    cluster.connection = Connection(phase, at(1))
    assert proof_holds(cluster.snapshot(), NOW) is proven


def test_the_streak_counts_good_rounds_of_one_basis() -> None:
    cluster = scenarios.healthy()
    cluster.probed(*(good_round(n, seconds_ago=30 - n) for n in range(5)))
    assert streak(cluster.snapshot().probe) == 5
    cluster.probed(good_round(0), round_of(REFUSED), good_round(2), scout(VALID, 1), good_round(3))
    assert streak(cluster.snapshot().probe) == 2
    cluster.probed(good_round(0), good_round(1, basis=2), basis_generation=2)
    assert streak(cluster.snapshot().probe) == 1


def test_the_scout_asks_what_tells_most() -> None:
    assert scout_probe(None) is ProbeName.IDENTITY
    assert scout_probe(round_of(REFUSED)) is ProbeName.IDENTITY
    assert scout_probe(round_of((VALID, answer(ProbeName.INVALID, 201), IDENTITY))) is ProbeName.INVALID
    only_certificates = (REFUSED[0], INVALID, IDENTITY)
    assert scout_probe(round_of(only_certificates)) is ProbeName.VALID


def test_the_answer_holds_until_it_says() -> None:
    """Nothing changes by time alone before valid_until, and at valid_until the end of the proof is seen."""
    cluster = scenarios.healthy()
    cluster.probed(good_round(seconds_ago=2))
    snapshot = cluster.snapshot()
    said = diagnose(snapshot, NOW)
    assert said.valid_until is not None
    left = said.valid_until.seconds_since(NOW)
    assert left == pytest.approx(18)
    assert diagnose(snapshot, at(-(left - 0.01))).verdict is Verdict.READY
    after = diagnose(snapshot, at(-(left + 0.01)))
    assert after.verdict is not Verdict.READY
    assert current_proof(snapshot, at(-(left + 0.01))) is None


def test_silence_of_the_running_round_is_said_after_three_seconds() -> None:
    cluster = scenarios.healthy()
    cluster.probed(good_round(seconds_ago=6), in_flight=at(2))
    said = diagnose(cluster.snapshot(), NOW)
    assert said.proof.slow_since is None
    assert said.valid_until is not None
    assert said.valid_until.seconds_since(NOW) == pytest.approx(1)
    assert diagnose(cluster.snapshot(), at(-1)).proof.slow_since == at(2)
