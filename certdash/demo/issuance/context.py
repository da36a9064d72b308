"""What the parts of the controller share: the store they read, the client they write with."""

import base64
from dataclasses import dataclass

from certdash.demo.api.client import Client
from certdash.demo.api.objects import Object, name_of, namespace_of, timestamp
from certdash.demo.api.resource_types import SECRETS, ResourceType
from certdash.demo.api.store import Store
from certdash.demo.controllers.events import EventWriter

GROUP = "cert-manager.io"
CERTIFICATES = ResourceType(GROUP, "v1", "certificates", "Certificate", True)
REQUESTS = ResourceType(GROUP, "v1", "certificaterequests", "CertificateRequest", True)
ISSUERS = ResourceType(GROUP, "v1", "issuers", "Issuer", True)
CLUSTER_ISSUERS = ResourceType(GROUP, "v1", "clusterissuers", "ClusterIssuer", False)
CLUSTER_RESOURCE_NAMESPACE = "cert-manager"


@dataclass(frozen=True, slots=True)
class Context:
    """One controller's hands."""

    store: Store
    client: Client

    def items(self, resource: ResourceType) -> list[Object]:
        """Every object of a custom resource, whatever else its CRD says of it."""
        return self.store.items(self._stored(resource))

    def get(self, resource: ResourceType, namespace: str, name: str) -> Object | None:
        """One custom object."""
        return self.store.get(self._stored(resource), namespace, name)

    def _stored(self, resource: ResourceType) -> ResourceType:
        wanted = (resource.group, resource.plural)
        return next((r for r in self.store.resources() if (r.group, r.plural) == wanted), resource)

    def secret(self, namespace: str, name: str) -> dict[str, bytes] | None:
        """A Secret's data, None when it does not exist."""
        found = self.store.get(SECRETS, namespace, name)
        if found is None:
            return None
        return {key: base64.b64decode(value) for key, value in (found.get("data") or {}).items()}

    async def tell(self, component: str, item: Object, reason: str, message: str, kind: str = "Normal") -> None:
        """An Event of one of the controller's parts."""
        await EventWriter(self.client, f"cert-manager-{component}").tell(item, reason, message, kind)

    async def set_status(self, resource: ResourceType, item: Object, status: Object) -> None:
        """Write an object's status where it differs."""
        if status == (item.get("status") or {}):
            return
        path = f"{resource.path(namespace_of(item), name_of(item))}/status"
        await self.client.update(path, {**item, "status": status})


def condition(
    status: Object, kind: str, holds: bool, reason: str, message: str, generation: int | None = None
) -> Object:
    """The status with one condition set; its transition time moves with its status."""
    conditions = list(status.get("conditions") or ())
    known = next((item for item in conditions if item["type"] == kind), None)
    word = "True" if holds else "False"
    made: Object = {
        "lastTransitionTime": known["lastTransitionTime"] if known and known["status"] == word else timestamp(),
        "reason": reason,
        "status": word,
        "type": kind,
    }
    if message:
        made["message"] = message
    if generation is not None:
        made["observedGeneration"] = generation
    rest = [made if item is known else item for item in conditions] if known else [*conditions, made]
    return {**status, "conditions": rest}


def without_condition(status: Object, kind: str) -> Object:
    """The status without one condition."""
    return {**status, "conditions": [item for item in status.get("conditions") or () if item["type"] != kind]}


def holds(item: Object, kind: str) -> bool:
    """Whether a condition of the object is true."""
    conditions = (item.get("status") or {}).get("conditions") or ()
    return any(c["type"] == kind and c["status"] == "True" for c in conditions)


def reason_of(item: Object, kind: str) -> str:
    """The reason of a condition, "" without it."""
    conditions = (item.get("status") or {}).get("conditions") or ()
    return next((str(c.get("reason", "")) for c in conditions if c["type"] == kind), "")
