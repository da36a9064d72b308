"""The installed `certdash check` against servers on loopback: good ones, broken ones, and what is no server at all."""

import json
import os
import select
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from certdash.model.resource import Kind
from tests.terminal.certificates import Authority
from tests.terminal.fake_api import FakeApi, serve, write_kubeconfig
from tests.unit import scenarios
from tests.unit.cli.process import CERTDASH, Done, run_certdash
from tests.unit.scenario_answers import open_answers
from tests.unit.scenario_chart import NS, VERSION, deployment_name


@pytest.fixture
def ready(tmp_path: Path) -> Iterator[FakeApi]:
    with serve() as api:
        write_kubeconfig(tmp_path / "config", api.url)
        yield api


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[FakeApi]:
    """The story: CRDs are there, cert-manager is not."""
    with serve(scenarios.crds_only(), open_answers()) as api:
        write_kubeconfig(tmp_path / "config", api.url)
        yield api


def check(home: Path, *flags: str) -> Done:
    return run_certdash("check", "--kubeconfig", str(home / "config"), *flags, home=home)


def test_ready(ready: FakeApi, tmp_path: Path) -> None:
    done = check(tmp_path)
    assert done.code == 0, done
    assert done.out.startswith("✔ READY")
    assert done.err == ""
    assert all("dryRun=All" in path for method, path in ready.requests if method != "GET")


def test_json_and_yaml_say_the_same(ready: FakeApi, tmp_path: Path) -> None:
    as_json = json.loads(check(tmp_path, "-o", "json").out)
    as_yaml = yaml.safe_load(check(tmp_path, "-o", "yaml").out)
    assert as_json["observed"]["verdict"] == as_yaml["observed"]["verdict"] == "READY"
    assert as_json.keys() == as_yaml.keys()
    assert as_json["target"]["server"] == ready.url


@pytest.mark.usefixtures("bare")
def test_crds_alone_are_not_ready(tmp_path: Path) -> None:
    done = check(tmp_path, "-o", "json")
    document = json.loads(done.out)
    assert (done.code, document["observed"]["verdict"]) == (1, "NOT READY")
    assert document["observed"]["cause"]["remedies"]
    assert check(tmp_path, "-q") == Done(1, "", "")
    assert check(tmp_path, "-o", "short").out.count("\n") == 1


@pytest.mark.usefixtures("bare")
def test_wait_that_runs_out(tmp_path: Path) -> None:
    done = check(tmp_path, "--wait=300ms", "-o", "json")
    assert done.code == json.loads(done.out)["result"]["exitCode"] == 124
    assert done.err.splitlines()[-1].startswith("certdash: --wait ran out: ")


def test_the_expected_version_is_demanded(ready: FakeApi, tmp_path: Path) -> None:
    assert ready.url
    assert check(tmp_path, f"--expect-version={VERSION}").code == 0
    done = check(tmp_path, "--expect-version=v1.0.0", "-o", "short")
    assert done.code == 1
    assert "not of v1.0.0" in done.out


def test_wait_returns_when_the_last_object_comes_right(ready: FakeApi, tmp_path: Path) -> None:
    """A Deployment that finishes its rollout: nothing polls, the watch event ends the waiting."""
    name = deployment_name("webhook")
    deployment = ready.cluster.get(Kind.DEPLOYMENT, name, NS)
    finished = json.loads(json.dumps(deployment))
    deployment["status"].update({"observedGeneration": 0, "updatedReplicas": 0})
    with start(tmp_path, "--wait=1m", "-o", "json") as waiting:
        told = read_line(waiting)
        while "the install is" not in told:
            told = read_line(waiting)
        finished["metadata"]["resourceVersion"] = "2000"
        ready.cluster.add(Kind.DEPLOYMENT, finished)
        ready.change("MODIFIED", Kind.DEPLOYMENT, finished)
        out, err = waiting.communicate(timeout=30)
    assert waiting.returncode == 0, err
    assert json.loads(out)["result"]["state"] == "reached"


