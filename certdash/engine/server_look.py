"""What is asked of the API server beside streams: its version, its clock, how many there are, what it serves."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from email.utils import parsedate_to_datetime
from typing import Any

from certdash.certmanager import constants
from certdash.engine.pace import sleep
from certdash.kube.errors import TransportError
from certdash.kube.reader import Reader
from certdash.model.connection import ServerFacts
from certdash.model.inputs import Input, ServerLooked
from certdash.model.instant import Instant
from certdash.model.resource import Kind
from certdash.model.snapshot import Snapshot
from certdash.model.stream import StreamPhase

LOOK_TIMEOUT = 5.0
VERSION_EVERY = 300.0
SERVED_EVERY = 10.0
RETRY_EVERY = 2.0

_IDENTITY_LEASES = (("labelSelector", "apiserver.kubernetes.io/identity=kube-apiserver"), ("limit", "50"))
_SERVER_ENDPOINTS = (("labelSelector", "kubernetes.io/service-name=kubernetes"), ("limit", "50"))


class ServerLook:
    """Looks at the server now and then, and at what it serves for as long as CRDs can't be read."""

    def __init__(
        self,
        reader: Reader,
        snapshot: Callable[[], Snapshot],
        emit: Callable[[Input], None],
        clock: Callable[[], Instant],
    ) -> None:
        self._reader = reader
        self._snapshot = snapshot
        self._emit = emit
        self._clock = clock
        self._facts = ServerFacts()
        self._again = asyncio.Event()

    def look_again(self) -> None:
        """The server came back, or something that is looked at may have changed."""
        self._again.set()

    async def ping(self) -> str:
        """Ask for the version; "" when any HTTP answer came, else the failure."""
        return await self._look_at_version()

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            self._again.clear()
            failure = await self._look_at_version()
            if not failure:
                await self._count_api_servers()
            await self._look_at_served(self._clock())
            await self._pause(RETRY_EVERY if failure else VERSION_EVERY)

    async def _pause(self, seconds: float) -> None:
        end = self._clock().steady + seconds
        while (left := end - self._clock().steady) > 0 and not self._again.is_set():
            sleeper = asyncio.ensure_future(sleep(min(left, SERVED_EVERY)))
            woken = asyncio.ensure_future(self._again.wait())
            done, pending = await asyncio.wait({sleeper, woken}, return_when=asyncio.FIRST_COMPLETED)
            for task in pending:
                task.cancel()
            if sleeper in done:
                await self._look_at_served(self._clock())

    async def _get(self, path: str, query: tuple[tuple[str, str], ...] = ()) -> tuple[int, Mapping[str, Any], str]:
        response = await self._reader.get(path, query, timeout=LOOK_TIMEOUT)
        try:
            body = json.loads(response.body)
        except ValueError:
            body = None
        return response.status, body if isinstance(body, dict) else {}, response.headers.get("Date") or ""

    async def _look_at_version(self) -> str:
        try:
            status, body, date = await self._get("/version")
        except TransportError as error:
            return str(error)
        if status == 200:
            version = body.get("gitVersion")
            self._publish(
                replace(
                    self._facts,
                    version=version if isinstance(version, str) else "",
                    date_offset=_date_offset(date, self._clock()),
                )
            )
        return ""

    async def _count_api_servers(self) -> None:
        leases = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases"
        slices = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"
        for path, query, count in ((leases, _IDENTITY_LEASES, _items), (slices, _SERVER_ENDPOINTS, _addresses)):
            try:
                status, body, _ = await self._get(path, query)
            except TransportError:
                return
            if status == 200 and (found := count(body)):
                self._publish(replace(self._facts, api_servers=found))
                return

    async def _look_at_served(self, now: Instant) -> None:
        streams = self._snapshot().streams.items()
        if not any(spec.kind is Kind.CRD and state.phase is StreamPhase.FORBIDDEN for spec, state in streams):
            return
        served: set[str] = set()
        for group in sorted(constants.GROUPS):
            try:
                status, body, _ = await self._get(f"/apis/{group}/{constants.VERSION}")
            except TransportError:
                return
            if status not in (200, 404):
                return
            resources = body.get("resources")
            for item in resources if isinstance(resources, list) else ():
                name = item.get("name") if isinstance(item, dict) else None
                if isinstance(name, str) and "/" not in name:
                    served.add(f"{name}.{group}")
        self._publish(replace(self._facts, served=frozenset(served), served_at=now))

    def _publish(self, facts: ServerFacts) -> None:
        if facts != self._facts:
            self._facts = facts
            self._emit(ServerLooked(self._clock(), facts))


def _date_offset(date: str, now: Instant) -> float:
    """The server's clock minus ours in seconds. The header has whole seconds, so less than two is no offset."""
    try:
        offset = parsedate_to_datetime(date).timestamp() - now.wall
    except (TypeError, ValueError):
        return 0.0
    return round(offset) if abs(offset) >= 2 else 0.0


def _items(body: Mapping[str, Any]) -> int:
    listed = body.get("items")
    return len(listed) if isinstance(listed, list) else 0


def _addresses(body: Mapping[str, Any]) -> int:
    slices = body.get("items")
    found: set[str] = set()
    for item in slices if isinstance(slices, list) else ():
        endpoints = item.get("endpoints") if isinstance(item, dict) else None
        for endpoint in endpoints if isinstance(endpoints, list) else ():
            addresses = endpoint.get("addresses") if isinstance(endpoint, dict) else None
            found.update(str(address) for address in addresses or ())
    return len(found)
