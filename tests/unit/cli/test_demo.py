"""`certdash demo` as a shell sees it: what it lists, what it refuses in one line, and the cluster without a screen."""

import os
import re
import select
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from certdash.demo.scenarios import SCENARIOS
from certdash.demo.script import SCRIPTS
from tests.unit.cli.process import CERTDASH, run_certdash

pytestmark = pytest.mark.timeout(90)

PATIENCE = 30.0


class Headless:
    """A running `certdash demo --headless`."""

    def __init__(self, home: Path, *flags: str) -> None:
        environ = {"HOME": str(home), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TMPDIR": str(home)}
        pipe = subprocess.PIPE
        argv = [CERTDASH, "demo", "--headless", *flags]
        self.process = subprocess.Popen(argv, env=environ, stdin=pipe, stdout=pipe, stderr=pipe)
        self._said = b""

    def line(self) -> str:
        """The next line of stdout."""
        assert self.process.stdout is not None
        readable, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        assert readable, "nothing on stdout"
        return self.process.stdout.readline().decode().rstrip("\n")

    def type(self, text: str) -> None:
        """Type a line."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{text}\n".encode())
        self.process.stdin.flush()

    def wait_said(self, wanted: str) -> str:
        """Read stderr until it is there; answers all of it so far."""
        assert self.process.stderr is not None
        deadline = time.monotonic() + PATIENCE
        while wanted.encode() not in self._said:
            assert time.monotonic() < deadline, f"{wanted!r} was not said: {self._said.decode()}"
            if select.select([self.process.stderr], [], [], 0.2)[0]:
                self._said += os.read(self.process.stderr.fileno(), 4096)
        return self._said.decode()

    def end(self, number: signal.Signals) -> int:
        """Send a signal and wait; answers the exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


@pytest.fixture
def headless(tmp_path: Path) -> Iterator[Headless]:
    running = Headless(tmp_path)
    yield running
    if running.process.poll() is None:
        running.end(signal.SIGTERM)
    for pipe in (running.process.stdin, running.process.stdout, running.process.stderr):
        assert pipe is not None
        pipe.close()


def kubeconfig_of(line: str) -> str:
    match = re.fullmatch(r"export KUBECONFIG=(\S+)", line)
    assert match, line
    return match[1]


def test_the_list_names_every_scenario_and_script_with_a_line_each(tmp_path: Path) -> None:
    done = run_certdash("demo", "--list", home=tmp_path)
    assert done.code == 0
    rows = {line.split(maxsplit=1)[0]: line for line in done.out.splitlines()}
    listed = {name: scenario.about for name, scenario in SCENARIOS.items()}
    listed |= {name: script.about for name, script in SCRIPTS.items()}
    for name, about in listed.items():
        assert rows[name].endswith(about)


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (("--scenario", "scaled-to-1"), "there is no scenario 'scaled-to-1': did you mean scaled-to-0"),
        (("--scenario", "xyzzy"), "there is no scenario 'xyzzy': --list names them all"),
        (("--scenario", "expired", "--script", "install"), "exclude each other"),
        (("--script", "/nowhere"), "'/nowhere' is none of install, upgrade, incident, and no file to read"),
        (("--speed", "fast"), "'fast' is not a speed"),
        (("--speed", "0"), "'0' is not a speed"),
        (("--port", "70000"), "'70000' is not a port"),
        (("--kubeconfig", "x"), "--kubeconfig belongs to"),
        (("now",), "demo takes no argument"),
    ],
)
def test_wrong_usage_is_one_line(tmp_path: Path, flags: tuple[str, ...], told: str) -> None:
    done = run_certdash("demo", *flags, home=tmp_path)
    assert done.code == 2
    assert told in done.line


@pytest.mark.parametrize("flag", ["--scenario=expired", "--headless", "--list", "--script=install", "--speed=2"])
def test_no_flag_of_it_works_elsewhere(tmp_path: Path, flag: str) -> None:
    for command in ("check", "dash", "info"):
        done = run_certdash(command, flag, home=tmp_path)
        assert done.code == 2
        assert "belongs to demo" in done.line


