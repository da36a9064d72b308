"""A proxy before a real API server that adds synthetic events to some of its watches.

    python -m tests.bench.churn_proxy KUBECONFIG

Plain HTTP/1.1 on a free port of 127.0.0.1, which it prints. Everything goes to the real server with the kubeconfig's
client certificate and comes back as it is, but for watches of Pods and EndpointSlices, which get `EVENTS` more events
a second between them, and watches of CRDs, `CRD_EVENTS` between them. An event is a MODIFIED of an object that the
stream has shown, or of one of `CLONES` clones of it, with a new resourceVersion and a changed status.
"""

import asyncio
import contextlib
import json
import ssl
import sys
import tempfile
from base64 import b64decode
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

EVENTS = 1000.0
CRD_EVENTS = 10.0
CLONES = 100
TICK = 0.005
# Synthetic resourceVersions are far above real ones, so that a watch which resumes from one is recognised.
SYNTHETIC = 10**12

_LOUD = {"/pods": EVENTS / 2, "/endpointslices": EVENTS / 2, "/customresourcedefinitions": CRD_EVENTS / 6}
_VERSION_MARK = "@VERSION@"
_COUNT_MARK = 987654321


def extra_rate(target: str) -> float:
    """Synthetic events a second for a request target; 0 for what is no watch or is left alone."""
    path, _, query = target.partition("?")
    if "watch=1" not in query and "watch=true" not in query:
        return 0.0
    return next((rate for end, rate in _LOUD.items() if path.endswith(end)), 0.0)


@dataclass(slots=True)
class Echo:
    """Turns the objects that a stream has shown into further events."""

    templates: list[tuple[bytes, bytes, bytes]] = field(default_factory=list)
    shown: asyncio.Event = field(default_factory=asyncio.Event)
    real_version: str = "0"
    _seen: set[str] = field(default_factory=set)
    _sent: int = 0

    def learn(self, line: bytes) -> None:
        """Look at one real event."""
        event = json.loads(line)
        metadata = event["object"].get("metadata", {})
        self.real_version = metadata.get("resourceVersion", self.real_version)
        name = metadata.get("name")
        if event["type"] not in ("ADDED", "MODIFIED") or not name or name in self._seen:
            return
        self._seen.add(name)
        body = event["object"]
        self._add(body)
        if body["kind"] != "CustomResourceDefinition" and len(self._seen) == 1:
            for number in range(CLONES):
                clone = json.loads(json.dumps(body))
                clone["metadata"].update(name=f"churn-{number:03}", uid=f"churn-{number:03}", labels={"app": "churn"})
                clone["metadata"].pop("ownerReferences", None)
                self._add(clone)

    def _add(self, body: dict[str, Any]) -> None:
        changed = json.loads(json.dumps(body))
        changed["metadata"]["resourceVersion"] = _VERSION_MARK
        changed["metadata"].setdefault("annotations", {})["bench/turn"] = str(_COUNT_MARK)
        for status in changed.get("status", {}).get("containerStatuses", []):
            if changed["metadata"]["name"].startswith("churn-"):
                status["restartCount"] = _COUNT_MARK
        line = json.dumps({"type": "MODIFIED", "object": changed}, separators=(",", ":")).encode() + b"\n"
        line = line.replace(str(_COUNT_MARK).encode(), _VERSION_MARK.encode())
        before, after = line.split(b'"resourceVersion":"' + _VERSION_MARK.encode() + b'"', 1)
        self.templates.append((before, b'"resourceVersion":"%d"', after))
        self.shown.set()

    def next_line(self) -> bytes:
        """One more event."""
        self._sent += 1
        before, version, after = self.templates[self._sent % len(self.templates)]
        turn = b"%d" % self._sent
        mark = _VERSION_MARK.encode()
        return before.replace(mark, turn) + version % (SYNTHETIC + self._sent) + after.replace(mark, turn)


