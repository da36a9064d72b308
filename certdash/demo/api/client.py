"""How the embedded cluster's own controllers write: the way of any other request, without a socket."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from certdash.demo.api.objects import Object
from certdash.demo.api.request import Request, Response, StreamResponse, User
from certdash.demo.api.status import ApiError

JSON = "application/json"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"
APPLY = "application/apply-patch+yaml"

Handle = Callable[[Request], Awaitable[Response | StreamResponse]]


class Client:
    """Requests of one user with one field manager. Every call raises ApiError for a refusal and ApiUnavailable while
    the API server is stopped."""

    def __init__(self, handle: Handle, user: User, manager: str) -> None:
        self._handle = handle
        self._user = user
        self._manager = manager

    def managing_as(self, manager: str) -> "Client":
        """The same user under the name of another field manager."""
        return Client(self._handle, self._user, manager)

    async def get(self, path: str, **query: str) -> Object:
        """GET one object or list."""
        return await self._send("GET", path, None, JSON, query)

    async def create(self, path: str, body: Object, **query: str) -> Object:
        """POST an object to its collection."""
        return await self._send("POST", path, body, JSON, {"fieldManager": self._manager, **query})

    async def update(self, path: str, body: Object, **query: str) -> Object:
        """PUT a whole object."""
        return await self._send("PUT", path, body, JSON, {"fieldManager": self._manager, **query})

    async def patch(self, path: str, body: Any, content_type: str = MERGE, **query: str) -> Object:
        """PATCH an object, by a JSON merge patch unless told otherwise."""
        return await self._send("PATCH", path, body, content_type, {"fieldManager": self._manager, **query})

    async def apply(self, path: str, body: Object) -> Object:
        """Server-side apply of the whole object, taking over every field that it names."""
        return await self.patch(path, body, APPLY, force="true")

    async def delete(self, path: str, **query: str) -> None:
        """DELETE; an object that is already gone is no error."""
        try:
            await self._send("DELETE", path, None, JSON, query)
        except ApiError as error:
            if error.code != 404:
                raise

    async def _send(self, method: str, path: str, body: Any, content_type: str, query: dict[str, str]) -> Object:
        data = b"" if body is None else json.dumps(body).encode()
        headers = {"content-type": content_type, "accept": JSON, "user-agent": self._manager}
        request = Request(method, path, tuple(query.items()), headers, data, self._user)
        answer = await self._handle(request)
        if isinstance(answer, StreamResponse) or answer.body is None:
            raise ApiError(500, text=f"{method} {path} answered no object")
        if answer.code >= 400:
            raise ApiError(answer.code, answer.body)
        return answer.body
