"""Faults in processes: of the control plane and of cert-manager."""

import signal

from tests.real.components import COMPONENTS
from tests.real.fault_base import FaultBase
from tests.real.processes import wait_for

_LEASES = {"controller": "cert-manager-controller", "cainjector": "cert-manager-cainjector-leader-election"}
_SIGNALS = {"kill": signal.SIGKILL, "term": signal.SIGTERM, "freeze": signal.SIGSTOP}


class ProcessFaults(FaultBase):
    """Stops and starts the real processes. Control plane processes must be started from a thread that stays."""

    def stop_process(self, name: str, how: str = "kill") -> None:
        """Stop a process for good: `kill` (SIGKILL), `term` (it may say good-bye) or `freeze` (SIGSTOP).

        `name` is webhook, cainjector, controller, kube-apiserver, etcd or kube-controller-manager.
        """
        if how not in _SIGNALS:
            raise ValueError(f"{how!r} is none of {', '.join(_SIGNALS)}")
        self._broke(f"process {name}", lambda: self.start_process(name))
        if name in COMPONENTS:
            self._stop_component(name, _SIGNALS[how])
            return
        process = self.cluster.processes.get(name)
        if process is None:
            known = [*COMPONENTS, *self.cluster.processes]
            raise ValueError(f"no process {name!r}: {', '.join(known)}")
        process.signal(_SIGNALS[how])
        if how != "freeze":
            wait_for(f"end of {name}", lambda: not process.alive)

    def _stop_component(self, name: str, number: signal.Signals) -> None:
        node = self.cluster.node
        node.held.add(name)
        processes = [pod.process for pod in node.of(name) if pod.process is not None]
        for process in processes:
            process.signal(number)
        if number is not signal.SIGSTOP:
            wait_for(f"end of {name}", lambda: not any(process.alive for process in processes))

    def start_process(self, name: str) -> None:
        """Let a stopped process run again. A Lease that a killed leader left is removed, so that none waits for it."""
        self._healed(f"process {name}")
        if name in COMPONENTS:
            self._start_component(name)
            return
        process = self.cluster.processes[name]
        if process.alive:
            process.signal(signal.SIGCONT)
        else:
            self.cluster.start_process(name)

    def _start_component(self, name: str) -> None:
        node = self.cluster.node
        alive = [pod.process for pod in node.of(name) if pod.process is not None and pod.process.alive]
        if not alive and name in _LEASES:
            self._delete_lease(name)
        for process in alive:
            process.signal(signal.SIGCONT)
        for pod in node.of(name):
            pod.restart_at = 0.0
        node.held.discard(name)

    def lease_gone(self, component: str) -> None:
        """Stop the component's process and delete its Lease: nobody leads."""
        self._component(component)
        self.stop_process(component, "term")
        self._delete_lease(component)

    def stale_lease(self, component: str) -> None:
        """Kill the component's leader; its Lease stays behind and runs out after a minute."""
        self._component(component)
        self.stop_process(component, "kill")

    def _forget_leaders(self, *components: str) -> None:
        """Delete the Leases of components without a pod, so that their next leader need not wait for the last."""
        for name in components:
            if name in _LEASES and not self.cluster.node.of(name):
                self._delete_lease(name)

    def _delete_lease(self, component: str) -> None:
        self.api.delete(f"/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/{_LEASES[component]}")
