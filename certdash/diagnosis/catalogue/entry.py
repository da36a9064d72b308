"""One entry of the catalogue, and the places that references lead to."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from certdash.model.finding import Component, Severity

WEBHOOK_PAGE: Final = "https://cert-manager.io/docs/troubleshooting/webhook/"
INSTALL_PAGE: Final = "https://cert-manager.io/docs/installation/helm/"
COMPATIBILITY_PAGE: Final = "https://cert-manager.io/docs/installation/compatibility/"
CAINJECTOR_PAGE: Final = "https://cert-manager.io/docs/concepts/ca-injector/"
UPGRADE_PAGE: Final = "https://cert-manager.io/docs/installation/upgrade/"
CRD_PAGE: Final = "https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/"
ADMISSION_PAGE: Final = "https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/"
POLICY_PAGE: Final = "https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/"
RBAC_PAGE: Final = "https://kubernetes.io/docs/reference/access-authn-authz/rbac/"
QUOTA_PAGE: Final = "https://kubernetes.io/docs/concepts/policy/resource-quotas/"
PODS_PAGE: Final = "https://kubernetes.io/docs/tasks/debug/debug-application/debug-pods/"
ROLLOUT_PAGE: Final = "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/"
SERVICE_PAGE: Final = "https://kubernetes.io/docs/tasks/debug/debug-application/debug-service/"
ACCESS_PAGE: Final = "https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/"
LEASE_PAGE: Final = "https://kubernetes.io/docs/concepts/architecture/leases/"


class Rank(IntEnum):
    """Which blocker is the root cause: the lowest rank names it, the others are also seen.

    This is the order in which the API server meets the links of the chain, but for TESTING: what keeps us from asking
    (permission, the probe's namespace, quota) yields to what the objects prove by themselves.
    """

    CONNECTION = 10
    AUTHENTICATION = 20
    API_SERVER = 30
    CRDS = 40
    OTHERS = 60
    CONFIGURATIONS = 70
    INSTALL = 75
    SERVICE = 80
    WORKLOAD = 90
    ENDPOINTS = 95
    CA_BUNDLE = 100
    TESTING = 105
    CERTIFICATE = 110
    NETWORK = 120
    PROTOCOL = 130
    UNEXPLAINED = 140
    WAITING = 150


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """What is always true of a finding with this code. `explanation` says what it means and why it matters."""

    code: str
    rank: Rank
    component: Component
    severity: Severity
    title: str
    explanation: str
    reference: str
