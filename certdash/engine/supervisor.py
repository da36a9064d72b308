"""Keeps the running reflectors equal to the streams that are wanted."""

import asyncio
from collections.abc import Callable

from certdash.kube.reflector import Reflector
from certdash.model.inputs import Input, StreamChanged
from certdash.model.instant import Instant
from certdash.model.stream import StreamSpec


class Supervisor:
    """Starts and stops reflectors. A reflector's end or failure is its own: no other stream notices."""

    def __init__(
        self,
        make: Callable[[StreamSpec], Reflector],
        emit: Callable[[Input], None],
        clock: Callable[[], Instant],
    ) -> None:
        self._make = make
        self._emit = emit
        self._clock = clock
        self._running: dict[StreamSpec, tuple[Reflector, asyncio.Task[None]]] = {}

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
            self._running[spec] = (reflector, task)

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
