"""Ends a wait in which nothing has been heard for too long."""

import asyncio
from collections.abc import Callable
from types import TracebackType

from certdash.kube.errors import TransportError
from certdash.model.instant import Instant


class IdleGuard:
    """`async with` around the reading of a stream; `heard()` for everything that comes in.

    Raises TransportError inside the block once `limit` seconds passed in silence. They are counted on a clock that
    goes on in suspend, and looked at every `check_every` seconds: after a long sleep the stream ends at once, although
    the event loop's own timers did not run meanwhile.
    """

    def __init__(self, clock: Callable[[], Instant], limit: float, check_every: float) -> None:
        self.limit = limit
        self._clock = clock
        self._check_every = check_every
        self._last = clock()
        self._scope = asyncio.timeout(None)
        self._timer: asyncio.TimerHandle | None = None

    def heard(self) -> None:
        """Something came in."""
        self._last = self._clock()

    async def __aenter__(self) -> "IdleGuard":
        await self._scope.__aenter__()
        self.heard()
        self._look_later()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        try:
            await self._scope.__aexit__(kind, error, traceback)
        except TimeoutError:
            raise TransportError(f"the stream was silent for {self.limit:g} s", timed_out=True) from None

    def _look_later(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(min(self._check_every, self.limit / 2), self._look)

    def _look(self) -> None:
        if self._clock().seconds_since(self._last) >= self.limit:
            self._scope.reschedule(asyncio.get_running_loop().time())
        else:
            self._look_later()
