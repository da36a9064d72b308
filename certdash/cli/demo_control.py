"""The demo cluster's process as the dashboard wants it."""

import asyncio
import threading
from collections.abc import Sequence

from certdash.demo.messages import News
from certdash.demo.process import DemoFailed, DemoProcess
from certdash.tui.demo_control import DEMO_FAULTS, DemoError, DemoFault, DemoState

_ENDED = "the demo cluster has ended: press q"


class RunningDemo:
    """Implements `tui.demo_control.DemoControl`. `hear` is called from any thread, the rest lives on the app's loop."""

    def __init__(self) -> None:
        self.process: DemoProcess
        self._state = DemoState()
        self._lock = threading.Lock()
        self._waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = []

    def hear(self, news: News | None) -> None:
        """Take news of the cluster; None: it has ended."""
        with self._lock:
            version = self._state.version + 1
            if news is None:
                self._state = DemoState(version, self._state.broken, _ENDED)
            else:
                self._state = DemoState(version, tuple(_label(call) for call in news.broken), news.story)
            waiting, self._waiting = self._waiting, []
        for loop, future in waiting:
            try:
                loop.call_soon_threadsafe(_wake, future)
            except RuntimeError:
                # The app has ended, and its loop with it.
                continue

    @property
    def faults(self) -> Sequence[DemoFault]:
        """What has a key."""
        return DEMO_FAULTS

    @property
    def state(self) -> DemoState:
        """The newest state."""
        return self._state

    async def next_state(self, after: int) -> DemoState:
        """Wait until there is a newer one."""
        loop = asyncio.get_running_loop()
        while True:
            with self._lock:
                if self._state.version > after:
                    return self._state
                future = loop.create_future()
                self._waiting.append((loop, future))
            await future

    async def perform(self, fault: DemoFault) -> None:
        """Break it. Raises DemoError."""
        await self._order(fault.verb, fault.arguments)

    async def heal(self, fault: DemoFault | None = None) -> None:
        """Undo that fault, or all. Raises DemoError."""
        await self._order("heal", () if fault is None else (fault.verb, *fault.arguments))

    async def _order(self, verb: str, arguments: Sequence[str]) -> None:
        try:
            await asyncio.wrap_future(self.process.order(verb, arguments))
        except DemoFailed as error:
            raise DemoError(str(error)) from None


def _label(call: str) -> str:
    """What a key broke in the words of that key, anything else as it was typed."""
    return next((f.label for f in DEMO_FAULTS if " ".join((f.verb, *f.arguments)) == call), call)


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
