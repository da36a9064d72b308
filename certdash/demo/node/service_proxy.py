"""A kube-proxy for one Service: it keeps the way to the webhook at what the Service and its EndpointSlices say."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from certdash.demo.chart.components import NAMESPACE
from certdash.demo.faults.api import Api, Follower
from certdash.demo.forwarder import Address
from certdash.demo.node.node import Node

Object = dict[str, Any]


@dataclass(slots=True)
class ServiceProxy:
    """Follows the Service `name` and its endpoints, and calls `route` with the Service's address and where its
    connections go, None for each that there is not."""

    api: Api
    name: str
    node: Node
    route: Callable[[Address | None, Address | None], None]
    _services: dict[str, Object] = field(default_factory=dict)
    _slices: dict[str, Object] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _followers: list[Follower] = field(default_factory=list)

    def start(self) -> None:
        """Begin to follow."""
        slices = f"/apis/discovery.k8s.io/v1/namespaces/{NAMESPACE}/endpointslices"
        services = f"/api/v1/namespaces/{NAMESPACE}/services"
        self._followers = [
            Follower(self.api, services, self._observe_services),
            Follower(self.api, slices, self._observe_slices),
        ]
        for follower in self._followers:
            follower.start()

    def stop(self) -> None:
        """Stop following."""
        for follower in self._followers:
            follower.stop()
        for follower in self._followers:
            follower.join()

    def refresh(self) -> None:
        """Look again, after a process came or went."""
        with self._lock:
            front, backend = self._route()
            self.route(front, backend)

    def _observe_services(self, known: dict[str, Object]) -> None:
        self._services = known
        self.refresh()

    def _observe_slices(self, known: dict[str, Object]) -> None:
        self._slices = known
        self.refresh()

    def _route(self) -> tuple[Address | None, Address | None]:
        service = self._services.get(self.name)
        address = "None" if service is None else service["spec"].get("clusterIP", "None")
        if service is None or address == "None":
            return None, None
        # The first port is the webhook's; the metrics port is nobody's business here.
        port = service["spec"]["ports"][0]
        return (address, port["port"]), self._backend(port.get("name", ""))

    def _backend(self, port_name: str) -> Address | None:
        for item in self._slices.values():
            if item["metadata"].get("labels", {}).get("kubernetes.io/service-name") != self.name:
                continue
            numbers = [port["port"] for port in item.get("ports") or () if port.get("name", "") == port_name]
            for endpoint in item.get("endpoints") or ():
                if numbers and endpoint.get("conditions", {}).get("ready"):
                    found = self.node.address_of(endpoint["addresses"][0], numbers[0])
                    if found is not None:
                        return found
        return None
