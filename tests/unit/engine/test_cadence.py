"""When the next probe goes out: fast while something moves, rarely while it is green."""

from dataclasses import replace

import pytest

from certdash.diagnosis.diagnose import diagnose
from certdash.engine.cadence import (
    BURST_GAP,
    CALM_AFTER,
    CALM_INTERVAL,
    COLD_INTERVAL,
    FULL_EVERY,
    GREEN_INTERVAL,
    HOT_FOR,
    HOT_INTERVAL,
    LAG_INTERVAL,
    Circumstances,
    Plan,
    plan_next,
)
from certdash.model.instant import Instant
from certdash.model.probe import ProbeAnswer, ProbeName, ProbeRound, ProbeState
from certdash.model.snapshot import Snapshot
from tests.unit import scenarios
from tests.unit.scenario_cluster import NOW


def later(moment: Instant, seconds: float) -> Instant:
    return Instant(moment.steady + seconds, moment.wall + seconds)


LONG_AGO = later(NOW, -10_000)


def plan(snapshot: Snapshot, *, moved: Instant = LONG_AGO, urgent: bool = False, wanted: int = 1) -> Plan:
    circumstances = Circumstances(moved, stirred=moved, urgent=urgent, streak_wanted=wanted)
    return plan_next(snapshot.probe, diagnose(snapshot, NOW), circumstances, NOW)


@pytest.fixture
def green() -> Snapshot:
    return scenarios.healthy().snapshot()


def with_last(snapshot: Snapshot, **changes: object) -> Snapshot:
    last = snapshot.probe.rounds[-1]
    changed = replace(last, **changes)  # type: ignore[arg-type]  # the caller names fields of ProbeRound
    return replace(snapshot, probe=replace(snapshot.probe, rounds=(*snapshot.probe.rounds[:-1], changed)))


def failing(snapshot: Snapshot, probe: ProbeName, *, retry_after: float | None = None) -> Snapshot:
    answer = ProbeAnswer(probe, 500, 0.01, is_status=True, message="boom", retry_after=retry_after)
    return with_last(snapshot, answers=(answer,), ended=later(NOW, -0.1))


def test_the_first_round_goes_out_at_once_and_is_full(green: Snapshot) -> None:
    fresh = replace(green, probe=ProbeState())
    assert plan(fresh) == Plan(0.0, None, GREEN_INTERVAL)


def test_the_first_round_waits_for_what_its_proof_rests_on(green: Snapshot) -> None:
    fresh = replace(green, probe=ProbeState())
    circumstances = Circumstances(LONG_AGO, stirred=LONG_AGO, settling=0.3)
    assert plan_next(fresh.probe, diagnose(fresh, NOW), circumstances, NOW) == Plan(0.3, None, GREEN_INTERVAL)


def test_green_is_confirmed_every_ten_seconds_and_after_a_quiet_quarter_every_minute(green: Snapshot) -> None:
    assert plan(green, moved=later(NOW, -CALM_AFTER + 1)).interval == GREEN_INTERVAL
    assert plan(green, moved=later(NOW, -CALM_AFTER)).interval == CALM_INTERVAL
    assert plan(green).scout is None


def test_a_changed_basis_calls_for_a_full_round_and_a_burst_is_one(green: Snapshot) -> None:
    generation = green.probe.basis_generation + 1
    moved = replace(green, probe=replace(green.probe, basis_generation=generation, basis_changed=NOW))
    assert plan(moved) == Plan(BURST_GAP, None, GREEN_INTERVAL)


def test_a_cancelled_round_says_nothing_and_the_one_before_counts(green: Snapshot) -> None:
    broken = failing(green, ProbeName.IDENTITY)
    given_up = replace(broken.probe.rounds[-1], answers=(), cancelled=True)
    both = replace(broken, probe=replace(broken.probe, rounds=(*broken.probe.rounds, given_up)))
    assert plan(both).scout is ProbeName.IDENTITY
    alone = replace(green, probe=replace(green.probe, rounds=(given_up,)))
    assert plan(alone) == Plan(BURST_GAP, None, GREEN_INTERVAL)


def test_what_failed_is_repeated_fast_while_something_moves_and_slower_later(green: Snapshot) -> None:
    broken = failing(green, ProbeName.IDENTITY)
    assert plan(broken, moved=later(NOW, -HOT_FOR + 1)) == Plan(HOT_INTERVAL, ProbeName.IDENTITY, GREEN_INTERVAL)
    assert plan(broken).delay == COLD_INTERVAL
    assert plan(broken, urgent=True).delay == HOT_INTERVAL


def test_what_the_scout_does_not_ask_is_not_believed_for_long(green: Snapshot) -> None:
    broken = failing(green, ProbeName.IDENTITY)
    full = replace(broken.probe.rounds[-1], ended=later(NOW, -FULL_EVERY))
    scouted = replace(full, full=False, ended=NOW)
    old = replace(broken, probe=replace(broken.probe, rounds=(full, scouted)))
    assert plan(old).scout is None
    fresh = replace(full, ended=later(NOW, 0.1 - FULL_EVERY))
    young = replace(broken, probe=replace(broken.probe, rounds=(fresh, scouted)))
    assert plan(young).scout is ProbeName.IDENTITY


def test_right_after_a_change_the_api_server_is_asked_more_often(green: Snapshot) -> None:
    broken = failing(green, ProbeName.IDENTITY)
    fresh = replace(broken, probe=replace(broken.probe, basis_changed=later(NOW, -0.5)))
    assert plan(fresh).delay == LAG_INTERVAL


def test_retry_after_is_honoured(green: Snapshot) -> None:
    assert plan(failing(green, ProbeName.IDENTITY, retry_after=7), urgent=True).delay == 7


def test_a_scout_that_succeeds_is_followed_by_a_full_round_at_once(green: Snapshot) -> None:
    good = green.probe.rounds[-1].answer(ProbeName.IDENTITY)
    assert good is not None
    scouted = with_last(green, answers=(good,), full=False)
    before = replace(scouted, probe=replace(scouted.probe, rounds=(bad_round(scouted), scouted.probe.rounds[-1])))
    assert plan(before) == Plan(0.0, None, GREEN_INTERVAL)


def bad_round(snapshot: Snapshot) -> ProbeRound:
    answers = (ProbeAnswer(ProbeName.IDENTITY, 500, 0.01, is_status=True, message="boom"),)
    return replace(snapshot.probe.rounds[-1], answers=answers, full=False)


def test_a_longer_streak_is_collected_without_waiting_ten_seconds(green: Snapshot) -> None:
    streak = diagnose(green, NOW).proof.streak
    assert plan(green, urgent=True, wanted=streak + 1).delay == HOT_INTERVAL
    assert plan(green, urgent=True, wanted=streak).delay > HOT_INTERVAL
