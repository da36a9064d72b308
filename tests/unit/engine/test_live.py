"""The engine around its store, without a network: nothing that came in may stay unsaid."""

import asyncio
from typing import cast

from certdash.engine.live import LiveEngine
from certdash.kube.session import Session
from certdash.model.connection import Connection, ConnectionPhase, Target
from certdash.model.inputs import ConnectionChanged
from certdash.model.instant import Instant
from certdash.model.snapshot import Scope
from tests.unit.scenario_cluster import NOW


class NoSession:
    """A session that nobody asks for anything."""

    last_answer: Instant | None = None
    target = Target("context", "cluster", "user", "https://server", "default", "kubeconfig")


async def test_a_snapshot_taken_by_another_part_loses_no_assessment() -> None:
    engine = LiveEngine(cast("Session", NoSession()), Scope(), clock=lambda: NOW)
    before = engine.assessment
    engine._take(ConnectionChanged(NOW, Connection(ConnectionPhase.CONNECTED, NOW)))
    assert engine.basis_generation() > 0
    async with asyncio.timeout(5):
        after = await engine.next_assessment(before.version)
    assert after.snapshot.connection.phase is ConnectionPhase.CONNECTED
