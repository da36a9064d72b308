"""What cert-manager's chart gives every object of the made-up install: names, version, labels and annotations."""

from certdash.certmanager import constants as c

VERSION = "v1.21.1"
NS = "cert-manager"
SERVICE_IP = "10.96.55.51"
WEBHOOK_POD = "cert-manager-webhook-6c9d5f7b8-k2xwq"
CONTROLLER_POD = "cert-manager-7d4b5c9f6-9ptzl"
CAINJECTOR_POD = "cert-manager-cainjector-5f8c6d7b9-mv4hs"
PODS = {c.CONTROLLER: CONTROLLER_POD, c.WEBHOOK: WEBHOOK_POD, c.CAINJECTOR: CAINJECTOR_POD}


def deployment_name(component: str) -> str:
    """The chart's name for a component's Deployment."""
    return "cert-manager" if component == c.CONTROLLER else f"cert-manager-{component}"


def image(component: str, version: str = VERSION) -> str:
    """The published image of a component."""
    return f"quay.io/jetstack/cert-manager-{component}:{version}"


def component_labels(component: str) -> dict[str, str]:
    """What the chart labels the objects of a component with."""
    name = "cert-manager" if component == c.CONTROLLER else component
    return {
        "app": name,
        c.LABEL_NAME: name,
        c.LABEL_INSTANCE: "cert-manager",
        c.LABEL_COMPONENT: component,
        c.LABEL_VERSION: VERSION,
        c.LABEL_MANAGED_BY: "Helm",
        c.LABEL_CHART: f"cert-manager-{VERSION}",
    }


def release_annotations() -> dict[str, str]:
    """How helm marks what belongs to the release."""
    return {"meta.helm.sh/release-name": "cert-manager", "meta.helm.sh/release-namespace": NS}


def selector_labels(component: str) -> dict[str, str]:
    """The labels by which a component's Pods are selected."""
    labels = component_labels(component)
    return {k: labels[k] for k in (c.LABEL_NAME, c.LABEL_INSTANCE, c.LABEL_COMPONENT)}
