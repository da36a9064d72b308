"""A Playback over an hour that does what the test says."""

import asyncio
from dataclasses import replace

from certdash.engine.playback import Playhead
from certdash.model.instant import Instant
from tests.unit.scenario_cluster import at

LENGTH = 3600.0


class ScriptedPlayback:
    """Goes to where it is told at once, unless a gate holds it."""

    def __init__(self, position: float = 600.0, length: float = LENGTH) -> None:
        self._head = Playhead(position, length, at(length - position), playing=False, speed=1.0)
        self.asked: list[str] = []
        self.there_is_more = True
        self.gate: asyncio.Event | None = None
        self.error: Exception | None = None

    @property
    def playhead(self) -> Playhead:
        """As told."""
        return self._head

    def change(self, **what: object) -> None:
        """Change the playhead."""
        self._head = replace(self._head, **what)  # type: ignore[arg-type]

    def clock(self) -> Instant:
        """The playhead's."""
        return self._head.at

    def play(self) -> None:
        """Play."""
        self.change(playing=True)

    def pause(self) -> None:
        """Pause."""
        self.change(playing=False)

    def set_speed(self, factor: float) -> None:
        """At that speed."""
        self.change(speed=factor)

    async def seek(self, position: float) -> None:
        """Go there."""
        await self._ask(f"seek {position:g}")
        self.change(position=position, at=at(self._head.length - position))

    async def step(self, direction: int) -> bool:
        """Note it."""
        await self._ask(f"step {direction}")
        return self.there_is_more

    async def next_verdict(self, direction: int) -> bool:
        """Note it."""
        await self._ask(f"verdict {direction}")
        return self.there_is_more

    async def _ask(self, what: str) -> None:
        self.asked.append(what)
        if self.gate is not None:
            await self.gate.wait()
        if self.error is not None:
            raise self.error
