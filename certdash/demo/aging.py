"""Makes objects older than they are: an install of the embedded cluster looks like one that has run for a day."""

import re
from datetime import datetime, timedelta
from typing import Any

from certdash.demo.api.objects import Object
from certdash.demo.api.resource_types import EVENTS, LEASES
from certdash.demo.api.store import Store

_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
# A Lease tells who is alive now, an Event what just happened.
_LEFT_ALONE = frozenset({LEASES})


def age_objects(store: Store, by: timedelta) -> None:
    """Move every time that an object bears into the past; Events of the install are forgotten, as a day later."""
    for resource in store.resources():
        for item in store.items(resource):
            metadata = item["metadata"]
            if resource is EVENTS:
                store.remove(resource, metadata.get("namespace", ""), metadata["name"])
            elif resource not in _LEFT_ALONE:
                older: Object = _older(item, by)
                store.put(resource, older)
    store.compact()


def older_stamp(text: str, by: timedelta) -> str:
    """A time as Kubernetes writes it, moved into the past."""
    return (datetime.fromisoformat(text) - by).strftime("%Y-%m-%dT%H:%M:%SZ")


def _older(value: Any, by: timedelta) -> Any:
    if isinstance(value, dict):
        return {key: _older(inner, by) for key, inner in value.items()}
    if isinstance(value, list):
        return [_older(inner, by) for inner in value]
    if isinstance(value, str) and _STAMP.fullmatch(value):
        return older_stamp(value, by)
    return value
