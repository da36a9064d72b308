"""The cluster's process, as whoever starts it sees it: ready, obedient, and never left behind."""

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from certdash.demo.messages import News
from certdash.demo.process import DemoFailed, DemoOptions, DemoProcess

pytestmark = pytest.mark.timeout(60)

PATIENCE = 20.0


class Listener:
    """Keeps all news; `over` is set when the cluster ended by itself."""

    def __init__(self) -> None:
        self.news: list[News] = []
        self.over = threading.Event()

    def hear(self, news: News | None) -> None:
        if news is None:
            self.over.set()
        else:
            self.news.append(news)


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def demo(listener: Listener) -> Iterator[DemoProcess]:
    process = DemoProcess(DemoOptions(speed=10), listener.hear)
    yield process
    process.stop()


def wait_until(what: str, holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def runs(pid: int) -> bool:
    """Whether the process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_only_its_owner_may_read_what_leads_to_it(demo: DemoProcess) -> None:
    kubeconfig = Path(demo.wait_ready().kubeconfig)
    assert stat.S_IMODE(kubeconfig.stat().st_mode) == 0o600
    assert stat.S_IMODE(kubeconfig.parent.stat().st_mode) == 0o700
    demo.stop()
    assert not kubeconfig.parent.exists()


def test_it_breaks_heals_and_tells(demo: DemoProcess, listener: Listener) -> None:
    demo.wait_ready()
    assert demo.order("clusterip", ["refuse"]).result(PATIENCE) == ""
    assert "clusterip refuse" in listener.news[-1].broken
    demo.order("heal", ["clusterip", "refuse"]).result(PATIENCE)
    assert not listener.news[-1].broken
    reader = demo.order("limited_user", ["reader"]).result(PATIENCE)
    assert Path(reader).exists()


def test_what_it_can_not_do_is_one_line(demo: DemoProcess) -> None:
    demo.wait_ready()
    for call, told in ((["fly"], "no verb 'fly'"), (["scale"], "usage"), (["scale", "web", "1"], "no component")):
        with pytest.raises(DemoFailed, match=told) as failed:
            demo.order(call[0], call[1:]).result(PATIENCE)
        assert "\n" not in str(failed.value)


def test_a_scenario_is_there_from_the_beginning(listener: Listener) -> None:
    demo = DemoProcess(DemoOptions(scenario="scaled-to-0", speed=10), listener.hear)
    try:
        demo.wait_ready()
        wait_until("news", lambda: bool(listener.news))
        assert listener.news[0].broken == ("scale webhook 0",)
    finally:
        demo.stop()


def test_a_taken_port_is_said(demo: DemoProcess) -> None:
    port = int(demo.wait_ready().server.rpartition(":")[2])
    other = DemoProcess(DemoOptions(port=port))
    with pytest.raises(DemoFailed, match=rf"can't listen on 127\.0\.0\.1:{port}: Address already in use"):
        other.wait_ready()
    other.stop()


def test_a_cluster_that_was_killed_is_told_and_leaves_nothing(demo: DemoProcess, listener: Listener) -> None:
    folder = Path(demo.wait_ready().kubeconfig).parent
    os.kill(demo.pid, signal.SIGKILL)
    assert listener.over.wait(PATIENCE)
    assert not folder.exists()
    with pytest.raises(DemoFailed, match="has ended"):
        demo.order("heal").result(PATIENCE)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_it_ends_with_a_parent_that_was_killed() -> None:
    code = (
        "import time\n"
        "from certdash.demo.process import DemoOptions, DemoProcess\n"
        "demo = DemoProcess(DemoOptions())\n"
        "print(demo.pid, demo.wait_ready().kubeconfig, flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, encoding="utf-8")
    assert parent.stdout is not None
    pid, kubeconfig = parent.stdout.readline().split()
    assert runs(int(pid))
    parent.kill()
    parent.wait()
    parent.stdout.close()
    wait_until("the end of the cluster", lambda: not runs(int(pid)))
    assert not Path(kubeconfig).parent.exists()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_it_ends_while_a_verb_still_waits(demo: DemoProcess) -> None:
    demo.wait_ready()
    # Storage that does not answer lets every verb wait.
    demo.order("stop_process", ["etcd", "freeze"]).result(PATIENCE)
    waiting = demo.order("scale", ["webhook", "0"])
    demo.stop()
    assert not runs(demo.pid)
    with pytest.raises(DemoFailed):
        waiting.result(PATIENCE)
