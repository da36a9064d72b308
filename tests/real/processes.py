"""Starts, watches and ends processes that must not outlive the one that started them."""

import contextlib
import ctypes
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from certdash.demo.faults.cluster import Ending, WaitError, wait_for

SIGNALS = {Ending.KILL: signal.SIGKILL, Ending.TERM: signal.SIGTERM, Ending.FREEZE: signal.SIGSTOP}
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent() -> None:
    """Ask the kernel to kill this process when the thread that started it ends: nothing survives a kill -9.

    Linux only (prctl PR_SET_PDEATHSIG); elsewhere it does nothing.
    """
    if hasattr(_libc, "prctl"):
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


@dataclass(slots=True)
class Process:
    """One program with its log file. `start` must be called from a thread that lives as long as the program should."""

    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    _running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, appending to the log, in a session of its own so that a ctrl-c at the terminal spares it."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._running = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd="/",
                env={"PATH": os.environ.get("PATH", ""), "HOME": "/nonexistent", **self.environment},
                start_new_session=True,
                preexec_fn=die_with_parent,
            )

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return self._running.pid if self._running is not None and self.alive else None

    @property
    def alive(self) -> bool:
        """True while it runs, stopped by SIGSTOP included."""
        return self._running is not None and self._running.poll() is None

    @property
    def exit_code(self) -> int | None:
        """Its exit code once it ended, negative for a signal."""
        return None if self._running is None else self._running.poll()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, if it runs."""
        if self._running is not None and self.alive:
            self._running.send_signal(number)

    def resume(self) -> None:
        """Let a frozen process go on."""
        self.signal(signal.SIGCONT)

    def stop(self, *, gently: float = 0.0) -> None:
        """End it: SIGTERM first when it may take `gently` seconds to end, then SIGKILL."""
        if self._running is None:
            return
        if gently > 0:
            self.resume()
            self.signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._running.wait(gently)
        self.signal(signal.SIGKILL)
        self._running.wait()

    def wait_ready(self, ready: Callable[[], bool], seconds: float = 30.0) -> None:
        """Wait until `ready()` holds. Raises WaitError when it does not, or when the process ends first."""

        def check() -> bool:
            if not self.alive:
                raise WaitError(f"{self.name} ended with {self.exit_code}: {self.tail()}")
            return ready()

        try:
            wait_for(self.name, check, seconds=seconds)
        except WaitError as error:
            raise WaitError(f"{error}: {self.tail()}") from None

    def tail(self, lines: int = 4) -> str:
        """The last lines of its log, joined by " | "."""
        try:
            return " | ".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        except OSError:
            return "(no log)"
