"""The harness itself: a cluster that is real, faults that give the API server's own texts, and nothing left behind."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from certdash.demo.faults.api import ApiError
from certdash.demo.faults.cluster import Ending, WaitError, wait_for
from certdash.demo.faults.verbs import Faults, perform
from tests.real.cluster import RealCluster

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]

POST = 'Post "https://cert-manager-webhook.cert-manager.svc:443/validate\\?timeout=30s": '


@pytest.fixture
def faults(healthy_cluster: RealCluster) -> Iterator[Faults]:
    faults = Faults(healthy_cluster)
    yield faults
    faults.heal()
    healthy_cluster.wait_healthy()


def run(
    cluster: RealCluster, name: str, *args: str, kubeconfig: Path | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(cluster.binaries / name), *args],
        env={"KUBECONFIG": str(kubeconfig or cluster.kubeconfig), "HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def test_the_checks_of_cert_manager_say_ready(healthy_cluster: RealCluster) -> None:
    for name in ("apicheck", "apicheck-1.15"):
        done = run(healthy_cluster, name)
        assert (done.returncode, done.stdout) == (0, "The cert-manager API is ready\n"), done.stderr


def test_kubectl_logs_shows_the_webhooks_own_lines(healthy_cluster: RealCluster) -> None:
    done = run(healthy_cluster, "kubectl", "logs", "-n", "cert-manager", "deploy/cert-manager-webhook")
    assert "Updated cert-manager TLS certificate" in done.stdout, done.stderr
    tail = run(healthy_cluster, "kubectl", "logs", "-n", "cert-manager", "deploy/cert-manager-webhook", "--tail=1")
    assert tail.stdout.count("\n") == 1


def test_the_controller_issues(healthy_cluster: RealCluster) -> None:
    api, group = healthy_cluster.api, "/apis/cert-manager.io/v1/namespaces/default"
    meta = {"apiVersion": "cert-manager.io/v1", "metadata": {"name": "issued"}}
    api.create(f"{group}/issuers", {**meta, "kind": "Issuer", "spec": {"selfSigned": {}}})
    spec = {"secretName": "issued", "dnsNames": ["issued.test"], "issuerRef": {"name": "issued"}}
    api.create(f"{group}/certificates", {**meta, "kind": "Certificate", "spec": spec})

    def ready() -> bool:
        conditions = api.get(f"{group}/certificates/issued").get("status", {}).get("conditions", [])
        return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)

    try:
        wait_for("the certificate", ready, seconds=30)
    finally:
        api.delete(f"{group}/certificates/issued")
        api.delete(f"{group}/issuers/issued")
        api.delete("/api/v1/namespaces/default/secrets/issued")


TEXTS = [
    ("clusterip refuse", POST + r"dial tcp [0-9.]+:443: connect: connection refused"),
    ("clusterip reset", POST + r"read tcp .*: connection reset by peer"),
    ("clusterip close", POST + "EOF"),
    ("clusterip plain_http", "http: server gave HTTP response to HTTPS client"),
    ("clusterip hang", "net/http: TLS handshake timeout"),
    ("scale webhook 0", "connect: connection refused"),
    ("no_ready_endpoints", "connect: connection refused"),
    ("crash_loop webhook", "connect: connection refused"),
    ("delete_service", POST + 'service "cert-manager-webhook" not found'),
    ("wrong_service_port", "no service port 443 found for service"),
    ("wrong_target_port", "connect: connection refused"),
    ("wrong_service_selector", "connect: connection refused"),
    ("headless_service", 'cannot route to service with ClusterIP "None"'),
    ("blank_ca_bundle validating", "x509: certificate signed by unknown authority"),
    ("foreign_ca_bundle validating", "x509: certificate signed by unknown authority"),
    ("garbage_ca_bundle validating", "unable to load root certificates: unable to parse bytes as PEM block"),
    ("serve_wrong_certificate", "x509: certificate is valid for webhook.example.test, not cert-manager-webhook"),
    ("serve_expired_certificate", "x509: certificate has expired or is not yet valid"),
    ("http_status 403 blocked", "blocked"),
    ("http_status 503", "the server is currently unable to handle the request"),
    ("third_party_webhook", 'failed calling webhook "validate.policy.example.test"'),
    ("deny_policy", "certificates are issued by the platform team only"),
    ("delete_crd certificates", "404 page not found|the server could not find the requested resource"),
]


@pytest.mark.parametrize(("verb", "text"), TEXTS, ids=[verb.replace(" ", "-") for verb, _ in TEXTS])
def test_a_fault_gives_the_api_servers_own_text(
    healthy_cluster: RealCluster, faults: Faults, verb: str, text: str
) -> None:
    name, *arguments = verb.split()
    perform(faults, name, arguments)
    # The API server's informers need a moment before the change of an object shows.
    said: list[str] = []

    def told() -> bool:
        answer = healthy_cluster.try_certificate()
        said.append("admitted" if answer is None else answer.message)
        return re.search(text, said[-1]) is not None

    try:
        wait_for(verb, told, seconds=15)
    except WaitError:
        pytest.fail(f"{verb} gave {said[-3:]}")


def test_a_lost_route_takes_the_webhooks_whole_time(healthy_cluster: RealCluster, faults: Faults) -> None:
    faults.clusterip("timeout")
    answer = healthy_cluster.try_certificate()
    assert answer is not None
    # Three timers of the API server end at the same moment: any may be the one that speaks.
    assert re.search("context deadline exceeded|Client.Timeout exceeded|i/o timeout", answer.message)


@pytest.mark.parametrize(
    ("verb", "shown"),
    [
        ("image_pull_failure", "ImagePullBackOff"),
        ("crash_loop", "CrashLoopBackOff"),
        ("pending_unschedulable", "Pending"),
        ("never_ready", "0/1"),
    ],
)
def test_kubectl_shows_the_state_of_the_pod(
    healthy_cluster: RealCluster, faults: Faults, verb: str, shown: str
) -> None:
    perform(faults, verb, ["webhook"])

    def seen() -> bool:
        pods = run(healthy_cluster, "kubectl", "get", "pods", "-n", "cert-manager", "-l", "app=webhook").stdout
        return shown in pods and pods.count("\n") == 2

    wait_for(shown, seen)
    assert not healthy_cluster.healthy()


def test_a_pod_that_died_is_restarted(healthy_cluster: RealCluster) -> None:
    (pod,) = healthy_cluster.node.of("webhook")
    assert pod.process is not None
    pod.process.send(Ending.KILL)
    wait_for("the restart", lambda: pod.restarts > 0 and pod.ready)
    previous = run(healthy_cluster, "kubectl", "logs", "-n", "cert-manager", "--previous", pod.name)
    assert "Updated cert-manager TLS certificate" in previous.stdout, previous.stderr
    healthy_cluster.wait_healthy()


def test_a_deleted_deployment_takes_its_process_along(healthy_cluster: RealCluster, faults: Faults) -> None:
    (pod,) = healthy_cluster.node.of("controller")
    assert pod.process is not None
    process = pod.process
    faults.delete_deployment("controller")
    wait_for("its end", lambda: not process.alive)
    assert healthy_cluster.healthy()


LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases"


@pytest.mark.parametrize("component", ["controller", "cainjector"])
def test_leases_come_and_go(healthy_cluster: RealCluster, faults: Faults, component: str) -> None:
    lease = f"{LEASES}/cert-manager-{component}" + ("-leader-election" if component == "cainjector" else "")

    def holder() -> str:
        found: str = healthy_cluster.api.get(lease)["spec"].get("holderIdentity", "")
        return found

    (pod,) = healthy_cluster.node.of(component)
    wait_for("a leader", lambda: holder().startswith(pod.name))
    faults.stale_lease(component)
    assert holder().startswith(pod.name)
    faults.heal()
    wait_for("a leader again", lambda: healthy_cluster.api.exists(lease) and holder().startswith(pod.name))
    faults.lease_gone(component)
    assert not healthy_cluster.api.exists(lease)


@pytest.mark.parametrize("verb", ["delete_webhook_configuration validating", "label_namespace_out", "narrow_rules"])
def test_a_bad_certificate_is_admitted(healthy_cluster: RealCluster, faults: Faults, verb: str) -> None:
    name, *arguments = verb.split()
    perform(faults, name, arguments)
    wait_for(verb, lambda: healthy_cluster.try_certificate(duration="1m") is None, seconds=15)


def test_failure_policy_ignore_admits_all(healthy_cluster: RealCluster, faults: Faults) -> None:
    faults.failure_policy("Ignore")
    faults.stop_process("webhook")
    wait_for("everything admitted", lambda: healthy_cluster.try_certificate(duration="1m") is None, seconds=15)


def test_a_frozen_webhook_runs_on(healthy_cluster: RealCluster, faults: Faults) -> None:
    faults.stop_process("webhook", "freeze")
    node = healthy_cluster.node
    wait_for("unready", lambda: not any(pod.ready for pod in node.of("webhook")))
    faults.heal()
    healthy_cluster.wait_healthy()
    assert [pod.restarts for pod in node.of("webhook")] == [0] or node.of("webhook")[0].process is not None


def test_a_rollout_keeps_serving(healthy_cluster: RealCluster, faults: Faults) -> None:
    faults.start_rollout("webhook", "v1.21.2", 2)
    node = healthy_cluster.node
    assert {pod.tag for pod in node.of("webhook")} == {"v1.21.1", "v1.21.2"}
    assert healthy_cluster.healthy()
    healthy_cluster.wait_rolled_out("webhook")
    wait_for("old pod gone", lambda: {pod.tag for pod in node.of("webhook")} == {"v1.21.2"})
    wait_for("health", healthy_cluster.healthy)


def test_a_stuck_rollout_says_so(healthy_cluster: RealCluster, faults: Faults) -> None:
    faults.stuck_rollout("webhook", "v1.21.2", 1)
    path = "/apis/apps/v1/namespaces/cert-manager/deployments/cert-manager-webhook"

    def exceeded() -> bool:
        conditions = healthy_cluster.api.get(path)["status"]["conditions"]
        return any(c.get("reason") == "ProgressDeadlineExceeded" for c in conditions)

    wait_for("ProgressDeadlineExceeded", exceeded, seconds=30)
    assert healthy_cluster.healthy()


@pytest.mark.parametrize(
    ("kind", "may_create", "may_read"), [("reader", False, True), ("prober", True, False), ("nobody", False, False)]
)
def test_limited_users(
    healthy_cluster: RealCluster, faults: Faults, kind: str, may_create: bool, may_read: bool
) -> None:
    config = faults.limited_user(kind)
    for expected, question in (
        (may_create, ("create", "certificates.cert-manager.io")),
        (may_read, ("list", "deployments.apps")),
    ):
        done = run(healthy_cluster, "kubectl", "auth", "can-i", *question, kubeconfig=config)
        assert done.stdout.strip() == ("yes" if expected else "no"), done.stderr


def test_wrong_credentials_are_401(healthy_cluster: RealCluster, faults: Faults) -> None:
    done = run(healthy_cluster, "kubectl", "get", "nodes", kubeconfig=faults.wrong_credentials())
    assert "Unauthorized" in done.stderr


def test_the_audit_log_counts(healthy_cluster: RealCluster) -> None:
    log = healthy_cluster.audit()
    mark = log.mark()
    assert run(healthy_cluster, "kubectl", "get", "namespaces").returncode == 0
    wait_for("the entry", lambda: log.count("list", since=mark, user_agent="kubectl", containing="/namespaces") == 1)
    done = log.entries(since=mark, user_agent="kubectl", stage="ResponseComplete")
    assert done[-1].user == "kubernetes-admin"
    assert done[-1].code == 200
    assert not [entry for entry in log.entries() if entry.user_agent.startswith("certdash-test-harness")]


def test_the_api_server_comes_back(cluster: RealCluster) -> None:
    faults = Faults(cluster)
    faults.stop_process("kube-apiserver")
    with pytest.raises(OSError, match="refused"):
        cluster.api.get("/version")
    faults.heal()
    cluster.wait_healthy()
    faults.stop_process("etcd", "freeze")
    with pytest.raises((OSError, ApiError)):
        cluster.api.request("GET", "/api/v1/namespaces", timeout=3)
    faults.heal()
    cluster.wait_healthy()


def test_crds_only_and_back(cluster: RealCluster) -> None:
    faults = Faults(cluster)
    faults.crds_only()
    assert cluster.try_certificate(duration="1m") is None
    assert run(cluster, "apicheck-1.15").stdout == "The cert-manager API is ready\n"
    assert run(cluster, "apicheck").returncode == 1
    faults.heal()
    cluster.wait_healthy()


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _mentions(text: str) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if text in (path / "cmdline").read_text(errors="replace") and _alive(int(path.name)):
                found.append(int(path.name))
        except OSError:
            continue
    return found


def _start_for_a_person(environment: dict[str, str]) -> tuple[subprocess.Popen[str], Path]:
    person = subprocess.Popen(
        [sys.executable, "-m", "tests.real"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    )
    assert person.stdout is not None
    line = person.stdout.readline()
    assert line.startswith("export KUBECONFIG="), line
    return person, Path(line.strip().partition("=")[2])


@pytest.mark.usefixtures("golden")
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_nothing_is_left_behind(end: signal.Signals) -> None:
    person, config = _start_for_a_person(dict(os.environ))
    with person:
        folder = str(config.parent)
        assert json.loads(config.read_text())["kind"] == "Config"
        assert len(_mentions(folder)) >= 6
        person.send_signal(end)
        person.wait(20)
    deadline = time.monotonic() + 10
    while _mentions(folder) or config.parent.exists():
        assert time.monotonic() < deadline, (_mentions(folder), list(config.parent.glob("*")))
        time.sleep(0.05)


def test_two_clusters_at_once(healthy_cluster: RealCluster, cluster: RealCluster) -> None:
    Faults(cluster).scale("webhook", 0)
    assert healthy_cluster.healthy()
    assert not cluster.healthy()
