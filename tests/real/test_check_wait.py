"""`certdash check --wait` in the course of an upgrade, a heal, and a wait that runs out."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from certdash.demo.faults.verbs import Faults
from tests.real.cluster import RealCluster

pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]

DEPLOYMENT = "/apis/apps/v1/namespaces/cert-manager/deployments/cert-manager-webhook"


@pytest.fixture
def faults(cluster: RealCluster) -> Iterator[Faults]:
    faults = Faults(cluster)
    yield faults
    faults.heal()


def start_check(cluster: RealCluster, *flags: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "certdash", "check", "-o", "json", *flags],
        env={**os.environ, "KUBECONFIG": str(cluster.kubeconfig)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def result(process: subprocess.Popen[str]) -> tuple[int, dict[str, Any]]:
    out, error = process.communicate(timeout=120)
    assert "Traceback" not in error
    document: dict[str, Any] = json.loads(out)
    return process.returncode, document


def rolled_out(cluster: RealCluster, image_tag: str) -> bool:
    body = cluster.api.get(DEPLOYMENT)
    status, containers = body["status"], body["spec"]["template"]["spec"]["containers"]
    counts = {status.get(field, 0) for field in ("replicas", "updatedReplicas", "readyReplicas")}
    return bool(counts == {1} and containers[0]["image"].endswith(image_tag))


def test_an_upgrade_is_waited_for_and_the_api_alone_is_not(cluster: RealCluster, faults: Faults) -> None:
    faults.start_rollout("webhook", "v1.21.2", 8)
    code, document = result(start_check(cluster, "--wait=60s", "--for=api"))
    assert (code, document["observed"]["verdict"]) == (0, "READY")
    assert document["observed"]["install"]["phase"] == "rolling"
    assert not rolled_out(cluster, "v1.21.2")
    code, document = result(start_check(cluster, "--wait=60s"))
    assert rolled_out(cluster, "v1.21.2")
    assert (code, document["observed"]["install"]["phase"]) == (0, "complete")


def test_an_expected_version_is_demanded(cluster: RealCluster) -> None:
    code, _ = result(start_check(cluster, "--expect-version=v1.21.1"))
    assert code == 0
    code, document = result(start_check(cluster, "--expect-version=v1.20.3"))
    assert (code, document["observed"]["verdict"]) == (1, "READY")


def test_a_wait_that_runs_out(cluster: RealCluster, faults: Faults) -> None:
    faults.scale("webhook", 0)
    code, document = result(start_check(cluster, "--wait=3s"))
    assert code == 124
    assert document["observed"]["cause"]["code"] == "CD0702"


@pytest.mark.parametrize("heal", ["object", "network"])
def test_a_heal_ends_the_wait(cluster: RealCluster, faults: Faults, heal: str) -> None:
    if heal == "object":
        faults.delete_webhook_configuration("both")
    else:
        faults.clusterip("refuse")
    waiting = start_check(cluster, "--wait=60s", "--for=api")
    assert waiting.stderr is not None
    while "NOT READY" not in (line := waiting.stderr.readline()) and "PROGRESSING" not in line:
        assert line, "check ended before it saw the break"
    assert waiting.poll() is None
    begun = time.monotonic()
    faults.heal()
    code, document = result(waiting)
    assert (code, document["observed"]["verdict"]) == (0, "READY")
    assert time.monotonic() - begun < 30


def test_what_waiting_cannot_heal_ends_it_at_once(faults: Faults) -> None:
    stranger = {**os.environ, "KUBECONFIG": str(faults.wrong_credentials())}
    command = [sys.executable, "-m", "certdash", "check", "--wait=60s"]
    done = subprocess.run(command, env=stranger, capture_output=True, text=True, timeout=50, check=False)
    assert done.returncode == 3
    reader = {**os.environ, "KUBECONFIG": str(faults.limited_user("reader"))}
    done = subprocess.run(command, env=reader, capture_output=True, text=True, timeout=50, check=False)
    assert done.returncode == 3
