"""How fast the embedded cluster lives."""

import asyncio
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """Durations of the cluster divided by `speed`. Timestamps in objects stay real: only waiting gets shorter."""

    speed: float = 1.0

    def wall(self, seconds: float) -> float:
        """How many real seconds so many seconds of the cluster take."""
        return seconds / self.speed

    async def sleep(self, seconds: float) -> None:
        """Wait so many seconds of the cluster."""
        await asyncio.sleep(self.wall(seconds))
