"""The connection to one API server: every request of certdash goes through here."""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import orjson

from certdash.kube.access import ClusterAccess
from certdash.kube.client_package import CIMultiDict, aiohttp, make_api_client
from certdash.kube.clock import read_clock
from certdash.kube.credentials import Credentials, make_credentials
from certdash.kube.errors import AccessError, TransportError
from certdash.kube.line_stream import LineStream
from certdash.kube.proxy import choose_proxy
from certdash.kube.resolver import DaemonResolver
from certdash.kube.response import Headers, Response
from certdash.kube.tls import make_ssl_context
from certdash.kube.transport_text import describe
from certdash.model.connection import Target
from certdash.model.instant import Instant

_CONNECT_LIMIT = 5.0
_CLOSE_LIMIT = 0.5
# Longer than any probe interval that matters, shorter than the API server's own 90 s idle limit would allow.
_KEEP_IDLE = 45.0

# (level, option name, value): a peer that vanished is noticed in half a minute.
_SOCKET_OPTIONS = (
    (socket.SOL_SOCKET, "SO_KEEPALIVE", 1),
    (socket.IPPROTO_TCP, "TCP_NODELAY", 1),
    (socket.IPPROTO_TCP, "TCP_KEEPIDLE", 15),
    (socket.IPPROTO_TCP, "TCP_KEEPINTVL", 5),
    (socket.IPPROTO_TCP, "TCP_KEEPCNT", 3),
    (socket.IPPROTO_TCP, "TCP_USER_TIMEOUT", 30_000),
)

_TRANSPORT_ERRORS = (aiohttp.ClientError, asyncio.TimeoutError, OSError, ValueError)


class Session:
    """Requests and streams to the API server that `access` leads to, authorized and impersonating as it says.

    Redirects are not followed, cookies not kept, and .netrc and the system's proxy settings (other than the usual
    environment variables) not read. `last_answer` is the last moment any response head or stream byte came in,
    `last_error` the last failure of the transport.
    """

    def __init__(
        self,
        access: ClusterAccess,
        user_agent: str,
        clock: Callable[[], Instant] = read_clock,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self._access = access
        self._user_agent = user_agent
        self._clock = clock
        self._environ = os.environ if environ is None else environ
        self._credentials: Credentials = make_credentials(access, self._environ, clock)
        self._clients: _Clients | None = None
        self._closed = False
        self.last_answer: Instant | None = None
        self.last_error = ""

    @property
    def target(self) -> Target:
        """Where this leads."""
        return self._access.target

    def now(self) -> Instant:
        """The clock that this session measures with."""
        return self._clock()

    async def open(self) -> None:
        """Get the credentials and everything else that may be missing. Sends nothing to the API server.

        Raises AccessError.
        """
        await self._credentials.prime()
        self._ready_clients()

    async def close(self) -> None:
        """Drop all connections. Returns at once, whatever the network does."""
        self._closed = True
        await self._credentials.close()
        if self._clients is not None:
            await self._clients.close()

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: float,
        fresh_connection: bool = False,
    ) -> Response:
        """One request, answered within `timeout` seconds. `body` is JSON.

        `fresh_connection` opens a connection of its own, so that a load balancer may choose another API server.
        Raises TransportError, and nothing else, when no complete answer comes.
        """
        limit = min(timeout, self._access.request_timeout or timeout)
        timeouts = aiohttp.ClientTimeout(total=limit, sock_connect=min(_CONNECT_LIMIT, limit))
        call = _Call(method, path, tuple(query), dict(headers or {}), body, timeouts)
        begun = self._clock()
        try:
            try:
                return await self._complete(call, begun, fresh=fresh_connection)
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
                # A kept connection that the other side closed while idle looks like this. The client package sends
                # a read again by itself; a dry run changes nothing either.
                never_connected = isinstance(error, aiohttp.ClientConnectorError)
                if never_connected or fresh_connection or ("dryRun", "All") not in call.query:
                    raise
                return await self._complete(call, begun, fresh=True)
        except _TRANSPORT_ERRORS as error:
            raise self._failure(error) from None
        except AccessError as error:
            raise self._failure(error) from None

    async def _complete(self, call: "_Call", begun: Instant, *, fresh: bool) -> Response:
        answer = await self._send(call, fresh=fresh)
        try:
            content = await answer.read()
        finally:
            answer.release()
        self.last_answer = now = self._clock()
        return Response(answer.status, Headers(answer.headers.items()), content, now.seconds_since(begun))

    @asynccontextmanager
    async def stream(
        self,
        path: str,
        *,
        query: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        head_timeout: float = 30.0,
        idle_timeout: float,
    ) -> AsyncIterator[LineStream]:
        """A GET whose body is read line by line while it comes.

        The head must come within `head_timeout` seconds, and no `idle_timeout` seconds may pass without a byte.
        Raises TransportError, also while lines are read.
        """
        timeouts = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_LIMIT, sock_read=idle_timeout)
        call = _Call("GET", path, tuple(query), dict(headers or {}), None, timeouts)
        try:
            async with asyncio.timeout(head_timeout):
                answer = await self._send(call, fresh=False)
        except (*_TRANSPORT_ERRORS, AccessError) as error:
            raise self._failure(error) from None
        try:
            yield LineStream(
                answer.status, Headers(answer.headers.items()), answer.content.iter_any(), self._heard, self._failure
            )
        finally:
            # A watch is never read to its end: without closing, its connection would linger.
            answer.close()

    async def _send(self, call: "_Call", *, fresh: bool) -> "aiohttp.ClientResponse":
        authorization = await self._credentials.authorization()
        answer = await self._ready_clients().send(call, authorization, fresh=fresh)
        self._heard()
        if answer.status != 401:
            return answer
        try:
            renewed = await self._credentials.renew(authorization)
            authorization = await self._credentials.authorization() if renewed else ""
        except AccessError as error:
            # The server's answer stands; why it could not be bettered is worth keeping.
            self.last_error = str(error)
            renewed = False
        except BaseException:
            answer.close()
            raise
        if not renewed:
            return answer
        answer.close()
        answer = await self._ready_clients().send(call, authorization, fresh=fresh)
        self._heard()
        return answer

    def _ready_clients(self) -> "_Clients":
        if self._closed:
            raise AccessError("the session is closed")
        pair = self._credentials.client_pair
        if self._clients is None or self._clients.client_pair != pair:
            if self._clients is not None:
                # A connection shows the certificate that it was opened with, so none of the old may be used again.
                self._clients.retire()
            self._clients = _Clients(self._access, pair, self._user_agent, self._environ)
        return self._clients

    def _heard(self) -> None:
        self.last_answer = self._clock()

    def _failure(self, error: BaseException) -> TransportError:
        if isinstance(error, AccessError):
            failure = TransportError(str(error))
        else:
            failure = describe(error, self._access.target.server)
        self.last_error = str(failure)
        return failure


