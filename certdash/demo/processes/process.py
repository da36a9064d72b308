"""A process of the embedded cluster: started and stopped by the node's thread, living on the cluster's loop."""

import asyncio
import contextlib
import json
from abc import ABC, abstractmethod
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any

from certdash.demo.faults.cluster import Ending
from certdash.demo.forwarder import Address

_KILLED = -9
_PATIENCE = 10.0


class EmbeddedProcess(ABC):
    """One process. `loop` is the cluster's; what a subclass does, it does there. Public methods may be called from
    any other thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._exit_code: int | None = None
        self._running = False
        self._log: list[str] = []
        self.frozen = False

    # What the node asks for.

    @property
    def alive(self) -> bool:
        """True while it runs, frozen included."""
        return self._running

    @property
    def exit_code(self) -> int | None:
        """Its exit code once it ended."""
        return self._exit_code

    @property
    def serving(self) -> Address | None:
        """Where it serves, None for a process that does not."""
        return None

    @property
    def log(self) -> str:
        """Everything that it has logged."""
        return "".join(self._log)

    def start(self) -> None:
        """Start it, and wait until it runs."""
        self._running = True
        self._await(self._begin())

    def healthy(self) -> bool:
        """What its readiness probe says."""
        return self._running and not self.frozen

    def send(self, how: Ending) -> None:
        """Kill it, ask it to end, or freeze it."""
        self._await(self._take(how))

    def thaw(self) -> None:
        """Let it go on."""
        self._await(self._thaw())

    def stop(self, *, gently: float = 0.0) -> None:
        """End it and wait."""
        self._await(self._take(Ending.TERM if gently and not self.frozen else Ending.KILL))

    # What a process does, on the cluster's loop.

    @abstractmethod
    async def _begin(self) -> None:
        """Start working."""

    @abstractmethod
    async def _end(self, *, gracefully: bool) -> None:
        """Stop working; `gracefully` with the time to give back what it holds."""

    async def _freeze(self) -> None:
        """Stand still, and keep everything."""
        await self._end(gracefully=False)

    async def _resume(self) -> None:
        """Go on after standing still."""
        await self._begin()

    async def _take(self, how: Ending) -> None:
        if not self._running:
            return
        if how is Ending.FREEZE:
            self.frozen = True
            await self._freeze()
            return
        self._running = False
        self._exit_code = 0 if how is Ending.TERM else _KILLED
        await self._end(gracefully=how is Ending.TERM)

    async def _thaw(self) -> None:
        if self._running and self.frozen:
            self.frozen = False
            await self._resume()

    def _await(self, work: Coroutine[Any, Any, None]) -> None:
        with contextlib.suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(work, self._loop).result(_PATIENCE)

    def _say(self, source: str, message: str, **values: object) -> None:
        """One line in klog's format, as cert-manager writes them."""
        now = datetime.now(UTC).strftime("%m%d %H:%M:%S.%f")
        told = "".join(f" {key}={json.dumps(value, separators=(',', ':'))}" for key, value in values.items())
        self._log.append(f'I{now}       1 {source}] "{message}"{told}\n')
        if len(self._log) > 500:
            del self._log[:100]

    def _complain(self, source: str, message: str, error: str) -> None:
        """One line about an error, in klog's format."""
        now = datetime.now(UTC).strftime("%m%d %H:%M:%S.%f")
        self._log.append(f'E{now}       1 {source}] "{message}" err="{error}" logger="cert-manager"\n')
