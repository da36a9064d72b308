"""Carries connections from a ClusterIP to the real process behind it, or fails them in a chosen way."""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Coroutine
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

_CHUNK = 65536
_RESET = struct.pack("ii", 1, 0)
_HTTP_ANSWER = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 4\r\nConnection: close\r\n\r\nnope"
)


class Mode(StrEnum):
    """What happens to a connection to the ClusterIP."""

    PASS = "pass"
    REFUSE = "refuse"
    TIMEOUT = "timeout"
    HANG = "hang"
    RESET = "reset"
    CLOSE = "close"
    PLAIN_HTTP = "plain_http"


Address = tuple[str, int]


@dataclass(slots=True)
class Forwarder:
    """One event loop on a thread of its own that serves a single `front` address, e.g. ClusterIP:443.

    It listens while there is a backend (and the mode allows), so that without endpoints the kernel refuses, as
    kube-proxy makes it do. Each change of mode closes the live connections: a pooled one would hide the fault.
    """

    mode: Mode = Mode.PASS
    front: Address | None = None
    backend: Address | None = None
    override: Address | None = None
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _thread: threading.Thread | None = None
    _server: asyncio.Server | None = None
    _serving: tuple[Address, bool] | None = None
    _full: list[socket.socket] = field(default_factory=list)
    _live: set[asyncio.StreamWriter] = field(default_factory=set)

    def start(self) -> None:
        """Start the loop; nothing listens until there is a front and a backend."""
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True, name="forwarder")
        self._thread.start()

    def stop(self) -> None:
        """Close everything and end the thread."""
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        if self._thread is not None:
            self._thread.join(2)
        self._loop.close()

    def point(self, front: Address | None, backend: Address | None) -> None:
        """Serve `front` with `backend`; None for either means that nobody listens."""
        self._call(self._point(front, backend))

    def set_mode(self, mode: Mode) -> None:
        """Treat connections so from now on, and close the live ones."""
        self._call(self._set_mode(mode))

    def divert(self, address: Address | None) -> None:
        """Send connections to `address` in place of the backend, or to the backend again; close the live ones."""
        self._call(self._divert(address))

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _point(self, front: Address | None, backend: Address | None) -> None:
        moved = backend != self.backend and self.backend is not None and backend is not None
        self.front, self.backend = front, backend
        if moved:
            self._drop_live()
        await self._settle()

    async def _set_mode(self, mode: Mode) -> None:
        self.mode = mode
        self._drop_live()
        await self._settle()

    async def _divert(self, address: Address | None) -> None:
        self.override = address
        self._drop_live()
        await self._settle()

    async def _close(self) -> None:
        self.front = None
        self._drop_live()
        await self._settle()

    def _wanted(self) -> tuple[Address, bool] | None:
        target = self.override or self.backend
        if self.front is None or self.mode is Mode.REFUSE:
            return None
        if self.mode is Mode.PASS and target is None:
            return None
        return self.front, self.mode is Mode.TIMEOUT

    async def _settle(self) -> None:
        wanted = self._wanted()
        if wanted == self._serving:
            return
        if self._server is not None:
            self._server.close()
            self._server = None
        for full in self._full:
            full.close()
        self._full.clear()
        self._drop_live()
        if wanted is not None:
            address, silent = wanted
            if silent:
                self._full = _fill_backlog(address)
            else:
                self._server = await asyncio.start_server(self._serve, *address, reuse_address=True)
        self._serving = wanted

    def _drop_live(self) -> None:
        for writer in list(self._live):
            writer.transport.abort()
        self._live.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._live.add(writer)
        try:
            with contextlib.suppress(OSError):
                await self._treat(reader, writer)
        finally:
            self._live.discard(writer)
            writer.close()

    async def _treat(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.mode is Mode.PASS:
            await self._carry(reader, writer)
        elif self.mode is Mode.HANG:
            # Reads on, answers never, until the peer gives up.
            while await reader.read(_CHUNK):
                pass
        elif self.mode is Mode.CLOSE:
            # What came must be read: the kernel resets a connection that is closed with something unread.
            await reader.read(_CHUNK)
        elif self.mode is Mode.RESET:
            await reader.read(_CHUNK)
            _reset_on_close(writer)
        elif self.mode is Mode.PLAIN_HTTP:
            await reader.read(_CHUNK)
            writer.write(_HTTP_ANSWER)
            await writer.drain()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        target = self.override or self.backend
        if target is None:
            _reset_on_close(writer)
            return
        try:
            far_reader, far_writer = await asyncio.open_connection(*target)
        except OSError:
            _reset_on_close(writer)
            return
        self._live.add(far_writer)
        try:
            ways = [
                asyncio.create_task(_pump(reader, far_writer)),
                asyncio.create_task(_pump(far_reader, writer)),
            ]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ways:
                way.cancel()
        finally:
            self._live.discard(far_writer)
            far_writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()


def _reset_on_close(writer: asyncio.StreamWriter) -> None:
    sock = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()


def _fill_backlog(address: Address) -> list[socket.socket]:
    """A listener that accepts nobody, its queue full: the kernel drops what comes next, as a lost route would."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(address)
    listener.listen(0)
    fillers = [listener]
    for _ in range(4):
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex(address)
        fillers.append(filler)
    return fillers
