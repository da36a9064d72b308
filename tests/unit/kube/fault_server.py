"""An API server that answers as a test tells it to, byte for byte.

Plain sockets, because the faults that matter (truncated lines, resets, silence, replies that are no HTTP) are what a
web framework exists to prevent.
"""

import asyncio
import contextlib
import json
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Request:
    """What came in. `headers` by lower-case name; `header_pairs` as sent, repeated ones too. `client_name` is the
    common name of the client's certificate."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    header_pairs: list[tuple[str, str]]
    body: bytes
    connection: int
    client_name: str = ""

    @property
    def is_watch(self) -> bool:
        return self.query.get("watch") == "true"

    @property
    def is_streamed_list(self) -> bool:
        return self.query.get("sendInitialEvents") == "true"


class Reply:
    """Writes one answer, in whatever state of health."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self.keep = False

    async def json(self, document: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
        await self.text(json.dumps(document), status, "application/json", headers)

    async def text(
        self, text: str, status: int = 200, kind: str = "text/plain", headers: dict[str, str] | None = None
    ) -> None:
        content = text.encode()
        lines = [f"HTTP/1.1 {status} Whatever", f"Content-Type: {kind}", f"Content-Length: {len(content)}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        self.writer.write(("\r\n".join(lines) + "\r\n\r\n").encode() + content)
        await self.writer.drain()
        self.keep = True

    async def status(
        self, code: int, reason: str, message: str, headers: dict[str, str] | None = None, **more: Any
    ) -> None:
        await self.json(status_body(code, reason, message, **more), code, headers)

    async def start(self) -> None:
        self.writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
        await self.writer.drain()

    async def raw(self, content: bytes) -> None:
        self.writer.write(f"{len(content):x}\r\n".encode() + content + b"\r\n")
        await self.writer.drain()

    async def event(self, kind: str, body: Any) -> None:
        await self.raw(json.dumps({"type": kind, "object": body}).encode() + b"\n")

    async def bookmark(self, version: str, *, initial_end: bool = False) -> None:
        metadata: dict[str, Any] = {"resourceVersion": version}
        if initial_end:
            metadata["annotations"] = {"k8s.io/initial-events-end": "true"}
        await self.event("BOOKMARK", {"kind": "Pod", "apiVersion": "v1", "metadata": metadata})

    async def end(self) -> None:
        """End the chunked body as it should be."""
        self.writer.write(b"0\r\n\r\n")
        await self.writer.drain()
        self.keep = True

    def reset(self) -> None:
        """Cut the connection with RST."""
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def silence(self) -> None:
        """Say nothing more, for ever."""
        await asyncio.Event().wait()


Handler: TypeAlias = Callable[[Request, Reply], Awaitable[None]]


@dataclass
class FaultServer:
    """`handler` may be exchanged at any time; `requests` is what came in so far."""

    handler: Handler
    tls: ssl.SSLContext | None = None
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    readers: dict[int, asyncio.StreamReader] = field(default_factory=dict)
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def queries(self) -> list[dict[str, str]]:
        return [request.query for request in self.requests]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        self.connections += 1
        number = self.connections
        self.readers[number] = reader
        try:
            while (request := await _read_request(reader, number, _client_name(writer))) is not None:
                self.requests.append(request)
                self.arrived.set()
                reply = Reply(writer)
                await self.handler(request, reply)
                if not reply.keep or request.headers.get("connection") == "close":
                    break
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError, asyncio.CancelledError):
            pass
        finally:
            self._writers.discard(writer)
            self._tasks.discard(task)
            writer.close()

    def cut(self) -> None:
        """Close every connection."""
        for writer in list(self._writers):
            writer.transport.abort()

    async def stop(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        self.cut()


def _client_name(writer: asyncio.StreamWriter) -> str:
    certificate = writer.get_extra_info("peercert") or {}
    return next((value for part in certificate.get("subject", ()) for name, value in part if name == "commonName"), "")


async def _read_request(reader: asyncio.StreamReader, connection: int, client_name: str) -> Request | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.split("\r\n")
    method, target, _ = first.split(" ", 2)
    pairs = [(name.strip(), value.strip()) for name, _, value in (line.partition(":") for line in lines if line)]
    headers = {name.lower(): value for name, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    parts = urlsplit(target)
    return Request(method, parts.path, dict(parse_qsl(parts.query)), headers, pairs, body, connection, client_name)


@asynccontextmanager
async def fault_server(
    handler: Handler, tls: ssl.SSLContext | None = None, port: int = 0
) -> AsyncIterator[FaultServer]:
    """Serve on a free port of the loopback address."""
    server = FaultServer(handler, tls)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", port, ssl=tls)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        await server.stop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                await listening.wait_closed()


def status_body(code: int, reason: str, message: str, **more: Any) -> dict[str, Any]:
    """A metav1.Status; `more` goes into its details."""
    document: dict[str, Any] = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": reason,
        "code": code,
    }
    if more:
        document["details"] = more
    return document


def pod(name: str, version: str, uid: str = "", **more: Any) -> dict[str, Any]:
    """A Pod with just an identity."""
    metadata = {"name": name, "namespace": "ns", "uid": uid or f"uid-{name}", "resourceVersion": version}
    return {"metadata": metadata, **more}


def pod_list(version: str, *pods: dict[str, Any], token: str = "") -> dict[str, Any]:
    """A PodList."""
    metadata = {"resourceVersion": version} | ({"continue": token} if token else {})
    return {"kind": "PodList", "apiVersion": "v1", "metadata": metadata, "items": list(pods)}
