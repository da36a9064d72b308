"""Which wins, the proof or the objects, as their ages tell."""

from certdash.model.connection import Connection, ConnectionPhase
from certdash.model.diagnosis import Verdict
from tests.unit import scenarios
from tests.unit.diagnosis.diagnosed import said_of
from tests.unit.diagnosis.faults import REFUSED, scaled_to_zero
from tests.unit.scenario_answers import failed_answers, good_round, round_of
from tests.unit.scenario_cluster import NOW, at
from tests.unit.scenario_registration import blank_bundles


def test_before_the_first_round_it_is_progressing() -> None:
    cluster = scenarios.healthy()
    cluster.connection = Connection(ConnectionPhase.CONNECTED, at(1), NOW)
    cluster.probed(basis_changed=at(1), in_flight=at(0.5))
    said = said_of(cluster)
    assert said.cause is not None
    assert (said.verdict, said.cause.code) == (Verdict.PROGRESSING, "CD1006")


def test_an_old_proof_is_no_proof() -> None:
    cluster = scenarios.healthy()
    cluster.probed(good_round(seconds_ago=21), in_flight=at(11))
    said = said_of(cluster)
    assert said.cause is not None
    assert (said.verdict, said.cause.code) == (Verdict.UNKNOWN, "CD1007")
    assert said.proof.slow_since == at(11)


def test_objects_win_over_a_proof_from_right_after_the_change() -> None:
    cluster = scenarios.healthy()
    blank_bundles(cluster)
    cluster.probed(good_round(seconds_ago=0.5, basis=2), basis_generation=2, basis_changed=at(1))
    assert said_of(cluster).verdict is Verdict.NOT_READY


def test_a_proof_from_later_wins_over_the_objects() -> None:
    cluster = scenarios.healthy()
    blank_bundles(cluster)
    cluster.probed(good_round(seconds_ago=0.5, basis=2), basis_generation=2, basis_changed=at(2.1))
    said = said_of(cluster)
    assert said.verdict is Verdict.READY
    assert [w.code for w in said.warnings] == ["CD0801"]


def test_words_from_before_a_heal_are_passing() -> None:
    cluster = scenarios.healthy()
    before = round_of(failed_answers(REFUSED), seconds_ago=1)
    cluster.probed(before, basis_generation=2, basis_changed=at(0.5))
    said = said_of(cluster)
    assert said.verdict is Verdict.PROGRESSING
    assert said.valid_until is not None


def test_words_from_before_do_not_hide_what_the_objects_show_now() -> None:
    cluster = scenarios.healthy()
    scaled_to_zero(cluster)
    before = round_of(failed_answers('service "cert-manager-webhook" not found'), seconds_ago=1)
    cluster.probed(before, basis_generation=2, basis_changed=at(0.5))
    said = said_of(cluster)
    assert said.cause is not None
    assert said.cause.code == "CD0702"
