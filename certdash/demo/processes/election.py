"""Leader election by a Lease, as client-go does it: who holds it works, and says so again and again."""

import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from certdash.demo.api.client import Client
from certdash.demo.api.objects import Object, micro_timestamp, name_of
from certdash.demo.api.resource_types import LEASES
from certdash.demo.api.status import ApiError
from certdash.demo.api.store import Store
from certdash.demo.controllers.events import EventWriter
from certdash.demo.controllers.loop import ControlLoop
from certdash.demo.pace import Pace

NAMESPACE = "kube-system"
LEASE_SECONDS = 60
_RENEW_EVERY = 15.0


class Election:
    """One candidate. `lead` is awaited when it is elected. A Lease that was not given back runs out first."""

    def __init__(
        self,
        store: Store,
        client: Client,
        pace: Pace,
        lease: str,
        holder: str,
        lead: Callable[[], Awaitable[None]],
    ) -> None:
        self._store = store
        self._client = client
        self._pace = pace
        self._lease = lease
        self._identity = f"{holder}-external-{lease}" if "controller" in lease else f"{holder}_{uuid.uuid4()}"
        self._lead = lead
        self._events = EventWriter(client, self._identity)
        self._loop: ControlLoop | None = None
        self.leading = False

    def start(self) -> None:
        """Stand for election."""
        self._loop = ControlLoop(self._store, self._pace, frozenset(), self._run)

    async def stop(self, *, gracefully: bool) -> None:
        """Stand no more; `gracefully` gives the Lease back."""
        if self._loop is not None:
            await self._loop.stop()
            self._loop = None
        if gracefully and self.leading:
            await self._release()
        self.leading = False

    async def _run(self) -> float | None:
        lease = self._store.get(LEASES, NAMESPACE, self._lease)
        holder = "" if lease is None else lease["spec"].get("holderIdentity") or ""
        if lease is not None and holder not in ("", self._identity):
            left = self._left(lease)
            if left > 0:
                return min(left, _RENEW_EVERY)
        await self._write(lease, holder)
        if not self.leading:
            self.leading = True
            await self._lead()
        return _RENEW_EVERY

    def _left(self, lease: Object) -> float:
        """Seconds of the cluster until the Lease of somebody else runs out."""
        spec = lease["spec"]
        renewed = datetime.fromisoformat(spec["renewTime"])
        passed = (datetime.now(UTC) - renewed).total_seconds() * self._pace.speed
        return float(spec.get("leaseDurationSeconds", LEASE_SECONDS)) - passed

    async def _write(self, lease: Object | None, holder: str) -> None:
        now = micro_timestamp()
        if lease is None:
            spec: Object = {"acquireTime": now, "leaseTransitions": 0}
        else:
            spec = dict(lease["spec"])
            if holder != self._identity:
                spec |= {"acquireTime": now, "leaseTransitions": spec.get("leaseTransitions", 0) + 1}
        spec |= {"holderIdentity": self._identity, "renewTime": now, "leaseDurationSeconds": LEASE_SECONDS}
        if lease is None:
            body = {
                "apiVersion": "coordination.k8s.io/v1",
                "kind": "Lease",
                "metadata": {"name": self._lease},
                "spec": spec,
            }
            written = await self._client.create(LEASES.path(NAMESPACE), body)
        else:
            written = await self._client.update(LEASES.path(NAMESPACE, self._lease), {**lease, "spec": spec})
        if not self.leading:
            await self._events.tell(written, "LeaderElection", f"{self._identity} became leader")

    async def _release(self) -> None:
        lease = self._store.get(LEASES, NAMESPACE, self._lease)
        if lease is None or name_of(lease) != self._lease:
            return
        spec = {**lease["spec"], "holderIdentity": "", "leaseDurationSeconds": 1, "renewTime": micro_timestamp()}
        try:
            await self._client.update(LEASES.path(NAMESPACE, self._lease), {**lease, "spec": spec})
        except ApiError:
            return
