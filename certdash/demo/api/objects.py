"""Objects are JSON as the API has it. What the store holds is never changed in place: build a new one to write."""

import uuid
from datetime import UTC, datetime
from typing import Any, TypeAlias

Object: TypeAlias = dict[str, Any]


def timestamp() -> str:
    """Now, as Kubernetes writes times."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def micro_timestamp() -> str:
    """Now, as Kubernetes writes the times of Leases."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def new_uid() -> str:
    """A fresh uid."""
    return str(uuid.uuid4())


def name_of(item: Object) -> str:
    """metadata.name."""
    return str(item["metadata"].get("name", ""))


def namespace_of(item: Object) -> str:
    """metadata.namespace, "" for cluster-scoped objects."""
    return str(item["metadata"].get("namespace", ""))


def labels_of(item: Object) -> dict[str, str]:
    """metadata.labels."""
    return dict(item["metadata"].get("labels") or {})


def owner_uids(item: Object) -> set[str]:
    """The uids of its owners."""
    return {owner["uid"] for owner in item["metadata"].get("ownerReferences") or ()}
