"""Turns what the transport raises into one line that says what is the matter."""

import asyncio
import errno
import socket
import ssl

from certdash.kube.client_package import aiohttp
from certdash.kube.errors import TransportError

_NO_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "PACKET_LENGTH_TOO_LONG")


def describe(error: BaseException, server: str) -> TransportError:
    """The TransportError for whatever aiohttp, ssl or the socket raised on the way to `server`."""
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return TransportError(f"{server}: no connection in time, packets seem to be dropped", timed_out=True)
    if isinstance(error, asyncio.TimeoutError | TimeoutError):
        return TransportError(f"{server} did not answer in time", timed_out=True)
    if (text := _tls_text(error)) is not None:
        return TransportError(f"{server}: {text}")
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return TransportError(f"the proxy refused the way to {server}: HTTP {error.status} {error.message}".rstrip())
    if isinstance(error, aiohttp.ClientProxyConnectionError):
        return TransportError(f"the proxy {error.host}:{error.port} can't be reached: {_os_text(error.os_error)}")
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return TransportError(f"{server}: the name can't be resolved: {_os_text(error.os_error)}")
    if isinstance(error, aiohttp.ClientConnectorError):
        return TransportError(f"{server}: {_os_text(error.os_error)}")
    if isinstance(error, aiohttp.ServerDisconnectedError | aiohttp.ClientPayloadError):
        return TransportError(f"{server} closed the connection before its answer was complete")
    if isinstance(error, aiohttp.ClientResponseError):
        return TransportError(f"{server} does not speak HTTP: {_first_line(error.message)}")
    if isinstance(error, OSError):
        return TransportError(f"{server}: {_os_text(error)}")
    return TransportError(f"{server}: {_first_line(str(error)) or type(error).__name__}")


def _tls_text(error: BaseException) -> str | None:
    cause = _tls_cause(error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate does not verify: {cause.verify_message.rstrip('.')}{_advice(cause)}"
    if cause is None:
        return None
    reason = cause.reason or ""
    if reason in _NO_TLS:
        return "it does not speak TLS on this port: check the server's URL"
    if "ALERT" in reason and "CERTIFICATE" in reason:
        return f"it refuses our client certificate ({_words(reason)}): log in anew"
    return f"TLS failed: {_words(reason) or _first_line(str(cause))}"


def _advice(error: ssl.SSLCertVerificationError) -> str:
    # X509_V_ERR_CERT_HAS_EXPIRED and ..._HOSTNAME_MISMATCH / IP_ADDRESS_MISMATCH of OpenSSL's x509_vfy.h.
    if error.verify_code == 10:
        return " (or our clock is wrong)"
    if error.verify_code in (62, 64):
        return ": check the server's URL or tls-server-name"
    return ": the kubeconfig's certificate authority is not the one that signed it"


def _tls_cause(error: BaseException) -> ssl.SSLError | None:
    seen: BaseException | None = error
    while seen is not None:
        # The client package's own errors inherit from those of ssl, without their attributes.
        inner = getattr(seen, "certificate_error", None) or getattr(seen, "os_error", None)
        if isinstance(inner, ssl.SSLError):
            return inner
        if isinstance(seen, ssl.SSLError) and not isinstance(seen, aiohttp.ClientError):
            return seen
        seen = seen.__cause__ or seen.__context__
    return None


def _words(reason: str) -> str:
    return reason.replace("_", " ").lower()


def _first_line(text: str) -> str:
    return text.strip().split("\n", 1)[0][:200]


def _os_text(error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return str(error.strerror or error).lower()
    # asyncio words a refused connection in its own way, and the client package wraps the number only.
    if isinstance(error, ConnectionRefusedError) or error.errno == errno.ECONNREFUSED:
        return "connection refused"
    if isinstance(error, ConnectionResetError) or error.errno == errno.ECONNRESET:
        return "connection reset"
    return _first_line(error.strerror or str(error)).lower()
