"""Removes one object: only while it is the one that was looked at, and until it is really gone."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass

import orjson

from certdash.actions.cluster_view import REQUEST_TIMEOUT, ClusterView
from certdash.actions.journal import Journal
from certdash.certmanager import fields
from certdash.kube.errors import TransportError
from certdash.kube.reader import METADATA_ONLY
from certdash.kube.writer import WriteAnswer, Writer
from certdash.model.instant import Instant
from certdash.model.issuance import Removal, RemovalResult
from certdash.model.resource import Ref, Resource

_RETRY = 0.2
_LONGEST_RETRY = 2.0
_WATCH_SLICE = 5.0


@dataclass(frozen=True, slots=True)
class Target:
    """An object to remove, as it was last looked at. With `resource_version` it goes only if nothing changed since."""

    resource: Resource
    namespace: str
    name: str
    uid: str
    resource_version: str = ""

    @property
    def path(self) -> str:
        """Its path in the API."""
        return self.resource.path(self.namespace, self.name)

    @property
    def ref(self) -> Ref:
        """Its name for people."""
        return Ref(self.resource.kind, self.namespace, self.name)


class Remover:
    """Deletes through the writer what its caller has announced, and writes down each result."""

    def __init__(self, view: ClusterView, writer: Writer, journal: Journal, clock: Callable[[], Instant]) -> None:
        self._view = view
        self._writer = writer
        self._journal = journal
        self._clock = clock

    async def remove(self, target: Target, *, run: str, until: float, swept: bool = False) -> Removal:
        """Delete the object and wait until it is gone, at most until the steady clock says `until`.

        A server that does not answer, or says that it is busy, is asked again.
        """
        begun = self._clock()
        result, reason = await self._delete(target, until)
        if result is None:
            result, reason = await self.wait_gone(target, until)
        now = self._clock()
        self._journal.wrote("delete", target.ref, target.uid, result.value, run=run, at=now.wall, reason=reason)
        return Removal(target.ref, target.uid, result, reason, now.seconds_since(begun), swept)

    async def _delete(self, target: Target, until: float) -> tuple[RemovalResult | None, str]:
        pause = _RETRY
        while True:
            answer = await self._writer.delete(
                target.path,
                uid=target.uid,
                resource_version=target.resource_version,
                timeout=max(min(REQUEST_TIMEOUT, self._left(until)), 0.1),
            )
            if answer.done:
                return None, ""
            if answer.status == 404:
                return RemovalResult.ALREADY_GONE, ""
            if answer.status == 409 and not _terminating(answer):
                return RemovalResult.REPLACED, answer.message
            if answer.status == 409:
                return None, ""
            if not _worth_retrying(answer) or self._left(until) <= pause:
                return RemovalResult.LEFT, answer.message
            await asyncio.sleep(max(pause, min(answer.retry_after or 0.0, self._left(until))))
            pause = min(pause * 2, _LONGEST_RETRY)

    async def wait_gone(self, target: Target, until: float) -> tuple[RemovalResult, str]:
        """Wait until the object is gone, at most until the steady clock says `until`; what came of it, and why."""
        pause = 0.02
        while True:
            found = await self._view.get(target.path, metadata_only=True)
            uid = fields.text(found.body, "metadata", "uid")
            if found.status == 404 or (uid and uid != target.uid):
                return RemovalResult.REMOVED, ""
            if found.refused:
                return RemovalResult.REMOVED, "the server took the request; whether it is gone may not be read"
            if self._left(until) <= 0:
                return RemovalResult.LEFT, _why_stuck(found.body) or found.message or "it is still there"
            version = fields.text(found.body, "metadata", "resourceVersion")
            if version and await self._watch_gone(target, version, until):
                continue
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_RETRY)

    async def _watch_gone(self, target: Target, version: str, until: float) -> bool:
        """Whether a watch told that the object went; False when it can't tell, and somebody has to look again."""
        query = (
            ("watch", "true"),
            ("fieldSelector", f"metadata.name={target.name}"),
            ("resourceVersion", version),
        )
        patience = max(min(_WATCH_SLICE, self._left(until)), 0.1)
        with contextlib.suppress(TimeoutError, TransportError):
            async with (
                asyncio.timeout(patience),
                self._view.reader.watch(
                    target.resource.path(target.namespace),
                    query,
                    accept=METADATA_ONLY,
                    head_timeout=patience,
                    idle_timeout=patience,
                ) as stream,
            ):
                if stream.status != 200:
                    return False
                async for lines in stream.batches():
                    if any(_event_type(line) == "DELETED" for line in lines):
                        return True
        return False

    def _left(self, until: float) -> float:
        return until - self._clock().steady


def _terminating(answer: WriteAnswer) -> bool:
    # The namespace controller's own answer to a second delete of a namespace that is on its way out.
    return "being deleted" in answer.message or "the system is ensuring all content is removed" in answer.message


def _worth_retrying(answer: WriteAnswer) -> bool:
    return answer.status is None or answer.status == 429 or answer.status >= 500


def _event_type(line: bytes) -> str:
    try:
        event = orjson.loads(line)
    except orjson.JSONDecodeError:
        return ""
    return fields.text(event, "type")


def _why_stuck(body: dict[str, object]) -> str:
    finalizers = fields.texts(body, "metadata", "finalizers")
    if finalizers:
        return f"it waits for its finalizers: {', '.join(finalizers)}"
    for condition in fields.items(body, "status", "conditions"):
        if condition.get("status") == "True" and fields.text(condition, "message"):
            return fields.text(condition, "message")
    return "it is marked for deletion, but still there" if fields.text(body, "metadata", "deletionTimestamp") else ""
