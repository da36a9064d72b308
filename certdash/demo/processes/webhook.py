"""The process of the webhook's container: an HTTPS server with a certificate of the CA in its Secret."""

import asyncio
import json
import socket
import ssl
from pathlib import Path

from aiohttp import web

from certdash.demo.api.client import Client
from certdash.demo.api.resource_types import SECRETS
from certdash.demo.api.status import ApiError
from certdash.demo.api.store import Store
from certdash.demo.controllers.loop import ControlLoop
from certdash.demo.forwarder import Address
from certdash.demo.pace import Pace
from certdash.demo.pki import Authority
from certdash.demo.processes.process import EmbeddedProcess
from certdash.demo.webhook.review import mutate, validate
from certdash.demo.webhook.serving import ensure_authority, serving_leaf

_LOOPBACK = "127.0.0.1"


class WebhookProcess(EmbeddedProcess):
    """Serves /validate and /mutate. It is healthy once it has a certificate."""

    def __init__(self, loop: asyncio.AbstractEventLoop, store: Store, client: Client, pace: Pace, folder: Path) -> None:
        super().__init__(loop)
        self._store = store
        self._client = client
        self._pace = pace
        self._folder = folder
        self._authority: Authority | None = None
        self._context: ssl.SSLContext | None = None
        self._listener: asyncio.Server | None = None
        self._connections: web.Server | None = None
        self._silent: socket.socket | None = None
        self._control: ControlLoop | None = None
        self._port = 0

    @property
    def serving(self) -> Address | None:
        """Where it serves."""
        return (_LOOPBACK, self._port) if self._port else None

    def healthy(self) -> bool:
        """Ready once its certificate is there."""
        return super().healthy() and self._listener is not None

    async def _begin(self) -> None:
        self._say("webhook.go:134", "using dynamic certificate generating using CA stored in Secret resource")
        self._control = ControlLoop(self._store, self._pace, frozenset({SECRETS}), self._settle)

    async def _settle(self) -> float | None:
        """Keep a serving certificate of the CA that is in the Secret."""
        authority = await ensure_authority(self._store, self._client)
        if authority is None:
            raise ApiError(500, text="the CA can't be written now")
        if authority != self._authority:
            await self._serve(authority)
            self._authority = authority
        return None

    async def _serve(self, authority: Authority) -> None:
        try:
            leaf = serving_leaf(authority)
        except (ValueError, TypeError) as error:
            self._complain("dynamic_source.go:221", "Failed to generate serving certificate", str(error))
            return
        leaf.write(self._folder, f"webhook-{id(self)}")
        certificate = self._folder / f"webhook-{id(self)}.crt"
        if self._context is None:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        # Whoever connects from now on gets the new one.
        self._context.load_cert_chain(certificate, certificate.with_suffix(".key"))
        for path in (certificate, certificate.with_suffix(".key")):
            path.unlink()
        self._say("dynamic_source.go:288", "Updated cert-manager TLS certificate")
        if self._listener is None:
            await self._listen()

    async def _listen(self) -> None:
        self._connections = web.Server(self._answer, access_log=None)
        self._listener = await self._loop.create_server(
            self._connections, _LOOPBACK, self._port, ssl=self._context, reuse_address=True
        )
        self._port = self._listener.sockets[0].getsockname()[1]
        self._say("server.go:191", "listening for secure connections", address=":10250")

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        handle = {"/validate": validate, "/mutate": mutate}.get(request.path)
        if handle is None:
            return web.Response(status=404, text="404 page not found\n")
        review = json.loads(await request.read())
        answered = {"kind": review["kind"], "apiVersion": review["apiVersion"], "response": handle(review["request"])}
        return web.Response(body=json.dumps(answered).encode(), content_type="application/json")

    async def _end(self, *, gracefully: bool) -> None:
        if self._control is not None:
            await self._control.stop()
            self._control = None
        if self._silent is not None:
            self._silent.close()
            self._silent = None
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        if self._connections is not None:
            await self._connections.shutdown(1.0 if gracefully else 0)
            self._connections = None
        self._authority = None

    async def _freeze(self) -> None:
        """The kernel goes on accepting connections for a process that stands still; nobody answers them."""
        await self._end(gracefully=False)
        if self._port:
            self._silent = socket.socket()
            self._silent.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._silent.bind((_LOOPBACK, self._port))
            self._silent.listen(128)

    async def _resume(self) -> None:
        if self._silent is not None:
            self._silent.close()
            self._silent = None
        await self._begin()
