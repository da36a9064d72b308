"""The three components of cert-manager: their names in the chart."""

from dataclasses import dataclass

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
