"""The embedded API server's socket: TLS on loopback, who asks, and the headers that go with every answer."""

import asyncio
import contextlib
import ssl
import uuid
from collections.abc import Mapping

import orjson
from aiohttp import web

from certdash.demo.api.identity import Identities
from certdash.demo.api.request import Request, Response, StreamResponse
from certdash.demo.api.server import ApiServer
from certdash.demo.api.status import ApiError, ApiUnavailable

LOOPBACK = "127.0.0.1"


class HttpServer:
    """Serves an ApiServer over HTTPS. While it is closed nobody listens at its port."""

    def __init__(self, api: ApiServer, identities: Identities, context: ssl.SSLContext) -> None:
        self._api = api
        self._identities = identities
        self._context = context
        self._port = 0
        self._listener: asyncio.Server | None = None
        self._connections: web.Server | None = None

    @property
    def port(self) -> int:
        """Where it listens, also while it does not; 0 before it first did."""
        return self._port

    async def open(self, port: int = 0) -> None:
        """Listen on the port, by default the one from before, at first any free one. Raises OSError."""
        # Chunked watches must end with their clients; aiohttp cancels their handlers then.
        self._connections = web.Server(self._serve, handler_cancellation=True, access_log=None)
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(
            self._connections, LOOPBACK, port or self._port, ssl=self._context, reuse_address=True
        )
        self._port = self._listener.sockets[0].getsockname()[1]
        self._api.address = f"{LOOPBACK}:{self._port}"

    async def close(self) -> None:
        """Stop listening and cut every connection at once."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        if self._connections is not None:
            for connection in self._connections.connections:
                if connection.transport is not None:
                    connection.transport.abort()
            await self._connections.shutdown(0)
            self._connections = None

    async def _serve(self, incoming: web.BaseRequest) -> web.StreamResponse:
        try:
            request = await self._request(incoming)
            answer = await self._api.handle(request)
        except ApiError as error:
            answer = Response(error.code, error.body, error.message if error.body is None else None)
        except ApiUnavailable:
            if incoming.transport is not None:
                incoming.transport.abort()
            raise asyncio.CancelledError from None
        if isinstance(answer, StreamResponse):
            return await self._stream(incoming, answer)
        return _whole(answer)

    async def _request(self, incoming: web.BaseRequest) -> Request:
        headers = {name.lower(): value for name, value in incoming.headers.items()}
        extra = incoming.headers.getall("Impersonate-Group", [])
        user = self._identities.user(headers, _peer(incoming), tuple(extra))
        query = tuple(incoming.query.items())
        body = await incoming.read()
        return Request(incoming.method, incoming.path, query, headers, body, user)

    async def _stream(self, incoming: web.BaseRequest, answer: StreamResponse) -> web.StreamResponse:
        out = web.StreamResponse(headers=_common_headers())
        for name, value in answer.headers:
            out.headers.add(name, value)
        out.content_type = answer.content_type
        out.enable_chunked_encoding()
        await out.prepare(incoming)
        try:
            async for chunk in answer.chunks:
                await out.write(chunk)
        except (ApiUnavailable, ConnectionError):
            # The server was stopped, or the client has gone.
            pass
        with contextlib.suppress(ConnectionError):
            await out.write_eof()
        return out


def _whole(answer: Response) -> web.Response:
    headers = _common_headers()
    if answer.body is None:
        out = web.Response(text=answer.text or "", status=answer.code, headers=headers)
        out.content_type = "text/plain"
        out.headers["X-Content-Type-Options"] = "nosniff"
    else:
        data = orjson.dumps(answer.body) + b"\n"
        out = web.Response(body=data, status=answer.code, headers=headers, content_type="application/json")
        seconds = (answer.body.get("details") or {}).get("retryAfterSeconds") if answer.code in (429, 504) else None
        if seconds:
            out.headers["Retry-After"] = str(seconds)
    for name, value in answer.headers:
        out.headers.add(name, value)
    return out


def _common_headers() -> dict[str, str]:
    return {
        "Audit-Id": str(uuid.uuid4()),
        "Cache-Control": "no-cache, private",
        "X-Kubernetes-Pf-Flowschema-Uid": _FLOW_SCHEMA,
        "X-Kubernetes-Pf-Prioritylevel-Uid": _PRIORITY_LEVEL,
    }


_FLOW_SCHEMA = str(uuid.uuid5(uuid.NAMESPACE_DNS, "flowschema.certdash.invalid"))
_PRIORITY_LEVEL = str(uuid.uuid5(uuid.NAMESPACE_DNS, "prioritylevel.certdash.invalid"))


def _peer(incoming: web.BaseRequest) -> Mapping[str, list[str]]:
    """The subject of the client's certificate: each kind of name with its values; empty without a certificate."""
    transport = incoming.transport
    certificate = transport.get_extra_info("peercert") if transport is not None else None
    names: dict[str, list[str]] = {}
    for relative in (certificate or {}).get("subject", ()):
        for key, value in relative:
            names.setdefault(key, []).append(value)
    return names
