"""Watches the objects of one run and keeps the newest state of each."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from certdash.certmanager import fields
from certdash.kube.errors import TransportError
from certdash.kube.reader import Reader
from certdash.model.resource import Key

_RETRY = 0.2
_HEAD_TIMEOUT = 10.0
_IDLE_TIMEOUT = 90.0


@dataclass(frozen=True, slots=True)
class Watched:
    """What to watch: `name` is how its objects are asked for; `accept` METADATA_ONLY for Secrets."""

    name: str
    path: str
    query: tuple[tuple[str, str], ...]
    accept: str = ""


@dataclass(slots=True)
class Observation:
    """The newest state of everything watched. `changed` is set with each news; whoever waits clears it.

    `refused` tells, for each that may not be watched, what the server said; `gone` are objects that were deleted.
    """

    objects: dict[str, dict[Key, Mapping[str, Any]]] = field(default_factory=dict)
    gone: set[tuple[str, Key]] = field(default_factory=set)
    refused: dict[str, str] = field(default_factory=dict)
    lost: str = ""
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def get(self, name: str, namespace: str, called: str) -> Mapping[str, Any] | None:
        """One object, None when it has not been seen or is gone."""
        return self.objects.get(name, {}).get((namespace, called))

    def all(self, name: str) -> Sequence[Mapping[str, Any]]:
        """All objects of that name."""
        return tuple(self.objects.get(name, {}).values())


class Observer:
    """Runs one watch for each `Watched` until it is stopped."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._tasks: list[asyncio.Task[None]] = []
        self.observation = Observation()

    def start(self, watched: Sequence[Watched]) -> None:
        """Begin to watch, on the running loop."""
        self._tasks += [asyncio.create_task(self._follow(each)) for each in watched]

    async def stop(self) -> None:
        """End all watches."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    async def _follow(self, watched: Watched) -> None:
        while True:
            try:
                refused = await self._watch_once(watched)
            except TransportError as error:
                self.observation.lost, refused = str(error), ""
                self.observation.changed.set()
            if refused:
                self.observation.refused[watched.name] = refused
                self.observation.changed.set()
                return
            await asyncio.sleep(_RETRY)

    async def _watch_once(self, watched: Watched) -> str:
        """Follow one watch to its end. Answers why it is refused for good, "" otherwise. Raises TransportError."""
        # Without a resourceVersion the server first sends everything that there is.
        query = (("watch", "true"), *watched.query)
        async with self._reader.watch(
            watched.path, query, accept=watched.accept, head_timeout=_HEAD_TIMEOUT, idle_timeout=_IDLE_TIMEOUT
        ) as stream:
            if stream.status in (401, 403, 404):
                return fields.text(_parsed(await stream.read()), "message") or f"HTTP {stream.status}"
            if stream.status != 200:
                return ""
            self.observation.lost = ""
            async for lines in stream.batches():
                for line in lines:
                    self._take(watched.name, _parsed(line))
        return ""

    def _take(self, name: str, event: Mapping[str, Any]) -> None:
        body = fields.mapping(event, "object")
        key = (fields.text(body, "metadata", "namespace"), fields.text(body, "metadata", "name"))
        kind = event.get("type")
        if kind in ("ADDED", "MODIFIED"):
            self.observation.objects.setdefault(name, {})[key] = body
            self.observation.gone.discard((name, key))
        elif kind == "DELETED":
            self.observation.objects.get(name, {}).pop(key, None)
            self.observation.gone.add((name, key))
        self.observation.changed.set()


def _parsed(line: bytes) -> Mapping[str, Any]:
    try:
        document = orjson.loads(line)
    except orjson.JSONDecodeError:
        return {}
    return document if isinstance(document, dict) else {}