@dataclass(frozen=True, slots=True)
class _Call:
    """What is sent, apart from who sends it: it may have to go out twice."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes | None
    timeouts: "aiohttp.ClientTimeout"


class _Clients:
    """Two API clients for one client certificate: one that keeps its connections, one that opens a new one for each
    request."""

    def __init__(
        self, access: ClusterAccess, client_pair: tuple[bytes, bytes], user_agent: str, environ: Mapping[str, str]
    ) -> None:
        self.client_pair = client_pair
        self._access = access
        self._user_agent = user_agent
        self._proxy = choose_proxy(access.target.server, access.proxy_url, environ)
        self._ssl: Any = True
        if access.target.server.startswith("https:") or self._proxy.startswith("https:"):
            certificate, key = client_pair
            self._ssl = make_ssl_context(access.ca_data, certificate, key, insecure=access.insecure)
        self._sessions: list[aiohttp.ClientSession] = []
        self._keeping = self._make(force_close=False)
        self._fresh = self._make(force_close=True)
        self._retirement: asyncio.Task[None] | None = None

    def _make(self, *, force_close: bool) -> Any:
        connector = aiohttp.TCPConnector(
            limit=0,
            ssl=self._ssl,
            resolver=DaemonResolver(),
            socket_factory=_open_socket,
            force_close=force_close,
            # The two exclude each other; None only means "never by age", and nothing is kept then.
            keepalive_timeout=None if force_close else _KEEP_IDLE,
        )
        session = aiohttp.ClientSession(
            connector=connector,
            trust_env=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=CIMultiDict(self._access.impersonation.headers()),
            read_bufsize=2**18,
        )
        self._sessions.append(session)
        return make_api_client(
            self._access.target.server,
            session,
            proxy=self._proxy,
            tls_server_name=self._access.tls_server_name,
            user_agent=self._user_agent,
        )

    async def send(self, call: _Call, authorization: str, *, fresh: bool) -> "aiohttp.ClientResponse":
        headers = {"Accept": "application/json", **call.headers}
        if authorization:
            headers["Authorization"] = authorization
        client = self._fresh if fresh else self._keeping
        # The client package serializes the body itself.
        body = orjson.loads(call.body) if call.body is not None else None
        answer: aiohttp.ClientResponse = await client.call_api(
            call.path,
            call.method,
            query_params=list(call.query),
            header_params=headers,
            body=body,
            _preload_content=False,
            _request_timeout=call.timeouts,
        )
        return answer

    def retire(self) -> None:
        """Close in the background."""
        self._retirement = asyncio.ensure_future(self.close())

    async def close(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_LIMIT):
                await asyncio.gather(*(session.close() for session in self._sessions), return_exceptions=True)


def _open_socket(address: Any) -> socket.socket:
    family, kind, protocol, _, _ = address
    opened = socket.socket(family, kind, protocol)
    opened.setblocking(False)
    for level, name, value in _SOCKET_OPTIONS:
        if (option := getattr(socket, name, None)) is not None:
            # Some systems know the name and refuse the value; the connection works without.
            with contextlib.suppress(OSError):
                opened.setsockopt(level, option, value)
    return opened
