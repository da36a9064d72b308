"""The process of cert-manager's controller: issues while it leads."""

import asyncio

from certdash.demo.api.client import Client
from certdash.demo.api.resource_types import SECRETS, ResourceType
from certdash.demo.api.status import ApiError, ApiUnavailable
from certdash.demo.api.store import Store
from certdash.demo.controllers.loop import ControlLoop
from certdash.demo.issuance.certificates import settle_certificates
from certdash.demo.issuance.context import GROUP, Context
from certdash.demo.issuance.issuers import settle_issuers
from certdash.demo.issuance.requests import settle_requests
from certdash.demo.pace import Pace
from certdash.demo.processes.election import Election
from certdash.demo.processes.process import EmbeddedProcess

_LEASE = "cert-manager-controller"


def _is_mine(resource: ResourceType) -> bool:
    return resource is SECRETS or resource.group == GROUP


class ControllerProcess(EmbeddedProcess):
    """The controllers of cert-manager behind one Lease."""

    def __init__(self, loop: asyncio.AbstractEventLoop, store: Store, client: Client, pace: Pace, pod: str) -> None:
        super().__init__(loop)
        self._store = store
        self._pace = pace
        self._context = Context(store, client)
        self._election = Election(store, client, pace, _LEASE, pod, self._lead)
        self._control: ControlLoop | None = None

    async def _begin(self) -> None:
        self._say("controller.go:74", "starting cert-manager controller", version="v1.21.1")
        self._election.start()

    async def _lead(self) -> None:
        self._say("leaderelection.go:258", "successfully acquired lease", lease=f"kube-system/{_LEASE}")
        self._control = ControlLoop(self._store, self._pace, _is_mine, self._settle)

    async def _settle(self) -> float | None:
        try:
            await settle_issuers(self._context)
            await settle_certificates(self._context)
            await settle_requests(self._context)
        except (ApiError, ApiUnavailable) as error:
            self._complain("controller.go:162", "re-queuing item due to error processing", str(error))
            raise
        return None

    async def _end(self, *, gracefully: bool) -> None:
        if self._control is not None:
            await self._control.stop()
            self._control = None
        await self._election.stop(gracefully=gracefully)