@contextmanager
def start(home: Path, *flags: str) -> Iterator["subprocess.Popen[str]"]:
    """Start a check in the background; it does not outlive the test."""
    with subprocess.Popen(
        [CERTDASH, "check", "--kubeconfig", str(home / "config"), *flags],
        env={"HOME": str(home), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def read_line(process: "subprocess.Popen[str]") -> str:
    """The next line of its progress."""
    assert process.stderr is not None
    line = process.stderr.readline()
    assert line, "it ended"
    return line


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_ends_the_waiting_and_the_document_still_comes(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    with start(tmp_path, "--wait=1m", "-o", "json") as waiting:
        read_line(waiting)
        waiting.send_signal(number)
        out, err = waiting.communicate(timeout=10)
    assert waiting.returncode == code
    assert json.loads(out)["result"]["exitCode"] == code
    assert "Traceback" not in err


@pytest.mark.usefixtures("ready")
def test_a_reader_that_left_ends_it_as_a_broken_pipe_does(tmp_path: Path) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    done = subprocess.run(
        [CERTDASH, "check", "--kubeconfig", str(tmp_path / "config")],
        env={"HOME": str(tmp_path)},
        stdout=write_end,
        stderr=subprocess.PIPE,
        check=False,
        timeout=60,
    )
    os.close(write_end)
    assert (done.returncode, done.stderr) == (141, b"")


def test_a_namespace_that_does_not_exist(ready: FakeApi, tmp_path: Path) -> None:
    assert ready.url
    done = check(tmp_path, "--probe-namespace=nosuch")
    assert done.code == 3
    assert "nosuch" in done.line
    assert "--probe-namespace" in done.line
    elsewhere = check(tmp_path, "-n", "nosuch")
    assert elsewhere.code == 1
    assert elsewhere.line.startswith("certdash: namespace nosuch does not exist: check --namespace")


def test_nothing_listens(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        write_kubeconfig(tmp_path / "config", f"https://127.0.0.1:{taken.getsockname()[1]}")
        done = check(tmp_path)
        waited = check(tmp_path, "--wait=300ms")
    assert done.code == 3
    assert "connection refused" in done.line
    assert done.out.startswith("? UNKNOWN")
    assert waited.code == 124


def test_a_server_without_tls(ready: FakeApi, tmp_path: Path) -> None:
    write_kubeconfig(tmp_path / "config", ready.url.replace("http:", "https:"))
    done = check(tmp_path)
    assert done.code == 3
    assert "does not speak TLS" in done.line


def test_a_server_of_another_ca(tmp_path: Path) -> None:
    ours, theirs = Authority(tmp_path, "ours"), Authority(tmp_path, "theirs")
    with serve(context=theirs.server_context()) as api:
        write_kubeconfig(tmp_path / "config", api.url, authority=ours.file)
        done = check(tmp_path)
        trusting = check(tmp_path, "--certificate-authority", str(theirs.file))
    assert done.code == 3
    assert "certificate does not verify" in done.line
    assert trusting.code == 0


def test_a_client_certificate_that_expired(tmp_path: Path) -> None:
    authority = Authority(tmp_path, "ours")
    expired = authority.sign("alice", client=True, expired=True)
    user: dict[str, Any] = {"client-certificate": str(expired.certificate), "client-key": str(expired.key)}
    with serve(context=authority.server_context(demand_client=True)) as api:
        write_kubeconfig(tmp_path / "config", api.url, user, authority=authority.file)
        done = check(tmp_path)
    assert done.code == 3
    assert api.url in done.line


class NoKubernetes(BaseHTTPRequestHandler):
    """A web server like any other."""

    def do_GET(self) -> None:
        self._page()

    def do_POST(self) -> None:
        self._page()

    def _page(self) -> None:
        page = b"<html><h1>It works!</h1></html>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_: Any) -> None:
        """Be quiet."""


def test_a_server_that_is_no_kubernetes(tmp_path: Path) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), NoKubernetes) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        write_kubeconfig(tmp_path / "config", f"http://127.0.0.1:{server.server_port}")
        done = check(tmp_path)
        server.shutdown()
    assert done.code == 3, done
    assert done.line


def plugin(folder: Path, script: str) -> dict[str, Any]:
    """A user whose credentials come from a shell script."""
    path = folder / "plugin"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": str(path),
            "interactiveMode": "Never",
        }
    }


@pytest.mark.parametrize(("script", "told"), [("exit 7", "exit code 7"), ("echo garbage", "printed no ExecCredential")])
def test_an_exec_plugin_that_does_not_work(tmp_path: Path, script: str, told: str) -> None:
    write_kubeconfig(tmp_path / "config", "https://127.0.0.1:1", plugin(tmp_path, script))
    done = check(tmp_path, "--wait=1m")
    assert done.code == 3
    assert told in done.line


def test_an_exec_plugin_that_is_missing(tmp_path: Path) -> None:
    user = plugin(tmp_path, "")
    (tmp_path / "plugin").unlink()
    write_kubeconfig(tmp_path / "config", "https://127.0.0.1:1", user)
    assert "is not installed" in check(tmp_path).line


def test_an_exec_plugin_that_hangs_does_not_outlive_ctrl_c(tmp_path: Path) -> None:
    ready_pipe = tmp_path / "ready"
    os.mkfifo(ready_pipe)
    write_kubeconfig(
        tmp_path / "config", "https://127.0.0.1:1", plugin(tmp_path, f"echo $$ > {ready_pipe}; exec sleep 100")
    )
    with start(tmp_path, "-o", "json") as waiting:
        plugin_process = os.pidfd_open(int(ready_pipe.read_text()))
        waiting.send_signal(signal.SIGINT)
        out, _ = waiting.communicate(timeout=10)
    assert waiting.returncode == 130
    assert json.loads(out)["result"]["state"] == "interrupted"
    ended, _, _ = select.select([plugin_process], [], [], 5)
    os.close(plugin_process)
    assert ended


def test_a_name_server_that_never_answers_delays_nothing(tmp_path: Path) -> None:
    """The look-up hangs as it does with a dead name server; ending must not wait for it."""
    write_kubeconfig(tmp_path / "config", "https://api.example.invalid:6443")
    patched = (
        "import socket, threading, certdash.cli.main as m\n"
        "socket.getaddrinfo = lambda *a, **k: threading.Event().wait()\n"
        "m.run()\n"
    )
    (tmp_path / "dead_dns.py").write_text(patched)
    with subprocess.Popen(
        [str(Path(CERTDASH).with_name("python")), str(tmp_path / "dead_dns.py"), "check", "--wait=300ms", "-o", "json"],
        env={"HOME": str(tmp_path), "KUBECONFIG": str(tmp_path / "config")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        out, _ = process.communicate(timeout=10)
    assert process.returncode == 124
    assert json.loads(out)["result"]["elapsedSeconds"] < 2
