"""The one place where the engine sleeps."""

import asyncio


async def sleep(seconds: float) -> None:
    """Wait on the loop's clock."""
    await asyncio.sleep(seconds)
