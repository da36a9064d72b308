"""The real process behind each pod of cert-manager: how it is started, asked, and ended."""

import http.client
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from certdash.demo.chart.components import CONTROLLER, NAMESPACE, WEBHOOK, Component
from certdash.demo.faults.cluster import Ending
from certdash.demo.forwarder import Address
from certdash.demo.node.pods import Pod
from tests.real.isolation import Range
from tests.real.processes import SIGNALS, Process

_SLOTS = 20


@dataclass(frozen=True, slots=True)
class Launch:
    """What the process of one pod is started with: binaries, kubeconfig, two ports, the length of its Lease."""

    binaries: Path
    kubeconfig: Path
    address: str
    serving_port: int
    health_port: int
    lease_seconds: int


def _election(seconds: int) -> list[str]:
    """Leader election flags in the proportions of the chart's default of 60, 40 and 15 seconds."""
    return [
        f"--leader-election-lease-duration={seconds}s",
        f"--leader-election-renew-deadline={seconds * 2 // 3}s",
        f"--leader-election-retry-period={max(1, seconds // 4)}s",
    ]


def command(component: Component, launch: Launch) -> list[str]:
    """The command line of the component's real process, with the arguments of its container where they apply."""
    binary = str(launch.binaries / component.name)
    if component is WEBHOOK:
        names = [f"cert-manager-webhook{suffix}" for suffix in ("", f".{NAMESPACE}", f".{NAMESPACE}.svc")]
        return [
            binary,
            "--v=2",
            f"--kubeconfig={launch.kubeconfig}",
            f"--secure-port={launch.serving_port}",
            f"--healthz-port={launch.health_port}",
            "--metrics-listen-address=0",
            f"--dynamic-serving-ca-secret-namespace={NAMESPACE}",
            "--dynamic-serving-ca-secret-name=cert-manager-webhook-ca",
            f"--dynamic-serving-dns-names={','.join(names)}",
        ]
    if component is CONTROLLER:
        return [
            binary,
            f"--kube-config={launch.kubeconfig}",
            f"--cluster-resource-namespace={NAMESPACE}",
            f"--healthz-listen-address={launch.address}:{launch.health_port}",
            *_election(launch.lease_seconds),
        ]
    return [binary, *_election(launch.lease_seconds)]


@dataclass(frozen=True, slots=True)
class RealContainer:
    """A real process as the node's container."""

    process: Process
    address: Address | None
    health: Address
    ready_path: str

    @property
    def alive(self) -> bool:
        """True while it runs, stopped by SIGSTOP included."""
        return self.process.alive

    @property
    def exit_code(self) -> int | None:
        """Its exit code once it ended, negative for a signal."""
        return self.process.exit_code

    def send(self, how: Ending) -> None:
        """Send the signal that this means."""
        self.process.signal(SIGNALS[how])

    def thaw(self) -> None:
        """SIGCONT."""
        self.process.resume()

    def stop(self, *, gently: float = 0.0) -> None:
        """End it and wait."""
        self.process.stop(gently=gently)

    def healthy(self) -> bool:
        """What its health endpoint says."""
        return not self.ready_path or _answers(*self.health, self.ready_path)

    @property
    def serving(self) -> Address | None:
        """Where the webhook serves."""
        return self.address


@dataclass(slots=True)
class RealRuntime:
    """Starts the real processes. `token_kubeconfig` makes a kubeconfig with a fresh token of a ServiceAccount."""

    range: Range
    binaries: Path
    logs: Path
    token_kubeconfig: Callable[[str], Path]
    lease_seconds: int = 6
    _slots: dict[str, int] = field(default_factory=dict)
    _next_slot: int = 0

    def launch(self, pod: Pod) -> RealContainer:
        """Start the process of the pod's container; the log of the one before is kept."""
        component, slot = pod.component, self._slot(pod)
        kubeconfig = self.token_kubeconfig(component.deployment)
        ports = (self.range.port(slot), self.range.port(_SLOTS + slot))
        launch = Launch(self.binaries, kubeconfig, self.range.address("0.1"), *ports, self.lease_seconds)
        log = self.log(pod.name)
        if log.exists():
            log.replace(self.log(pod.name, previous=True))
        environment = {"KUBECONFIG": str(kubeconfig), "POD_NAME": pod.name, "POD_NAMESPACE": pod.namespace}
        process = Process(pod.name, command(component, launch), log, environment)
        process.start()
        serving = ("127.0.0.1", ports[0]) if component is WEBHOOK else None
        return RealContainer(process, serving, ("127.0.0.1", ports[1]), component.ready_path)

    def log(self, pod: str, *, previous: bool = False) -> Path:
        """The log file of a pod's container, or of its run before this one."""
        return self.logs / f"{pod}{'.previous' if previous else ''}.log"

    def _slot(self, pod: Pod) -> int:
        """The ports of a pod: its own, or the ones that were longest not in use."""
        if pod.uid not in self._slots:
            self._slots[pod.uid] = self._next_slot
            self._next_slot = (self._next_slot + 1) % _SLOTS
        return self._slots[pod.uid]


def _answers(host: str, port: int, path: str) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=0.5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
