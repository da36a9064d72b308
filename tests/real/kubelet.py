"""The small part of a kubelet that the API server asks: the log of a container."""

import contextlib
import ssl
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from certdash.demo.node.node import Node
from certdash.demo.pki import Leaf
from tests.real.launch import RealRuntime

_FOLLOW_PAUSE = 0.1


@dataclass(slots=True)
class Kubelet:
    """Serves /containerLogs of one node over TLS; `kubectl logs` reaches it through the API server."""

    _server: ThreadingHTTPServer
    _thread: threading.Thread

    @classmethod
    def start(cls, address: str, port: int, leaf: Leaf, folder: Path, node: Node, runtime: RealRuntime) -> "Kubelet":
        """Listen at `address`:`port` with the certificate `leaf`, which is written to `folder`."""
        leaf.write(folder, "kubelet")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "kubelet.crt", folder / "kubelet.key")
        server = _Server((address, port), context, node, runtime)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        thread.start()
        return cls(server, thread)

    def stop(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], context: ssl.SSLContext, node: Node, runtime: RealRuntime) -> None:
        super().__init__(address, _Handler)
        # The handshake is done by the handler's thread, at its first read: a slow client must not stop the others.
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.node = node
        self.runtime = runtime

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """The kubelet itself logs nothing."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        steps = parts.path.strip("/").split("/")
        if len(steps) != 4 or steps[0] != "containerLogs":
            self._answer(404, b"404 page not found\n")
            return
        pod = self.server.node.find(steps[1], steps[2])
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        previous = query.get("previous") == "true"
        log = None if pod is None else self.server.runtime.log(pod.name, previous=previous)
        if log is None or not log.exists():
            self._answer(404, f'container "{steps[3]}" in pod "{steps[2]}" not found\n'.encode())
            return
        self._send_log(log, query)

    def _answer(self, code: int, body: bytes) -> None:
        self.send_response(code)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _send_log(self, log: Path, query: dict[str, str]) -> None:
        with log.open("rb") as source:
            lines = source.readlines()
            if (tail := query.get("tailLines")) is not None:
                lines = lines[-int(tail) :] if int(tail) else []
            body = b"".join(lines)
            if (limit := query.get("limitBytes")) is not None:
                body = body[: int(limit)]
            if query.get("follow") != "true":
                self._answer(200, body)
                return
            self.send_response(200)
            self.send_header("Content-Type", "text/plain")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            with contextlib.suppress(OSError):
                while True:
                    if body:
                        self.wfile.write(f"{len(body):x}\r\n".encode() + body + b"\r\n")
                        self.wfile.flush()
                    else:
                        time.sleep(_FOLLOW_PAUSE)
                    body = source.read()
