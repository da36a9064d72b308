"""WATCH: the changes of a collection as lines of JSON."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Callable

from certdash.demo.api.objects import Object
from certdash.demo.api.reading import no_version, refuse_list_options
from certdash.demo.api.request import Request
from certdash.demo.api.resource_types import ResourceType
from certdash.demo.api.routing import Target
from certdash.demo.api.selectors import selects
from certdash.demo.api.status import refusal, status_body
from certdash.demo.api.store import Event, Expired, Store
from certdash.demo.pace import Pace

BOOKMARK_EVERY = 60.0
INITIAL_EVENTS_END = "k8s.io/initial-events-end"
_DEFAULT_TIMEOUT = 2400.0

Shape = Callable[[Object], Object]


class Watch:
    """One watch, from its request to its end."""

    def __init__(self, store: Store, request: Request, target: Target, shape: Shape, pace: Pace) -> None:
        self._store = store
        self._target = target
        self._shape = shape
        self._matches = selects(target.resource, request.parameter("labelSelector"), request.parameter("fieldSelector"))
        self._bookmarks = request.parameter("allowWatchBookmarks") in ("true", "1")
        self._initial = request.parameter("sendInitialEvents") in ("true", "1")
        self._asked = request.parameter("resourceVersion")
        refuse_list_options(request, watching=True)
        if self._asked and not self._asked.isdigit():
            raise refusal(500, "", no_version(self._asked))
        timeout = request.parameter("timeoutSeconds")
        self._timeout = float(timeout) if timeout.isdigit() and int(timeout) else pace.wall(_DEFAULT_TIMEOUT)
        self._bookmark_every = pace.wall(BOOKMARK_EVERY)

    async def lines(self) -> AsyncGenerator[bytes, None]:
        """The events, each a line, until timeoutSeconds have passed."""
        news: asyncio.Queue[Event] = asyncio.Queue()
        stop = self._store.listen(news.put_nowait)
        try:
            loop = asyncio.get_running_loop()
            end = loop.time() + self._timeout
            seen = self._store.version
            try:
                for line in self._beginning():
                    yield line
            except Expired as expired:
                yield _line("ERROR", self._expired(expired.oldest))
                return
            async with contextlib.aclosing(self._following(news, seen, end)) as following:
                async for line in following:
                    yield line
        finally:
            stop()

    def _beginning(self) -> list[bytes]:
        """What stands before the first change: the objects that are there, or the changes since then."""
        if self._asked in ("", "0") or self._initial:
            items = self._store.items(self._target.resource, self._target.namespace)
            lines = [_line("ADDED", self._shape(item)) for item in items if self._matches(item)]
            if self._initial and self._bookmarks:
                lines.append(self._bookmark(end_of_initial=True))
            return lines
        version = int(self._asked)
        events = self._store.events_since(version) if version <= self._store.version else []
        return [line for event in events if (line := self._told(event)) is not None]

    async def _following(self, news: asyncio.Queue[Event], seen: int, end: float) -> AsyncGenerator[bytes, None]:
        loop = asyncio.get_running_loop()
        bookmark_at = loop.time() + self._bookmark_every
        future = int(self._asked) if self._asked else 0
        while (now := loop.time()) < end:
            try:
                async with asyncio.timeout(min(end, bookmark_at) - now):
                    event = await news.get()
            except TimeoutError:
                if loop.time() >= bookmark_at:
                    bookmark_at = loop.time() + self._bookmark_every
                    if self._bookmarks:
                        yield self._bookmark()
                continue
            if event.version > max(seen, future) and (line := self._told(event)) is not None:
                yield line

    def _told(self, event: Event) -> bytes | None:
        """The event as this watch sees it: a change can bring an object into a selection, or out of it."""
        if not self._concerns(event):
            return None
        before = event.before is not None and self._matches(event.before)
        after = event.type != "DELETED" and self._matches(event.item)
        if after:
            return _line("MODIFIED" if before else "ADDED", self._shape(event.item))
        if not before or event.before is None:
            return None
        # What left the selection is shown as it was when it was still in it, with the version of its leaving.
        last = event.item if event.type == "DELETED" else _at_version(event.before, event.item)
        return _line("DELETED", self._shape(last))

    def _concerns(self, event: Event) -> bool:
        namespace = event.item["metadata"].get("namespace", "")
        return event.resource == self._target.resource and self._target.namespace in ("", namespace)

    def _bookmark(self, *, end_of_initial: bool = False) -> bytes:
        resource = self._target.resource
        metadata: Object = {"resourceVersion": str(self._store.version)}
        if end_of_initial:
            metadata["annotations"] = {INITIAL_EVENTS_END: "true"}
        return _line("BOOKMARK", self._shape(_bookmark_object(resource, metadata)))

    def _expired(self, oldest: int) -> Object:
        message = f"too old resource version: {self._asked} ({oldest})"
        return status_body(410, "Expired", message)


def _at_version(item: Object, newer: Object) -> Object:
    return {**item, "metadata": {**item["metadata"], "resourceVersion": newer["metadata"]["resourceVersion"]}}


def _bookmark_object(resource: ResourceType, metadata: Object) -> Object:
    return {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": metadata}


def _line(kind: str, item: Object) -> bytes:
    return json.dumps({"type": kind, "object": item}, separators=(",", ":")).encode() + b"\n"
