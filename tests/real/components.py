"""The three components of cert-manager: their names in the chart and the real process behind each pod."""

from dataclasses import dataclass
from pathlib import Path

NAMESPACE = "cert-manager"
VERSION = "v1.21.1"
IMAGES = "quay.io/jetstack"


@dataclass(frozen=True, slots=True)
class Component:
    """One component as the chart names it with the release name cert-manager."""

    name: str
    deployment: str
    app: str
    ports: tuple[tuple[str, int], ...]
    ready_path: str = ""

    @property
    def container(self) -> str:
        """The container's name."""
        return f"cert-manager-{self.name}"

    @property
    def image(self) -> str:
        """The image without its tag."""
        return f"{IMAGES}/cert-manager-{self.name}"

    @property
    def selector(self) -> dict[str, str]:
        """The labels that Deployment and Service select pods by."""
        return {
            "app.kubernetes.io/name": self.app,
            "app.kubernetes.io/instance": "cert-manager",
            "app.kubernetes.io/component": self.name,
        }


CONTROLLER = Component("controller", "cert-manager", "cert-manager", (("http-metrics", 9402), ("http-healthz", 9403)))
WEBHOOK = Component(
    "webhook",
    "cert-manager-webhook",
    "webhook",
    (("https", 10250), ("healthcheck", 6080), ("http-metrics", 9402)),
    ready_path="/healthz",
)
CAINJECTOR = Component("cainjector", "cert-manager-cainjector", "cainjector", (("http-metrics", 9402),))
COMPONENTS = {component.name: component for component in (CONTROLLER, WEBHOOK, CAINJECTOR)}


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
