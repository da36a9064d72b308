"""The embedded cluster in a thread of its own, for tests that are no coroutines."""

import asyncio
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from certdash.demo.cluster import EmbeddedCluster
from certdash.demo.faults.cluster import wait_for
from certdash.demo.pace import Pace

_PATIENCE = 60.0


@contextmanager
def running(speed: float) -> Iterator[EmbeddedCluster]:
    """A cluster with cert-manager installed and rolled out, its durations `speed` times shorter."""
    with tempfile.TemporaryDirectory(prefix="certdash-contract-") as folder:
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, name="embedded cluster", daemon=True)
        thread.start()
        cluster = asyncio.run_coroutine_threadsafe(_start(Path(folder), speed), loop).result(_PATIENCE)
        try:
            wait_for("the install", lambda: _rolled_out(cluster), seconds=_PATIENCE)
            yield cluster
        finally:
            asyncio.run_coroutine_threadsafe(cluster.stop(), loop).result(_PATIENCE)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(_PATIENCE)


async def _start(folder: Path, speed: float) -> EmbeddedCluster:
    cluster = EmbeddedCluster(folder, Pace(speed))
    await cluster.start()
    await cluster.install()
    return cluster


def _rolled_out(cluster: EmbeddedCluster) -> bool:
    deployments = cluster.api.get("/apis/apps/v1/namespaces/cert-manager/deployments")["items"]
    ready = [item.get("status", {}).get("availableReplicas", 0) for item in deployments]
    return len(ready) == 3 and all(count == 1 for count in ready)
