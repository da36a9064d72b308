"""Permissions: with the role that certdash prints all is seen and proven, and without any one of them nothing wrong
is said."""

import pytest

from certdash.certmanager.permissions import PolicyRule, policy_rules
from certdash.demo.chart.rbac import rule
from certdash.demo.faults.verbs import Faults, Rule
from certdash.model.assessment import Assessment
from certdash.model.connection import ConnectionPhase
from certdash.model.diagnosis import InstallPhase, IssuancePhase, Verdict
from tests.contract.watcher import Watcher
from tests.real.cluster import RealCluster

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]

READ_RULES = policy_rules(probes=False)


def granted(rules: tuple[PolicyRule, ...]) -> list[Rule]:
    return [rule(r.groups, " ".join(r.resources), r.verbs, r.names) for r in rules]


def sees_all(assessment: Assessment) -> bool:
    # A cluster that has just started may still be electing its leaders.
    connected = assessment.snapshot.connection.phase is ConnectionPhase.CONNECTED
    return connected and not assessment.diagnosis.warnings


def test_the_printed_role_suffices(healthy_cluster: RealCluster) -> None:
    kubeconfig = Faults(healthy_cluster).user_kubeconfig("test-whole-role", granted(policy_rules(probes=True)))
    with Watcher(kubeconfig) as watcher:
        watcher.wait_ready()
        whole = watcher.wait_for(sees_all, "everything read, and nothing to warn of")
    assert whole.diagnosis.install.phase is InstallPhase.COMPLETE
    assert whole.diagnosis.issuance.phase is IssuancePhase.RUNNING


def test_without_probes_everything_is_seen_and_nothing_proven(healthy_cluster: RealCluster) -> None:
    kubeconfig = Faults(healthy_cluster).user_kubeconfig("test-no-probes", granted(policy_rules(probes=False)))
    with Watcher(kubeconfig) as watcher:
        said = watcher.wait_for(
            lambda a: a.diagnosis.cause is not None and a.diagnosis.cause.code == "CD0201", "CD0201"
        )
        verdicts = {assessment.diagnosis.verdict for assessment in watcher.history}
    assert Verdict.READY not in verdicts
    assert said.diagnosis.verdict is Verdict.UNKNOWN
    assert said.diagnosis.install.phase is InstallPhase.COMPLETE


@pytest.mark.parametrize("missing", READ_RULES, ids=lambda item: "-".join(item.resources))
def test_a_missing_read_permission_never_downgrades_the_proof(
    healthy_cluster: RealCluster, missing: PolicyRule
) -> None:
    rest = tuple(item for item in policy_rules(probes=True) if item != missing)
    kubeconfig = Faults(healthy_cluster).user_kubeconfig(f"test-less-{missing.resources[0]}", granted(rest))
    with Watcher(kubeconfig) as watcher:
        watcher.wait_ready()
        said = watcher.wait_for(lambda a: a.snapshot.connection.phase is ConnectionPhase.DEGRADED, "what is not seen")
        verdicts = {assessment.diagnosis.verdict for assessment in watcher.history}
    assert Verdict.NOT_READY not in verdicts
    diagnosis = said.diagnosis
    assert diagnosis.install.phase in (InstallPhase.COMPLETE, InstallPhase.NOT_VISIBLE)
    assert diagnosis.issuance.phase in (IssuancePhase.RUNNING, IssuancePhase.NOT_VISIBLE)
