"""What may not be read or tried is unknown, never broken and never absent; and looking changes nothing."""

from pathlib import Path

import pytest

from certdash.demo.faults.verbs import Faults
from certdash.model.connection import ConnectionPhase
from certdash.model.diagnosis import InstallPhase, Verdict
from tests.contract.watcher import Watcher
from tests.real.cluster import RealCluster

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]


def test_without_create_it_is_unproven(healthy_cluster: RealCluster) -> None:
    with Watcher(Faults(healthy_cluster).limited_user("reader")) as watcher:
        said = watcher.wait_for(
            lambda a: a.diagnosis.cause is not None and a.diagnosis.cause.code == "CD0201", "CD0201"
        )
    assert said.diagnosis.verdict is Verdict.UNKNOWN
    assert said.diagnosis.install.phase is InstallPhase.COMPLETE


def test_without_read_the_proof_still_counts(healthy_cluster: RealCluster) -> None:
    with Watcher(Faults(healthy_cluster).limited_user("prober")) as watcher:
        said = watcher.wait_ready()
    assert said.diagnosis.install.phase is InstallPhase.NOT_VISIBLE
    assert said.snapshot.connection.phase is ConnectionPhase.DEGRADED


def test_without_anything(healthy_cluster: RealCluster) -> None:
    with Watcher(Faults(healthy_cluster).limited_user("nobody")) as watcher:
        said = watcher.wait_for(
            lambda a: a.snapshot.connection.phase is ConnectionPhase.FORBIDDEN and a.diagnosis.cause is not None,
            "FORBIDDEN",
        )
    assert said.diagnosis.verdict is Verdict.UNKNOWN
    assert said.diagnosis.install.phase is InstallPhase.NOT_VISIBLE


def test_wrong_credentials(healthy_cluster: RealCluster) -> None:
    with Watcher(Faults(healthy_cluster).wrong_credentials()) as watcher:
        said = watcher.wait_for(
            lambda a: a.diagnosis.cause is not None and a.diagnosis.cause.code == "CD0103", "not authenticated"
        )
    assert said.diagnosis.verdict is Verdict.UNKNOWN


def test_nothing_listens(healthy_cluster: RealCluster, tmp_path: Path) -> None:
    text = healthy_cluster.kubeconfig.read_text().replace(":6443", ":1")
    kubeconfig = tmp_path / "config"
    kubeconfig.write_text(text)
    with Watcher(kubeconfig) as watcher:
        said = watcher.wait_for(lambda a: a.snapshot.connection.phase is ConnectionPhase.LOST, "lost", 30)
    assert said.diagnosis.verdict is Verdict.UNKNOWN
    assert said.diagnosis.cause is not None
    assert said.diagnosis.cause.code == "CD0101"
    assert "refused" in said.snapshot.connection.error


def test_looking_changes_nothing(healthy_cluster: RealCluster) -> None:
    with Watcher(healthy_cluster.kubeconfig) as watcher:
        watcher.wait_ready()
    ours = [entry for entry in healthy_cluster.audit().entries() if entry.user_agent.startswith("certdash/")]
    writes = [entry for entry in ours if entry.verb not in ("get", "list", "watch")]
    assert writes
    assert all(entry.verb == "create" and "dryRun=All" in entry.uri for entry in writes)
    secrets = [entry for entry in ours if "/secrets" in entry.uri]
    assert secrets
    assert all("metadata.name%3D" in entry.uri or "metadata.name=" in entry.uri for entry in secrets)
