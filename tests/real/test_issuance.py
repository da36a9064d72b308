"""The issuance test on a real cluster: it proves what is so, says what is not, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from certdash.actions.issuance_test import IssuanceTest
from certdash.actions.journal import last_proven
from certdash.certmanager.issuance.plan import IssuerRef, Settings
from certdash.certmanager.issuance.resources import CERTIFICATES, ISSUERS, NAMESPACES, REQUESTS, SECRETS
from certdash.certmanager.permissions import ISSUANCE_RULES, PolicyRule, policy_rules
from certdash.certmanager.run_marks import RUN_LABEL
from certdash.demo.chart.rbac import rule
from certdash.demo.faults.cluster import wait_for
from certdash.demo.faults.verbs import Faults
from certdash.model.issuance import Outcome, RemovalResult, StageName, StageState
from certdash.model.resource import Resource
from tests.real.cluster import RealCluster
from tests.real.issuance import USER_AGENT, run
from tests.unit.cli.process import CERTDASH

pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]

WHERE = "issuance-target"
IN_ONE = Settings(namespace=WHERE, timeout=20)
STAGES = [s for s in StageName if s is not StageName.NAMESPACE]


@pytest.fixture(scope="module")
def cluster_with_namespace(healthy_cluster: RealCluster) -> RealCluster:
    if not healthy_cluster.api.exists(NAMESPACES.path("", WHERE)):
        healthy_cluster.api.create(NAMESPACES.path(), {"metadata": {"name": WHERE}})
    return healthy_cluster


@pytest.fixture
def target(cluster_with_namespace: RealCluster) -> Iterator[RealCluster]:
    """A healthy cluster in which each test must leave nothing."""
    yield cluster_with_namespace
    assert ours(cluster_with_namespace) == []


@pytest.fixture
def faults(target: RealCluster) -> Iterator[Faults]:
    made = Faults(target)
    yield made
    made.heal()
    target.wait_healthy()


def listed(cluster: RealCluster, resource: Resource, namespace: str = "", **query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = cluster.api.get(resource.path(namespace), **query)["items"]
    return found


def ours(cluster: RealCluster) -> list[str]:
    """Everything of ours in the cluster, and every key under way."""
    found = [
        f"{resource.kind} {body['metadata']['name']}"
        for resource in (NAMESPACES, ISSUERS, CERTIFICATES, REQUESTS, SECRETS)
        for body in listed(cluster, resource, labelSelector=RUN_LABEL)
    ]
    keys = listed(cluster, SECRETS, labelSelector="cert-manager.io/next-private-key=true")
    return found + [f"key {body['metadata']['name']}" for body in keys]


def test_a_certificate_is_proven_in_a_namespace_of_its_own(target: RealCluster, tmp_path: Path) -> None:
    journal = tmp_path / "actions.log"
    progress = run(target.kubeconfig, Settings(), journal=journal)
    assert progress.outcome is Outcome.PROVEN, progress
    assert {stage.state for stage in progress.stages} == {StageState.DONE}
    assert [removal.ref.kind for removal in progress.removals] == ["Namespace"]
    assert last_proven(journal, target.server) is not None


def test_a_chain_is_proven_and_verified(target: RealCluster) -> None:
    progress = run(target.kubeconfig, Settings(namespace=WHERE, chain=True, timeout=20))
    assert progress.outcome is Outcome.PROVEN, progress
    root, leaf = progress.certificates
    assert leaf.issuer == root.subject
    assert leaf.names == ("certdash.invalid",)
    kinds = [removal.ref.kind for removal in progress.removals]
    assert kinds[:2] == ["Certificate", "Certificate"]
    assert kinds[-2:] == ["Issuer", "Issuer"]
    assert {"Secret"} <= set(kinds)


def test_only_what_was_announced_is_written(target: RealCluster) -> None:
    audit = target.audit()
    mark = audit.mark()
    progress = run(target.kubeconfig, Settings(namespace=WHERE, chain=True, timeout=20))
    name = f"certdash-test-{progress.run}"
    entries = audit.entries(since=mark, user_agent=USER_AGENT, stage="ResponseComplete")
    writes = [(e.verb, e.uri.partition("?")[0]) for e in entries if e.verb not in ("get", "list", "watch")]
    real = [
        w
        for w, e in zip(writes, [e for e in entries if e.verb not in ("get", "list", "watch")], strict=True)
        if "dryRun=All" not in e.uri
    ]
    creates = sorted(path for verb, path in real if verb == "create")
    assert creates == sorted(r.path(WHERE) for r in (ISSUERS, ISSUERS, CERTIFICATES, CERTIFICATES))
    deletes = {path for verb, path in real if verb == "delete"}
    assert len(real) == len(creates) + len([w for w in real if w[0] == "delete"])
    assert deletes
    assert all(path.rpartition("/")[2].startswith(name) for path in deletes)
    # A Secret is only asked for by the labels or the name of our own, never listed over the whole cluster.
    assert not [e.uri for e in entries if e.uri.startswith("/api/v1/secrets")]


@pytest.mark.parametrize("stage", STAGES)
def test_stopped_at_any_stage_it_clears_up(target: RealCluster, stage: StageName) -> None:
    progress = run(target.kubeconfig, IN_ONE, at={stage: IssuanceTest.stop})
    assert progress.outcome in (Outcome.INTERRUPTED, Outcome.PROVEN)
    assert not progress.left_behind


def test_killed_at_any_stage_the_next_run_clears_up(cluster_with_namespace: RealCluster) -> None:
    cluster = cluster_with_namespace
    command = (sys.executable, "-m", "tests.real.issuance", str(cluster.kubeconfig))
    deaths = [(WHERE, stage) for stage in STAGES if stage is not StageName.DENIAL]
    for namespace, stage in (*deaths, ("", StageName.NAMESPACE), ("", StageName.SIGNED)):
        before = set(ours(cluster))
        killed = subprocess.run((*command, namespace, stage.value), check=False, capture_output=True, timeout=60)
        assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
        kind = "Certificate " if namespace else "Namespace "
        assert any(one.startswith(kind) for one in set(ours(cluster)) - before), stage
    # What the killed ones had allowed themselves: 4 s for the issuance and 1 s for the removal.
    time.sleep(6)
    # It looks at another namespace than most of theirs.
    progress = run(cluster.kubeconfig, Settings(timeout=20))
    assert progress.outcome is Outcome.PROVEN, progress
    assert [removal for removal in progress.removals if removal.swept]
    wait_for("keys and requests to go with their owners", lambda: ours(cluster) == [])


def test_two_at_once_leave_each_other_alone(target: RealCluster) -> None:
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: run(target.kubeconfig, IN_ONE), range(2)))
    assert [progress.outcome for progress in both] == [Outcome.PROVEN, Outcome.PROVEN]
    assert not any(removal.swept for progress in both for removal in progress.removals)


def test_a_controller_that_is_down_is_named(faults: Faults, target: RealCluster) -> None:
    faults.stop_process("controller", "term")
    progress = run(target.kubeconfig, Settings(namespace=WHERE, timeout=3))
    assert progress.outcome is Outcome.TIMED_OUT
    assert progress.stall is not None
    assert progress.stall.code == "CD1101"
    assert not progress.left_behind


@pytest.mark.parametrize("stage", [StageName.ISSUER, StageName.REQUESTED, StageName.APPROVED, StageName.SIGNED])
def test_a_controller_that_stops_in_the_middle(faults: Faults, target: RealCluster, stage: StageName) -> None:
    deed = {stage: lambda _: faults.stop_process("controller")}
    progress = run(target.kubeconfig, Settings(namespace=WHERE, timeout=4), at=deed)
    # It may have been through by then.
    assert progress.outcome in (Outcome.TIMED_OUT, Outcome.PROVEN)
    assert (progress.outcome is Outcome.TIMED_OUT) == (progress.stall is not None)
    assert not progress.left_behind


def test_a_missing_approver_is_named(target: RealCluster) -> None:
    path = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/cert-manager-controller-approve:cert-manager-io"
    kept = target.api.get(path)
    target.api.delete(path)
    try:
        progress = run(target.kubeconfig, Settings(namespace=WHERE, timeout=6))
    finally:
        meta = {key: kept["metadata"][key] for key in ("name", "labels")}
        target.api.create(path.rpartition("/")[0], {**kept, "metadata": meta})
    assert progress.outcome is Outcome.TIMED_OUT
    assert progress.stall is not None
    assert progress.stall.code == "CD1104", progress.stall
    assert not progress.left_behind


def test_an_issuer_that_is_not_ready_is_named(target: RealCluster) -> None:
    body = {"metadata": {"name": "broken"}, "spec": {"ca": {"secretName": "nothing-there"}}}
    target.api.create(ISSUERS.path(WHERE), {"apiVersion": "cert-manager.io/v1", "kind": "Issuer", **body})
    try:
        progress = run(target.kubeconfig, Settings(namespace=WHERE, issuer=IssuerRef("Issuer", "broken"), timeout=4))
    finally:
        target.api.delete(ISSUERS.path(WHERE, "broken"))
    assert progress.stall is not None
    assert progress.stall.code == "CD1102"
    assert "nothing-there" in progress.reason
    assert not progress.left_behind


def test_the_webhook_goes_down_in_the_middle(faults: Faults, target: RealCluster) -> None:
    progress = run(target.kubeconfig, Settings(), at={StageName.DENIAL: lambda _: faults.stop_process("webhook")})
    assert progress.outcome is Outcome.FAILED
    assert "webhook.cert-manager.io" in progress.reason
    assert not progress.left_behind


def test_a_quota_is_named(target: RealCluster) -> None:
    quotas = f"/api/v1/namespaces/{WHERE}/resourcequotas"
    hard = {"count/certificates.cert-manager.io": "0"}
    target.api.create(quotas, {"metadata": {"name": "none"}, "spec": {"hard": hard}})
    try:
        # What the quota controller, which does not run here, would have counted.
        counted = {"status": {"hard": hard, "used": hard}}
        target.api.request("PATCH", f"{quotas}/none/status", counted, content_type="application/merge-patch+json")
        progress = run(target.kubeconfig, IN_ONE)
    finally:
        target.api.delete(f"{quotas}/none")
    assert progress.outcome is Outcome.COULD_NOT_TELL
    assert "exceeded quota" in progress.reason
    assert not progress.left_behind


def everything_but(resource: str, verb: str) -> list[dict[str, Any]]:
    def without(item: PolicyRule) -> list[dict[str, Any]]:
        return [
            rule(item.groups, name, [v for v in item.verbs if (name, v) != (resource, verb)], item.names)
            for name in item.resources
        ]

    reads = [item for item in policy_rules(probes=True) if not item.names]
    return [made for item in (*reads, *ISSUANCE_RULES) for made in without(item) if made["verbs"]]


@pytest.mark.parametrize(
    ("resource", "verb"),
    [
        ("namespaces", "create"),
        ("issuers", "create"),
        ("certificates", "create"),
        ("certificates", "watch"),
        ("issuers", "list"),
        ("certificaterequests", "watch"),
        ("secrets", "watch"),
        ("secrets", "get"),
        ("secrets", "list"),
        ("certificates", "list"),
    ],
)
def test_a_missing_permission_leaves_nothing(target: RealCluster, resource: str, verb: str) -> None:
    kubeconfig = Faults(target).user_kubeconfig(f"issuance-no-{resource}-{verb}", everything_but(resource, verb))
    progress = run(kubeconfig, Settings(timeout=10))
    assert progress.outcome in (Outcome.PROVEN, Outcome.COULD_NOT_TELL), progress
    if verb == "create":
        assert "forbidden" in progress.reason
    assert not progress.left_behind


@pytest.mark.parametrize("resource", ["certificates", "issuers", "secrets"])
def test_what_may_not_be_removed_is_said(target: RealCluster, resource: str) -> None:
    kubeconfig = Faults(target).user_kubeconfig(f"issuance-no-{resource}-delete", everything_but(resource, "delete"))
    progress = run(kubeconfig, IN_ONE)
    assert progress.outcome is Outcome.PROVEN
    assert progress.left_behind
    assert any("forbidden" in removal.reason for removal in progress.left_behind)
    kinds = (CERTIFICATES, REQUESTS, SECRETS, ISSUERS)
    for kind in kinds:
        for removal in progress.left_behind:
            if removal.ref.kind == kind.kind and target.api.exists(kind.path(WHERE, removal.ref.name)):
                target.api.delete(kind.path(WHERE, removal.ref.name))
    wait_for("what depends on it to go", lambda: ours(target) == [])


def test_the_namespace_is_deleted_under_it(target: RealCluster) -> None:
    def delete(test: IssuanceTest) -> None:
        target.api.delete(NAMESPACES.path("", test.plan.namespace))

    progress = run(target.kubeconfig, Settings(timeout=10), at={StageName.ISSUER: delete})
    assert progress.outcome in (Outcome.COULD_NOT_TELL, Outcome.PROVEN, Outcome.TIMED_OUT)
    assert not progress.left_behind


def test_somebody_elses_object_of_the_same_name_survives(target: RealCluster) -> None:
    def replace(test: IssuanceTest) -> None:
        path = ISSUERS.path(WHERE, test.plan.marks.name)
        target.api.delete(path)
        body = {"metadata": {"name": test.plan.marks.name}, "spec": {"selfSigned": {}}}
        target.api.create(ISSUERS.path(WHERE), {"apiVersion": "cert-manager.io/v1", "kind": "Issuer", **body})

    progress = run(target.kubeconfig, IN_ONE, at={StageName.READY: replace})
    path = ISSUERS.path(WHERE, f"certdash-test-{progress.run}")
    assert target.api.exists(path)
    target.api.delete(path)


def test_the_server_is_lost_and_comes_back(faults: Faults, target: RealCluster) -> None:
    stopped = {StageName.REQUESTED: lambda _: faults.stop_process("kube-apiserver", "freeze")}
    with ThreadPoolExecutor(1) as pool:
        proof = pool.submit(run, target.kubeconfig, Settings(namespace=WHERE, timeout=4), at=stopped)
        time.sleep(8)
        faults.start_process("kube-apiserver")
        progress = proof.result(90)
    assert progress.outcome in (Outcome.COULD_NOT_TELL, Outcome.TIMED_OUT, Outcome.PROVEN)
    assert not progress.left_behind
    assert all(removal.result is not RemovalResult.LEFT for removal in progress.removals)


def test_ctrl_c_in_a_process(target: RealCluster, tmp_path: Path) -> None:
    environment = {**os.environ, "KUBECONFIG": str(target.kubeconfig), "XDG_STATE_HOME": str(tmp_path)}
    command = (CERTDASH, "test", "issuance", "--yes", "--probe-namespace", WHERE, "-o", "json")
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        wait_for("something of ours", lambda: bool(ours(target)) or process.poll() is not None, seconds=20)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
    assert process.returncode in (130, 0)
    assert out
