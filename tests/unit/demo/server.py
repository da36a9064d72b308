"""An embedded API server without sockets, controllers or admission."""

import json
from collections.abc import AsyncIterator
from typing import Any

from certdash.demo.api.client import Client
from certdash.demo.api.objects import Object
from certdash.demo.api.request import ADMIN, Request, Response, StreamResponse, User
from certdash.demo.api.server import ApiServer
from certdash.demo.api.store import Store
from certdash.demo.pace import Pace


class Server:
    """The server, and how a test asks it."""

    def __init__(self) -> None:
        self.store = Store()
        self.api = ApiServer(self.store, Pace(100))
        self.client = Client(self.api.handle, ADMIN, "tester")

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        user: User = ADMIN,
        accept: str = "application/json",
        content_type: str = "application/json",
        **query: str,
    ) -> Response | StreamResponse:
        """Any request; parameters of the query by keyword."""
        data = b"" if body is None else json.dumps(body).encode()
        headers = {"accept": accept, "content-type": content_type, "user-agent": "tester"}
        return await self.api.handle(Request(method, path, tuple(query.items()), headers, data, user))

    async def answer(self, method: str, path: str, body: Any = None, **more: Any) -> Response:
        """A request that is answered whole."""
        answered = await self.ask(method, path, body, **more)
        assert isinstance(answered, Response)
        return answered

    async def events(self, path: str, **query: str) -> AsyncIterator[Object]:
        """The events of a watch."""
        request = Request("GET", path, (("watch", "true"), *query.items()))
        answered = await self.api.handle(request)
        assert isinstance(answered, StreamResponse)
        async for line in answered.chunks:
            yield json.loads(line)

    async def refusal(self, method: str, path: str, body: Any = None, **more: Any) -> Object:
        """The Status of a request that must be refused."""
        answered = await self.answer(method, path, body, **more)
        assert answered.code >= 400, answered.body
        assert answered.body is not None
        return answered.body


def config_map(name: str, **data: str) -> Object:
    """A ConfigMap."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}
