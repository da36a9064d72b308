"""The embedded API server's socket: TLS on loopback, who asks, and the headers that go with every answer."""

import asyncio
import contextlib
import hashlib
import ssl
import uuid

import orjson
from aiohttp import web

from certdash.demo.api.identity import Identities, Peer
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

    @property
    def listening(self) -> bool:
        """Whether it is open."""
        return self._listener is not None

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
            answer = Response(error.code, error.body, error.message if error.body is None else None, error.headers)
        except ApiUnavailable:
            if incoming.transport is not None:
                incoming.transport.abort()
            raise asyncio.CancelledError from None
        if isinstance(answer, StreamResponse):
            return await self._stream(incoming, answer)
        # Who is unknown, and who reads logs, is not subject to priority and fairness.
        counted = answer.code != 401 and not answer.bare and not incoming.path.endswith("/log")
        return _whole(answer, counted=counted)

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
        try:
            await out.prepare(incoming)
            async with contextlib.aclosing(answer.chunks) as chunks:
                async for chunk in chunks:
                    await out.write(chunk)
        except (ApiUnavailable, ConnectionError):
            # The server was stopped, or the client has gone.
            pass
        with contextlib.suppress(ConnectionError):
            await out.write_eof()
        return out


def _whole(answer: Response, *, counted: bool) -> web.Response:
    headers = _common_headers(counted=counted)
    if answer.body is None:
        out = web.Response(text=answer.text or "", status=answer.code, headers=headers)
        out.content_type = "text/plain"
        if not answer.bare:
            out.headers["X-Content-Type-Options"] = "nosniff"
    else:
        data = orjson.dumps(answer.body) + b"\n"
        out = web.Response(body=data, status=answer.code, headers=headers, content_type="application/json")
        seconds = (answer.body.get("details") or {}).get("retryAfterSeconds") if answer.code in (429, 504) else None
        if seconds:
            out.headers["Retry-After"] = str(seconds)
    for name, value in answer.headers:
        if name == "Content-Type":
            del out.headers[name]
        out.headers.add(name, value)
    return out


def _common_headers(*, counted: bool = True) -> dict[str, str]:
    usual = {"Audit-Id": str(uuid.uuid4()), "Cache-Control": "no-cache, private"}
    if not counted:
        return usual
    return {
        **usual,
        "X-Kubernetes-Pf-Flowschema-Uid": _FLOW_SCHEMA,
        "X-Kubernetes-Pf-Prioritylevel-Uid": _PRIORITY_LEVEL,
    }


_FLOW_SCHEMA = str(uuid.uuid5(uuid.NAMESPACE_DNS, "flowschema.certdash.invalid"))
_PRIORITY_LEVEL = str(uuid.uuid5(uuid.NAMESPACE_DNS, "prioritylevel.certdash.invalid"))


def _peer(incoming: web.BaseRequest) -> Peer | None:
    """The client's certificate, None without one that names somebody."""
    transport = incoming.transport
    connection = transport.get_extra_info("ssl_object") if transport is not None else None
    subject = (connection.getpeercert() or {}).get("subject", ()) if connection is not None else ()
    pairs = [pair for relative in subject for pair in relative]
    names = [value for key, value in pairs if key == "commonName"]
    if connection is None or not names:
        return None
    organizations = tuple(value for key, value in pairs if key == "organizationName")
    return Peer(names[0], organizations, hashlib.sha256(connection.getpeercert(True)).hexdigest())
