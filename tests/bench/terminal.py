"""A program in a pseudo-terminal, every piece of its output kept with the time it came."""

import contextlib
import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import pyte

_CHUNK = 65536
# Sequences that pyte would print: private modes asked for, keyboard protocols, and other parameters it doesn't know.
_UNKNOWN_TO_PYTE = re.compile(r"\x1b\[[<>=][0-9;]*[a-zA-Z]|\x1b\[\?[0-9;]*\$p|\x1bP.*?\x1b\\|\x1b_.*?\x1b\\", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Piece:
    """Some output and when it was read, on the monotonic clock."""

    at: float
    data: bytes


class Terminal:
    """Starts the program; a thread reads what it paints."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self._pieces: list[Piece] = []
        self._grown = threading.Condition()
        self.begun = time.monotonic()
        self._process = subprocess.Popen(
            command,
            env={**environment, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=_take_terminal,
        )
        os.close(slave)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int:
        """The program's process id."""
        return self._process.pid

    def _read(self) -> None:
        with contextlib.suppress(OSError):
            while data := os.read(self._master, _CHUNK):
                with self._grown:
                    self._pieces.append(Piece(time.monotonic(), data))
                    self._grown.notify_all()

    def pieces(self, since: float = 0.0) -> list[Piece]:
        """The output so far that came at or after `since`."""
        with self._grown:
            return [piece for piece in self._pieces if piece.at >= since]

    def size(self) -> int:
        """The bytes of output so far."""
        with self._grown:
            return sum(len(piece.data) for piece in self._pieces)

    def await_bytes(self, pattern: bytes, patience: float = 30.0, since: float = 0.0) -> bool:
        """Wait until one piece of output matches; False when none did in `patience` seconds. Costs little."""
        wanted = re.compile(pattern)
        with self._grown:
            return self._grown.wait_for(
                lambda: any(wanted.search(p.data) for p in self._pieces if p.at >= since), patience
            )

    def press(self, keys: str) -> float:
        """Send keys, and return when."""
        at = time.monotonic()
        os.write(self._master, keys.encode())
        return at

    def close(self) -> None:
        """End the program as a closed terminal would, then by force."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(3)
        self._process.kill()
        self._process.wait()
        self._thread.join(2)
        os.close(self._master)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Replay:
    """The screen as it was after each piece, rebuilt afterwards."""

    def __init__(self, columns: int, rows: int) -> None:
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self._rest = b""

    def feed(self, data: bytes) -> None:
        """Show one more piece. A sequence cut by its end waits for the next."""
        data = self._rest + data
        cut = data.rfind(b"\x1b")
        self._rest = b""
        if cut >= 0 and len(data) - cut < 24 and not re.search(rb"[a-zA-Z\\~]", data[cut + 2 :]):
            data, self._rest = data[:cut], data[cut:]
        text = _UNKNOWN_TO_PYTE.sub("", data.decode("utf-8", "surrogateescape"))
        self._stream.feed(text.encode("utf-8", "surrogateescape"))

    @property
    def lines(self) -> list[str]:
        """The text of every row."""
        return list(self.screen.display)

    def backgrounds(self, top: int) -> tuple[str, ...]:
        """Background colours below row `top`, in every seventh column: they move with a cursor bar."""
        screen = self.screen
        rows, columns = range(top, screen.lines), range(2, screen.columns, 7)
        return tuple(f"{screen.buffer[y][x].bg}{screen.buffer[y][x].reverse}" for y in rows for x in columns)


def when(terminal: Terminal, shown: Callable[[list[str]], bool]) -> float | None:
    """When the screen first satisfied `shown`, on the monotonic clock; None when it never did."""
    return next((at for at, now in changes(terminal, shown) if now), None)


def changes(terminal: Terminal, shown: Callable[[list[str]], bool]) -> Iterator[tuple[float, bool]]:
    """Every moment at which `shown` of the screen turned true or false, the first moment included."""
    replay = Replay(terminal.columns, terminal.rows)
    before: bool | None = None
    for piece in terminal.pieces():
        replay.feed(piece.data)
        now = shown(replay.lines)
        if now is not before:
            yield piece.at, now
            before = now


_WORD = re.compile(r"[A-Za-z]{4}")
_READY = re.compile(r"(?<!NOT )\bREADY\b")


def shows_ready(lines: list[str]) -> bool:
    """True when the banner, in the upper rows, says READY."""
    return any(_READY.search(line) for line in lines[:8])


def shows_text(lines: list[str]) -> bool:
    """True when there is a word to read; borders alone don't count."""
    return any(_WORD.search(line) for line in lines)
