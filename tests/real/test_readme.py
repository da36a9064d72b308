"""What the README promises of permissions: with the ClusterRole that it prints everything is seen and proven."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from certdash.model.assessment import Assessment
from certdash.model.connection import ConnectionPhase
from certdash.model.diagnosis import InstallPhase, IssuancePhase
from tests.real.cluster import RealCluster
from tests.real.faults import Faults
from tests.real.watcher import Watcher

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]

README = Path(__file__).parents[2] / "README.md"


def printed_role() -> dict[str, Any]:
    blocks = README.read_text(encoding="utf-8").split("```yaml\n")[1:]
    (role,) = [yaml.safe_load(block.split("```")[0]) for block in blocks if "kind: ClusterRole" in block]
    assert isinstance(role, dict)
    return role


def sees_all(assessment: Assessment) -> bool:
    # A cluster that has just started may still be electing its leaders.
    connected = assessment.snapshot.connection.phase is ConnectionPhase.CONNECTED
    return connected and not assessment.diagnosis.warnings


def test_the_printed_role_suffices(healthy_cluster: RealCluster) -> None:
    kubeconfig = Faults(healthy_cluster).user_kubeconfig("test-readme", printed_role()["rules"])
    with Watcher(kubeconfig) as watcher:
        watcher.wait_ready()
        whole = watcher.wait_for(sees_all, "everything read, and nothing to warn of")
    assert whole.diagnosis.install.phase is InstallPhase.COMPLETE
    assert whole.diagnosis.issuance.phase is IssuancePhase.RUNNING
