"""The embedded cluster in a thread of its own, for tests that are no coroutines."""

import asyncio
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

from certdash.demo.cluster import EmbeddedCluster
from certdash.demo.pace import Pace

_PATIENCE = 60.0


@contextmanager
def running(speed: float) -> Iterator[EmbeddedCluster]:
    """A cluster with cert-manager installed the day before, its durations `speed` times shorter."""
    made: Future[tuple[EmbeddedCluster, asyncio.Event]] = Future()
    with tempfile.TemporaryDirectory(prefix="certdash-contract-") as folder:
        live = _live(Path(folder), speed, made)
        thread = threading.Thread(target=asyncio.run, args=(live,), name="embedded cluster", daemon=True)
        thread.start()
        cluster, ended = made.result(_PATIENCE)
        try:
            yield cluster
        finally:
            cluster.loop.call_soon_threadsafe(ended.set)
            thread.join(_PATIENCE)


async def _live(folder: Path, speed: float, made: Future[tuple[EmbeddedCluster, asyncio.Event]]) -> None:
    ended = asyncio.Event()
    try:
        cluster = EmbeddedCluster(folder, Pace(speed))
        await cluster.start()
        await cluster.install_settled()
    except BaseException as error:
        made.set_exception(error)
        raise
    made.set_result((cluster, ended))
    await ended.wait()
    await cluster.stop()
