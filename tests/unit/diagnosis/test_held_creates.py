"""A create right after its CRD was established sleeps in the API server: no sign of a slow webhook."""

from dataclasses import replace

from certdash.diagnosis.diagnose import diagnose
from certdash.model.diagnosis import Verdict
from certdash.model.resource import Kind
from tests.unit import scenarios
from tests.unit.scenario_cluster import NOW, Cluster, ago, at


def established(cluster: Cluster, seconds_ago: float) -> None:
    for condition in cluster.get(Kind.CRD, "certificates.cert-manager.io")["status"]["conditions"]:
        condition["lastTransitionTime"] = ago(seconds_ago)


def slow(cluster: Cluster, latency: float) -> None:
    *earlier, last = cluster.probe.rounds
    answers = tuple(replace(answer, latency=latency) for answer in last.answers)
    cluster.probed(*earlier, replace(last, answers=answers))


def codes(cluster: Cluster) -> set[str]:
    return {finding.code for finding in diagnose(cluster.snapshot(), NOW).findings}


def test_a_slow_answer_is_a_warning() -> None:
    cluster = scenarios.healthy()
    slow(cluster, 1.9)
    assert "CD1009" in codes(cluster)


def test_unless_the_crd_was_established_just_before() -> None:
    cluster = scenarios.healthy()
    slow(cluster, 1.9)
    established(cluster, seconds_ago=3.5)
    assert "CD1009" not in codes(cluster)


def test_while_it_is_held_the_wait_has_a_reason() -> None:
    cluster = scenarios.healthy()
    established(cluster, seconds_ago=1.5)
    cluster.probed(in_flight=at(1))
    said = diagnose(cluster.snapshot(), NOW)
    assert said.verdict is Verdict.PROGRESSING
    assert said.cause is not None
    assert "held by the API server" in said.cause.summary
