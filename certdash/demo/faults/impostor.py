"""A TLS server with a certificate of our choice in the webhook's place, answering every request the same way."""

import contextlib
import ssl
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from certdash.demo.pki import Leaf


@dataclass(slots=True)
class Impostor:
    """Listens on a free port of `address`; the forwarder sends the API server there."""

    address: tuple[str, int]
    _server: ThreadingHTTPServer

    @classmethod
    def start(cls, host: str, leaf: Leaf, folder: Path, code: int = 503, body: bytes = b"") -> "Impostor":
        """Serve `leaf` and answer every POST with the HTTP status `code` and `body`."""
        leaf.write(folder, "impostor")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "impostor.crt", folder / "impostor.key")
        server = _Server((host, 0), context, code, body)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
        return cls((host, server.server_address[1]), server)

    def stop(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], context: ssl.SSLContext, code: int, body: bytes) -> None:
        super().__init__(address, _Handler)
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.code = code
        self.body = body

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that turns away from the certificate is the point."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Nothing is logged."""

    def do_POST(self) -> None:
        with contextlib.suppress(OSError):
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(self.server.code)
            self.send_header("Content-Type", "text/plain")
            self.send_header("Content-Length", str(len(self.server.body)))
            self.end_headers()
            self.wfile.write(self.server.body)
