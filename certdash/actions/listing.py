"""Lists read page by page, and cut down to what is wanted of them, so that a large cluster costs little memory."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from certdash.actions.cluster_view import REQUEST_TIMEOUT
from certdash.certmanager import fields
from certdash.kube.errors import TransportError
from certdash.kube.reader import METADATA_ONLY, Reader
from certdash.kube.status_body import parse_status
from certdash.model.resource import Resource

LIST_METADATA = METADATA_ONLY.replace("PartialObjectMetadata", "PartialObjectMetadataList")
_PAGE = 500
_AT_ONCE = 16


@dataclass(slots=True)
class Listing:
    """Reads through one Reader, at most so many requests at a time. `unread` says why each list could not be read."""

    reader: Reader
    unread: dict[str, str] = field(default_factory=dict)
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    async def all(
        self,
        resource: Resource,
        namespace: str = "",
        *,
        query: Sequence[tuple[str, str]] = (),
        metadata_only: bool = True,
        keep: Callable[[Mapping[str, Any]], bool] = lambda _: True,
    ) -> tuple[Mapping[str, Any], ...] | None:
        """The objects that `keep` wants, without their managedFields' bulk; None when they can't be read.

        A kind that the API server does not know has no objects.
        """
        kept: list[Mapping[str, Any]] = []
        continued = ""
        while True:
            pages = (("limit", str(_PAGE)), *((("continue", continued),) if continued else ()))
            accept = LIST_METADATA if metadata_only else ""
            try:
                async with self._slots:
                    answer = await self.reader.get(
                        resource.path(namespace), (*query, *pages), accept=accept, timeout=REQUEST_TIMEOUT
                    )
                page = orjson.loads(answer.body)
            except TransportError as error:
                self._failed(resource, namespace, str(error))
                return None
            except orjson.JSONDecodeError:
                self._failed(resource, namespace, "the answer is no JSON")
                return None
            if answer.status == 404:
                return ()
            if answer.status != 200:
                self._failed(resource, namespace, parse_status(answer.body).message)
                return None
            kept += [_slim(body) for body in fields.items(page, "items") if keep(body)]
            continued = fields.text(page, "metadata", "continue")
            if not continued:
                return tuple(kept)

    def _failed(self, resource: Resource, namespace: str, reason: str) -> None:
        where = f" in {namespace}" if namespace else ""
        self.unread.setdefault(f"{resource.plural}{where}", reason)


def _slim(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Of managedFields only who wrote: what they wrote is most of an object's metadata."""
    metadata = fields.mapping(body, "metadata")
    writers = [{"manager": fields.text(entry, "manager")} for entry in fields.items(metadata, "managedFields")]
    return {**body, "metadata": {**metadata, "managedFields": writers}}
