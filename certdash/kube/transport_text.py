"""Turns what the transport raises into one line that says what is the matter."""

import asyncio
import socket
import ssl

from certdash.kube.client_package import aiohttp
from certdash.kube.errors import TransportError


def describe(error: BaseException, server: str) -> TransportError:
    """The TransportError for whatever aiohttp, ssl or the socket raised on the way to `server`."""
    if isinstance(error, asyncio.TimeoutError | TimeoutError):
        return TransportError(f"{server} did not answer in time", timed_out=True)
    if (text := _tls_text(error)) is not None:
        return TransportError(f"{server}: {text}")
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return TransportError(f"the proxy refused the way to {server}: HTTP {error.status}")
    if isinstance(error, aiohttp.ClientProxyConnectionError):
        return TransportError(f"the proxy can't be reached: {_os_text(error.os_error)}")
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return TransportError(f"{server}: the name can't be resolved: {_os_text(error.os_error)}")
    if isinstance(error, aiohttp.ClientConnectorError):
        return TransportError(f"{server}: {_os_text(error.os_error)}")
    if isinstance(error, aiohttp.ServerDisconnectedError | aiohttp.ClientPayloadError | ConnectionError):
        return TransportError(f"{server} closed the connection")
    if isinstance(error, aiohttp.ClientResponseError):
        return TransportError(f"{server} does not speak HTTP")
    return TransportError(f"{server}: {str(error) or type(error).__name__}")


def _tls_text(error: BaseException) -> str | None:
    cause = _cause(error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate does not verify: {cause.verify_message}"
    if not isinstance(cause, ssl.SSLError):
        return None
    reason = cause.reason or ""
    if reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST", "UNKNOWN_PROTOCOL"):
        return "it does not speak TLS on this port: check the server's URL"
    if "CERTIFICATE" in reason and ("EXPIRED" in reason or "REQUIRED" in reason or "BAD" in reason):
        return f"it refuses our client certificate ({_words(reason)}): log in anew"
    return f"TLS failed: {_words(reason) or cause}"


def _cause(error: BaseException) -> BaseException:
    inner = getattr(error, "certificate_error", None) or getattr(error, "os_error", None)
    seen: BaseException | None = inner if isinstance(inner, BaseException) else error
    while seen is not None:
        if isinstance(seen, ssl.SSLError):
            return seen
        seen = seen.__cause__ or seen.__context__
    return error


def _words(reason: str) -> str:
    return reason.replace("_", " ").lower()


def _os_text(error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return str(error.strerror or error)
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    return (error.strerror or str(error)).split("] ")[-1].lower()
