"""Where the kinds live in the API that leftovers are looked for among."""

from typing import Final

from certdash.model.resource import Resource

_RBAC = "rbac.authorization.k8s.io"

CLUSTER_ROLES: Final = Resource(_RBAC, "v1", "clusterroles", "ClusterRole", False)
CLUSTER_ROLE_BINDINGS: Final = Resource(_RBAC, "v1", "clusterrolebindings", "ClusterRoleBinding", False)
ROLES: Final = Resource(_RBAC, "v1", "roles", "Role", True)
ROLE_BINDINGS: Final = Resource(_RBAC, "v1", "rolebindings", "RoleBinding", True)
SERVICE_ACCOUNTS: Final = Resource("", "v1", "serviceaccounts", "ServiceAccount", True)
JOBS: Final = Resource("batch", "v1", "jobs", "Job", True)
INGRESSES: Final = Resource("networking.k8s.io", "v1", "ingresses", "Ingress", True)
GATEWAYS: Final = Resource("gateway.networking.k8s.io", "v1", "gateways", "Gateway", True)
