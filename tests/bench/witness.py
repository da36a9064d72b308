"""Listens to the prober's process."""

import queue
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Self


class Witness:
    """The prober as a process, and what it said last."""

    def __init__(self, kubeconfig: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.prober", str(kubeconfig)], stdout=subprocess.PIPE, text=True
        )
        self._said: queue.Queue[tuple[str, float]] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        if self._process.stdout is not None:
            for line in self._process.stdout:
                state, begun, _ = line.split()
                self._said.put((state, float(begun)))

    def await_state(self, state: str, patience: float = 90.0) -> float:
        """Wait until it says `state`, and return when the round that saw it first began. Raises queue.Empty."""
        while True:
            said, begun = self._said.get(timeout=patience)
            if said == state:
                return begun

    def forget(self) -> None:
        """Drop what it said so far."""
        while not self._said.empty():
            self._said.get_nowait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