def test_a_malformed_script_is_named_by_its_line(tmp_path: Path) -> None:
    story = tmp_path / "story"
    story.write_text("5 heal\n5 scal webhook 0\n", encoding="utf-8")
    done = run_certdash("demo", "--headless", "--script", str(story), home=tmp_path)
    assert done.code == 2
    assert f"{story}, line 2: no verb 'scal'" in done.line


def test_without_a_terminal_it_says_what_works_without(tmp_path: Path) -> None:
    done = run_certdash("demo", home=tmp_path)
    assert done.code == 2
    assert "--headless" in done.line


def test_a_taken_port_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run_certdash("demo", "--headless", f"--port={port}", home=tmp_path)
    assert done.code == 2
    assert f"can't listen on 127.0.0.1:{port}: Address already in use" in done.line


def test_the_first_line_leads_to_a_cluster_that_is_proven_ready(headless: Headless, tmp_path: Path) -> None:
    kubeconfig = kubeconfig_of(headless.line())
    checked = run_certdash("check", "-o", "short", "--kubeconfig", kubeconfig, home=tmp_path)
    assert checked.code == 0, checked.out


def test_typed_faults_break_and_heal_it(headless: Headless, tmp_path: Path) -> None:
    kubeconfig = kubeconfig_of(headless.line())
    headless.type("delete_crd certificates")
    headless.wait_said("delete_crd: done")
    checked = run_certdash("check", "-o", "short", "--kubeconfig", kubeconfig, home=tmp_path)
    assert checked.code == 1
    assert "CD0302" in checked.out
    headless.type("heal")
    headless.wait_said("heal: done")
    checked = run_certdash("check", "-o", "short", "--wait=20s", "--kubeconfig", kubeconfig, home=tmp_path)
    assert checked.code == 0, checked.out


def test_what_can_not_be_meant_is_said_and_ends_nothing(headless: Headless) -> None:
    headless.line()
    headless.type("fly")
    headless.type("'")
    headless.type("help")
    said = headless.wait_said("wrong_service_selector")
    assert "error: no verb 'fly'" in said
    assert "error: No closing quotation" in said
    assert "Traceback" not in said
    headless.type("limited_user reader")
    assert Path(kubeconfig_of(headless.line())).exists()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_ends_it_and_leaves_nothing(
    headless: Headless, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    folder = Path(kubeconfig_of(headless.line())).parent
    assert folder.parent == tmp_path
    assert headless.end(number) == code
    assert not folder.exists()


def test_it_goes_on_when_standard_input_ends(headless: Headless, tmp_path: Path) -> None:
    kubeconfig = kubeconfig_of(headless.line())
    assert headless.process.stdin is not None
    headless.process.stdin.close()
    assert run_certdash("check", "-q", "--kubeconfig", kubeconfig, home=tmp_path).code == 0


def test_the_users_own_kubeconfig_stays_as_it_is(tmp_path: Path) -> None:
    own = tmp_path / ".kube" / "config"
    own.parent.mkdir()
    own.write_text("kept", encoding="utf-8")
    running = Headless(tmp_path)
    assert kubeconfig_of(running.line()) != str(own)
    running.end(signal.SIGINT)
    running.process.communicate()
    assert own.read_text(encoding="utf-8") == "kept"
    assert [path.name for path in own.parent.iterdir()] == ["config"]


def test_a_script_tells_its_story(tmp_path: Path) -> None:
    running = Headless(tmp_path, "--script", "install", "--speed", "20")
    running.line()
    running.wait_said("Helm creates the CRDs")
    said = running.wait_said("now the API is proven")
    assert re.search(r"^\d\d:\d\d:\d\d  An empty cluster", said, re.MULTILINE)
    running.end(signal.SIGINT)
    running.process.communicate()
