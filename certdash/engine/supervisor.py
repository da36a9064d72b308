"""Keeps the running reflectors equal to the streams that are wanted."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Protocol

from certdash.model.inputs import Input, StreamChanged
from certdash.model.instant import Instant
from certdash.model.stream import StreamPhase, StreamSpec, StreamState


class Runs(Protocol):
    """What the supervisor needs of kube's Reflector."""

    async def run(self) -> None:
        """Run until cancelled."""
        ...

    def retry_now(self) -> None:
        """End a back-off that is under way."""
        ...


class Supervisor:
    """Starts and stops reflectors. A reflector's end or failure is its own: no other stream notices."""

    def __init__(
        self,
        make: Callable[[StreamSpec], Runs],
        emit: Callable[[Input], None],
        clock: Callable[[], Instant],
    ) -> None:
        self._make = make
        self._emit = emit
        self._clock = clock
        self._running: dict[StreamSpec, tuple[Runs, asyncio.Task[None]]] = {}

    @property
    def specs(self) -> frozenset[StreamSpec]:
        """The streams that run now."""
        return frozenset(self._running)

    def settle(self, wanted: frozenset[StreamSpec]) -> None:
        """Start what is wanted and does not run, stop what runs and is not wanted."""
        for spec in self._running.keys() - wanted:
            _, task = self._running.pop(spec)
            task.cancel()
            self._emit(StreamChanged(self._clock(), spec, None))
        for spec in wanted - self._running.keys():
            reflector = self._make(spec)
            task = asyncio.create_task(reflector.run(), name=f"reflector {spec.label}")
            task.add_done_callback(partial(self._ended, spec))
            self._running[spec] = (reflector, task)

    def _ended(self, spec: StreamSpec, task: asyncio.Task[None]) -> None:
        """A reflector runs until it is cancelled: one that ends otherwise has a fault, and its panel says so."""
        if task.cancelled() or spec not in self._running:
            return
        now = self._clock()
        words = f"certdash's reflector failed: {task.exception()!r}"
        self._emit(StreamChanged(now, spec, StreamState(StreamPhase.BROKEN, now, error=words)))

    def retry_now(self) -> None:
        """End every back-off: whatever stood in the way may be gone."""
        for reflector, _ in self._running.values():
            reflector.retry_now()

    async def stop(self) -> None:
        """Cancel all reflectors and wait until they are gone."""
        tasks = [task for _, task in self._running.values()]
        self._running.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
