"""Events, as controllers and kubelets write them."""

import secrets

from certdash.demo.api.client import Client
from certdash.demo.api.objects import Object, name_of, namespace_of, timestamp
from certdash.demo.api.resource_types import EVENTS
from certdash.demo.api.status import ApiError


class EventWriter:
    """Writes the Events of one component. An Event that can't be written is lost, as it is in a real cluster."""

    def __init__(self, client: Client, component: str) -> None:
        self._client = client
        self._component = component

    async def tell(self, item: Object, reason: str, message: str, kind: str = "Normal") -> None:
        """One Event about an object."""
        now = timestamp()
        namespace = namespace_of(item) or "default"
        event: Object = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": f"{name_of(item)}.{secrets.token_hex(8)}", "namespace": namespace},
            "involvedObject": {
                "apiVersion": item["apiVersion"],
                "kind": item["kind"],
                "name": name_of(item),
                "namespace": namespace_of(item),
                "uid": item["metadata"].get("uid", ""),
                "resourceVersion": item["metadata"].get("resourceVersion", ""),
            },
            "reason": reason,
            "message": message,
            "type": kind,
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
            "source": {"component": self._component},
            "reportingComponent": self._component,
            "reportingInstance": "",
        }
        try:
            await self._client.create(EVENTS.path(namespace), event)
        except ApiError:
            return
