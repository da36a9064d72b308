"""The Kubernetes kinds that certdash reads, and one object of such a kind, reduced to what is needed."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

Key: TypeAlias = tuple[str, str]
"""Namespace ("" for cluster-scoped kinds) and name."""


@dataclass(frozen=True, slots=True)
class Resource:
    """Where a kind lives in the API."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool

    @property
    def api_version(self) -> str:
        """`group/version`, or the bare version in the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str = "", name: str = "") -> str:
        """The request path of the collection, or of one object when `name` is given."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        scope = f"/namespaces/{namespace}" if self.namespaced and namespace else ""
        return f"{root}{scope}/{self.plural}" + (f"/{name}" if name else "")


class Kind(Enum):
    """Every kind that a stream can watch."""

    CRD = Resource("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", False)
    NAMESPACE = Resource("", "v1", "namespaces", "Namespace", False)
    DEPLOYMENT = Resource("apps", "v1", "deployments", "Deployment", True)
    REPLICASET = Resource("apps", "v1", "replicasets", "ReplicaSet", True)
    POD = Resource("", "v1", "pods", "Pod", True)
    SERVICE = Resource("", "v1", "services", "Service", True)
    ENDPOINTSLICE = Resource("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", True)
    VALIDATING = Resource(
        "admissionregistration.k8s.io",
        "v1",
        "validatingwebhookconfigurations",
        "ValidatingWebhookConfiguration",
        False,
    )
    MUTATING = Resource(
        "admissionregistration.k8s.io",
        "v1",
        "mutatingwebhookconfigurations",
        "MutatingWebhookConfiguration",
        False,
    )
    LEASE = Resource("coordination.k8s.io", "v1", "leases", "Lease", True)
    SECRET = Resource("", "v1", "secrets", "Secret", True)
    EVENT = Resource("", "v1", "events", "Event", True)

    @property
    def resource(self) -> Resource:
        """Where the kind lives in the API."""
        return self.value


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """Names one object as kubectl would: kind in CamelCase, namespace ("" when cluster-scoped), name."""

    kind: str
    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class KubeObject:
    """One object as last seen, its body reduced to an allow-list of fields. The body is never changed."""

    kind: Kind
    namespace: str
    name: str
    uid: str
    resource_version: str
    body: Mapping[str, Any]

    @property
    def key(self) -> Key:
        """Namespace and name."""
        return (self.namespace, self.name)

    @property
    def ref(self) -> Ref:
        """The object's name for people."""
        return Ref(self.kind.resource.kind, self.namespace, self.name)
