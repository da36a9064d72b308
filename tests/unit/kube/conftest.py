"""A running reflector against a server that does as it is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from certdash.kube.access import ClusterAccess
from certdash.kube.backoff import BackoffLimits
from certdash.kube.clock import read_clock
from certdash.kube.reader import Reader
from certdash.kube.reflector import Reflector, ReflectorOptions, WatchListSupport
from certdash.kube.session import Session
from certdash.model.connection import Target
from certdash.model.resource import Kind
from certdash.model.stream import StreamSpec
from tests.unit.kube.recorder import Recorder

FAST = ReflectorOptions(
    backoff=BackoffLimits(first=0.005, longest=0.05, healthy_after=5),
    not_served=(0.01, 0.02),
    forbidden=(0.02, 0.03),
    forbidden_at_first=0.01,
    unauthenticated=(0.02, 0.03),
    idle_check=0.01,
    heard_interval=0.0,
    short_watch=0.2,
)


def access_to(server: str, **more: Any) -> ClusterAccess:
    """An access that leads straight to `server`."""
    target = Target("test", "test", "test", server, "default", "a test")
    return ClusterAccess(target=target, **more)


@asynccontextmanager
async def open_session(server: str, environ: dict[str, str] | None = None, **more: Any) -> AsyncIterator[Session]:
    """A session that is closed afterwards."""
    session = Session(access_to(server, **more), "certdash/test", read_clock, environ or {})
    await session.open()
    try:
        yield session
    finally:
        await session.close()


@asynccontextmanager
async def run_reflector(
    server: str,
    *,
    spec: StreamSpec | None = None,
    support: WatchListSupport | None = None,
    options: ReflectorOptions = FAST,
    plainly: bool = False,
    **access: Any,
) -> AsyncIterator[tuple[Recorder, Reflector]]:
    """A reflector at work. `plainly` starts it with the knowledge that the server does not stream lists."""
    recorder = Recorder()
    async with open_session(server, **access) as session:
        reflector = Reflector(
            Reader(session),
            spec or StreamSpec(Kind.POD, "ns"),
            recorder,
            read_clock,
            watch_list=support or WatchListSupport(refused=plainly),
            options=options,
        )
        running = asyncio.create_task(reflector.run())
        try:
            yield recorder, reflector
        finally:
            # It must not have ended by itself.
            assert not running.done(), running
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
