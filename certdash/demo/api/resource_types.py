"""Which resources the embedded API server has, beside those that CRDs add."""

from dataclasses import dataclass

from certdash.demo.api.objects import Object


@dataclass(frozen=True, slots=True)
class ResourceType:
    """One resource of the API. `subresources` are those that are served; `generation` says whether a change of the
    object outside metadata and status raises metadata.generation."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool
    short_names: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ()
    generation: bool = False
    categories: tuple[str, ...] = ()

    @property
    def api_version(self) -> str:
        """`group/version`, or the bare version in the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def group_resource(self) -> str:
        """`deployments.apps`, or the bare plural in the core group, as error texts name it."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def singular(self) -> str:
        """The kind in lower case."""
        return self.kind.lower()

    def path(self, namespace: str = "", name: str = "") -> str:
        """The request path of the collection, or of one object when `name` is given."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        scope = f"/namespaces/{namespace}" if self.namespaced and namespace else ""
        return f"{root}{scope}/{self.plural}" + (f"/{name}" if name else "")


_ALL = ("all",)
_EXTENSIONS = ("api-extensions",)

NAMESPACES = ResourceType("", "v1", "namespaces", "Namespace", False, ("ns",), ("status", "finalize"))
NODES = ResourceType("", "v1", "nodes", "Node", False, ("no",), ("status",))
PODS = ResourceType(
    "", "v1", "pods", "Pod", True, ("po",), ("status", "log", "binding"), generation=True, categories=_ALL
)
SERVICES = ResourceType("", "v1", "services", "Service", True, ("svc",), ("status",), categories=_ALL)
SECRETS = ResourceType("", "v1", "secrets", "Secret", True)
CONFIG_MAPS = ResourceType("", "v1", "configmaps", "ConfigMap", True, ("cm",))
EVENTS = ResourceType("", "v1", "events", "Event", True, ("ev",))
SERVICE_ACCOUNTS = ResourceType("", "v1", "serviceaccounts", "ServiceAccount", True, ("sa",))
DEPLOYMENTS = ResourceType(
    "apps", "v1", "deployments", "Deployment", True, ("deploy",), ("status", "scale"), generation=True, categories=_ALL
)
REPLICA_SETS = ResourceType(
    "apps", "v1", "replicasets", "ReplicaSet", True, ("rs",), ("status", "scale"), generation=True, categories=_ALL
)
ENDPOINT_SLICES = ResourceType("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", True, generation=True)
LEASES = ResourceType("coordination.k8s.io", "v1", "leases", "Lease", True)
CRDS = ResourceType(
    "apiextensions.k8s.io",
    "v1",
    "customresourcedefinitions",
    "CustomResourceDefinition",
    False,
    ("crd", "crds"),
    ("status",),
    generation=True,
    categories=_EXTENSIONS,
)
VALIDATING = ResourceType(
    "admissionregistration.k8s.io",
    "v1",
    "validatingwebhookconfigurations",
    "ValidatingWebhookConfiguration",
    False,
    generation=True,
    categories=_EXTENSIONS,
)
MUTATING = ResourceType(
    "admissionregistration.k8s.io",
    "v1",
    "mutatingwebhookconfigurations",
    "MutatingWebhookConfiguration",
    False,
    generation=True,
    categories=_EXTENSIONS,
)
POLICIES = ResourceType(
    "admissionregistration.k8s.io",
    "v1",
    "validatingadmissionpolicies",
    "ValidatingAdmissionPolicy",
    False,
    (),
    ("status",),
    generation=True,
    categories=_EXTENSIONS,
)
POLICY_BINDINGS = ResourceType(
    "admissionregistration.k8s.io",
    "v1",
    "validatingadmissionpolicybindings",
    "ValidatingAdmissionPolicyBinding",
    False,
    generation=True,
    categories=_EXTENSIONS,
)
CLUSTER_ROLES = ResourceType("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", False)
CLUSTER_ROLE_BINDINGS = ResourceType(
    "rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding", False
)
ROLES = ResourceType("rbac.authorization.k8s.io", "v1", "roles", "Role", True)
ROLE_BINDINGS = ResourceType("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding", True)

BUILT_IN = (
    NAMESPACES,
    NODES,
    PODS,
    SERVICES,
    SECRETS,
    CONFIG_MAPS,
    EVENTS,
    SERVICE_ACCOUNTS,
    DEPLOYMENTS,
    REPLICA_SETS,
    ENDPOINT_SLICES,
    LEASES,
    CRDS,
    VALIDATING,
    MUTATING,
    POLICIES,
    POLICY_BINDINGS,
    CLUSTER_ROLES,
    CLUSTER_ROLE_BINDINGS,
    ROLES,
    ROLE_BINDINGS,
)


def custom_resource_type(crd: Object) -> ResourceType:
    """The resource that a CustomResourceDefinition adds, in its storage version."""
    spec = crd["spec"]
    names = spec["names"]
    stored = next(version for version in spec["versions"] if version.get("storage"))
    subresources = tuple(stored.get("subresources", {}))
    return ResourceType(
        spec["group"],
        stored["name"],
        names["plural"],
        names["kind"],
        spec["scope"] == "Namespaced",
        tuple(names.get("shortNames", ())),
        subresources,
        generation=True,
        categories=tuple(names.get("categories", ())),
    )
