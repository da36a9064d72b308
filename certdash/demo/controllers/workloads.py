"""Deployments and ReplicaSets: rolling updates as kube-controller-manager makes them."""

import hashlib
import json
import math
from datetime import UTC, datetime

from certdash.demo.api.client import Client
from certdash.demo.api.objects import Object, name_of, namespace_of, owner_uids
from certdash.demo.api.resource_types import DEPLOYMENTS, PODS, REPLICA_SETS, ResourceType
from certdash.demo.api.store import Store
from certdash.demo.controllers.conditions import with_condition
from certdash.demo.controllers.events import EventWriter

WATCHED = frozenset({DEPLOYMENTS, REPLICA_SETS, PODS})
REVISION = "deployment.kubernetes.io/revision"
HASH_LABEL = "pod-template-hash"
_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
_DEFAULT_DEADLINE = 600


def owned(store: Store, resource: ResourceType, owner: Object) -> list[Object]:
    """The objects of a resource that this one owns."""
    uid = owner["metadata"]["uid"]
    return [item for item in store.items(resource, namespace_of(owner)) if uid in owner_uids(item)]


def is_ready(pod: Object) -> bool:
    """Whether the Pod's condition Ready is true."""
    conditions = (pod.get("status") or {}).get("conditions") or ()
    return any(item["type"] == "Ready" and item["status"] == "True" for item in conditions)


def owner_reference(owner: Object) -> Object:
    """The reference that makes an object the owner's."""
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": name_of(owner),
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


class ReplicaSets:
    """Makes and deletes Pods until there are as many as wanted, and counts them."""

    def __init__(self, store: Store, client: Client) -> None:
        self._store = store
        self._client = client
        self._events = EventWriter(client, "replicaset-controller")

    async def reconcile(self) -> None:
        """Every ReplicaSet once."""
        for item in self._store.items(REPLICA_SETS):
            if not item["metadata"].get("deletionTimestamp"):
                await self._settle(item)

    async def _settle(self, item: Object) -> None:
        pods = [pod for pod in owned(self._store, PODS, item) if not pod["metadata"].get("deletionTimestamp")]
        wanted = item["spec"].get("replicas", 1)
        for _ in range(wanted - len(pods)):
            made = await self._client.create(PODS.path(namespace_of(item)), _pod(item))
            await self._events.tell(item, "SuccessfulCreate", f"Created pod: {name_of(made)}")
        # The ones that are not ready go first.
        for pod in sorted(pods, key=is_ready)[: max(len(pods) - wanted, 0)]:
            await self._client.delete(PODS.path(namespace_of(pod), name_of(pod)))
            await self._events.tell(item, "SuccessfulDelete", f"Deleted pod: {name_of(pod)}")
        await self._count(item)

    async def _count(self, item: Object) -> None:
        pods = [pod for pod in owned(self._store, PODS, item) if not pod["metadata"].get("deletionTimestamp")]
        ready = sum(is_ready(pod) for pod in pods)
        status: Object = {"replicas": len(pods), "observedGeneration": item["metadata"]["generation"]}
        if pods:
            status["fullyLabeledReplicas"] = len(pods)
        if ready:
            status |= {"readyReplicas": ready, "availableReplicas": ready}
        if status != (item.get("status") or {}):
            path = f"{REPLICA_SETS.path(namespace_of(item), name_of(item))}/status"
            await self._client.patch(path, [{"op": "add", "path": "/status", "value": status}], _JSON_PATCH)


_JSON_PATCH = "application/json-patch+json"


