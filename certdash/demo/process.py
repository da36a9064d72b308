"""The parent's side of the demo cluster: starts its process, orders faults, hears what is broken."""

import contextlib
import os
import shutil
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from certdash.demo.messages import Answer, Failed, News, Order, Ready, read_message

_START_LIMIT = 30.0
_END_LIMIT = 5.0


class DemoFailed(Exception):  # noqa: N818 - what happened, as it is told
    """The cluster could not be started, has ended, or could not do what it was asked. One line."""


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What the cluster is started with. `port` 0 is any free one; `speed` is how many of its seconds pass in one."""

    scenario: str = ""
    script: str = ""
    speed: float = 1.0
    port: int = 0

    def arguments(self) -> list[str]:
        """As the child's command line."""
        given = {"scenario": self.scenario, "script": self.script, "speed": self.speed, "port": self.port}
        return [f"--{name}={value}" for name, value in given.items() if value]


class DemoProcess:
    """A demo cluster in a process of its own, which ends with this one, however this one ends.

    `heard` is called on a thread of its own with all news, and with None once the cluster has ended by itself. Make it
    on a thread that stays: Linux ends the cluster with the thread that started it.
    """

    def __init__(self, options: DemoOptions, heard: Callable[[News | None], None] = lambda _: None) -> None:
        self._heard = heard
        self._complaints: deque[str] = deque(maxlen=20)
        self._ready: Future[Ready] = Future()
        self._waiting: dict[int, Future[str]] = {}
        self._last_id = 0
        self._ending = False
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            # -P: what lies in the current folder is not to be imported.
            [sys.executable, "-P", "-m", "certdash.demo", f"--parent={os.getpid()}", *options.arguments()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # ctrl-c is for this process to handle.
            start_new_session=True,
        )
        self._readers = (
            threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True, name="demo"),
            threading.Thread(target=self._complain, args=(self._process.stderr,), daemon=True, name="demo errors"),
        )
        for reader in self._readers:
            reader.start()

    @property
    def pid(self) -> int:
        """The process id of the cluster."""
        return self._process.pid

    def wait_ready(self) -> Ready:
        """Wait until the cluster is as its options say. Raises DemoFailed."""
        try:
            return self._ready.result(_START_LIMIT)
        except TimeoutError:
            raise DemoFailed(f"the demo cluster was not ready within {_START_LIMIT:g} s") from None

    def order(self, verb: str, arguments: Sequence[str] = ()) -> Future[str]:
        """Perform a verb; `heal` alone heals everything, with a verb and its arguments what that call broke.

        The future holds what the verb answered, such as a kubeconfig's path, or DemoFailed.
        """
        future: Future[str] = Future()
        with self._lock:
            self._last_id += 1
            number = self._last_id
            self._waiting[number] = future
        try:
            stdin = self._process.stdin
            assert stdin is not None
            stdin.write(Order(number, verb, tuple(arguments)).line())
            stdin.flush()
        except (OSError, ValueError):
            self._settle(Answer(number, error=self._last_words()))
        return future

    def stop(self) -> None:
        """End it and wait; what it left behind is removed."""
        self._ending = True
        with contextlib.suppress(OSError):
            assert self._process.stdin is not None
            self._process.stdin.close()
        try:
            self._process.wait(_END_LIMIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._remove_folder()

    def _read(self, stdout: IO[bytes]) -> None:
        for line in stdout:
            with contextlib.suppress(ValueError, TypeError):
                self._take(read_message(line))
        self._process.wait()
        self._over()

    def _take(self, message: Ready | Answer | News | Failed) -> None:
        match message:
            case Ready():
                self._ready.set_result(message)
            case Answer():
                self._settle(message)
            case News():
                self._heard(message)
            case Failed():
                self._ready.set_exception(DemoFailed(message.error))

    def _settle(self, answer: Answer) -> None:
        with self._lock:
            future = self._waiting.pop(answer.id, None)
        if future is None:
            return
        if answer.error:
            future.set_exception(DemoFailed(answer.error))
        else:
            future.set_result(answer.text)

    def _over(self) -> None:
        """The cluster has ended, asked or not."""
        self._readers[1].join(1)
        if not self._ready.done():
            self._ready.set_exception(DemoFailed(self._last_words()))
        for number in list(self._waiting):
            self._settle(Answer(number, error=self._last_words()))
        if not self._ending:
            self._remove_folder()
            self._heard(None)

    def _complain(self, stderr: IO[bytes]) -> None:
        for line in stderr:
            self._complaints.append(line.decode(errors="replace").rstrip())

    def _last_words(self) -> str:
        words = next((line for line in reversed(self._complaints) if line), "")
        return f"the demo cluster has ended{f': {words}' if words else ''}"

    def _remove_folder(self) -> None:
        """The cluster does it itself, unless it was killed."""
        if self._ready.done() and self._ready.exception() is None:
            shutil.rmtree(Path(self._ready.result().kubeconfig).parent, ignore_errors=True)
