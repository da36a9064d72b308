"""What goes when something else went: owned objects, the content of namespaces, the objects of a deleted CRD."""

from collections.abc import Callable, Iterable

from certdash.demo.api.client import Client
from certdash.demo.api.deleting import CRD_FINALIZER
from certdash.demo.api.objects import Object, name_of, namespace_of, owner_uids
from certdash.demo.api.resource_types import CRDS, NAMESPACES, ResourceType, custom_resource_type
from certdash.demo.api.status import ApiError
from certdash.demo.api.store import Store

_FOREGROUND = "foregroundDeletion"
_ORPHAN = "orphan"


class GarbageCollector:
    """Deletes what nobody owns any more, and lets go of owners that wait for it."""

    def __init__(self, store: Store, client: Client, served: Callable[[], Iterable[ResourceType]]) -> None:
        self._store = store
        self._client = client
        self._served = served

    async def reconcile(self) -> None:
        """Everything once."""
        await self._finish_crds()
        await self._finish_namespaces()
        await self._collect()

    def _everything(self) -> list[tuple[ResourceType, Object]]:
        return [(resource, item) for resource in self._served() for item in self._store.items(resource)]

    async def _collect(self) -> None:
        everything = self._everything()
        alive = {item["metadata"]["uid"]: item for _, item in everything}
        for resource, item in everything:
            owners = owner_uids(item)
            known = [alive[uid] for uid in owners if uid in alive]
            if owners and (not known or any(_finalizing(owner, _FOREGROUND) for owner in known)):
                await self._delete(resource, item)
        for resource, item in everything:
            if _finalizing(item, _ORPHAN):
                await self._orphan(everything, item["metadata"]["uid"])
                await self._release(resource, item, _ORPHAN)
            elif _finalizing(item, _FOREGROUND):
                uid = item["metadata"]["uid"]
                if not any(uid in owner_uids(other) for _, other in self._everything()):
                    await self._release(resource, item, _FOREGROUND)

    async def _orphan(self, everything: list[tuple[ResourceType, Object]], uid: str) -> None:
        for resource, item in everything:
            owners = item["metadata"].get("ownerReferences") or []
            left = [owner for owner in owners if owner["uid"] != uid]
            if len(left) != len(owners):
                path = resource.path(namespace_of(item), name_of(item))
                await self._client.patch(path, {"metadata": {"ownerReferences": left or None}})

    async def _delete(self, resource: ResourceType, item: Object) -> None:
        if item["metadata"].get("deletionTimestamp"):
            return
        path = resource.path(namespace_of(item), name_of(item))
        try:
            await self._client.delete(path, propagationPolicy="Background")
        except ApiError:
            # An admission webhook may stand in the way; the others still go.
            return

    async def _release(self, resource: ResourceType, item: Object, finalizer: str) -> None:
        """Take a finalizer away; with the last one the object goes."""
        now = self._store.get(resource, namespace_of(item), name_of(item))
        if now is None:
            return
        left = [name for name in now["metadata"].get("finalizers") or () if name != finalizer]
        path = resource.path(namespace_of(item), name_of(item))
        await self._client.patch(path, {"metadata": {"finalizers": left or None}})

    async def _finish_namespaces(self) -> None:
        for namespace in self._store.items(NAMESPACES):
            if not namespace["metadata"].get("deletionTimestamp"):
                continue
            name = name_of(namespace)
            inside = [(r, item) for r, item in self._everything() if r.namespaced and namespace_of(item) == name]
            for resource, item in inside:
                await self._delete(resource, item)
            if not any(namespace_of(item) == name for r, item in self._everything() if r.namespaced):
                finalized = {**namespace, "spec": {"finalizers": []}}
                await self._client.update(f"{NAMESPACES.path(name=name)}/finalize", finalized)

    async def _finish_crds(self) -> None:
        for crd in self._store.items(CRDS):
            if not _finalizing(crd, CRD_FINALIZER):
                continue
            resource = custom_resource_type(crd)
            # Not through admission: what a CRD leaves behind goes whatever its webhooks say.
            for item in self._store.items(resource):
                self._store.remove(resource, namespace_of(item), name_of(item))
            await self._release(CRDS, crd, CRD_FINALIZER)


def _finalizing(item: Object, finalizer: str) -> bool:
    metadata = item["metadata"]
    return bool(metadata.get("deletionTimestamp")) and finalizer in (metadata.get("finalizers") or ())
