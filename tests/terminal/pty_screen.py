"""Runs a command in a real pseudo-terminal and reads its screen as a person would, through a terminal emulator."""

import fcntl
import os
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pyte

CERTDASH = str(Path(sys.executable).with_name("certdash"))

# Every mode that a full-screen program turns on and has to turn off again: alternate screen, mouse in its variants,
# focus, bracketed paste.
_MODES = (1049, 1000, 1002, 1003, 1006, 1015, 1016, 1004, 2004)


class PtyScreen:
    """One process in a terminal of its own. `raw` is every byte it wrote."""

    def __init__(
        self, argv: Sequence[str], *, columns: int = 120, rows: int = 40, environ: Mapping[str, str] | None = None
    ) -> None:
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self.code: int | None = None
        own, theirs = os.openpty()
        self._resize(theirs, columns, rows)
        self._descriptor = own
        self.pid = os.fork()
        if self.pid == 0:
            _become(argv, theirs, own, {"TERM": "xterm-256color", "PATH": os.environ["PATH"], **(environ or {})})
        os.close(theirs)

    def __enter__(self) -> "PtyScreen":
        return self

    def __exit__(self, *_: object) -> None:
        if self.code is None:
            try:
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
            except (ProcessLookupError, ChildProcessError):
                pass
        os.close(self._descriptor)

    @property
    def text(self) -> str:
        """What is on the screen."""
        return "\n".join(line.rstrip() for line in self.screen.display)

    def send(self, keys: str) -> None:
        """Press keys."""
        os.write(self._descriptor, keys.encode())

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size."""
        self.screen.resize(rows, columns)
        self._resize(self._descriptor, columns, rows)

    def _resize(self, descriptor: int, columns: int, rows: int) -> None:
        fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def wait_for(self, wanted: str | Callable[[str], bool], seconds: float = 20) -> str:
        """Read until the screen shows it; fails with the screen when it does not in time or the process ends."""
        shown = (lambda text: wanted in text) if isinstance(wanted, str) else wanted
        deadline = time.monotonic() + seconds
        while not shown(self.text):
            alive = self._read(deadline)
            if not alive or time.monotonic() > deadline:
                assert shown(self.text), f"{wanted!r} is not on the screen:\n{self.text}"
        return self.text

    def wait(self, seconds: float = 10) -> int:
        """Read until the process ends; answers its exit code, negative for a signal that killed it."""
        deadline = time.monotonic() + seconds
        while self._read(deadline):
            assert time.monotonic() < deadline, f"still running:\n{self.text}"
        while True:
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            if ended:
                self.code = os.waitstatus_to_exitcode(status)
                return self.code
            assert time.monotonic() < deadline, "closed its terminal and still runs"
            # The terminal is closed, the process about to be reaped: there is no event to wait for but this.
            select.select([], [], [], 0.005)

    def _read(self, deadline: float) -> bool:
        """Take what the process wrote; False when it has closed its terminal."""
        left = max(deadline - time.monotonic(), 0.0)
        readable, _, _ = select.select([self._descriptor], [], [], left)
        if not readable:
            return True
        try:
            data = os.read(self._descriptor, 65536)
        except OSError:
            # How Linux says that the other end is gone.
            return False
        self.raw += data
        self._stream.feed(data)
        return bool(data)

    def left_on(self) -> list[str]:
        """What the process turned on and not off again; empty when the terminal is as it was."""
        on = [f"mode {mode}" for mode in _MODES if self._state_of(f"?{mode}".encode(), b"h", b"l") == "on"]
        if self._state_of(b"?25", b"l", b"h") == "on":
            on.append("hidden cursor")
        if self.raw.count(b"\x1b[>1u") > self.raw.count(b"\x1b[<u"):
            on.append("kitty keyboard protocol")
        return on

    def _state_of(self, mode: bytes, on: bytes, off: bytes) -> str:
        last_on = self.raw.rfind(b"\x1b[" + mode + on)
        return "on" if last_on > self.raw.rfind(b"\x1b[" + mode + off) else "off"

    def cooked(self) -> bool:
        """Whether the terminal's line discipline is as a shell expects it: it echoes, and ctrl-c interrupts."""
        flags = termios.tcgetattr(self._descriptor)[3]
        return bool(flags & termios.ECHO) and bool(flags & termios.ISIG) and bool(flags & termios.ICANON)


def _become(argv: Sequence[str], terminal: int, other: int, environ: Mapping[str, str]) -> None:
    """In the child: take the terminal as the controlling one, and become the command."""
    try:
        os.close(other)
        os.setsid()
        fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
        for descriptor in (0, 1, 2):
            os.dup2(terminal, descriptor)
        os.execvpe(argv[0], list(argv), dict(environ))
    finally:
        os._exit(127)
