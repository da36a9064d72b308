"""What earlier tests and installs left behind is found, and goes only as it was looked at; everything else stays."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from certdash.actions.cleanup import Cleanup, CleanupPlan
from certdash.actions.cluster_view import ClusterView
from certdash.actions.inventory import Inventory, take_inventory
from certdash.actions.journal import Journal
from certdash.certmanager.leftovers.leftover import Leftover, Origin, Patience
from certdash.certmanager.run_marks import RunMarks
from certdash.demo.chart.objects import VALIDATING
from certdash.demo.faults.cluster import wait_for
from certdash.kube.access import load_cluster_access
from certdash.kube.clock import read_clock
from certdash.kube.options import ConnectionOptions
from certdash.kube.reader import Reader
from certdash.kube.session import Session
from certdash.model.issuance import Removal, RemovalResult
from tests.real.cluster import RealCluster

pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]

USER_AGENT = "certdash/leftovers-test"
AT_ONCE = Patience(0.0, 0.0)
GUIDE = "cert-manager-test"
GROUP = f"/apis/cert-manager.io/v1/namespaces/{GUIDE}"


def meta(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, **more}


def make_guide(cluster: RealCluster) -> None:
    """What the published verification guide creates."""
    api = cluster.api
    api.create("/api/v1/namespaces", {"metadata": meta(GUIDE)})
    issuer = {"apiVersion": "cert-manager.io/v1", "kind": "Issuer", "metadata": meta("test-selfsigned")}
    api.create(f"{GROUP}/issuers", {**issuer, "spec": {"selfSigned": {}}})
    certificate = {"apiVersion": "cert-manager.io/v1", "kind": "Certificate", "metadata": meta("selfsigned-cert")}
    spec = {
        "dnsNames": ["example.com"],
        "secretName": "selfsigned-cert-tls",
        "issuerRef": {"name": "test-selfsigned"},
    }
    api.create(f"{GROUP}/certificates", {**certificate, "spec": spec})
    wait_for("the Secret", lambda: api.exists(f"/api/v1/namespaces/{GUIDE}/secrets/selfsigned-cert-tls"))


def make_configuration(cluster: RealCluster, name: str, **more: Any) -> None:
    """A validating configuration of cert-manager's whose Service is gone."""
    live = cluster.api.get(f"{VALIDATING}/cert-manager-webhook")
    webhook = live["webhooks"][0]
    webhook["failurePolicy"] = "Ignore"
    webhook["clientConfig"]["service"]["namespace"] = "old-cert-manager"
    labels = {key: value for key, value in live["metadata"]["labels"].items() if not key.startswith("helm.sh/")}
    made = {key: live[key] for key in ("apiVersion", "kind")}
    cluster.api.create(VALIDATING, {**made, "metadata": meta(name, labels=labels, **more), "webhooks": [webhook]})


@pytest.fixture
def tidy(healthy_cluster: RealCluster) -> Iterator[RealCluster]:
    """The cluster, and nothing of the test left in it."""
    yield healthy_cluster
    api = healthy_cluster.api
    for path in (f"{VALIDATING}/old-webhook", f"/api/v1/namespaces/{GUIDE}"):
        api.delete(path)
    wait_for("the namespace gone", lambda: not api.exists(f"/api/v1/namespaces/{GUIDE}"), seconds=60)


async def _with_session(kubeconfig: Path, work: Callable[[Session, Journal], Any], journal: Path | None) -> Any:
    access = load_cluster_access(ConnectionOptions(kubeconfig=str(kubeconfig)), {})
    session = Session(access, USER_AGENT, read_clock, {})
    await session.open()
    try:
        return await work(session, Journal(journal, access.target.server))
    finally:
        await session.close()


def inventory(cluster: RealCluster, patience: Patience = AT_ONCE, *, secrets: bool = False) -> Inventory:
    async def look(session: Session, _: Journal) -> Inventory:
        return await take_inventory(ClusterView(Reader(session)), read_clock, secrets=secrets, patience=patience)

    found: Inventory = asyncio.run(_with_session(cluster.kubeconfig, look, None))
    return found


