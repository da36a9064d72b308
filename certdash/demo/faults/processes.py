"""Faults in processes: of the control plane and of cert-manager."""

from certdash.demo.faults.base import FaultBase
from certdash.demo.faults.cluster import Ending

_LEASES = {"controller": "cert-manager-controller", "cainjector": "cert-manager-cainjector-leader-election"}
_LEASE_PATH = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases"


class ProcessFaults(FaultBase):
    """Stops and starts processes. Those of a real control plane must be started from a thread that stays."""

    def stop_process(self, name: str, how: str = "kill") -> None:
        """Stop a process for good: `kill` (SIGKILL), `term` (it may say good-bye) or `freeze` (SIGSTOP).

        `name` is webhook, cainjector, controller, kube-apiserver, etcd or kube-controller-manager.
        """
        try:
            ending = Ending(how)
        except ValueError:
            raise ValueError(f"{how!r} is none of {', '.join(Ending)}") from None
        self._broke(f"process {name}", lambda: self.start_process(name))
        self.cluster.stop_process(name, ending)

    def start_process(self, name: str) -> None:
        """Let a stopped process run again. A Lease that a killed leader left is removed, so that none waits for it."""
        self.cluster.start_process(name)
        self._healed(f"process {name}")

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
        self.api.delete(f"{_LEASE_PATH}/{_LEASES[component]}")


def lease_path(component: str) -> str | None:
    """The API path of a component's Lease, None for the webhook, of which each replica works."""
    name = _LEASES.get(component)
    return None if name is None else f"{_LEASE_PATH}/{name}"
