"""An API server with cert-manager's CRDs, configurations and a webhook that answers: no node, no controllers."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from certdash.demo.admission.chain import INFORMER_LAG, AdmissionChain
from certdash.demo.admission.schema import SchemaValidation
from certdash.demo.api.client import Client
from certdash.demo.api.request import ADMIN, Request, Response, User
from certdash.demo.api.resource_types import SECRETS
from certdash.demo.api.server import ApiServer
from certdash.demo.api.store import Store
from certdash.demo.chart.components import NAMESPACE
from certdash.demo.chart.crds import crds
from certdash.demo.chart.objects import path_of, webhook_configurations, webhook_service
from certdash.demo.network import ServiceNetwork
from certdash.demo.pace import Pace
from certdash.demo.processes.webhook import WebhookProcess
from certdash.demo.webhook.serving import CA_SECRET

Object = dict[str, Any]

CLUSTER_IP = "10.96.55.51"
DEADLINE = 20.0
# Ten seconds of the cluster in one: a handshake may still take a second on a busy machine.
_SPEED = 10.0


@dataclass(frozen=True, slots=True)
class WebhookCluster:
    """The parts, to be looked at and broken."""

    store: Store
    api: ApiServer
    admin: Client
    network: ServiceNetwork
    process: WebhookProcess

    async def send(
        self, method: str, path: str, body: Any = None, *, kind: str = "application/json", user: User = ADMIN
    ) -> Response:
        """One request and its answer. The query may stand in the path."""
        path, _, text = path.partition("?")
        query = tuple((key, value) for key, _, value in (part.partition("=") for part in text.split("&") if part))
        headers = {"content-type": kind, "accept": "application/json", "user-agent": "test/1"}
        answer = await self.api.handle(Request(method, path, query, headers, json.dumps(body).encode(), user))
        assert isinstance(answer, Response)
        return answer

    async def inject(self, bundle: bytes | None = None) -> None:
        """Write the CA into the configurations, as the cainjector would; any other bytes when given."""
        secret = self.store.get(SECRETS, NAMESPACE, CA_SECRET)
        assert secret is not None
        text = secret["data"]["ca.crt"] if bundle is None else base64.b64encode(bundle).decode()
        for item in webhook_configurations():
            await self.change_hook(item, {"clientConfig": {**item["webhooks"][0]["clientConfig"], "caBundle": text}})

    async def change_hook(self, item: Object, change: Object) -> None:
        """Change the webhook of one of the two configurations."""
        hook = {**item["webhooks"][0], **change}
        await self.admin.patch(path_of(item), {"webhooks": [hook]})

    async def settle(self) -> None:
        """Wait until admission has seen every change so far."""
        await asyncio.sleep(2 * INFORMER_LAG / _SPEED)


@asynccontextmanager
async def webhook_cluster(folder: Path) -> AsyncIterator[WebhookCluster]:
    """A cluster whose webhook is up and whose configurations carry its CA."""
    pace, store, network = Pace(_SPEED), Store(), ServiceNetwork()
    network.start()
    api = ApiServer(store, pace, admission=AdmissionChain(store, network, pace), schemas=SchemaValidation(store))
    admin = Client(api.handle, ADMIN, "helm")
    process = WebhookProcess(asyncio.get_running_loop(), store, admin, pace, folder)
    cluster = WebhookCluster(store, api, admin, network, process)
    try:
        for name in ("default", NAMESPACE):
            item: Object = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
            await admin.create("/api/v1/namespaces", item)
        for item in (*crds(), webhook_service(CLUSTER_IP), *webhook_configurations()):
            await admin.apply(path_of(item), item)
        await asyncio.to_thread(process.start)
        async with asyncio.timeout(DEADLINE):
            while not process.healthy():  # noqa: ASYNC110 - the process has no event for it
                await asyncio.sleep(0.01)
        network.route((CLUSTER_IP, 443), process.serving)
        await cluster.inject()
        await cluster.settle()
        yield cluster
    finally:
        await asyncio.to_thread(process.stop)
        network.stop()
