"""The story behind certdash, on one real cluster: only the CRDs are there, and a check that trusts an admitted object
says ready."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from certdash.demo.faults.verbs import Faults
from tests.real.cluster import RealCluster

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]


def run(*command: str, kubeconfig: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "KUBECONFIG": kubeconfig}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)


def check(cluster: RealCluster, *flags: str) -> tuple[int, dict[str, Any]]:
    command = (sys.executable, "-m", "certdash", "check", "-o", "json", *flags)
    done = run(*command, kubeconfig=str(cluster.kubeconfig))
    return done.returncode, json.loads(done.stdout)


def test_crds_only(cluster: RealCluster) -> None:
    Faults(cluster).crds_only()
    flawed = run(str(cluster.binaries / "apicheck-1.15"), kubeconfig=str(cluster.kubeconfig))
    assert (flawed.returncode, flawed.stdout) == (0, "The cert-manager API is ready\n")
    code, document = check(cluster)
    assert code == 1
    assert document["observed"]["verdict"] == "NOT READY"


def test_a_missing_certificate_crd(cluster: RealCluster) -> None:
    Faults(cluster).delete_crd("certificates.cert-manager.io")
    today = run(str(cluster.binaries / "apicheck"), kubeconfig=str(cluster.kubeconfig))
    assert (today.returncode, today.stdout) == (0, "The cert-manager API is ready\n")
    code, document = check(cluster)
    assert code == 1
    assert document["observed"]["verdict"] == "NOT READY"


def test_healthy_is_ready_to_all(healthy_cluster: RealCluster) -> None:
    today = run(str(healthy_cluster.binaries / "apicheck"), kubeconfig=str(healthy_cluster.kubeconfig))
    assert today.returncode == 0
    code, document = check(healthy_cluster)
    assert code == 0, document
    assert document["observed"]["verdict"] == "READY"
