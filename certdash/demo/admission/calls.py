"""Calls a webhook: resolves its Service, dials, verifies with the caBundle, and reads the AdmissionReview."""

import asyncio
import base64
import binascii
import errno
import hashlib
import json
import ssl
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from certdash.demo.admission import go_errors
from certdash.demo.admission.go_errors import CallError
from certdash.demo.api.objects import Object
from certdash.demo.api.resource_types import SERVICES
from certdash.demo.api.store import Store
from certdash.demo.forwarder import Address
from certdash.demo.network import ServiceNetwork
from certdash.demo.pace import Pace

_HANDSHAKE_LIMIT = 10.0
# The API server's end of a connection, as its texts show it.
_LOCAL_ADDRESS = "10.96.0.1:43210"
_LONGEST_ANSWER = 3 * 1024 * 1024


class UnusableError(Exception):
    """The caBundle, or what came back over a good connection, can't be used; the text is the API server's."""


class WebhookCaller:
    """Calls webhooks as the API server does. Contexts are kept for each caBundle; connections are not."""

    def __init__(self, store: Store, network: ServiceNetwork, pace: Pace) -> None:
        self._store = store
        self._network = network
        self._pace = pace
        self._contexts: dict[str, ssl.SSLContext] = {}

    async def call(self, config: Mapping[str, Any], review: Object, timeout_seconds: int) -> Object:
        """The `response` of the AdmissionReview. Raises CallError or UnusableError in the API server's words."""
        context = self._context(config.get("caBundle") or "")
        service = config.get("service")
        if service is None:
            raise CallError(f'Post "{config.get("url")}?timeout={timeout_seconds}s": {go_errors.unreachable("url")}')
        host = f"{service['name']}.{service['namespace']}.svc"
        port = int(service.get("port", 443))
        path = service.get("path", "/")
        url = f"https://{host}:{port}{path}?timeout={timeout_seconds}s"
        try:
            address = self._resolve(service["namespace"], service["name"], port)
            status, body = await self._post(
                address, host, f"{path}?timeout={timeout_seconds}s", review, context, timeout_seconds
            )
        except CallError as error:
            raise CallError(f'Post "{url}": {error}') from None
        return _response(status, body, review["request"]["uid"])

    def _resolve(self, namespace: str, name: str, port: int) -> Address:
        """The Service's address (k8s.io/apiserver, proxy.ResolveCluster). Raises CallError."""
        service = self._store.get(SERVICES, namespace, name)
        if service is None:
            raise CallError(f'service "{name}" not found')
        spec = service["spec"]
        if spec.get("type") == "ExternalName":
            return str(spec["externalName"]), port
        if spec.get("clusterIP", "None") == "None":
            raise CallError(f'cannot route to service with ClusterIP "{spec.get("clusterIP", "None")}"')
        if not any(item["port"] == port for item in spec.get("ports") or ()):
            raise CallError(f'no service port {port} found for service "{name}"')
        return str(spec["clusterIP"]), port

    def _context(self, bundle: str) -> ssl.SSLContext:
        key = hashlib.sha256(bundle.encode()).hexdigest()
        if key not in self._contexts:
            if len(self._contexts) > 50:
                self._contexts.clear()
            self._contexts[key] = _make_context(bundle)
        return self._contexts[key]

    async def _post(
        self, service: Address, host: str, target: str, review: Object, context: ssl.SSLContext, timeout: int
    ) -> tuple[int, bytes]:
        end = time.monotonic() + self._pace.wall(timeout)
        shown = f"{service[0]}:{service[1]}"
        dialled = self._network.dial_address(service)
        if dialled is None:
            await self._pace.sleep(timeout)
            raise CallError(go_errors.DEADLINE)
        try:
            async with asyncio.timeout(max(end - time.monotonic(), 0)):
                reader, writer = await self._connect(dialled, host, context, timeout, shown)
                try:
                    return await _exchange(reader, writer, host, service[1], target, review)
                except OSError as error:
                    raise CallError(_cut_off(error, shown)) from None
                finally:
                    writer.transport.abort()
        except TimeoutError:
            raise CallError(go_errors.DEADLINE) from None

    async def _connect(
        self, dialled: Address, host: str, context: ssl.SSLContext, timeout: int, shown: str
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await _open(dialled, shown)
        # net/http gives a handshake ten seconds; a shorter limit of the webhook's own ends it before.
        limit = self._pace.wall(_HANDSHAKE_LIMIT) if timeout > _HANDSHAKE_LIMIT else None
        try:
            async with asyncio.timeout(limit):
                await writer.start_tls(context, server_hostname=host)
        except ssl.SSLCertVerificationError:
            writer.transport.abort()
            certificate = await _peer_certificate(dialled)
            raise CallError(go_errors.verification(certificate, host, datetime.now(UTC))) from None
        except ssl.SSLError as error:
            writer.transport.abort()
            raise CallError(go_errors.handshake(error)) from None
        except TimeoutError:
            writer.transport.abort()
            if limit is None:
                raise
            raise CallError(go_errors.HANDSHAKE_TIMEOUT) from None
        except OSError as error:
            raise CallError(_cut_off(error, shown)) from None
        return reader, writer


def _cut_off(error: OSError, shown: str) -> str:
    # asyncio raises ConnectionResetError of its own, without a number, where the peer merely closed.
    if error.errno == errno.ECONNRESET:
        return go_errors.reset(_LOCAL_ADDRESS, shown)
    return go_errors.END_OF_FILE


async def _open(dialled: Address, shown: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    try:
        return await asyncio.open_connection(*dialled)
    except ConnectionRefusedError:
        raise CallError(go_errors.refused(shown)) from None
    except OSError:
        raise CallError(go_errors.unreachable(shown)) from None


async def _peer_certificate(dialled: Address) -> bytes:
    """The certificate that is served, whatever it is worth: for the text of the refusal."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        _, writer = await asyncio.open_connection(*dialled, ssl=context)
    except OSError:
        raise CallError(go_errors.END_OF_FILE) from None
    certificate = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.transport.abort()
    return bytes(certificate)


async def _exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, port: int, target: str, review: Object
) -> tuple[int, bytes]:
    body = json.dumps(review).encode()
    head = (
        f"POST {target} HTTP/1.1\r\nHost: {host}:{port}\r\nUser-Agent: kube-apiserver-admission\r\n"
        f"Content-Type: application/json\r\nAccept: application/json\r\nContent-Length: {len(body)}\r\n"
        "Connection: close\r\n\r\n"
    )
    writer.write(head.encode() + body)
    try:
        await writer.drain()
        status_line = (await reader.readline()).decode("latin-1")
        headers = await _headers(reader)
    except asyncio.IncompleteReadError:
        raise CallError(go_errors.END_OF_FILE) from None
    parts = status_line.split(" ", 2)
    if len(parts) < 2 or not parts[1].isdigit():
        raise CallError(go_errors.END_OF_FILE if not status_line else "malformed HTTP response")
    length = headers.get("content-length")
    if length is not None and length.isdigit():
        try:
            return int(parts[1]), await reader.readexactly(min(int(length), _LONGEST_ANSWER))
        except asyncio.IncompleteReadError:
            raise CallError("unexpected EOF") from None
    return int(parts[1]), await reader.read(_LONGEST_ANSWER)


async def _headers(reader: asyncio.StreamReader) -> dict[str, str]:
    found: dict[str, str] = {}
    while line := (await reader.readline()).decode("latin-1").strip():
        name, _, value = line.partition(":")
        found[name.lower()] = value.strip()
    return found


def _make_context(bundle: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if not bundle:
        return context
    try:
        pem = base64.b64decode(bundle).decode("ascii")
        if "-----BEGIN CERTIFICATE-----" not in pem:
            raise ValueError
        context.load_verify_locations(cadata=pem)
    except (ValueError, binascii.Error, ssl.SSLError):
        raise UnusableError(
            "could not get REST client: unable to load root certificates: unable to parse bytes as PEM block"
        ) from None
    return context


# What client-go makes of an answer that is no Status (k8s.io/apimachinery, errors.NewGenericServerResponse).
_GENERIC = {
    404: "the server could not find the requested resource",
    405: "the server does not allow this method on the requested resource",
    429: "the server has received too many requests and has asked us to try again later",
    503: "the server is currently unable to handle the request",
}


def _response(status: int, body: bytes, uid: str) -> Object:
    if status >= 400:
        raise CallError(_http_failure(status, body))
    if not body:
        raise CallError(f"0-length response with status code: {status} and content type: ")
    try:
        review = json.loads(body)
        response = review["response"]
    except (ValueError, KeyError, TypeError):
        raise UnusableError("received invalid webhook response: webhook response is no AdmissionReview") from None
    if response.get("uid") != uid:
        told = f'expected response.uid="{uid}", got "{response.get("uid", "")}"'
        raise UnusableError(f"received invalid webhook response: {told}")
    return dict(response)


def _http_failure(status: int, body: bytes) -> str:
    text = body.decode(errors="replace").strip()
    if status in _GENERIC:
        return _GENERIC[status]
    if status == 403:
        return text or "unknown"
    if status >= 500:
        return f'an error on the server ("{text or "unknown"}") has prevented the request from succeeding'
    return text or "unknown"
