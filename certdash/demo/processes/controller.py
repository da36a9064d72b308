"""The process of cert-manager's controller: issues while it leads."""

import asyncio

from certdash.demo.api.client import Client
from certdash.demo.api.store import Store
from certdash.demo.pace import Pace
from certdash.demo.processes.election import Election
from certdash.demo.processes.process import EmbeddedProcess

_LEASE = "cert-manager-controller"


class ControllerProcess(EmbeddedProcess):
    """The controllers of cert-manager behind one Lease."""

    def __init__(self, loop: asyncio.AbstractEventLoop, store: Store, client: Client, pace: Pace, pod: str) -> None:
        super().__init__(loop)
        self._store = store
        self._client = client
        self._pace = pace
        self._election = Election(store, client, pace, _LEASE, pod, self._lead)

    async def _begin(self) -> None:
        self._say("controller.go:74", "starting cert-manager controller", version="v1.21.1")
        self._election.start()

    async def _lead(self) -> None:
        self._say("leaderelection.go:258", "successfully acquired lease", lease=f"kube-system/{_LEASE}")

    async def _end(self, *, gracefully: bool) -> None:
        await self._election.stop(gracefully=gracefully)
