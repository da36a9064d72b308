"""Custom resources: which CRDs are served, and since when."""

import asyncio

from certdash.demo.api.objects import Object, name_of, timestamp
from certdash.demo.api.resource_types import CRDS, ResourceType, custom_resource_type
from certdash.demo.api.store import Event, Store
from certdash.demo.pace import Pace

# Between Established and the first answer of a real server some hundred milliseconds pass.
_SERVED_AFTER = 0.3


class CustomResources:
    """Establishes new CRDs, and knows which resources they add."""

    def __init__(self, store: Store, pace: Pace) -> None:
        self._store = store
        self._pace = pace
        self._served: dict[str, ResourceType] = {}
        for crd in store.items(CRDS):
            if _established(crd):
                self._serve(crd)
        store.listen(self._changed)

    def served(self) -> tuple[ResourceType, ...]:
        """The resources of established CRDs."""
        return tuple(self._served.values())

    def _changed(self, event: Event) -> None:
        if event.resource is not CRDS:
            return
        name = name_of(event.item)
        loop = asyncio.get_running_loop()
        if event.type == "DELETED":
            self._served.pop(name, None)
        elif not _established(event.item):
            loop.call_soon(self._establish, name)
        elif name in self._served:
            self._serve(event.item)
        else:
            loop.call_later(self._pace.wall(_SERVED_AFTER), self._serve_later, name)

    def _serve_later(self, name: str) -> None:
        crd = self._store.get(CRDS, "", name)
        if crd is not None:
            self._serve(crd)

    def _serve(self, crd: Object) -> None:
        self._served[name_of(crd)] = custom_resource_type(crd)

    def _establish(self, name: str) -> None:
        crd = self._store.get(CRDS, "", name)
        if crd is None or _established(crd):
            return
        now = timestamp()
        conditions = [
            _condition("NamesAccepted", "NoConflicts", "no conflicts found", now),
            _condition("Established", "InitialNamesAccepted", "the initial names have been accepted", now),
        ]
        spec = crd["spec"]
        status = {
            "conditions": conditions,
            "acceptedNames": spec["names"],
            "storedVersions": [version["name"] for version in spec["versions"] if version.get("storage")],
        }
        self._store.put(CRDS, {**crd, "status": status})


def _established(crd: Object) -> bool:
    conditions = (crd.get("status") or {}).get("conditions") or ()
    return any(item["type"] == "Established" and item["status"] == "True" for item in conditions)


def _condition(kind: str, reason: str, message: str, since: str) -> Object:
    return {"type": kind, "status": "True", "reason": reason, "message": message, "lastTransitionTime": since}
