"""Beside the verdict: how far the install is, and whether certificates are issued."""

from collections.abc import Callable

import pytest

from certdash.certmanager import constants as c
from certdash.model.diagnosis import InstallPhase, IssuancePhase, Verdict
from certdash.model.resource import Kind
from tests.unit import scenarios
from tests.unit.diagnosis.diagnosed import said_of
from tests.unit.diagnosis.faults import (
    gone,
    ignoring,
    lease_of_a_gone_pod,
    lease_old,
    no_cainjector,
    without_controller,
)
from tests.unit.scenario_answers import NO_PATH, round_of, same_answers
from tests.unit.scenario_chart import NS, VERSION
from tests.unit.scenario_cluster import Cluster
from tests.unit.scenario_workloads import pod_waits


def test_healthy_is_ready_complete_and_issuing() -> None:
    said = said_of(scenarios.healthy())
    assert said.verdict is Verdict.READY
    assert said.findings == ()
    assert said.install.phase is InstallPhase.COMPLETE
    assert said.install.version == VERSION
    assert said.issuance.phase is IssuancePhase.RUNNING
    assert said.proof.streak == 3


def test_crds_only_is_the_story() -> None:
    said = said_of(scenarios.crds_only())
    assert said.cause is not None
    assert (said.verdict, said.cause.code) == (Verdict.NOT_READY, "CD0501")
    assert said.install.phase is InstallPhase.ABSENT
    assert said.cause.remedies[0].commands[0][:2] == ("helm", "--kube-context")


def test_an_empty_cluster_lacks_the_crds() -> None:
    cluster = scenarios.empty()
    cluster.probed(round_of(same_answers(404, NO_PATH)))
    said = said_of(cluster)
    assert said.cause is not None
    assert (said.verdict, said.cause.code) == (Verdict.NOT_READY, "CD0301")


def test_a_rolling_upgrade_served_by_the_old_pod_is_ready_and_rolling() -> None:
    said = said_of(scenarios.rolling_upgrade())
    assert said.verdict is Verdict.READY
    assert said.install.phase is InstallPhase.ROLLING
    assert said.install.summary.startswith("rolling 1/2")


def test_a_stuck_upgrade_is_ready_and_degraded() -> None:
    cluster = scenarios.rolling_upgrade()
    new = next(name for kind, _, name in cluster.bodies if kind is Kind.POD and "84f5d8c6d4" in name)
    pod_waits(cluster, new, "ImagePullBackOff", "not found")
    said = said_of(cluster)
    assert said.verdict is Verdict.READY
    assert said.install.phase is InstallPhase.DEGRADED
    assert "ImagePullBackOff" in said.install.summary
    assert [w.code for w in said.warnings] == ["CD0721"]


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (without_controller, "CD0722"),
        (gone(Kind.LEASE, c.CONTROLLER_LEASE), "CD0723"),
        (lease_old, "CD0723"),
        (lease_of_a_gone_pod, "CD0723"),
    ],
)
def test_without_a_leading_controller_the_api_is_ready_and_nothing_is_issued(
    fault: Callable[[Cluster], None], code: str
) -> None:
    cluster = scenarios.healthy()
    fault(cluster)
    said = said_of(cluster)
    assert said.verdict is Verdict.READY
    assert said.issuance.phase is IssuancePhase.NOT_RUNNING
    assert [w.code for w in said.warnings] == [code]


def test_a_controller_without_leader_election_issues() -> None:
    cluster = scenarios.healthy()
    cluster.remove(Kind.LEASE, c.CONTROLLER_LEASE)
    containers = cluster.get(Kind.DEPLOYMENT, "cert-manager", NS)["spec"]["template"]["spec"]["containers"]
    containers[0]["args"].append("--leader-elect=false")
    said = said_of(cluster)
    assert said.issuance.phase is IssuancePhase.RUNNING
    assert said.warnings == ()


def test_a_missing_cainjector_is_a_warning_while_the_bundle_is_good() -> None:
    cluster = scenarios.healthy()
    no_cainjector(cluster)
    said = said_of(cluster)
    assert said.verdict is Verdict.READY
    assert [w.code for w in said.warnings] == ["CD0724"]
    assert said.install.phase is InstallPhase.DEGRADED


def test_ignored_failures_are_a_warning_while_the_webhook_answers() -> None:
    cluster = scenarios.healthy()
    ignoring(cluster)
    said = said_of(cluster)
    assert said.verdict is Verdict.READY
    assert [w.code for w in said.warnings] == ["CD0509"]