def clean(
    cluster: RealCluster,
    *chosen: Leftover,
    between: Callable[[CleanupPlan], object] = lambda _: None,
    journal: Path | None = None,
) -> tuple[CleanupPlan, list[Removal]]:
    """Plan, let something happen, and carry the plan out."""

    async def remove(session: Session, log: Journal) -> tuple[CleanupPlan, list[Removal]]:
        cleanup = Cleanup(session, log, read_clock)
        plan = await cleanup.plan(chosen)
        await asyncio.to_thread(between, plan)
        return plan, [removal async for removal in cleanup.run(plan, "cleanup-test")]

    done: tuple[CleanupPlan, list[Removal]] = asyncio.run(_with_session(cluster.kubeconfig, remove, journal))
    return done


def named(found: Inventory, name: str) -> Leftover:
    (only,) = [each for each in found.leftovers if each.name == name]
    return only


def certdash(cluster: RealCluster, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "certdash", *words, f"--kubeconfig={cluster.kubeconfig}"]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)


def test_a_good_install_is_no_leftover(healthy_cluster: RealCluster) -> None:
    found = inventory(healthy_cluster, secrets=True)
    assert found.failure == ""
    assert found.unread == ()
    assert [each.ref for each in found.leftovers] == []
    assert certdash(healthy_cluster, "leftovers").returncode == 0


def test_the_guides_objects_are_found_and_go_with_their_namespace(tidy: RealCluster, tmp_path: Path) -> None:
    make_guide(tidy)
    found = named(inventory(tidy), GUIDE)
    assert found.origin is Origin.GUIDE
    assert found.kept == ""
    assert {ref.kind for ref in found.goes_with_it} >= {"Certificate", "Issuer", "Secret"}
    log = tmp_path / "journal"
    _, (removal,) = clean(tidy, found, journal=log)
    assert removal.result is RemovalResult.REMOVED
    assert not tidy.api.exists(f"/api/v1/namespaces/{GUIDE}")
    assert found.uid in log.read_text()


def test_a_namespace_that_holds_anything_else_is_kept(tidy: RealCluster) -> None:
    make_guide(tidy)
    mine = {"metadata": meta("mine"), "data": {"a": "1"}}
    tidy.api.create(f"/api/v1/namespaces/{GUIDE}/configmaps", mine)
    kept = [each for each in inventory(tidy).leftovers if each.name == GUIDE]
    assert all(each.kept for each in kept)
    for each in kept:
        with pytest.raises(ValueError, match="is not removed"):
            clean(tidy, each)
    assert tidy.api.exists(f"/api/v1/namespaces/{GUIDE}/configmaps/mine")


def test_what_was_just_made_is_left_alone(tidy: RealCluster) -> None:
    make_guide(tidy)
    make_configuration(tidy, "old-webhook")
    found = inventory(tidy, Patience())
    assert named(found, GUIDE).kept
    assert named(found, "old-webhook").kept
    answered = certdash(tidy, "cleanup", f"namespace/{GUIDE}", "--yes")
    assert answered.returncode == 2
    assert "is not removed" in answered.stderr
    assert tidy.api.exists(f"/api/v1/namespaces/{GUIDE}")


def test_a_configuration_without_its_service_goes_and_the_live_one_stays(tidy: RealCluster) -> None:
    make_configuration(tidy, "old-webhook")
    found = named(inventory(tidy), "old-webhook")
    assert found.origin is Origin.INSTALL
    plan, (removal,) = clean(tidy, found)
    assert plan.refused == ()
    assert removal.result is RemovalResult.REMOVED
    assert not tidy.api.exists(f"{VALIDATING}/old-webhook")
    assert tidy.api.exists(f"{VALIDATING}/cert-manager-webhook")
    assert tidy.healthy()


def test_a_configuration_with_an_owner_is_kept(tidy: RealCluster) -> None:
    owner = tidy.api.create("/api/v1/namespaces", {"metadata": meta(GUIDE)})
    reference = {"apiVersion": "v1", "kind": "Namespace", "name": GUIDE, "uid": owner["metadata"]["uid"]}
    make_configuration(tidy, "old-webhook", ownerReferences=[reference])
    assert all(each.kept for each in inventory(tidy).leftovers if each.name == "old-webhook")


