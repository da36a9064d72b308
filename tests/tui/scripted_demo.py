"""A DemoControl that does what the test says."""

import asyncio
from dataclasses import replace

from certdash.tui.demo_control import DEMO_FAULTS, DemoError, DemoFault, DemoState


class ScriptedDemo:
    """Breaks and heals at once, unless told to wait or to fail."""

    def __init__(self) -> None:
        self._state = DemoState()
        self._changed = asyncio.Event()
        self.asked: list[str] = []
        self.error = ""
        self.gate: asyncio.Event | None = None

    @property
    def faults(self) -> tuple[DemoFault, ...]:
        """All."""
        return DEMO_FAULTS

    @property
    def state(self) -> DemoState:
        """The newest."""
        return self._state

    def tell(self, *broken: str, story: str = "") -> None:
        """News."""
        self._state = replace(self._state, version=self._state.version + 1, broken=broken, story=story)
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def next_state(self, after: int) -> DemoState:
        """Wait for news."""
        while self._state.version <= after:
            await self._changed.wait()
        return self._state

    async def perform(self, fault: DemoFault) -> None:
        """Broken."""
        await self._ask(f"break {fault.key}")
        self.tell(*self._state.broken, fault.label)

    async def heal(self, fault: DemoFault | None = None) -> None:
        """Whole."""
        await self._ask(f"heal {fault.key}" if fault else "heal")
        self.tell(*(label for label in self._state.broken if fault and label != fault.label))

    async def _ask(self, what: str) -> None:
        self.asked.append(what)
        if self.gate is not None:
            await self.gate.wait()
        if self.error:
            raise DemoError(self.error)
