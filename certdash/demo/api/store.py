"""What the embedded cluster has instead of etcd: objects, resource versions, and a history for watches."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from certdash.demo.api.objects import Object, name_of, namespace_of
from certdash.demo.api.resource_types import ResourceType

HISTORY = 1000
FIRST_VERSION = 200


class VersionConflict(Exception):  # noqa: N818 - a state of the store, not a failure of it
    """The object is not (or no more) what the writer believes."""


class Expired(Exception):  # noqa: N818 - the API's own word
    """A watch asked for a resource version that the history no longer reaches. `oldest` is the oldest it knows."""

    def __init__(self, oldest: int) -> None:
        super().__init__(f"too old: the history begins at {oldest}")
        self.oldest = oldest


@dataclass(frozen=True, slots=True)
class Event:
    """One change. `type` as the watch protocol says it; `item` is the object after it (a deleted one as it was last,
    with the version of its deletion), `before` the object before it, None for a new one."""

    version: int
    type: str
    resource: ResourceType
    item: Object
    before: Object | None


class Store:
    """Not thread safe: it lives on the loop. Objects go in and come out as they are, and are never changed."""

    def __init__(self) -> None:
        self._items: dict[ResourceType, dict[tuple[str, str], Object]] = {}
        self._history: deque[Event] = deque()
        self._listeners: list[Callable[[Event], None]] = []
        self._forgotten = FIRST_VERSION
        self.version = FIRST_VERSION

    def resources(self) -> list[ResourceType]:
        """Every resource of which there ever was an object."""
        return list(self._items)

    def get(self, resource: ResourceType, namespace: str, name: str) -> Object | None:
        """One object, or None."""
        return self._items.get(resource, {}).get((namespace, name))

    def items(self, resource: ResourceType, namespace: str = "") -> list[Object]:
        """All objects of a resource, of one namespace when given, in the order of their keys."""
        items = self._items.get(resource, {})
        return [item for key, item in sorted(items.items(), key=lambda pair: pair[0]) if namespace in ("", key[0])]

    def put(self, resource: ResourceType, item: Object, *, expected: str | None = None) -> Object:
        """Write an object and answer it with its new resource version.

        `expected`: the resource version that it must have now, "" when it must not exist, None for whatever there
        is. Raises VersionConflict.
        """
        key = (namespace_of(item), name_of(item))
        before = self._items.get(resource, {}).get(key)
        now = "" if before is None else before["metadata"]["resourceVersion"]
        if expected is not None and expected != now:
            raise VersionConflict(now)
        self.version += 1
        kept = {**item, "metadata": {**item["metadata"], "resourceVersion": str(self.version)}}
        self._items.setdefault(resource, {})[key] = kept
        self._record(Event(self.version, "ADDED" if before is None else "MODIFIED", resource, kept, before))
        return kept

    def remove(self, resource: ResourceType, namespace: str, name: str) -> Object | None:
        """Take an object away; answers it as it was last, or None when there was none."""
        before = self._items.get(resource, {}).pop((namespace, name), None)
        if before is None:
            return None
        self.version += 1
        gone = {**before, "metadata": {**before["metadata"], "resourceVersion": str(self.version)}}
        self._record(Event(self.version, "DELETED", resource, gone, before))
        return gone

    def listen(self, listener: Callable[[Event], None]) -> Callable[[], None]:
        """Call `listener` with every change from now on, until the answered function is called."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def events_since(self, version: int) -> list[Event]:
        """Every change after `version`. Raises Expired when the history does not reach so far back."""
        if version < self._forgotten:
            raise Expired(self._forgotten)
        return [event for event in self._history if event.version > version]

    def compact(self) -> None:
        """Forget the history, as etcd's compaction does."""
        self._history.clear()
        self._forgotten = self.version

    def _record(self, event: Event) -> None:
        self._history.append(event)
        if len(self._history) > HISTORY:
            self._forgotten = self._history.popleft().version
        for listener in tuple(self._listeners):
            listener(event)