def test_an_object_that_was_made_anew_survives(tidy: RealCluster) -> None:
    make_configuration(tidy, "old-webhook")
    found = named(inventory(tidy), "old-webhook")

    def make_anew(_: CleanupPlan) -> None:
        tidy.api.delete(f"{VALIDATING}/old-webhook")
        make_configuration(tidy, "old-webhook")

    _, (removal,) = clean(tidy, found, between=make_anew)
    assert removal.result is not RemovalResult.REMOVED
    assert tidy.api.get(f"{VALIDATING}/old-webhook")["metadata"]["uid"] != found.uid


def test_an_object_that_changed_is_refused_by_the_dry_run(tidy: RealCluster) -> None:
    make_configuration(tidy, "old-webhook")
    found = named(inventory(tidy), "old-webhook")
    tidy.api.patch(f"{VALIDATING}/old-webhook", {"metadata": {"labels": {"touched": "yes"}}})
    plan, (removal,) = clean(tidy, found)
    assert "it changed since it was looked at" in plan.steps[0].refused
    assert removal.result is RemovalResult.LEFT
    assert tidy.api.exists(f"{VALIDATING}/old-webhook")


def test_only_our_own_expired_objects_go_unnamed(tidy: RealCluster) -> None:
    make_guide(tidy)
    expired = RunMarks("gone", 1.0)
    running = RunMarks("runs", 4102444800.0)
    for marks in (expired, running):
        body = {"apiVersion": "cert-manager.io/v1", "kind": "Issuer", "spec": {"selfSigned": {}}}
        marked = {**meta(marks.name), "labels": dict(marks.labels), "annotations": dict(marks.annotations)}
        tidy.api.create("/apis/cert-manager.io/v1/namespaces/default/issuers", {**body, "metadata": marked})
    issuers = "/apis/cert-manager.io/v1/namespaces/default/issuers"
    try:
        tried = certdash(tidy, "cleanup", "--dry-run")
        assert tried.returncode == 0, tried.stderr
        assert tidy.api.exists(f"{issuers}/{expired.name}")
        answered = certdash(tidy, "cleanup", "--yes", "-o", "json")
        assert answered.returncode == 0, answered.stderr
        assert json.loads(answered.stdout)["kind"]
        assert not tidy.api.exists(f"{issuers}/{expired.name}")
        assert tidy.api.exists(f"{issuers}/{running.name}")
        assert tidy.api.exists(f"/api/v1/namespaces/{GUIDE}")
    finally:
        for marks in (expired, running):
            tidy.api.delete(f"{issuers}/{marks.name}")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("cleanup",), "without a terminal"),
        (("cleanup", "namespace/default", "--yes"), "is not on the list of leftovers"),
        (("cleanup", "namespace/kube-system", "--yes"), "is not on the list of leftovers"),
        (("cleanup", "customresourcedefinition/certificates.cert-manager.io", "--yes"), "is not on the list"),
        (("cleanup", "--yes", "--readonly"), "--readonly removes nothing"),
        (("cleanup", "--remove-finalizers", "--yes"), "needs the names"),
    ],
)
def test_what_can_not_be_meant_is_refused(healthy_cluster: RealCluster, words: tuple[str, ...], told: str) -> None:
    answered = certdash(healthy_cluster, *words)
    assert answered.returncode == 2
    assert told in answered.stderr
    assert len(answered.stderr.splitlines()) == 1


def test_the_audit_log_knows_no_other_write(tidy: RealCluster) -> None:
    make_configuration(tidy, "old-webhook")
    log = tidy.audit()
    begun = log.mark()
    clean(tidy, named(inventory(tidy), "old-webhook"))
    ours = log.entries(since=begun, user_agent=USER_AGENT, stage="ResponseComplete")
    writes = [entry for entry in ours if entry.verb not in ("get", "list", "watch")]
    real = [entry for entry in writes if "dryRun=All" not in entry.uri]
    assert writes
    assert all("old-webhook" in entry.uri and entry.verb == "delete" for entry in writes)
    assert len(real) == 1
    assert not [entry for entry in ours if "/secrets" in entry.uri and "/namespaces/" not in entry.uri]
