"""The processes of the control plane that can be stopped: API server, its storage, the controller manager."""

from collections.abc import Callable

from certdash.demo.api.client import Client
from certdash.demo.api.http_server import HttpServer
from certdash.demo.api.server import ApiServer
from certdash.demo.api.store import Store
from certdash.demo.controllers import endpoint_slices, workloads
from certdash.demo.controllers.endpoint_slices import EndpointSlices
from certdash.demo.controllers.garbage import GarbageCollector
from certdash.demo.controllers.loop import ControlLoop
from certdash.demo.controllers.workloads import Deployments, ReplicaSets
from certdash.demo.faults.cluster import Ending
from certdash.demo.pace import Pace

API_SERVER = "kube-apiserver"
STORAGE = "etcd"
CONTROLLERS = "kube-controller-manager"


class ControlPlane:
    """Lives on the cluster's loop."""

    names = (API_SERVER, STORAGE, CONTROLLERS)

    def __init__(
        self, store: Store, client: Callable[[str], Client], api: ApiServer, http: HttpServer, pace: Pace
    ) -> None:
        self._store = store
        self._client = client
        self._api = api
        self._http = http
        self._pace = pace
        self._loops: list[ControlLoop] = []

    async def start(self) -> None:
        """Start the controllers; the API server is opened by whoever chooses its port."""
        self._start_controllers()

    async def stop(self) -> None:
        """Stop the controllers."""
        await self._stop_controllers()

    async def stop_process(self, name: str, how: Ending) -> None:
        """Stop one process. Storage that is gone is like storage that is frozen: reads from the cache go through."""
        if name == API_SERVER and how is Ending.FREEZE:
            self._api.freeze()
        elif name == API_SERVER:
            self._api.stop()
            await self._http.close()
        elif name == STORAGE:
            self._api.freeze_storage()
        else:
            await self._stop_controllers()

    async def start_process(self, name: str) -> None:
        """Start it again."""
        if name == API_SERVER:
            self._api.start()
            if not self._http.listening:
                await self._http.open()
        elif name == STORAGE:
            self._api.start()
        elif not self._loops:
            self._start_controllers()

    def _start_controllers(self) -> None:
        deployments = Deployments(self._store, self._client("deployment-controller"))
        replica_sets = ReplicaSets(self._store, self._client("replicaset-controller"))
        endpoints = EndpointSlices(self._store, self._client("endpointslice-controller"))
        garbage = GarbageCollector(self._store, self._client("generic-garbage-collector"), self._api.served)
        self._loops = [
            ControlLoop(self._store, self._pace, workloads.WATCHED, deployments.reconcile),
            ControlLoop(self._store, self._pace, workloads.WATCHED, replica_sets.reconcile),
            ControlLoop(self._store, self._pace, endpoint_slices.WATCHED, endpoints.reconcile),
            ControlLoop(self._store, self._pace, None, garbage.reconcile),
        ]

    async def _stop_controllers(self) -> None:
        for loop in self._loops:
            await loop.stop()
        self._loops = []
