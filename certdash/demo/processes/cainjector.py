"""The process of the cainjector's container: writes caBundles where an annotation asks for it."""

import asyncio

from certdash.demo.api.client import MERGE, Client
from certdash.demo.api.objects import Object, name_of
from certdash.demo.api.resource_types import CRDS, MUTATING, SECRETS, VALIDATING, ResourceType
from certdash.demo.api.store import Store
from certdash.demo.controllers.loop import ControlLoop
from certdash.demo.pace import Pace
from certdash.demo.processes.election import Election
from certdash.demo.processes.process import EmbeddedProcess

_FROM_SECRET = "cert-manager.io/inject-ca-from-secret"
_ALLOWED = "cert-manager.io/allow-direct-injection"
_LEASE = "cert-manager-cainjector-leader-election"
_TARGETS = (VALIDATING, MUTATING)
_CERTIFICATE_CRD = "certificates.cert-manager.io"


class CainjectorProcess(EmbeddedProcess):
    """Injects while it leads. It needs the Certificate CRD, as the real one does."""

    def __init__(self, loop: asyncio.AbstractEventLoop, store: Store, client: Client, pace: Pace, pod: str) -> None:
        super().__init__(loop)
        self._store = store
        self._client = client
        self._pace = pace
        self._election = Election(store, client, pace, _LEASE, pod, self._lead)
        self._control: ControlLoop | None = None

    async def _begin(self) -> None:
        self._say("cainjector.go:45", "starting cert-manager ca-injector", version="v1.21.1")
        self._election.start()

    async def _lead(self) -> None:
        self._say("leaderelection.go:258", "successfully acquired lease", lease=f"kube-system/{_LEASE}")
        self._control = ControlLoop(self._store, self._pace, frozenset({SECRETS, CRDS, *_TARGETS}), self._inject)

    async def _end(self, *, gracefully: bool) -> None:
        if self._control is not None:
            await self._control.stop()
            self._control = None
        await self._election.stop(gracefully=gracefully)

    async def _inject(self) -> float | None:
        if self._store.get(CRDS, "", _CERTIFICATE_CRD) is None:
            return None
        for resource in _TARGETS:
            for item in self._store.items(resource):
                await self._settle(resource, item)
        return None

    async def _settle(self, resource: ResourceType, item: Object) -> None:
        bundle = self._bundle_for(item)
        webhooks = item.get("webhooks") or []
        if bundle is None or all(hook["clientConfig"].get("caBundle") == bundle for hook in webhooks):
            return
        changed = [{**hook, "clientConfig": {**hook["clientConfig"], "caBundle": bundle}} for hook in webhooks]
        change = {"webhooks": changed, "metadata": {"resourceVersion": item["metadata"]["resourceVersion"]}}
        await self._client.patch(resource.path(name=name_of(item)), change, MERGE)
        self._say("reconciler.go:142", "Updated object", kind=resource.kind.lower(), name=name_of(item))

    def _bundle_for(self, item: Object) -> str | None:
        """The CA that an annotation asks for, None where it asks for none or may not have it."""
        annotations = item["metadata"].get("annotations") or {}
        source = annotations.get(_FROM_SECRET, "")
        namespace, _, name = source.partition("/")
        secret = self._store.get(SECRETS, namespace, name) if name else None
        if secret is None or (secret["metadata"].get("annotations") or {}).get(_ALLOWED) != "true":
            return None
        found = (secret.get("data") or {}).get("ca.crt")
        return str(found) if found else None
