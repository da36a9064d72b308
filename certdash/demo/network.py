"""What kube-proxy is to a real cluster: the way from a ClusterIP to the webhook's pod, over real sockets.

A ClusterIP can't be had on every machine, so each Service address has a port on loopback that stands for it. Where no
ready endpoint is, nobody listens there, and the kernel refuses, as kube-proxy's rules do.
"""

import socket
from dataclasses import dataclass, field

from certdash.demo.forwarder import Address, Forwarder, Mode

LOOPBACK = "127.0.0.1"


@dataclass(slots=True)
class ServiceNetwork:
    """One Service address that can be dialled: the webhook's. May be used from any thread.

    `connected` says whether anybody stands behind it.
    """

    _forwarder: Forwarder = field(default_factory=Forwarder)
    _reserved: socket.socket = field(default_factory=socket.socket)
    _service: Address | None = None
    connected: bool = False

    def start(self) -> None:
        """Reserve the port and start the thread that carries."""
        self._reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._reserved.bind((LOOPBACK, 0))
        self._forwarder.start()

    def stop(self) -> None:
        """Close everything."""
        self._forwarder.stop()
        self._reserved.close()

    def route(self, service: Address | None, endpoint: Address | None) -> None:
        """Let `service` (ClusterIP and port) lead to `endpoint` (a pod's port on loopback), None: to nobody."""
        self._service = service
        self._forwarder.point(None if service is None else self._front, endpoint)
        self.connected = service is not None and endpoint is not None

    def dial_address(self, service: Address) -> Address | None:
        """Where to connect for a Service address; None for one that nobody stands behind."""
        return self._front if service == self._service else None

    def set_mode(self, mode: Mode) -> None:
        """Treat connections so from now on, and close the live ones."""
        self._forwarder.set_mode(mode)

    def divert(self, address: Address | None) -> None:
        """Send connections to `address`, or to the webhook again; close the live ones."""
        self._forwarder.divert(address)

    @property
    def _front(self) -> Address:
        host, port = self._reserved.getsockname()
        return host, port
