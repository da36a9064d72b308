"""The installed `certdash` in a real pseudo-terminal: what a person sees, and what is left of the terminal after."""

import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.terminal.fake_api import FakeApi, serve, write_kubeconfig
from tests.terminal.pty_screen import CERTDASH, PtyScreen
from tests.unit import scenarios
from tests.unit.scenario_answers import open_answers

# Parameters of SGR that set a colour; bold, dim, underline and reverse are none.
_COLOUR = re.compile(rb"\x1b\[(?:[0-9;:]*;)?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:[;:][0-9;:]*)?m")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home whose kubeconfig leads to a cluster that is ready."""
    with serve() as api:
        write_kubeconfig(tmp_path / "config", api.url)
        yield tmp_path


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[FakeApi]:
    with serve(scenarios.crds_only(), open_answers()) as api:
        write_kubeconfig(tmp_path / "config", api.url)
        yield api


def dashboard(home: Path, *flags: str, argv: tuple[str, ...] = (CERTDASH,), **more: Any) -> PtyScreen:
    environ = {"HOME": str(home), "KUBECONFIG": str(home / "config"), "LANG": "C.UTF-8", **more.pop("environ", {})}
    return PtyScreen([*argv, *flags], environ=environ, **more)


def assert_clean(terminal: PtyScreen) -> None:
    assert terminal.left_on() == []
    assert terminal.cooked()
    assert b"Traceback" not in terminal.raw


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (120, 40), (200, 60)])
def test_it_shows_the_verdict_in_every_size(home: Path, columns: int, rows: int) -> None:
    with dashboard(home, columns=columns, rows=rows) as terminal:
        text = terminal.wait_for("READY")
        assert "fake" in text
        assert "127.0.0.1" in text
        terminal.send("q")
        assert terminal.wait() == 0
        assert_clean(terminal)


def test_the_first_screen_comes_before_the_first_answer(tmp_path: Path) -> None:
    write_kubeconfig(tmp_path / "config", "https://127.0.0.1:1")
    with dashboard(tmp_path) as terminal:
        terminal.wait_for("127.0.0.1:1")
        terminal.wait_for("UNKNOWN")
        terminal.send("q")
        assert terminal.wait() == 0
        assert_clean(terminal)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)])
def test_a_signal_leaves_the_terminal_clean(home: Path, number: signal.Signals, code: int) -> None:
    with dashboard(home) as terminal:
        terminal.wait_for("READY")
        os.kill(terminal.pid, number)
        assert terminal.wait() == code
        assert_clean(terminal)


def test_ctrl_c_leaves_the_terminal_clean(home: Path) -> None:
    with dashboard(home) as terminal:
        terminal.wait_for("READY")
        terminal.send("\x03")
        assert terminal.wait() == 130
        assert_clean(terminal)


def test_quitting_is_quick(home: Path) -> None:
    with dashboard(home) as terminal:
        terminal.wait_for("READY")
        begun = time.monotonic()
        terminal.send("q")
        terminal.wait()
        assert time.monotonic() - begun < 1


def test_quitting_is_quick_with_a_dead_name_server(tmp_path: Path) -> None:
    write_kubeconfig(tmp_path / "config", "https://api.example.invalid:6443")
    patched = (
        "import socket, threading, certdash.cli.main as m\n"
        "socket.getaddrinfo = lambda *a, **k: threading.Event().wait()\n"
        "m.run()\n"
    )
    (tmp_path / "dead_dns.py").write_text(patched)
    python = str(Path(CERTDASH).with_name("python"))
    with dashboard(tmp_path, argv=(python, str(tmp_path / "dead_dns.py"))) as terminal:
        terminal.wait_for("api.example.invalid")
        # Whatever the panels say by then, the look-up hangs.
        terminal.wait_for(lambda text: "onnecting" in text)
        begun = time.monotonic()
        terminal.send("q")
        assert terminal.wait() == 0
        assert time.monotonic() - begun < 1
        assert_clean(terminal)


def test_resizing_repaints(home: Path) -> None:
    with dashboard(home, columns=120, rows=40) as terminal:
        terminal.wait_for("READY")
        terminal.resize(20, 5)
        terminal.wait_for("too small")
        terminal.resize(80, 24)
        terminal.wait_for("READY")
        terminal.send("q")
        assert terminal.wait() == 0
        assert_clean(terminal)


def test_a_tiny_terminal_says_so_and_can_be_left(home: Path) -> None:
    with dashboard(home, columns=20, rows=5) as terminal:
        terminal.wait_for("too small")
        terminal.send("q")
        assert terminal.wait() == 0
        assert_clean(terminal)


def test_help_opens_and_closes(home: Path) -> None:
    with dashboard(home) as terminal:
        terminal.wait_for("READY")
        terminal.send("?")
        terminal.wait_for("Go to the next panel")
        terminal.send("\x1b")
        terminal.wait_for(lambda text: "Go to the next panel" not in text)
        terminal.send("q")
        assert terminal.wait() == 0


@pytest.mark.usefixtures("bare")
def test_the_story_is_not_ready(tmp_path: Path) -> None:
    with dashboard(tmp_path) as terminal:
        terminal.wait_for("NOT READY")
        terminal.send("q")
        assert terminal.wait() == 0


def test_no_color_means_no_colour(home: Path) -> None:
    with dashboard(home, environ={"NO_COLOR": "1", "COLORTERM": "truecolor"}) as terminal:
        terminal.wait_for("READY")
        terminal.send("q")
        terminal.wait()
        assert not _COLOUR.search(terminal.raw)
    with dashboard(home, "--no-color") as terminal:
        terminal.wait_for("READY")
        terminal.send("q")
        terminal.wait()
        assert not _COLOUR.search(terminal.raw)


def test_a_dumb_terminal_is_told_about_check(home: Path) -> None:
    with dashboard(home, environ={"TERM": "dumb"}) as terminal:
        assert terminal.wait() == 2
        assert "use `certdash check`" in terminal.text
        assert b"\x1b" not in terminal.raw


def test_a_kubeconfig_error_comes_before_the_screen_is_taken(tmp_path: Path) -> None:
    with dashboard(tmp_path) as terminal:
        assert terminal.wait() == 3
        assert "no kubeconfig found" in terminal.text.replace("\n", "")
        assert b"\x1b[?1049h" not in terminal.raw


def test_an_exec_plugin_fails_before_the_screen_is_taken(tmp_path: Path) -> None:
    user = {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": "/bin/false",
            "interactiveMode": "Never",
        }
    }
    write_kubeconfig(tmp_path / "config", "https://127.0.0.1:1", user)
    with dashboard(tmp_path) as terminal:
        assert terminal.wait() == 3
        assert "exit code 1" in terminal.text
        assert b"\x1b[?1049h" not in terminal.raw


@pytest.mark.usefixtures("bare")
def test_check_shows_a_live_line_and_takes_it_away(tmp_path: Path) -> None:
    with dashboard(tmp_path, "check", "--wait=500ms", columns=100) as terminal:
        assert terminal.wait() == 124
        first = terminal.text.splitlines()[0]
        assert first.startswith("certdash: --wait ran out")
        assert "\r\x1b[K" in terminal.raw.decode()
        assert _COLOUR.search(terminal.raw)
        assert_clean(terminal)


def test_an_error_of_our_own_restores_the_terminal_and_goes_to_a_log(home: Path) -> None:
    program = (
        "import certdash.engine.live as live, certdash.cli.main as m\n"
        "def start(*a, **k):\n    raise RuntimeError('broken on purpose')\n"
        "live.start = start\n"
        "m.run()\n"
    )
    (home / "broken.py").write_text(program)
    python = str(Path(CERTDASH).with_name("python"))
    with dashboard(home, argv=(python, str(home / "broken.py"))) as terminal:
        assert terminal.wait() == 70
        assert b"certdash: unexpected error: " in terminal.raw
        assert_clean(terminal)
    logs = list((home / ".local" / "state" / "certdash").iterdir())
    assert "broken on purpose" in logs[0].read_text()
