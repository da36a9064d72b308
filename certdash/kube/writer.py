"""The one door through which certdash changes a cluster: only what was announced, and only what was looked at."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from certdash.kube.dry_runner import FIELD_MANAGER
from certdash.kube.errors import TransportError
from certdash.kube.reader import METADATA_ONLY
from certdash.kube.session import Session
from certdash.kube.status_body import StatusBody, parse_status

_MERGE_PATCH = "application/merge-patch+json"


class UnannouncedError(Exception):
    """A write of something that nobody was told about: a fault of certdash itself."""


@dataclass(frozen=True, slots=True)
class WriteAnswer:
    """What the API server (or the transport) said. `status` None: no answer came, and what was asked for may have
    been done or not. `metadata` is that of the object that was written; `retry_after` in seconds."""

    status: int | None
    reason: str = ""
    message: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    retry_after: float | None = None

    @property
    def done(self) -> bool:
        """Whether the server did it, or has begun to."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def uid(self) -> str:
        """The uid of the object that was written, "" unknown."""
        return str(self.metadata.get("uid") or "")


class Writer:
    """Creates and deletes objects whose paths were announced beforehand, takes finalizers from them, and nothing else.

    Answers come as metadata only, so that no deleted Secret's data reaches this process.
    """

    def __init__(self, session: Session, announced: Iterable[str] = ()) -> None:
        self._session = session
        self._announced = set(announced)

    def announce(self, path: str) -> None:
        """From now on the object at this path may be written."""
        self._announced.add(path)

    async def create(self, collection: str, body: Mapping[str, Any], *, timeout: float) -> WriteAnswer:
        """Create `body` in the collection; `timeout` in seconds. It is sent once: see WriteAnswer for no answer.

        Never raises for what the server or the network does. Raises UnannouncedError.
        """
        name = str((body.get("metadata") or {}).get("name") or "")
        self._check(f"{collection}/{name}")
        return await self._send("POST", collection, (("fieldManager", FIELD_MANAGER),), body, timeout)

    async def delete(
        self,
        path: str,
        *,
        uid: str,
        resource_version: str = "",
        propagation: str = "Background",
        dry_run: bool = False,
        timeout: float,
    ) -> WriteAnswer:
        """Delete the object at `path` if it still has this uid (and this resourceVersion, when one is given).

        409 says that it has not. Never raises for what the server or the network does. Raises UnannouncedError, and
        ValueError without a uid.
        """
        self._check(path)
        if not uid:
            raise ValueError(f"{path} is not deleted without its uid")
        preconditions = {"uid": uid} | ({"resourceVersion": resource_version} if resource_version else {})
        options: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "preconditions": preconditions,
            "propagationPolicy": propagation,
        }
        if dry_run:
            options["dryRun"] = ["All"]
        query = (("dryRun", "All"),) if dry_run else ()
        return await self._send("DELETE", path, query, options, timeout)

    async def keep_finalizers(
        self,
        path: str,
        kept: Sequence[str],
        *,
        uid: str,
        resource_version: str,
        dry_run: bool = False,
        timeout: float,
    ) -> WriteAnswer:
        """Take all finalizers but those `kept` from the object if it still has this uid and this resourceVersion; it
        goes then, when it was deleted before and none is left.

        409 says that it has not. Never raises for what the server or the network does. Raises
        UnannouncedError, and ValueError without uid or resourceVersion.
        """
        self._check(path)
        if not uid or not resource_version:
            raise ValueError(f"{path} is not changed without its uid and resourceVersion")
        # With both in the patch the server refuses it by 409 when the object is another or has changed.
        metadata = {"uid": uid, "resourceVersion": resource_version, "finalizers": list(kept) or None}
        query = (("dryRun", "All"), ("fieldManager", FIELD_MANAGER)) if dry_run else (("fieldManager", FIELD_MANAGER),)
        return await self._send("PATCH", path, query, {"metadata": metadata}, timeout, _MERGE_PATCH)

    def _check(self, path: str) -> None:
        if path not in self._announced:
            raise UnannouncedError(f"{path} was not announced")

    async def _send(
        self,
        method: str,
        path: str,
        query: tuple[tuple[str, str], ...],
        body: Mapping[str, Any],
        timeout: float,
        content_type: str = "application/json",
    ) -> WriteAnswer:
        headers = {"Accept": METADATA_ONLY, "Content-Type": content_type}
        try:
            response = await self._session.request(
                method, path, query=query, headers=headers, body=orjson.dumps(dict(body)), timeout=timeout
            )
        except TransportError as error:
            return WriteAnswer(None, message=str(error))
        if 200 <= response.status < 300:
            return WriteAnswer(response.status, metadata=_metadata(response.body))
        status: StatusBody = parse_status(response.body)
        return WriteAnswer(response.status, status.reason, status.message, retry_after=status.retry_after)


def _metadata(body: bytes) -> Mapping[str, Any]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    found = document.get("metadata") if isinstance(document, dict) else None
    return found if isinstance(found, dict) else {}
