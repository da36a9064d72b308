"""How far a Deployment's rollout is, and what its Pods are doing. The rules are kstatus's and kubectl's."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from certdash.certmanager import constants, fields
from certdash.certmanager.selection import failing_requirement
from certdash.certmanager.versions import image_version, label_version
from certdash.certmanager.views import ConditionView, condition
from certdash.model.resource import Key, Kind, KubeObject, Ref
from certdash.model.snapshot import Snapshot

_IMAGE_REASONS = frozenset(
    {
        "ImagePullBackOff",
        "ErrImagePull",
        "InvalidImageName",
        "ErrImageNeverPull",
        "ErrImagePullBackOff",
        "RegistryUnavailable",
    }
)
_CONFIG_REASONS = frozenset(
    {"CreateContainerConfigError", "CreateContainerError", "RunContainerError", "CreatePodSandboxError"}
)
_STARTING_REASONS = frozenset({"", "ContainerCreating", "PodInitializing"})


class PodTrouble(StrEnum):
    """Why a Pod does not serve. STARTING and NOT_READY may pass by themselves, the others need a hand."""

    NONE = "ready"
    STARTING = "starting"
    NOT_READY = "not ready"
    UNSCHEDULED = "not scheduled"
    IMAGE = "image can't be pulled"
    CONFIG = "container can't be created"
    CRASHING = "crashing"
    FAILED = "failed"
    TERMINATING = "terminating"


@dataclass(frozen=True, slots=True)
class PodView:
    """One Pod. `current`: it belongs to the newest ReplicaSet.

    In Unix seconds: `since` when it became ready or unready, `started` when it was made or its container last ended,
    `running_since` when its container last started, `ready_since` when it became ready, if it is. `last_words` is how
    its container last ended, "" when it never did.
    """

    ref: Ref
    ready: bool
    trouble: PodTrouble
    reason: str
    message: str
    restarts: int
    ip: str
    image: str
    version: str
    current: bool
    since: float | None
    started: float | None
    running_since: float | None
    last_words: str
    ready_since: float | None
    host_network: bool


class RolloutPhase(StrEnum):
    """COMPLETE: all replicas are of the newest template and available. STALLED: its own deadline passed."""

    COMPLETE = "complete"
    ROLLING = "rolling"
    STALLED = "stalled"
    PAUSED = "paused"
    SCALED_TO_ZERO = "scaled to 0"


@dataclass(frozen=True, slots=True)
class Rollout:
    """A Deployment's rollout. `replicas` are wanted, `total` are there, old ones included.

    `deadline` is when it counts as stalled (Unix seconds, the cluster's clock), None when nothing is under way.
    """

    ref: Ref
    phase: RolloutPhase
    replicas: int
    total: int
    updated: int
    ready: int
    available: int
    reason: str
    message: str
    since: float | None
    deadline: float | None
    pods: tuple[PodView, ...]
    old_pods_serving: int
    version: str
    args: tuple[str, ...]
    failed_create: str = ""

    @property
    def troubled_pod(self) -> PodView | None:
        """The Pod of the newest ReplicaSet (else any) that tells best why the rollout is not complete."""
        order = list(PodTrouble)
        candidates = [p for p in self.pods if p.trouble not in (PodTrouble.NONE, PodTrouble.TERMINATING)]
        return max(candidates, key=lambda p: (p.current, order.index(p.trouble), p.ref), default=None)


def container_args(deployment: KubeObject) -> tuple[str, ...]:
    """The arguments of all containers, `$(POD_NAMESPACE)` replaced by the Deployment's namespace."""
    containers = fields.items(deployment.body, "spec", "template", "spec", "containers")
    given = [a for c in containers for a in (*fields.texts(c, "command"), *fields.texts(c, "args"))]
    return tuple(a.replace("$(POD_NAMESPACE)", deployment.namespace) for a in given)


def argument(args: tuple[str, ...], name: str) -> str:
    """The value of `--name=value` or `--name value`; the last one counts; "" when it is not given."""
    found = ""
    for index, given in enumerate(args):
        if given.startswith(f"--{name}="):
            found = given.partition("=")[2]
        elif given == f"--{name}" and index + 1 < len(args):
            found = args[index + 1]
    return found


def rollout(snapshot: Snapshot, deployment: KubeObject) -> Rollout:
    """The rollout of a Deployment, with its Pods."""
    body = deployment.body
    replicas = fields.number(body, "spec", "replicas", default=1)
    status = fields.mapping(body, "status")
    progressing = condition(body, "Progressing")
    pods = _pods(snapshot, deployment)
    updated, available = fields.number(status, "updatedReplicas"), fields.number(status, "availableReplicas")
    phase = _phase(deployment, replicas, progressing, pods)
    failure = condition(body, "ReplicaFailure")
    told = condition(body, "Available") if phase is RolloutPhase.COMPLETE else progressing
    return Rollout(
        ref=deployment.ref,
        phase=phase,
        replicas=replicas,
        total=fields.number(status, "replicas"),
        updated=updated,
        ready=fields.number(status, "readyReplicas"),
        available=available,
        reason=told.reason if told else "",
        message=told.message if told else "",
        since=told.since if told else None,
        deadline=_deadline(deployment, progressing),
        pods=pods,
        old_pods_serving=sum(1 for p in pods if p.ready and not p.current),
        version=_version(deployment, pods),
        args=container_args(deployment),
        failed_create=failure.message if failure and failure.status == "True" else "",
    )


def _phase(
    deployment: KubeObject, replicas: int, progressing: ConditionView | None, pods: tuple[PodView, ...]
) -> RolloutPhase:
    body = deployment.body
    status = fields.mapping(body, "status")
    observed = fields.number(status, "observedGeneration") >= fields.number(body, "metadata", "generation")
    if replicas == 0:
        return RolloutPhase.SCALED_TO_ZERO
    if progressing and progressing.status == "False" and progressing.reason == "ProgressDeadlineExceeded" and observed:
        return RolloutPhase.STALLED
    updated = fields.number(status, "updatedReplicas")
    complete = (
        observed
        and updated >= replicas
        and fields.number(status, "replicas") <= updated
        and fields.number(status, "availableReplicas") >= updated
        and not any(p.ready and not p.current for p in pods)
    )
    if complete:
        return RolloutPhase.COMPLETE
    return RolloutPhase.PAUSED if fields.flag(body, "spec", "paused") else RolloutPhase.ROLLING


def _deadline(deployment: KubeObject, progressing: ConditionView | None) -> float | None:
    limit = fields.number(deployment.body, "spec", "progressDeadlineSeconds", default=600)
    if progressing is None:
        created = fields.moment(deployment.body, "metadata", "creationTimestamp")
        return created + limit if created is not None else None
    if progressing.reason == "NewReplicaSetAvailable" or progressing.updated is None:
        return None
    return progressing.updated + limit


def _version(deployment: KubeObject, pods: tuple[PodView, ...]) -> str:
    running = sorted({p.version for p in pods if p.ready and p.version})
    if running:
        return running[0] if len(running) == 1 else ""
    containers = fields.items(deployment.body, "spec", "template", "spec", "containers")
    tagged = next((v for c in containers if (v := image_version(fields.text(c, "image")))), "")
    return tagged or label_version(deployment)


def owner_name(body: object, kind: str) -> str:
    """The name of the owner of that kind, "" when there is none."""
    owners = fields.items(body, "metadata", "ownerReferences")
    return next((fields.text(o, "name") for o in owners if fields.text(o, "kind") == kind), "")


def replicasets(snapshot: Snapshot, deployment: Key) -> tuple[KubeObject, ...]:
    """The Deployment's ReplicaSets, newest revision first."""
    owned = [
        rs
        for (namespace, _), rs in snapshot.of(Kind.REPLICASET).items()
        if namespace == deployment[0] and owner_name(rs.body, "Deployment") == deployment[1]
    ]
    return tuple(sorted(owned, key=lambda rs: (-_revision(rs), rs.name)))


def _revision(workload: KubeObject) -> int:
    told = fields.text(workload.body, "metadata", "annotations", "deployment.kubernetes.io/revision")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 12 else 0


def _pods(snapshot: Snapshot, deployment: KubeObject) -> tuple[PodView, ...]:
    sets = replicasets(snapshot, deployment.key)
    newest = sets[0].name if sets else ""
    names = {rs.name for rs in sets}
    selector = fields.mapping(deployment.body, "spec", "selector")
    # A namespace may hold a great many other Pods: the labels sort them out before anything else is read.
    wanted = tuple(fields.string_map(selector, "matchLabels").items())
    found = []
    for (namespace, _), pod in snapshot.of(Kind.POD).items():
        labels = fields.mapping(pod.body, "metadata", "labels")
        if namespace != deployment.namespace or any(labels.get(k) != v for k, v in wanted):
            continue
        owner = owner_name(pod.body, "ReplicaSet")
        if owner and names and owner not in names:
            continue
        if selector and not failing_requirement(selector, fields.string_map(labels)):
            found.append(pod_view(pod, current=not newest or owner in ("", newest)))
    return tuple(sorted(found, key=lambda p: (not p.current, p.ref)))


def pod_view(pod: KubeObject, *, current: bool = True) -> PodView:
    """The view of a Pod."""
    body = pod.body
    ready = condition(body, "Ready")
    is_ready = ready is not None and ready.status == "True" and not fields.text(body, "metadata", "deletionTimestamp")
    trouble, reason, message = _trouble(pod, is_ready)
    statuses = fields.items(body, "status", "containerStatuses")
    containers = fields.items(body, "spec", "containers")
    image = next((i for c in containers if (i := fields.text(c, "image"))), "")
    return PodView(
        ref=pod.ref,
        ready=is_ready,
        trouble=trouble,
        reason=reason,
        message=message,
        restarts=sum(fields.number(s, "restartCount") for s in statuses),
        ip=fields.text(body, "status", "podIP"),
        image=image,
        version=image_version(image) or fields.text(body, "metadata", "labels", constants.LABEL_VERSION),
        current=current,
        since=ready.since if ready else fields.moment(body, "metadata", "creationTimestamp"),
        started=_started(body, statuses),
        running_since=max(
            (t for s in statuses if (t := fields.moment(s, "state", "running", "startedAt"))), default=None
        ),
        last_words=next((w for s in statuses if (w := _last_words(s))), ""),
        ready_since=ready.since if ready and is_ready else None,
        host_network=fields.flag(body, "spec", "hostNetwork"),
    )


def _started(body: Mapping[str, Any], statuses: Iterable[Mapping[str, Any]]) -> float | None:
    moments = [fields.moment(s, "lastState", "terminated", "finishedAt") for s in statuses]
    moments.append(fields.moment(body, "metadata", "creationTimestamp"))
    return max((m for m in moments if m is not None), default=None)


def _trouble(pod: KubeObject, ready: bool) -> tuple[PodTrouble, str, str]:
    body = pod.body
    if fields.text(body, "metadata", "deletionTimestamp"):
        return PodTrouble.TERMINATING, "Terminating", ""
    if ready:
        return PodTrouble.NONE, "", ""
    phase = fields.text(body, "status", "phase")
    if phase == "Failed":
        return PodTrouble.FAILED, fields.text(body, "status", "reason") or phase, fields.text(body, "status", "message")
    scheduled = condition(body, "PodScheduled")
    if scheduled and scheduled.status == "False":
        return PodTrouble.UNSCHEDULED, scheduled.reason or "Unschedulable", scheduled.message
    unready = condition(body, "Ready")
    for key in ("initContainerStatuses", "containerStatuses"):
        for status in fields.items(body, "status", key):
            found = _container_trouble(status)
            if found:
                return found
    if phase == "Running":
        return PodTrouble.NOT_READY, (unready.reason if unready else ""), (unready.message if unready else "")
    return PodTrouble.STARTING, phase or "Pending", (unready.message if unready else "")


def _container_trouble(status: object) -> tuple[PodTrouble, str, str] | None:
    if fields.flag(status, "ready"):
        return None
    waiting = fields.mapping(status, "state", "waiting")
    reason, message = fields.text(waiting, "reason"), fields.text(waiting, "message")
    if reason in _IMAGE_REASONS:
        return PodTrouble.IMAGE, reason, message
    if reason in _CONFIG_REASONS:
        return PodTrouble.CONFIG, reason, message
    if reason == "CrashLoopBackOff":
        return PodTrouble.CRASHING, reason, _last_words(status) or message
    if waiting and reason not in _STARTING_REASONS:
        return PodTrouble.STARTING, reason, message
    return None


def _last_words(status: object) -> str:
    ended = fields.mapping(status, "lastState", "terminated")
    if not ended:
        return ""
    reason = fields.text(ended, "reason") or "terminated"
    message = fields.text(ended, "message")
    return f"{reason}, exit code {fields.number(ended, 'exitCode')}" + (f": {message}" if message else "")
