"""The names that cert-manager gives its objects, as its chart and its source spell them (v1.8 to v1.21)."""

from typing import Final

GROUP: Final = "cert-manager.io"
ACME_GROUP: Final = "acme.cert-manager.io"
GROUPS: Final = frozenset({GROUP, ACME_GROUP})
VERSION: Final = "v1"

CRD_NAMES: Final = (
    "certificaterequests.cert-manager.io",
    "certificates.cert-manager.io",
    "challenges.acme.cert-manager.io",
    "clusterissuers.cert-manager.io",
    "issuers.cert-manager.io",
    "orders.acme.cert-manager.io",
)

DEFAULT_NAMESPACE: Final = "cert-manager"
DEFAULT_FULLNAME: Final = "cert-manager"

# The chart's entry name in both configurations, and the two of the community OLM bundle.
ENTRY_NAMES: Final = frozenset(
    {"webhook.cert-manager.io", "validate.webhooks.cert-manager.io", "mutate.webhooks.cert-manager.io"}
)
VALIDATE_PATH: Final = "/validate"
MUTATE_PATH: Final = "/mutate"
WEBHOOK_PORT_NAME: Final = "https"

INJECT_FROM_SECRET: Final = "cert-manager.io/inject-ca-from-secret"
INJECT_FROM_CERTIFICATE: Final = "cert-manager.io/inject-ca-from"
ALLOW_DIRECT_INJECTION: Final = "cert-manager.io/allow-direct-injection"
DISABLE_VALIDATION: Final = "cert-manager.io/disable-validation"

LABEL_NAME: Final = "app.kubernetes.io/name"
LABEL_INSTANCE: Final = "app.kubernetes.io/instance"
LABEL_COMPONENT: Final = "app.kubernetes.io/component"
LABEL_VERSION: Final = "app.kubernetes.io/version"
LABEL_MANAGED_BY: Final = "app.kubernetes.io/managed-by"
LABEL_CHART: Final = "helm.sh/chart"
LABEL_SERVICE_NAME: Final = "kubernetes.io/service-name"

CONTROLLER: Final = "controller"
WEBHOOK: Final = "webhook"
CAINJECTOR: Final = "cainjector"
COMPONENTS: Final = (CONTROLLER, WEBHOOK, CAINJECTOR)
COMPONENT_SELECTOR: Final = f"{LABEL_COMPONENT} in ({CONTROLLER}, {WEBHOOK}, {CAINJECTOR})"
IMAGE_NAMES: Final = {f"cert-manager-{c}": c for c in COMPONENTS}

CONTROLLER_LEASE: Final = "cert-manager-controller"
CAINJECTOR_LEASE: Final = "cert-manager-cainjector-leader-election"
DEFAULT_LEASE_NAMESPACE: Final = "kube-system"
CAINJECTOR_FIELD_MANAGER: Final = "cert-manager-cainjector"

PROBE_GENERATE_NAME: Final = "certdash-probe-"
PROBE_SENTINEL: Final = "certdash-sentinel"
PROBE_DENIED_FIELD: Final = "spec.ipAddresses[0]"
