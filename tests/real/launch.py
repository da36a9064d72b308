"""The real process behind each pod of cert-manager: how it is started."""

from dataclasses import dataclass
from pathlib import Path

from certdash.demo.chart.components import CONTROLLER, NAMESPACE, WEBHOOK, Component


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
