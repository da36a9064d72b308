"""The embedded API server: one request in, one answer out, whoever carries them."""

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from enum import StrEnum

from certdash.demo.api import discovery, reviews, subresources, tables
from certdash.demo.api.actions import action_of, unrouted_action, verb_of
from certdash.demo.api.admission import Admission, AdmitAll, AnyShape, Schemas
from certdash.demo.api.custom import CustomResources
from certdash.demo.api.deleting import Deleter
from certdash.demo.api.logs import Logs
from certdash.demo.api.objects import Object
from certdash.demo.api.openapi import openapi
from certdash.demo.api.rbac import Action, Authorizer
from certdash.demo.api.reading import get_object, list_objects
from certdash.demo.api.request import Request, Response, StreamResponse
from certdash.demo.api.resource_types import BUILT_IN, ResourceType
from certdash.demo.api.routing import Target, route
from certdash.demo.api.shapes import Accepted, negotiate, partial, partial_list
from certdash.demo.api.status import ApiError, ApiUnavailable, refusal
from certdash.demo.api.store import Store
from certdash.demo.api.watch import Watch
from certdash.demo.api.writing import Writer
from certdash.demo.pace import Pace

# What etcd's absence looks like from outside (measured on 1.36.2): a list that must be read from etcd hangs and the
# connection closes without an answer, a write is given up.
_HUNG_READ = 60.0
_HUNG_WRITE = 34.0
_STORAGE_TIMEOUT = "Timeout: request did not complete within requested timeout - context deadline exceeded"


# The outermost filter's answer when the time that the request itself allowed is over.
_TIMED_OUT = {
    "metadata": {},
    "status": "Failure",
    "message": "Timeout: request did not complete within the allotted timeout",
    "reason": "Timeout",
    "details": {},
    "code": 504,
}


class RequestTimedOut(Exception):  # noqa: N818 - a state, as net/http's ErrServerClosed
    """The request took longer than its own `timeout` allows."""


class ServerState(StrEnum):
    """Whether the server answers. FROZEN: requests wait. STORAGE_FROZEN: it does, but etcd does not."""

    RUNNING = "running"
    STOPPED = "stopped"
    FROZEN = "frozen"
    STORAGE_FROZEN = "storage frozen"


