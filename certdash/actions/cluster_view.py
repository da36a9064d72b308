"""Reads of the cluster that both actions need: one object, a list, the server's time."""

from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

from certdash.kube.errors import TransportError
from certdash.kube.reader import METADATA_ONLY, Reader
from certdash.kube.status_body import parse_status
from certdash.model.resource import Resource

REQUEST_TIMEOUT = 10.0


@dataclass(frozen=True, slots=True)
class Found:
    """An answer to a GET: `status` None when none came. `body` is {} for anything but success."""

    status: int | None
    body: dict[str, Any]
    message: str = ""

    @property
    def items(self) -> list[dict[str, Any]]:
        """The objects of a list."""
        listed = self.body.get("items")
        return [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []

    @property
    def refused(self) -> bool:
        """Whether asking again is in vain: the credentials do not suffice."""
        return self.status in (401, 403)


class ClusterView:
    """Asks through one Reader. `now` is the server's time as far as its answers told it."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._offset = 0.0

    def server_time(self, wall: float) -> float:
        """The server's time at our own `wall`, both UTC in Unix seconds."""
        return wall + self._offset

    def take_date(self, date: str | None, wall: float) -> None:
        """Learn the server's time from a Date header that was read at `wall`."""
        try:
            self._offset = parsedate_to_datetime(date or "").timestamp() + 0.5 - wall
        except (ValueError, TypeError):
            return

    async def get(self, path: str, query: Sequence[tuple[str, str]] = (), *, metadata_only: bool = False) -> Found:
        """One GET. Never raises for what the server or the network does."""
        try:
            accept = METADATA_ONLY if metadata_only else ""
            answer = await self.reader.get(path, query, accept=accept, timeout=REQUEST_TIMEOUT)
        except TransportError as error:
            return Found(None, {}, str(error))
        if answer.status != 200:
            return Found(answer.status, {}, parse_status(answer.body).message)
        try:
            body = orjson.loads(answer.body)
        except orjson.JSONDecodeError:
            body = None
        return Found(200, body) if isinstance(body, dict) else Found(None, {}, f"{path}: the answer is no JSON object")

    async def labelled(self, resource: Resource, namespace: str, selector: str) -> Found:
        """The objects with these labels, of one namespace or ("") of all; as metadata only."""
        accept = METADATA_ONLY.replace("PartialObjectMetadata", "PartialObjectMetadataList")
        try:
            answer = await self.reader.get(
                resource.path(namespace), (("labelSelector", selector),), accept=accept, timeout=REQUEST_TIMEOUT
            )
            body = orjson.loads(answer.body)
        except TransportError as error:
            return Found(None, {}, str(error))
        except orjson.JSONDecodeError:
            return Found(None, {}, f"{resource.plural}: the answer is no JSON")
        if answer.status != 200 or not isinstance(body, dict):
            return Found(answer.status, {}, parse_status(answer.body).message)
        return Found(200, body)
