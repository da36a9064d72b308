"""`certdash demo` in a real pseudo-terminal: a newcomer breaks something, watches the verdict, and heals it."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from certdash.tui.demo_control import DEMO_FAULTS
from tests.terminal.pty_screen import CERTDASH, PtyScreen

pytestmark = pytest.mark.timeout(120)

READY = "READY   The API accepts cert-manager resources"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where the cluster's folder comes and goes, and no kubeconfig is."""
    (tmp_path / "tmp").mkdir()
    return tmp_path


@pytest.fixture
def demo(home: Path) -> Iterator[PtyScreen]:
    with start(home) as terminal:
        yield terminal


def start(home: Path, *flags: str, columns: int = 120, rows: int = 40) -> PtyScreen:
    environ = {"HOME": str(home), "TMPDIR": str(home / "tmp"), "LANG": "C.UTF-8"}
    return PtyScreen([CERTDASH, "demo", *flags], environ=environ, columns=columns, rows=rows)


def left_in(home: Path) -> list[Path]:
    """The folders of clusters that are there, once a cluster that is about to end has had the time."""
    deadline = time.monotonic() + 10
    while (names := list((home / "tmp").iterdir())) and time.monotonic() < deadline:
        time.sleep(0.05)
    return names


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (120, 40)])
def test_breaking_changes_the_verdict_and_healing_brings_it_back(home: Path, columns: int, rows: int) -> None:
    with start(home, columns=columns, rows=rows) as terminal:
        text = terminal.wait_for("READY   The API accepts")
        assert "DEMO" in text
        assert "press b to break" in text
        terminal.send("b")
        terminal.wait_for("B heals all")
        terminal.send("w")
        terminal.wait_for("NOT READY   Deployment cert-manager-webhook is scaled to 0")
        terminal.wait_for("broken: webhook at 0 Pods")
        terminal.send("B")
        terminal.wait_for("READY   The API accepts")
        terminal.wait_for("nothing is broken")
        terminal.send("q")
        assert terminal.wait() == 0
        assert terminal.left_on() == []
        assert terminal.cooked()
    assert left_in(home) == []


def test_the_same_key_heals_what_it_broke_and_nothing_else(demo: PtyScreen) -> None:
    demo.wait_for(READY)
    labels = {fault.key: fault.label for fault in DEMO_FAULTS}
    for key in "dt":
        demo.send("b")
        demo.wait_for("B heals all")
        demo.send(key)
        demo.wait_for(lambda text, key=key: "broken:" in text and labels[key] in text)  # type: ignore[misc]
    demo.wait_for("CRD missing: certificates.cert-manager.io")
    demo.send("b")
    demo.wait_for("B heals all")
    demo.send("d")
    demo.wait_for("UNKNOWN   Webhook validate.policy.example.test can't be called")
    assert labels["t"] in demo.text
    demo.send("B")
    demo.wait_for(READY)


def test_a_scenario_is_there_from_the_first_look(home: Path) -> None:
    with start(home, "--scenario", "expired") as terminal:
        terminal.wait_for("certificate expired")
        terminal.wait_for("certificate has expired or is not yet valid")
        terminal.send("q")
        assert terminal.wait() == 0


def test_a_script_is_told_while_it_plays(home: Path) -> None:
    with start(home, "--script", "upgrade", "--speed", "5") as terminal:
        terminal.wait_for("v1.20.3 serves")
        terminal.wait_for("Helm upgrades cert-manager to v1.21.1")
        terminal.wait_for("cert-manager v1.21.1")
        terminal.send("q")
        assert terminal.wait() == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)])
def test_a_signal_leaves_nothing_behind(home: Path, number: signal.Signals, code: int) -> None:
    with start(home) as terminal:
        terminal.wait_for(READY)
        os.kill(terminal.pid, number)
        assert terminal.wait() == code
        assert terminal.left_on() == []
    assert left_in(home) == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux ends the cluster with a killed parent")
def test_a_killed_dashboard_leaves_nothing_behind(home: Path) -> None:
    with start(home) as terminal:
        terminal.wait_for(READY)
        assert list((home / "tmp").iterdir())
        os.kill(terminal.pid, signal.SIGKILL)
        assert terminal.wait() == -signal.SIGKILL
    assert left_in(home) == []


def test_a_closed_terminal_leaves_nothing_behind(home: Path) -> None:
    with start(home) as terminal:
        terminal.wait_for(READY)
        terminal.code = 0
    # The terminal is gone now, as with a closed window.
    assert left_in(home) == []
    os.waitpid(terminal.pid, 0)
