"""A simulated node: scheduler and kubelet in one. It runs the pods of cert-manager, and no others."""

import contextlib
import http.client
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from certdash.demo.chart.components import COMPONENTS, NAMESPACE
from certdash.demo.faults.api import STRATEGIC, Api, ApiError, Follower
from certdash.demo.faults.cluster import Behaviour, Ending, wait_for
from certdash.demo.faults.processes import lease_path
from certdash.demo.forwarder import Address
from certdash.demo.node.pods import Phase, Pod, event, status, timestamp, unschedulable_status
from certdash.demo.node.runtime import ContainerProcess
from certdash.demo.pace import Pace

Object = dict[str, Any]

NODE = "n1"
_TICK = 0.05
_READY_PERIOD = 0.3
_WEBHOOK_PORT = 10250


@dataclass(slots=True)
class Node:
    """The node n1 of one cluster.

    `launch` starts the process of a pod's container; `changed` is called when a process or a pod changed so that the
    Service proxy looks again. A container starts `start_delay` seconds after its pod was bound; a pod with a readiness
    probe is ready `ready_delay` seconds after that at the earliest. `behaviour` (by component and image tag, "" for
    any) holds for pods that come from then on; `delay` is how many seconds after its start a pod of that component
    and tag may be ready; `held` components stay down when their process dies. All these seconds are the cluster's.
    """

    api: Api
    address: str
    launch: Callable[[Pod], ContainerProcess]
    changed: Callable[[], None]
    kubelet_port: int = 10250
    pace: Pace = field(default_factory=Pace)
    start_delay: float = 0.0
    ready_delay: float = 0.0
    longest_back_off: float = 10.0
    behaviour: dict[tuple[str, str], Behaviour] = field(default_factory=dict)
    delay: dict[tuple[str, str], float] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)
    pods: dict[str, Pod] = field(default_factory=dict)
    _seen: dict[str, Object] = field(default_factory=dict)
    _waiting: set[str] = field(default_factory=set)
    _next_ip: int = 10
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _wake: threading.Event = field(default_factory=threading.Event)
    _stopped: threading.Event = field(default_factory=threading.Event)
    _follower: Follower | None = None
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Register the node and begin to run pods."""
        self._follower = Follower(self.api, "/api/v1/pods", self._observe)
        self._follower.start()
        self._thread = threading.Thread(target=self._run, daemon=True, name="node")
        self._thread.start()

    def stop(self, *, gently: float = 0.0) -> None:
        """End every process and the node's threads; with `gently`, leases are given back first."""
        self._stopped.set()
        self._wake.set()
        if self._follower is not None:
            self._follower.stop()
            self._follower.join()
        if self._thread is not None:
            self._thread.join(5)
        enders = [
            threading.Thread(target=pod.process.stop, kwargs={"gently": gently})
            for pod in self.pods.values()
            if pod.process is not None
        ]
        for ender in enders:
            ender.start()
        for ender in enders:
            ender.join()

    def register(self) -> None:
        """Create the node object and say that it is ready, reachable at this cluster's own address."""
        with contextlib.suppress(ApiError):
            self.api.create("/api/v1/nodes", {"metadata": {"name": NODE, "labels": {"kubernetes.io/os": "linux"}}})
        now = timestamp()
        ready = {
            "type": "Ready",
            "status": "True",
            "reason": "KubeletReady",
            "lastHeartbeatTime": now,
            "lastTransitionTime": now,
        }
        reported = {
            "addresses": [{"type": "InternalIP", "address": self.address}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": self.kubelet_port}},
            "conditions": [ready],
            "capacity": {"cpu": "4", "memory": "8Gi", "pods": "110"},
            "allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"},
        }
        self.api.patch(f"/api/v1/nodes/{NODE}/status", {"status": reported}, STRATEGIC)

    def of(self, component: str) -> list[Pod]:
        """The component's pods on this node, those being deleted excepted."""
        with self._lock:
            return [pod for pod in self.pods.values() if pod.component.name == component and not pod.deleting]

    def address_of(self, pod_ip: str, port: int) -> Address | None:
        """Where the process listens that stands behind `pod_ip`:`port`, or None when nothing does."""
        with self._lock:
            for pod in self.pods.values():
                if pod.ip == pod_ip and pod.process is not None and pod.process.alive and port == _WEBHOOK_PORT:
                    return pod.process.serving
        return None

    def age(self, older: Callable[[str], str]) -> None:
        """Move the times that pods are reported with into the past; `older` does it for one of them."""
        with self._lock:
            for pod in self.pods.values():
                pod.since = {what: (value, older(since)) for what, (value, since) in pod.since.items()}

    def find(self, namespace: str, name: str) -> Pod | None:
        """The pod of that name, if it runs here."""
        with self._lock:
            return next((p for p in self.pods.values() if (p.namespace, p.name) == (namespace, name)), None)

    def behave(self, component: str, behaviour: Behaviour, tag: str = "") -> None:
        """Let the component's pods behave so from now on, the running ones included; with `tag` only its image's."""
        with self._lock:
            self.behaviour[component, tag] = behaviour
            for pod in self.of(component):
                if not tag or pod.tag == tag:
                    pod.behaviour = behaviour
        self._wake.set()

    def behave_next(self, component: str, behaviour: Behaviour, tag: str = "") -> None:
        """Let the component's pods that are still to come fare so."""
        self.behaviour[component, tag] = behaviour

    def delay_readiness(self, component: str, tag: str, seconds: float | None) -> None:
        """Let pods of that image be ready so many seconds after their start at the earliest; None: when they are."""
        if seconds is None:
            self.delay.pop((component, tag), None)
        else:
            self.delay[component, tag] = seconds

    def stop_component(self, component: str, how: Ending) -> None:
        """Stop the component's processes for good."""
        self.held.add(component)
        processes = [pod.process for pod in self.of(component) if pod.process is not None]
        for process in processes:
            process.send(how)
        if how is not Ending.FREEZE:
            wait_for(f"end of {component}", lambda: not any(process.alive for process in processes))

    def start_component(self, component: str) -> None:
        """Let the component's processes run again, or go on. A Lease that a killed leader left is removed."""
        alive = [pod.process for pod in self.of(component) if pod.process is not None and pod.process.alive]
        lease = lease_path(component)
        if not alive and lease is not None:
            self.api.delete(lease)
        for process in alive:
            process.thaw()
        for pod in self.of(component):
            pod.restart_at = 0.0
        self.held.discard(component)

    def _observe(self, known: dict[str, Object]) -> None:
        with self._lock:
            self._seen = known
        self._wake.set()

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._wake.wait(_TICK)
            self._wake.clear()
            # A node outlives its API server: whatever a request meets is tried again at the next tick.
            with contextlib.suppress(OSError, http.client.HTTPException, ApiError):
                self._reconcile()
            with self._lock:
                running = list(self.pods.values())
            for pod in running:
                if self._stopped.is_set():
                    return
                with contextlib.suppress(OSError, http.client.HTTPException, ApiError):
                    self._step(pod)

    def _reconcile(self) -> None:
        with self._lock:
            seen = dict(self._seen)
        uids = {item["metadata"]["uid"]: item for item in seen.values()}
        for uid, item in uids.items():
            if item["metadata"].get("deletionTimestamp"):
                self._remove(uid, item)
            elif uid not in self.pods and item.get("status", {}).get("phase") not in ("Succeeded", "Failed"):
                self._admit(uid, item)
        for uid in [uid for uid in self.pods if uid not in uids]:
            self._end(uid)

    def _admit(self, uid: str, item: Object) -> None:
        metadata, spec = item["metadata"], item["spec"]
        container = spec["containers"][0]
        owner = metadata.get("labels", {}).get("app.kubernetes.io/component", "")
        component = COMPONENTS.get(owner)
        if component is None or metadata["namespace"] != NAMESPACE:
            return
        image = container["image"]
        tag = image.rpartition(":")[2]
        behaviour = self._behaviour_of(owner, tag)
        ip = item.get("status", {}).get("podIP") or self._take_ip()
        pod = Pod(metadata["name"], metadata["namespace"], uid, component, image, ip, behaviour)
        pod.restart_at = time.monotonic() + self.pace.wall(self.start_delay)
        if not spec.get("nodeName"):
            if behaviour is Behaviour.UNSCHEDULABLE:
                self._refuse(pod)
                return
            binding = {"metadata": {"name": pod.name}, "target": {"kind": "Node", "name": NODE}}
            self.api.create(f"{pod.path}/binding", binding)
            self._tell(pod, "Scheduled", f"Successfully assigned {pod.namespace}/{pod.name} to {NODE}", "Normal")
        with self._lock:
            self._waiting.discard(uid)
            # It may have changed while the Pod was bound.
            pod.behaviour = self._behaviour_of(owner, tag)
            self.pods[uid] = pod

    def _behaviour_of(self, component: str, tag: str) -> Behaviour:
        return self.behaviour.get((component, tag)) or self.behaviour.get((component, "")) or Behaviour.NORMAL

    def _refuse(self, pod: Pod) -> None:
        if pod.uid in self._waiting:
            return
        wanted = unschedulable_status()
        self.api.patch(f"{pod.path}/status", {"status": wanted}, STRATEGIC)
        self._tell(pod, "FailedScheduling", wanted["conditions"][0]["message"], source="default-scheduler")
        self._waiting.add(pod.uid)

    def _take_ip(self) -> str:
        taken = {pod.ip for pod in self.pods.values()}
        while (ip := f"10.244.0.{self._next_ip}") in taken:
            self._next_ip = 10 + (self._next_ip - 9) % 200
        self._next_ip = 10 + (self._next_ip - 9) % 200
        return ip

    def _remove(self, uid: str, item: Object) -> None:
        metadata = item["metadata"]
        path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}"
        pod = self.pods.get(uid)
        if pod is None:
            self.api.delete(path, gracePeriodSeconds="0")
            return
        if pod.deleting:
            return
        pod.deleting = True

        def finish() -> None:
            if pod.process is not None:
                pod.process.stop(gently=2)
            self.changed()
            with contextlib.suppress(OSError, http.client.HTTPException, ApiError):
                self.api.delete(path, gracePeriodSeconds="0")

        threading.Thread(target=finish, daemon=True, name=f"end {pod.name}").start()

    def _end(self, uid: str) -> None:
        with self._lock:
            pod = self.pods.pop(uid)
        if pod.process is not None and not pod.deleting:
            pod.process.stop()
        self.changed()

    def _step(self, pod: Pod) -> None:
        if pod.deleting:
            return
        if pod.behaviour is Behaviour.IMAGE_PULL:
            self._fail_pull(pod)
        elif pod.behaviour is Behaviour.CRASH_LOOP:
            self._crash(pod)
        else:
            self._keep_running(pod)
        self._report(pod)

    def _fail_pull(self, pod: Pod) -> None:
        if pod.phase is Phase.PULL_FAILED:
            return
        if pod.process is not None:
            pod.process.stop()
            pod.process = None
        pod.phase, pod.ready = Phase.PULL_FAILED, False
        self._tell(pod, "Failed", f'Failed to pull image "{pod.image}": manifest unknown')
        self._tell(pod, "BackOff", f'Back-off pulling image "{pod.image}"', "Normal")

    def _crash(self, pod: Pod) -> None:
        if pod.phase is Phase.CRASHED and pod.restarts >= 4:
            return
        if pod.process is not None:
            pod.process.stop()
            pod.process = None
        pod.phase, pod.ready, pod.exit_code, pod.restarts = Phase.CRASHED, False, 1, max(4, pod.restarts)
        self._tell(pod, "BackOff", f"Back-off restarting failed container {pod.component.container} in pod {pod.name}")

    def _keep_running(self, pod: Pod) -> None:
        now = time.monotonic()
        held = pod.component.name in self.held
        if pod.process is not None and not pod.process.alive:
            pod.exit_code = pod.process.exit_code or 0
            pod.process, pod.ready, pod.phase = None, False, Phase.CRASHED
            pod.restarts += 1
            pod.restart_at = now + self.pace.wall(min(0.5 * 2**pod.restarts, self.longest_back_off))
            self.changed()
        elif pod.process is None and not held and now >= pod.restart_at:
            self._launch(pod)
            pod.started, pod.phase = now, Phase.RUNNING
        else:
            pod.ready = self._is_ready(pod, now)

    def _launch(self, pod: Pod) -> None:
        pod.process = self.launch(pod)
        self._tell(pod, "Started", "Container started", "Normal")
        self.changed()

    def _is_ready(self, pod: Pod, now: float) -> bool:
        if pod.process is None or pod.behaviour is Behaviour.NEVER_READY:
            return False
        earliest = self.ready_delay if pod.component.ready_path else 0.0
        delay = self.delay.get((pod.component.name, pod.tag), earliest)
        if not pod.ready and now < pod.started + self.pace.wall(delay):
            return False
        if not pod.component.ready_path:
            return True
        if pod.ready and now < pod.probed + _READY_PERIOD:
            return True
        pod.probed = now
        return pod.process.healthy()

    def _report(self, pod: Pod) -> None:
        now = (pod.phase, pod.ready, pod.restarts)
        if now == pod.reported:
            return
        if pod.reported is not None and pod.reported[1] and not pod.ready and pod.phase is Phase.RUNNING:
            self._tell(pod, "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 500")
        self.api.patch(f"{pod.path}/status", {"status": status(pod, self.address)}, STRATEGIC)
        pod.reported = now
        self.changed()

    def _tell(self, pod: Pod, reason: str, message: str, kind: str = "Warning", source: str = "kubelet") -> None:
        with contextlib.suppress(ApiError):
            self.api.create(f"/api/v1/namespaces/{pod.namespace}/events", event(pod, reason, message, kind, source))
