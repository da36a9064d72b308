"""What a session remembers of the verbs that it performed, and how it undoes them."""

import pytest

from certdash.demo.faults.session import FaultSession
from certdash.demo.faults.verbs import Faults
from tests.unit.demo.faults.broken_cluster import RecordingCluster


@pytest.fixture
def cluster() -> RecordingCluster:
    return RecordingCluster()


@pytest.fixture
def session(cluster: RecordingCluster) -> FaultSession:
    return FaultSession(Faults(cluster))


def test_what_is_broken_is_named_by_the_calls_that_broke_it_the_oldest_first(session: FaultSession) -> None:
    session.perform("clusterip", ["refuse"])
    session.perform("stop_process", ["webhook", "freeze"])
    assert session.broken == (("clusterip", "refuse"), ("stop_process", "webhook", "freeze"))


def test_one_call_is_healed_alone(session: FaultSession, cluster: RecordingCluster) -> None:
    session.perform("clusterip", ["refuse"])
    session.perform("stop_process", ["webhook"])
    session.perform("heal", ["clusterip", "refuse"])
    assert session.broken == (("stop_process", "webhook"),)
    assert cluster.done[-1] == "network pass"


def test_healing_everything_undoes_the_last_first(session: FaultSession, cluster: RecordingCluster) -> None:
    session.perform("clusterip", ["refuse"])
    session.perform("stop_process", ["webhook"])
    del cluster.done[:]
    session.perform("heal")
    assert cluster.done == ["start webhook", "network pass"]
    assert session.broken == ()


def test_the_api_server_lives_again_before_anything_else_is_healed(
    session: FaultSession, cluster: RecordingCluster
) -> None:
    session.perform("stop_process", ["kube-apiserver"])
    session.perform("stop_process", ["webhook"])
    session.perform("clusterip", ["hang"])
    del cluster.done[:]
    session.perform("heal")
    assert cluster.done[0] == "start kube-apiserver"
    assert sorted(cluster.done[1:]) == ["network pass", "start webhook"]


def test_what_another_verb_repaired_is_broken_no_more(session: FaultSession) -> None:
    session.perform("clusterip", ["hang"])
    session.perform("clusterip", ["pass"])
    assert session.broken == ()


def test_two_calls_that_broke_the_same_are_healed_together(session: FaultSession, cluster: RecordingCluster) -> None:
    session.perform("clusterip", ["hang"])
    session.perform("clusterip", ["refuse"])
    session.perform("heal", ["clusterip", "refuse"])
    assert cluster.done[-1] == "network pass"
    assert session.broken == ()


def test_what_can_not_be_repaired_now_stays_broken_and_is_repaired_later(
    session: FaultSession, cluster: RecordingCluster
) -> None:
    session.perform("stop_process", ["webhook"])
    cluster.refused = {"webhook"}
    with pytest.raises(OSError, match="does not start"):
        session.perform("heal")
    cluster.refused = set()
    session.perform("heal")
    assert cluster.done[-1] == "start webhook"


@pytest.mark.parametrize(
    ("verb", "arguments", "told"),
    [
        ("clsterip", ["refuse"], "no verb 'clsterip'"),
        ("clusterip", [], "usage: clusterip MODE"),
        ("clusterip", ["refuse", "now"], "usage: clusterip MODE"),
        ("clusterip", ["sideways"], "'sideways' is none of pass, refuse"),
        ("stop_process", ["webhook", "softly"], "'softly' is none of kill, term, freeze"),
        ("user_kubeconfig", ["x", "y"], "no verb"),
        ("heal", ["clusterip", "refuse"], "nothing is broken by clusterip refuse"),
    ],
)
def test_a_call_that_can_not_be_meant_breaks_nothing(
    session: FaultSession, cluster: RecordingCluster, verb: str, arguments: list[str], told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        session.perform(verb, arguments)
    assert cluster.done == []
    assert session.broken == ()
