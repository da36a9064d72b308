"""Runs controllers: each looks at the store whenever something it watches changed, and brings things nearer to it."""

import asyncio
from collections.abc import Awaitable, Callable, Collection

from certdash.demo.api.resource_types import ResourceType
from certdash.demo.api.status import ApiError, ApiUnavailable
from certdash.demo.api.store import Event, Store
from certdash.demo.pace import Pace

_FIRST_BACK_OFF = 0.2
_LONGEST_BACK_OFF = 5.0


class ControlLoop:
    """One controller. `watched` are the resources whose changes matter, None for all.

    `reconcile` looks at everything and answers in how many seconds of the cluster it wants to look again anyway, None
    when only a change matters.
    """

    def __init__(
        self,
        store: Store,
        pace: Pace,
        watched: Collection[ResourceType] | Callable[[ResourceType], bool] | None,
        reconcile: Callable[[], Awaitable[float | None]],
    ) -> None:
        self._pace = pace
        self._watches = watched if callable(watched) else lambda resource: watched is None or resource in watched
        self._reconcile = reconcile
        self._changed = asyncio.Event()
        self._changed.set()
        self._forget = store.listen(self._notice)
        self._task = asyncio.ensure_future(self._run())

    async def stop(self) -> None:
        """Stop at once."""
        self._forget()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def poke(self) -> None:
        """Look again."""
        self._changed.set()

    def _notice(self, event: Event) -> None:
        if self._watches(event.resource):
            self._changed.set()

    async def _run(self) -> None:
        back_off = _FIRST_BACK_OFF
        while True:
            self._changed.clear()
            try:
                again = await self._reconcile()
                back_off = _FIRST_BACK_OFF
            except (ApiError, ApiUnavailable):
                again, back_off = back_off, min(back_off * 2, _LONGEST_BACK_OFF)
            try:
                async with asyncio.timeout(None if again is None else self._pace.wall(again)):
                    await self._changed.wait()
            except TimeoutError:
                continue
