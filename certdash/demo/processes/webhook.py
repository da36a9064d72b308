"""The process of the webhook's container: an HTTPS server with a certificate of the CA in its Secret."""

import asyncio
import json
import socket
import ssl
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web

from certdash.demo.api.client import Client
from certdash.demo.api.objects import Object
from certdash.demo.api.resource_types import SECRETS
from certdash.demo.api.status import ApiError, ApiUnavailable
from certdash.demo.api.store import Store
from certdash.demo.chart.components import NAMESPACE
from certdash.demo.controllers.loop import ControlLoop
from certdash.demo.forwarder import Address
from certdash.demo.pace import Pace
from certdash.demo.pki import Authority
from certdash.demo.processes.process import EmbeddedProcess
from certdash.demo.webhook.review import mutate, validate
from certdash.demo.webhook.serving import (
    CA_SECRET,
    SERVING_NAMES,
    authority_in,
    new_secret,
    regeneration_reason,
    serving_leaf,
)

_LOOPBACK = "127.0.0.1"
# How often it looks at the CA even when nothing changed, in seconds.
_RECHECK = 10.0
_LOGGER = "cert-manager"


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
        source = "using dynamic certificate generating using CA stored in Secret resource"
        self._say("webhook.go:133", source, logger=_LOGGER, secret_namespace=NAMESPACE, secret_name=CA_SECRET)
        self._say("server.go:228", "listening for insecure healthz connections", logger=_LOGGER, address=6080)
        self._control = ControlLoop(self._store, self._pace, frozenset({SECRETS}), self._settle)

    async def _settle(self) -> float | None:
        """Keep a CA in the Secret, and serve with a certificate of it."""
        secret = self._store.get(SECRETS, NAMESPACE, CA_SECRET)
        reason = regeneration_reason(secret, datetime.now(UTC))
        if secret is None or reason:
            self._say("authority.go:267", "Will regenerate CA", logger=_LOGGER, reason=reason)
            secret = await self._regenerate(secret)
        authority = authority_in(secret)
        if authority != self._authority:
            found = "Detected change in CA secret data, update current CA data and notify watches"
            self._say("authority.go:287", found, logger=_LOGGER)
            await self._serve(authority)
            self._authority = authority
        return _RECHECK

    async def _regenerate(self, secret: Object | None) -> Object:
        """Raises ApiError where another replica was faster, or nothing can be written now."""
        body = new_secret(secret)
        try:
            if secret is None:
                made = await self._client.create(SECRETS.path(NAMESPACE), body)
                self._say("authority.go:390", "Created new root CA Secret", logger=_LOGGER)
            else:
                made = await self._client.update(SECRETS.path(NAMESPACE, CA_SECRET), body)
                self._say("authority.go:404", "Updated existing root CA Secret", logger=_LOGGER)
        except ApiError as error:
            self._complain("authority.go:193", "error ensuring CA", error.message)
            raise
        return made

    async def _serve(self, authority: Authority) -> None:
        """Whoever connects from now on gets a new certificate."""
        self._say("dynamic_source.go:225", "try to generate a serving certificate", logger=_LOGGER)
        leaf = serving_leaf(authority, datetime.now(UTC))
        leaf.write(self._folder, f"webhook-{id(self)}")
        certificate = self._folder / f"webhook-{id(self)}.crt"
        if self._context is None:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate, certificate.with_suffix(".key"))
        for path in (certificate, certificate.with_suffix(".key")):
            path.unlink()
        updated = "Updated cert-manager TLS certificate"
        self._say("dynamic_source.go:299", updated, logger=_LOGGER, DNSNames=list(SERVING_NAMES))
        if self._listener is None:
            await self._listen()

    async def _listen(self) -> None:
        self._connections = web.Server(self._answer, access_log=None)
        self._listener = await self._loop.create_server(
            self._connections, _LOOPBACK, self._port, ssl=self._context, reuse_address=True
        )
        self._port = self._listener.sockets[0].getsockname()[1]

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path not in ("/validate", "/mutate"):
            return web.Response(status=404, text="404 page not found\n")
        try:
            review = json.loads(await request.read())
            asked = review["request"]
            response = mutate(asked) if request.path == "/mutate" else await validate(asked, self._client)
        except (ValueError, KeyError, TypeError) as error:
            self._complain("http.go:81", "unable to decode the request", str(error))
            status = {"metadata": {}, "message": str(error), "code": 400}
            review, response = _EMPTY_REVIEW, {"uid": "", "allowed": False, "status": status}
        except ApiUnavailable:
            return web.Response(status=500, text="the API server can't be asked who may approve")
        answered = {"kind": review["kind"], "apiVersion": review["apiVersion"], "response": response}
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


_EMPTY_REVIEW = {"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1"}
