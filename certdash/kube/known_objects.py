"""What a stream has told so far, just enough of it to tell the difference to a new list."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from certdash.model.inputs import Change, ChangeType
from certdash.model.resource import Key


@dataclass(frozen=True, slots=True)
class Identity:
    """Which object, and in which state: a new uid under the same name is another object."""

    uid: str
    resource_version: str


def identify(body: Any) -> tuple[Key, Identity] | None:
    """Key and identity of a raw object, None for anything that is no object with a name."""
    metadata = body.get("metadata") if isinstance(body, dict) else None
    name = metadata.get("name") if isinstance(metadata, dict) else None
    if not isinstance(metadata, dict) or not isinstance(name, str) or not name:
        return None
    key = (str(metadata.get("namespace") or ""), name)
    return key, Identity(str(metadata.get("uid") or ""), str(metadata.get("resourceVersion") or ""))


@dataclass(slots=True)
class KnownObjects:
    """Identities by key. Every method returns the changes that bring a store to the same state."""

    _known: dict[Key, Identity] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._known)

    def replace(self, bodies: Iterable[Mapping[str, Any]]) -> tuple[Change, ...]:
        """Take over a complete list: what is gone (or came back with another uid) is deleted first, equal objects
        are not mentioned."""
        listed: dict[Key, tuple[Identity, Mapping[str, Any]]] = {}
        for body in bodies:
            if (found := identify(body)) is not None:
                listed[found[0]] = (found[1], body)
        changes = [
            _deleted(key, old) for key, old in self._known.items() if key not in listed or listed[key][0].uid != old.uid
        ]
        for key, (identity, body) in listed.items():
            if (kind := self._kind_of(key, identity)) is not None:
                changes.append(Change(kind, body))
        self._known = {key: identity for key, (identity, _) in listed.items()}
        return tuple(changes)

    def put(self, body: Mapping[str, Any]) -> tuple[Change, ...]:
        """Take over one object that came or changed. An object of the same name with another uid is deleted first."""
        if (found := identify(body)) is None:
            return ()
        key, identity = found
        kind = self._kind_of(key, identity)
        if kind is None:
            return ()
        old = self._known.get(key)
        self._known[key] = identity
        gone = (_deleted(key, old),) if old is not None and old.uid != identity.uid else ()
        return (*gone, Change(kind, body))

    def remove(self, body: Mapping[str, Any]) -> tuple[Change, ...]:
        """One object went. Nothing happens when we know another one under that name: the news is late."""
        if (found := identify(body)) is None:
            return ()
        key, identity = found
        old = self._known.get(key)
        if old is None or old.uid != identity.uid:
            return ()
        del self._known[key]
        return (Change(ChangeType.DELETED, body),)

    def clear(self) -> tuple[Change, ...]:
        """Everything went."""
        return self.replace(())

    def _kind_of(self, key: Key, identity: Identity) -> ChangeType | None:
        old = self._known.get(key)
        if old is None or old.uid != identity.uid:
            return ChangeType.ADDED
        # Equal versions are the same state (an empty one, which no API server sends, says nothing).
        if old.resource_version == identity.resource_version and identity.resource_version:
            return None
        return ChangeType.MODIFIED


def _deleted(key: Key, identity: Identity) -> Change:
    namespace, name = key
    metadata = {"name": name, "uid": identity.uid, "resourceVersion": identity.resource_version}
    if namespace:
        metadata["namespace"] = namespace
    return Change(ChangeType.DELETED, {"metadata": metadata})
