"""Runs a program to its end and says what it cost."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

CERTDASH = str(Path(sys.executable).with_name("certdash"))
EMPTY_APP = (sys.executable, str(Path(__file__).with_name("empty_app.py")))

_STOPWATCH = Path(__file__).with_name("stopwatch.py")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of wall and of CPU (user and system), peak memory in MiB, exit code; `ended` on the monotonic clock."""

    wall: float
    cpu: float
    peak_mib: float
    code: int
    ended: float


class Running:
    """A started program; a process of its own waits for its end and stamps it (see stopwatch)."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: Path = Path(os.devnull)) -> None:
        self._watch = subprocess.Popen(
            [sys.executable, "-IS", str(_STOPWATCH), str(log), *command],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        if self._watch.stdout is None or not (pid := self._watch.stdout.readline()):
            raise OSError(f"{command[0]} did not start")
        self._pid = int(pid)

    def cost(self, patience: float) -> Cost | None:
        """What it cost, or None when it still runs after `patience` seconds."""
        try:
            said, _ = self._watch.communicate(timeout=patience)
        except subprocess.TimeoutExpired:
            return None
        begun, ended, cpu, peak, code = (float(word) for word in said.split())
        return Cost(ended - begun, cpu, peak, int(code), ended)

    def kill(self) -> None:
        """End it, if it runs."""
        if self._watch.poll() is None:
            os.kill(self._pid, signal.SIGKILL)
            self._watch.wait()


def environment(kubeconfig: Path | None = None) -> dict[str, str]:
    """An environment without colour settings and settings of certdash, with KUBECONFIG set."""
    unwanted = ("CERTDASH_", "NO_COLOR", "FORCE_COLOR", "CLICOLOR", "TEXTUAL")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    if kubeconfig is not None:
        kept["KUBECONFIG"] = str(kubeconfig)
    return kept


def cpu_seconds(pid: int) -> float:
    """User and system CPU time of a running process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def resident_mib(pid: int) -> float:
    """Resident memory of a running process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE / 2**20