class ApiServer:
    """Requests against a store. `address` is HOST:PORT as discovery tells it."""

    def __init__(
        self,
        store: Store,
        pace: Pace,
        *,
        admission: Admission | None = None,
        schemas: Schemas | None = None,
        logs: Logs | None = None,
    ) -> None:
        self.store = store
        self.authorizer = Authorizer(store)
        self.address = ""
        self.state = ServerState.RUNNING
        self._pace = pace
        self._admission = admission or AdmitAll()
        self._schemas = schemas or AnyShape()
        self._logs = logs
        self._custom = CustomResources(store, pace)
        self._writer = Writer(store, self._admission, self._schemas)
        self._deleter = Deleter(store, self._admission)
        self._stopped = asyncio.Event()
        self._changed = asyncio.Event()

    def stop(self) -> None:
        """Refuse every request from now on, and end those that go on."""
        self._enter(ServerState.STOPPED)
        self._stopped.set()

    def freeze(self) -> None:
        """Stand still: whoever asks waits."""
        self._enter(ServerState.FROZEN)

    def freeze_storage(self) -> None:
        """Go on answering, but without etcd."""
        self._enter(ServerState.STORAGE_FROZEN)

    def start(self) -> None:
        """Answer again."""
        self._enter(ServerState.RUNNING)
        self._stopped.clear()

    def _enter(self, state: ServerState) -> None:
        self.state = state
        self._changed.set()
        self._changed = asyncio.Event()

    def served(self) -> tuple[ResourceType, ...]:
        """Every resource type that is served now."""
        return (*BUILT_IN, *self._custom.served())

    async def handle(self, request: Request) -> Response | StreamResponse:
        """The answer. Refusals are answers, too; raises ApiUnavailable while the server is stopped."""
        while self.state is ServerState.FROZEN:
            await self._changed.wait()
        if self.state is ServerState.STOPPED:
            raise ApiUnavailable
        try:
            return await self._answer(request)
        except ApiError as error:
            if error.body is None:
                return Response(error.code, text=error.message)
            return Response(error.code, error.body, headers=error.headers)
        except RequestTimedOut:
            return Response(504, text=json.dumps(_TIMED_OUT) + "\n", bare=True)

    async def _answer(self, request: Request) -> Response | StreamResponse:
        served = self.served()
        path_action = Action("get", path=request.path)
        if request.method == "GET":
            found = discovery.discover(request.path, served, self.address) or openapi(request.path, served)
            if found is not None:
                self.authorizer.check(request.user, path_action)
                return found
        if (review := reviews.kind_of(request.path)) is not None:
            return reviews.answer(review, request, self.authorizer)
        try:
            target = route(request.path, served)
        except ApiError:
            # Whoever may not ask is not told what there is.
            self.authorizer.check(request.user, unrouted_action(request))
            raise
        verb = verb_of(request, target)
        self.authorizer.check(request.user, action_of(verb, request, target))
        if self.state is ServerState.STORAGE_FROZEN:
            await self._hang(verb, request, target)
        return await self._perform(verb, request, target)

    async def _hang(self, verb: str, request: Request, target: Target) -> None:
        if verb in ("get", "list", "watch"):
            if request.parameter("resourceVersion") == "0" or verb == "watch":
                return
            await self._pace.sleep(_HUNG_READ)
            raise ApiUnavailable
        if verb == "create" and not target.subresource:
            # Admission comes before the storage: what it denies is denied at once.
            rehearsal = tuple(pair for pair in request.query if pair[0] != "dryRun")
            await self._writer.create(replace(request, query=(*rehearsal, ("dryRun", "All"))), target)
        asked = _seconds(request.parameter("timeout"))
        await self._pace.sleep(_HUNG_WRITE if asked is None else min(asked, _HUNG_WRITE))
        if asked is not None:
            raise RequestTimedOut
        raise refusal(504, "Timeout", _STORAGE_TIMEOUT, {})

    async def _perform(self, verb: str, request: Request, target: Target) -> Response | StreamResponse:
        if target.subresource and target.subresource != "status":
            return await subresources.answer(verb, request, target, self.store, self._writer, self._logs, self._pace)
        match verb:
            case "get" | "list":
                return self._read(request, target)
            case "watch":
                return self._watch(request, target)
            case "create":
                return await self._writer.create(request, target)
            case "update":
                return await self._writer.update(request, target)
            case "patch":
                return await self._writer.patch(request, target)
            case "delete":
                return await self._deleter.delete(request, target)
            case _:
                return await self._deleter.delete_collection(request, target)

    def _read(self, request: Request, target: Target) -> Response:
        accept = request.headers.get("accept", "")
        accepted = negotiate(accept, target.resource, collection=not target.name, watching=False)
        if target.name:
            item = get_object(self.store, target, request.parameter("resourceVersion"))
            return Response(200, self._shape(accepted, target)(item))
        listed = list_objects(self.store, request, target)
        if accepted.form == "Table":
            return Response(200, tables.table(target.resource, listed["items"], listed["metadata"], self.store))
        return Response(200, partial_list(listed) if accepted.form else listed)

    def _watch(self, request: Request, target: Target) -> StreamResponse:
        accepted = negotiate(request.headers.get("accept", ""), target.resource, collection=True, watching=True)
        watch = Watch(self.store, request, target, self._shape(accepted, target), self._pace)
        return StreamResponse(self._until_stopped(watch.lines()))

    def _shape(self, accepted: Accepted, target: Target) -> Callable[[Object], Object]:
        if accepted.form == "Table":
            return lambda item: tables.table(target.resource, [item], {}, self.store)
        return partial if accepted.form else _as_it_is

    async def _until_stopped(self, chunks: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
        stopped = asyncio.ensure_future(self._stopped.wait())
        chunk: asyncio.Future[bytes | None] | None = None
        try:
            while True:
                chunk = asyncio.ensure_future(anext(chunks, None))
                await asyncio.wait({chunk, stopped}, return_when=asyncio.FIRST_COMPLETED)
                if not chunk.done():
                    return
                line = chunk.result()
                if line is None:
                    return
                yield line
        finally:
            stopped.cancel()
            if chunk is not None:
                chunk.cancel()
                # A generator that still runs can't be closed.
                await asyncio.wait({chunk})
            await chunks.aclose()


def _seconds(duration: str) -> float | None:
    """A duration as Go writes it, in one unit."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m)", duration)
    return float(found[1]) * {"ms": 0.001, "s": 1.0, "m": 60.0}[found[2]] if found else None


def _as_it_is(item: Object) -> Object:
    return item