def _pod(owner: Object) -> Object:
    template = owner["spec"]["template"]
    metadata = {
        **template["metadata"],
        "generateName": f"{name_of(owner)}-",
        "namespace": namespace_of(owner),
        "ownerReferences": [owner_reference(owner)],
    }
    spec = {"restartPolicy": "Always", "terminationGracePeriodSeconds": 30, **template["spec"]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def _grown(item: Object, has: int, sets: list[Object]) -> int:
    """How many replicas the newest ReplicaSet, which has so many, may have beside the others."""
    wanted = int(item["spec"].get("replicas", 1))
    surge = math.ceil(wanted * 0.25)
    total = sum(int(rs["spec"].get("replicas", 0)) for rs in sets)
    return min(wanted, has + max(wanted + surge - total, 0))


class Deployments:
    """Rolls Deployments out: a new ReplicaSet grows, the old ones shrink as its Pods become ready."""

    def __init__(self, store: Store, client: Client) -> None:
        self._store = store
        self._client = client
        self._events = EventWriter(client, "deployment-controller")

    async def reconcile(self) -> float | None:
        """Every Deployment once; answers when the nearest progress deadline passes, in real seconds."""
        deadlines = [
            await self._settle(item)
            for item in self._store.items(DEPLOYMENTS)
            if not item["metadata"].get("deletionTimestamp")
        ]
        known = [deadline for deadline in deadlines if deadline is not None]
        return min(known) if known else None

    async def _settle(self, item: Object) -> float | None:
        sets = owned(self._store, REPLICA_SETS, item)
        current = next((rs for rs in sets if name_of(rs).endswith(_template_hash(item))), None)
        if current is None:
            current = await self._new_replica_set(item, sets)
        older = [rs for rs in sets if name_of(rs) != name_of(current)]
        await self._revise(item, current, older)
        await self._roll(item, current, older)
        return await self._report(item)

    async def _revise(self, item: Object, current: Object, older: list[Object]) -> None:
        """A ReplicaSet that is wanted again, after a rollback, is the newest revision."""
        newest = max((_revision(rs) for rs in older), default=0)
        if _revision(current) > newest:
            return
        change = {"metadata": {"annotations": {REVISION: str(newest + 1)}}}
        namespace = namespace_of(item)
        await self._client.patch(REPLICA_SETS.path(namespace, name_of(current)), change)
        await self._client.patch(DEPLOYMENTS.path(namespace, name_of(item)), change)

    async def _new_replica_set(self, item: Object, sets: list[Object]) -> Object:
        digest = _template_hash(item)
        revision = 1 + max((_revision(rs) for rs in sets), default=0)
        template = item["spec"]["template"]
        labels = {**template["metadata"].get("labels", {}), HASH_LABEL: digest}
        selector = {"matchLabels": {**item["spec"]["selector"]["matchLabels"], HASH_LABEL: digest}}
        annotations = {
            **{k: v for k, v in item["metadata"].get("annotations", {}).items() if not k.startswith("kubectl.")},
            REVISION: str(revision),
            "deployment.kubernetes.io/desired-replicas": str(item["spec"].get("replicas", 1)),
            "deployment.kubernetes.io/max-replicas": str(item["spec"].get("replicas", 1) + 1),
        }
        wanted = _grown(item, 0, sets)
        made: Object = {
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "metadata": {
                "name": f"{name_of(item)}-{digest}",
                "namespace": namespace_of(item),
                "labels": labels,
                "annotations": annotations,
                "ownerReferences": [owner_reference(item)],
            },
            "spec": {
                "replicas": wanted,
                "selector": selector,
                "template": {**template, "metadata": {**template["metadata"], "labels": labels}},
            },
        }
        kept = await self._client.create(REPLICA_SETS.path(namespace_of(item)), made)
        change = {"metadata": {"annotations": {REVISION: str(revision)}}}
        await self._client.patch(DEPLOYMENTS.path(namespace_of(item), name_of(item)), change)
        if wanted:
            await self._tell_scaled(item, kept, 0, wanted)
        return kept

    async def _roll(self, item: Object, current: Object, older: list[Object]) -> None:
        wanted = item["spec"].get("replicas", 1)
        unavailable = math.floor(wanted * 0.25)
        sets = [current, *older]
        await self._scale(item, current, _grown(item, current["spec"].get("replicas", 0), sets))
        available = sum((rs.get("status") or {}).get("availableReplicas", 0) for rs in sets)
        spare = available - (wanted - unavailable)
        for rs in older:
            has = rs["spec"].get("replicas", 0)
            ready = (rs.get("status") or {}).get("availableReplicas", 0)
            # Old Pods that do not serve anyway may go at once.
            going = has - ready + max(min(ready, spare), 0) if wanted else has
            spare -= max(going - (has - ready), 0)
            await self._scale(item, rs, has - going)

    async def _scale(self, item: Object, replica_set: Object, replicas: int) -> None:
        before = replica_set["spec"].get("replicas", 0)
        if before == replicas:
            return
        path = REPLICA_SETS.path(namespace_of(replica_set), name_of(replica_set))
        await self._client.patch(path, {"spec": {"replicas": replicas}})
        await self._tell_scaled(item, replica_set, before, replicas)

    async def _tell_scaled(self, item: Object, replica_set: Object, before: int, replicas: int) -> None:
        word = "up" if replicas > before else "down"
        told = f"Scaled {word} replica set {name_of(replica_set)} from {before} to {replicas}"
        await self._events.tell(item, "ScalingReplicaSet", told)

    async def _report(self, item: Object) -> float | None:
        item = self._store.get(DEPLOYMENTS, namespace_of(item), name_of(item)) or item
        status, left = _deployment_status(item, owned(self._store, REPLICA_SETS, item))
        if status != (item.get("status") or {}):
            path = f"{DEPLOYMENTS.path(namespace_of(item), name_of(item))}/status"
            await self._client.patch(path, [{"op": "add", "path": "/status", "value": status}], _JSON_PATCH)
        return left


def _deployment_status(item: Object, sets: list[Object]) -> tuple[Object, float | None]:
    """The status, and how many seconds are left until the progress deadline, None without one."""
    wanted = item["spec"].get("replicas", 1)
    digest = _template_hash(item)
    current = next((rs for rs in sets if name_of(rs).endswith(digest)), None)
    counts = {
        key: sum((rs.get("status") or {}).get(key, 0) for rs in sets)
        for key in ("replicas", "readyReplicas", "availableReplicas")
    }
    updated = (current.get("status") or {}).get("replicas", 0) if current is not None else 0
    available = counts["availableReplicas"]
    status: Object = {"observedGeneration": item["metadata"]["generation"]}
    status |= {key: value for key, value in {**counts, "updatedReplicas": updated}.items() if value}
    if available < wanted:
        status["unavailableReplicas"] = wanted - available
    before = item.get("status") or {}
    conditions = list(before.get("conditions") or ())
    enough = available >= wanted - math.floor(wanted * 0.25)
    reason, told = ("MinimumReplicasAvailable", "Deployment has minimum availability.")
    if not enough:
        reason, told = ("MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
    conditions = with_condition(conditions, "Available", enough, reason, told)
    complete = updated == wanted == counts["replicas"] == available
    conditions, left = _with_progress(
        item, conditions, current, complete=complete, moved=_counts(before) != _counts(status)
    )
    status["conditions"] = conditions
    return status, left


def _counts(status: Object) -> tuple[int, ...]:
    return tuple(status.get(key, 0) for key in ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"))


def _with_progress(
    item: Object, conditions: list[Object], current: Object | None, *, complete: bool, moved: bool
) -> tuple[list[Object], float | None]:
    known = next((c for c in conditions if c["type"] == "Progressing"), None)
    name = name_of(current) if current is not None else ""
    if complete:
        told = f'ReplicaSet "{name}" has successfully progressed.'
        return with_condition(conditions, "Progressing", True, "NewReplicaSetAvailable", told), None
    deadline = float(item["spec"].get("progressDeadlineSeconds", _DEFAULT_DEADLINE))
    finished = known is not None and known["reason"] == "NewReplicaSetAvailable"
    other = known is not None and f'"{name}"' not in known["message"]
    if finished and not other:
        # A rollout that was complete stays so, whatever becomes of its Pods.
        return conditions, None
    if known is None or finished or other or (moved and known["status"] == "True"):
        reason = "NewReplicaSetCreated" if known is None or other or finished else "ReplicaSetUpdated"
        told = (
            f'Created new replica set "{name}"'
            if reason == "NewReplicaSetCreated"
            else f'ReplicaSet "{name}" is progressing.'
        )
        return with_condition(conditions, "Progressing", True, reason, told, moved=True), deadline
    if known["status"] != "True":
        return conditions, None
    since = datetime.fromisoformat(known["lastUpdateTime"])
    left = deadline - (datetime.now(UTC) - since).total_seconds()
    if left > 0:
        return conditions, left
    told = f'ReplicaSet "{name}" has timed out progressing.'
    return with_condition(conditions, "Progressing", False, "ProgressDeadlineExceeded", told), None


def _revision(replica_set: Object) -> int:
    return int((replica_set["metadata"].get("annotations") or {}).get(REVISION, 0))


def _template_hash(item: Object) -> str:
    """Ten letters for a template, as pod-template-hash has them."""
    digest = hashlib.sha256(json.dumps(item["spec"]["template"], sort_keys=True).encode()).digest()
    return "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest[:10])
