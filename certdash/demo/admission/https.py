"""One POST over TLS, by hand, so that what goes wrong can be told in the words of Go's client."""

import asyncio
import contextlib
import errno
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from certdash.demo.admission import go_errors
from certdash.demo.admission.go_errors import CallError
from certdash.demo.forwarder import Address
from certdash.demo.pace import Pace

_HANDSHAKE_LIMIT = 10.0
# The API server's end of a connection, as its texts show it.
_LOCAL_ADDRESS = "10.96.0.1:43210"
_LONGEST_ANSWER = 3 * 1024 * 1024
_PEEK_LIMIT = 1.0


@dataclass(frozen=True, slots=True)
class Authorities:
    """The certificates that a caBundle holds (DER), and what Python's ssl makes of them."""

    certificates: Sequence[bytes]
    context: ssl.SSLContext


@dataclass(frozen=True, slots=True)
class Post:
    """One request: `dialled` is where a connection is made, `shown` is the address in error texts, `name` the one
    that the server's certificate must be for, `timeout` in seconds of the cluster."""

    dialled: Address
    shown: str
    name: str
    port: int
    target: str
    body: bytes
    timeout: int
    authorities: Authorities


async def send(post: Post, pace: Pace) -> tuple[int, bytes]:
    """Status and body. Raises CallError."""
    end = time.monotonic() + pace.wall(post.timeout)
    try:
        async with asyncio.timeout(max(end - time.monotonic(), 0)):
            reader, writer = await _connect(post, pace)
            try:
                return await _exchange(reader, writer, post)
            except ConnectionResetError:
                raise CallError(go_errors.reset(_LOCAL_ADDRESS, post.shown)) from None
            finally:
                writer.transport.abort()
    except TimeoutError:
        raise CallError(go_errors.DEADLINE) from None


async def _connect(post: Post, pace: Pace) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await _open(post)
    # net/http gives a handshake ten seconds; a shorter limit of the webhook's own ends it before.
    limit = pace.wall(_HANDSHAKE_LIMIT) if post.timeout > _HANDSHAKE_LIMIT else None
    try:
        async with asyncio.timeout(limit):
            await writer.start_tls(post.authorities.context, server_hostname=post.name)
    except ssl.SSLCertVerificationError:
        writer.transport.abort()
        served = await _peer_certificate(post)
        told = go_errors.verification(served, post.name, datetime.now(UTC), post.authorities.certificates)
        raise CallError(told) from None
    except ssl.SSLError as error:
        writer.transport.abort()
        told = go_errors.handshake(error)
        if told == go_errors.NOT_TLS and await _answers_http(post.dialled):
            told = go_errors.PLAIN_HTTP
        raise CallError(told) from None
    except TimeoutError:
        writer.transport.abort()
        if limit is None:
            raise
        raise CallError(go_errors.HANDSHAKE_TIMEOUT) from None
    except OSError as error:
        writer.transport.abort()
        # asyncio calls a plain end during the handshake a reset, but then there is no number with it.
        if error.errno == errno.ECONNRESET:
            raise CallError(go_errors.reset(_LOCAL_ADDRESS, post.shown)) from None
        raise CallError(go_errors.END_OF_FILE) from None
    return reader, writer


async def _open(post: Post) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    try:
        return await asyncio.open_connection(*post.dialled)
    except ConnectionRefusedError:
        raise CallError(go_errors.refused(post.shown)) from None
    except OSError:
        raise CallError(go_errors.unreachable(post.shown)) from None


async def _peer_certificate(post: Post) -> bytes:
    """The certificate that is served, whatever it is worth: for the text of the refusal."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        _, writer = await asyncio.open_connection(*post.dialled, ssl=context, server_hostname=post.name)
    except OSError:
        raise CallError(go_errors.END_OF_FILE) from None
    certificate = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.transport.abort()
    return bytes(certificate)


async def _answers_http(dialled: Address) -> bool:
    """Whether what answers a client's hello is HTTP: Go tells it from other bytes, OpenSSL does not."""
    outgoing = ssl.MemoryBIO()
    hello = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="webhook")
    with contextlib.suppress(ssl.SSLWantReadError):
        hello.do_handshake()
    try:
        async with asyncio.timeout(_PEEK_LIMIT):
            reader, writer = await asyncio.open_connection(*dialled)
            writer.write(outgoing.read())
            try:
                return await reader.readexactly(5) == b"HTTP/"
            finally:
                writer.transport.abort()
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        return False


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, post: Post) -> tuple[int, bytes]:
    head = (
        f"POST {post.target} HTTP/1.1\r\nHost: {post.name}:{post.port}\r\nUser-Agent: kube-apiserver-admission\r\n"
        f"Content-Type: application/json\r\nAccept: application/json\r\nContent-Length: {len(post.body)}\r\n"
        "Connection: close\r\n\r\n"
    )
    writer.write(head.encode() + post.body)
    await writer.drain()
    status_line = (await reader.readline()).decode("latin-1")
    headers = await _headers(reader)
    parts = status_line.split(" ", 2)
    if len(parts) < 2 or not parts[1].isdigit():
        raise CallError("malformed HTTP response" if status_line else go_errors.END_OF_FILE)
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
