"""A machine that slept: what was proven before counts no more, and everything is asked anew."""

import pytest

from certdash.kube.clock import read_clock
from certdash.model.diagnosis import Verdict
from certdash.model.instant import Instant
from tests.contract.watcher import Watcher
from tests.real.cluster import RealCluster

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]


class SleepingClock:
    """A clock that jumps ahead when told to, as after a suspend."""

    def __init__(self) -> None:
        self.slept = 0.0

    def __call__(self) -> Instant:
        now = read_clock()
        return Instant(now.steady + self.slept, now.wall + self.slept)


def test_after_a_sleep_the_proof_is_made_anew(healthy_cluster: RealCluster) -> None:
    clock = SleepingClock()
    with Watcher(healthy_cluster.kubeconfig, clock=clock) as watcher:
        before = watcher.wait_ready()
        watcher.forget()
        clock.slept = 3600.0
        watcher.wait_for(lambda a: "slept" in a.snapshot.probe.void_reason, "a voided proof")
        after = watcher.wait_ready()
        assert after.diagnosis.proof.begun is not None
        assert before.diagnosis.proof.begun is not None
        assert after.diagnosis.proof.begun.seconds_since(before.diagnosis.proof.begun) > 3600
        said = [assessment.diagnosis.verdict for assessment in watcher.history]
        assert any(verdict is not Verdict.READY for verdict in said)
