"""What a pod of the node simulator is, and the status that a kubelet would report for it."""

import datetime
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from certdash.demo.chart.components import Component
from certdash.demo.faults.cluster import Behaviour
from certdash.demo.node.runtime import ContainerProcess

Object = dict[str, Any]


class Phase(StrEnum):
    """What the container of a pod is doing."""

    CREATING = "ContainerCreating"
    RUNNING = "Running"
    PULL_FAILED = "ImagePullBackOff"
    CRASHED = "CrashLoopBackOff"
    UNSCHEDULABLE = "Unschedulable"


def timestamp() -> str:
    """Now, as Kubernetes writes times."""
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(slots=True)
class Pod:
    """One bound pod and the process behind it. Times are seconds of the monotonic clock."""

    name: str
    namespace: str
    uid: str
    component: Component
    image: str
    ip: str
    behaviour: Behaviour
    phase: Phase = Phase.CREATING
    process: ContainerProcess | None = None
    ready: bool = False
    started: float = 0.0
    restart_at: float = 0.0
    probed: float = 0.0
    restarts: int = 0
    exit_code: int = 0
    deleting: bool = False
    reported: tuple[Phase, bool, int] | None = None
    since: dict[str, tuple[object, str]] = field(default_factory=dict)

    @property
    def tag(self) -> str:
        """The tag of its image."""
        return self.image.rpartition(":")[2]

    @property
    def path(self) -> str:
        """Its API path."""
        return f"/api/v1/namespaces/{self.namespace}/pods/{self.name}"

    def held_since(self, what: str, value: object) -> str:
        """Since when `what` has had this value, as Kubernetes writes times."""
        known = self.since.get(what)
        if known is None or known[0] != value:
            known = self.since[what] = (value, timestamp())
        return known[1]


def _condition(kind: str, holds: bool, reason: str = "", message: str = "", since: str = "") -> Object:
    made = {"type": kind, "status": "True" if holds else "False", "lastTransitionTime": since or timestamp()}
    if reason:
        made["reason"] = reason
    if message:
        made["message"] = message
    return made


def unschedulable_status() -> Object:
    """The status that the scheduler gives a pod for which there is no node."""
    message = (
        "0/1 nodes are available: 1 Insufficient memory. no new claims to deallocate, "
        "preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod."
    )
    return {"phase": "Pending", "conditions": [_condition("PodScheduled", False, "Unschedulable", message)]}


def _state(pod: Pod) -> Object:
    if pod.phase is Phase.RUNNING:
        return {"running": {"startedAt": pod.held_since("started", pod.restarts)}}
    messages = {
        Phase.CREATING: "",
        Phase.PULL_FAILED: f'Back-off pulling image "{pod.image}": ErrImagePull: manifest unknown',
        Phase.CRASHED: (
            f"back-off 10s restarting failed container={pod.component.container} "
            f"pod={pod.name}_{pod.namespace}({pod.uid})"
        ),
    }
    waiting = {"reason": str(pod.phase)}
    if message := messages.get(pod.phase):
        waiting["message"] = message
    return {"waiting": waiting}


def status(pod: Pod, host: str) -> Object:
    """The pod's status as its kubelet reports it from the node with address `host`."""
    container: Object = {
        "name": pod.component.container,
        "image": pod.image,
        "imageID": "",
        "ready": pod.ready,
        "started": pod.phase is Phase.RUNNING,
        "restartCount": pod.restarts,
        "state": _state(pod),
    }
    if pod.phase is Phase.RUNNING:
        container["containerID"] = f"containerd://{pod.uid.replace('-', '')}{pod.restarts}"
    if pod.restarts:
        when = pod.held_since("ended", pod.restarts)
        ended = {"exitCode": pod.exit_code, "reason": "Error", "startedAt": when, "finishedAt": when}
        container["lastState"] = {"terminated": ended}
    lacking = ("", "")
    if not pod.ready:
        lacking = ("ContainersNotReady", f"containers with unready status: [{pod.component.container}]")
    return {
        "phase": "Running" if pod.phase is Phase.RUNNING or pod.restarts else "Pending",
        "hostIP": host,
        "podIP": pod.ip,
        "podIPs": [{"ip": pod.ip}],
        "conditions": [
            _condition("PodScheduled", True, since=pod.held_since("scheduled", True)),
            _condition("Initialized", True, since=pod.held_since("scheduled", True)),
            _condition("ContainersReady", pod.ready, *lacking, since=pod.held_since("ready", pod.ready)),
            _condition("Ready", pod.ready, *lacking, since=pod.held_since("ready", pod.ready)),
        ],
        "containerStatuses": [container],
    }


def event(pod: Pod, reason: str, message: str, kind: str = "Warning", source: str = "kubelet") -> Object:
    """An Event about the pod."""
    now = timestamp()
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"generateName": f"{pod.name}.", "namespace": pod.namespace},
        "involvedObject": {
            "apiVersion": "v1",
            "kind": "Pod",
            "name": pod.name,
            "namespace": pod.namespace,
            "uid": pod.uid,
        },
        "reason": reason,
        "message": message,
        "type": kind,
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
        "source": {"component": source},
        "reportingComponent": source,
        "reportingInstance": "",
    }