class Proxy:
    """One upstream server."""

    def __init__(self, kubeconfig: Path) -> None:
        document = json.loads(kubeconfig.read_text())
        cluster, user = document["clusters"][0]["cluster"], document["users"][0]["user"]
        parts = urlsplit(cluster["server"])
        self._host, self._port = parts.hostname or "", parts.port or 443
        self._context = ssl.create_default_context(cadata=b64decode(cluster["certificate-authority-data"]).decode())
        with tempfile.NamedTemporaryFile() as both:
            for name in ("client-certificate-data", "client-key-data"):
                both.write(b64decode(user[name]) + b"\n")
            both.flush()
            self._context.load_cert_chain(both.name)
        self._versions: dict[str, str] = {}
        self._serving: set[asyncio.Task[Any]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client's connection, request after request."""
        # The loop itself keeps tasks by weak references only.
        if (task := asyncio.current_task()) is not None:
            self._serving.add(task)
            task.add_done_callback(self._serving.discard)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                head, body = await _read_request(reader)
                await self._forward(head, body, writer)
        writer.close()

    async def _forward(self, head: list[str], body: bytes, writer: asyncio.StreamWriter) -> None:
        method, target, _ = head[0].split(" ", 2)
        path = target.partition("?")[0]
        target = self._real_version(path, target)
        kept = [h for h in head[1:] if not h.lower().startswith(("host:", "connection:", "accept-encoding:"))]
        lines = [f"{method} {target} HTTP/1.1", f"Host: {self._host}", "Connection: close", *kept, "", ""]
        far_reader, far_writer = await asyncio.open_connection(self._host, self._port, ssl=self._context)
        try:
            far_writer.write("\r\n".join(lines).encode() + body)
            answer = (await far_reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[:-2]
            pieces = _pieces(answer, far_reader)
            named = [h for h in answer if not h.lower().startswith(("connection:", "content-length:", "transfer-"))]
            writer.write("\r\n".join([*named, "Transfer-Encoding: chunked", "", ""]).encode())
            rate = extra_rate(target) if " 200 " in answer[0] else 0.0
            if rate:
                await self._echo(path, rate, pieces, writer)
            else:
                async for piece in pieces:
                    _chunk(writer, piece)
                    await writer.drain()
            writer.write(b"0\r\n\r\n")
            await writer.drain()
        finally:
            far_writer.close()

    def _real_version(self, path: str, target: str) -> str:
        for part in target.partition("?")[2].split("&"):
            name, _, value = part.partition("=")
            if name == "resourceVersion" and value.isdigit() and int(value) >= SYNTHETIC:
                return target.replace(part, f"{name}={self._versions.get(path, '0')}")
        return target

    async def _echo(self, path: str, rate: float, pieces: AsyncIterator[bytes], writer: asyncio.StreamWriter) -> None:
        echo = Echo()
        noise = asyncio.create_task(_make_noise(echo, rate, writer))
        rest = b""
        try:
            async for piece in pieces:
                *lines, rest = (rest + piece).split(b"\n")
                for line in lines:
                    echo.learn(line)
                    _chunk(writer, line + b"\n")
                self._versions[path] = echo.real_version
                await writer.drain()
        finally:
            noise.cancel()


async def _make_noise(echo: Echo, rate: float, writer: asyncio.StreamWriter) -> None:
    loop = asyncio.get_running_loop()
    with contextlib.suppress(OSError):
        await echo.shown.wait()
        # First the list, then the noise: a stream that is not synced yet would not be realistic.
        await asyncio.sleep(0.5)
        begun, sent = loop.time(), 0
        while not writer.is_closing():
            for _ in range(int((loop.time() - begun) * rate) - sent):
                _chunk(writer, echo.next_line())
                sent += 1
            await writer.drain()
            await asyncio.sleep(TICK)


def _chunk(writer: asyncio.StreamWriter, data: bytes) -> None:
    if data:
        writer.write(b"%x\r\n%b\r\n" % (len(data), data))


async def _read_request(reader: asyncio.StreamReader) -> tuple[list[str], bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[:-2]
    length = next((int(h.partition(":")[2]) for h in head if h.lower().startswith("content-length:")), 0)
    return head, await reader.readexactly(length)


async def _pieces(answer: list[str], reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """The answer's body as it comes, chunked or not."""
    if not any(h.lower() == "transfer-encoding: chunked" for h in answer):
        while data := await reader.read(65536):
            yield data
        return
    while size := int((await reader.readuntil(b"\r\n")).strip(), 16):
        yield await reader.readexactly(size)
        await reader.readexactly(2)


async def main() -> None:
    """Serve until killed."""
    proxy = Proxy(Path(sys.argv[1]))
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0, limit=2**24)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
