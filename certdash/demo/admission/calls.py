"""Calls a webhook: resolves its Service, verifies with its caBundle, and reads the AdmissionReview that comes back."""

import base64
import hashlib
import json
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from certdash.demo.admission import go_errors
from certdash.demo.admission.go_errors import CallError
from certdash.demo.admission.https import Authorities, Post, send
from certdash.demo.api.objects import Object
from certdash.demo.api.resource_types import SERVICES
from certdash.demo.api.store import Store
from certdash.demo.forwarder import Address
from certdash.demo.network import ServiceNetwork
from certdash.demo.pace import Pace

_REMEMBERED = 50


class UnusableError(Exception):
    """The caBundle, or what came back over a good connection, can't be used; the text is the API server's."""


class WebhookCaller:
    """Calls webhooks as the API server does. What a caBundle holds is remembered; connections are not."""

    def __init__(self, store: Store, network: ServiceNetwork, pace: Pace) -> None:
        self._store = store
        self._network = network
        self._pace = pace
        self._known: dict[str, Authorities] = {}

    async def call(self, config: Mapping[str, Any], review: Object, timeout_seconds: int) -> Object:
        """The `response` of the AdmissionReview. Raises CallError or UnusableError in the API server's words."""
        authorities = self._authorities(config.get("caBundle") or "")
        query = f"?timeout={timeout_seconds}s"
        service = config.get("service")
        if service is None:
            # There is nothing outside the embedded cluster.
            url = str(config.get("url", ""))
            raise CallError(f'Post "{url}{query}": {go_errors.unknown_host(urlsplit(url).hostname or "")}')
        name = f"{service['name']}.{service['namespace']}.svc"
        port = int(service.get("port", 443))
        target = f"{service.get('path') or '/'}{query}"
        try:
            address = self._resolve(service["namespace"], service["name"], port)
            status, body = await self._post(address, name, target, review, authorities, timeout_seconds)
        except CallError as error:
            raise CallError(f'Post "https://{name}:{port}{target}": {error}') from None
        return _response(status, body, review["request"]["uid"])

    def _resolve(self, namespace: str, name: str, port: int) -> Address:
        """The Service's address (k8s.io/apiserver, proxy.ResolveCluster). Raises CallError."""
        service = self._store.get(SERVICES, namespace, name)
        if service is None:
            raise CallError(f'service "{name}" not found')
        spec = service["spec"]
        if spec.get("type") == "ExternalName":
            raise CallError(go_errors.unknown_host(str(spec.get("externalName", ""))))
        if spec.get("clusterIP", "None") == "None":
            raise CallError(f'cannot route to service with ClusterIP "{spec.get("clusterIP", "None")}"')
        if not any(item["port"] == port for item in spec.get("ports") or ()):
            raise CallError(f'no service port {port} found for service "{name}"')
        return str(spec["clusterIP"]), port

    async def _post(
        self, service: Address, name: str, target: str, review: Object, authorities: Authorities, timeout: int
    ) -> tuple[int, bytes]:
        dialled = self._network.dial_address(service)
        shown = f"{service[0]}:{service[1]}"
        if dialled is None:
            # kube-proxy rejects what is sent to a Service without endpoints.
            raise CallError(go_errors.refused(shown))
        body = json.dumps(review).encode()
        return await send(Post(dialled, shown, name, service[1], target, body, timeout, authorities), self._pace)

    def _authorities(self, bundle: str) -> Authorities:
        key = hashlib.sha256(bundle.encode()).hexdigest()
        if key not in self._known:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[key] = _read_bundle(bundle)
        return self._known[key]


def _read_bundle(bundle: str) -> Authorities:
    """Raises UnusableError. Without a bundle nobody is trusted, as on a node that trusts no public authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if not bundle:
        return Authorities((), context)
    try:
        certificates = x509.load_pem_x509_certificates(base64.b64decode(bundle))
    except ValueError:
        raise UnusableError(
            "could not get REST client: unable to load root certificates: unable to parse bytes as PEM block"
        ) from None
    encoded = [certificate.public_bytes(Encoding.DER) for certificate in certificates]
    context.load_verify_locations(cadata=b"".join(encoded))
    return Authorities(encoded, context)


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
    if not isinstance(response, dict):
        raise UnusableError("received invalid webhook response: webhook response is no AdmissionReview")
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
