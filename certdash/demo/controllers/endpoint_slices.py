"""EndpointSlices: one for each Service with a selector, following the readiness of the Pods that it selects."""

from certdash.demo.api.client import Client
from certdash.demo.api.objects import Object, labels_of, name_of, namespace_of
from certdash.demo.api.resource_types import ENDPOINT_SLICES, PODS, SERVICES
from certdash.demo.api.store import Store
from certdash.demo.controllers.workloads import is_ready, owner_reference

WATCHED = frozenset({SERVICES, PODS, ENDPOINT_SLICES})
_MANAGED_BY = "endpointslice-controller.k8s.io"


class EndpointSlices:
    """Keeps the EndpointSlices of all Services."""

    def __init__(self, store: Store, client: Client) -> None:
        self._store = store
        self._client = client

    async def reconcile(self) -> None:
        """Every Service once. Slices of Services that went are the garbage collector's."""
        for service in self._store.items(SERVICES):
            if service["spec"].get("selector") and not service["metadata"].get("deletionTimestamp"):
                await self._settle(service)

    async def _settle(self, service: Object) -> None:
        wanted = self._wanted(service)
        found = self._slice_of(service)
        namespace = namespace_of(service)
        if found is None:
            await self._client.create(ENDPOINT_SLICES.path(namespace), wanted)
        elif any(found.get(key) != wanted.get(key) for key in ("endpoints", "ports")):
            change = {"endpoints": wanted["endpoints"], "ports": wanted["ports"]}
            await self._client.patch(ENDPOINT_SLICES.path(namespace, name_of(found)), change)

    def _slice_of(self, service: Object) -> Object | None:
        uid = service["metadata"]["uid"]
        slices = self._store.items(ENDPOINT_SLICES, namespace_of(service))
        return next((s for s in slices if _owner_uid(s) == uid), None)

    def _wanted(self, service: Object) -> Object:
        spec = service["spec"]
        selector = spec["selector"].items()
        pods = [
            pod
            for pod in self._store.items(PODS, namespace_of(service))
            if selector <= labels_of(pod).items() and (pod.get("status") or {}).get("podIP")
        ]
        return {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {
                "generateName": f"{name_of(service)}-",
                "namespace": namespace_of(service),
                "labels": {
                    **labels_of(service),
                    "kubernetes.io/service-name": name_of(service),
                    "endpointslice.kubernetes.io/managed-by": _MANAGED_BY,
                },
                "ownerReferences": [owner_reference(service)],
            },
            "addressType": "IPv4",
            "endpoints": [_endpoint(pod) for pod in sorted(pods, key=name_of)],
            "ports": _ports(spec.get("ports") or (), pods),
        }


def _owner_uid(item: Object) -> str:
    owners = item["metadata"].get("ownerReferences") or ()
    return str(owners[0]["uid"]) if owners else ""


def _endpoint(pod: Object) -> Object:
    terminating = bool(pod["metadata"].get("deletionTimestamp"))
    serving = is_ready(pod)
    return {
        "addresses": [pod["status"]["podIP"]],
        "conditions": {"ready": serving and not terminating, "serving": serving, "terminating": terminating},
        "nodeName": pod["spec"].get("nodeName", ""),
        "targetRef": {
            "kind": "Pod",
            "namespace": namespace_of(pod),
            "name": name_of(pod),
            "uid": pod["metadata"]["uid"],
        },
    }


def _ports(ports: tuple[Object, ...] | list[Object], pods: list[Object]) -> list[Object]:
    """The Service's ports as the Pods' numbers. One whose name no Pod knows is left out."""
    found = []
    for port in ports:
        number = _target(port["targetPort"] if "targetPort" in port else port["port"], pods)
        if number is not None:
            found.append({"name": port.get("name", ""), "protocol": port.get("protocol", "TCP"), "port": number})
    return found


def _target(target: int | str, pods: list[Object]) -> int | None:
    if isinstance(target, int):
        return target
    for pod in pods:
        for container in pod["spec"]["containers"]:
            for port in container.get("ports") or ():
                if port.get("name") == target:
                    return int(port["containerPort"])
    return None
