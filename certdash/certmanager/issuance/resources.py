"""Where the objects of an issuance live in the API."""

from typing import Final

from certdash.certmanager import constants
from certdash.model.resource import Resource

NAMESPACES: Final = Resource("", "v1", "namespaces", "Namespace", False)
SECRETS: Final = Resource("", "v1", "secrets", "Secret", True)
EVENTS: Final = Resource("", "v1", "events", "Event", True)
LEASES: Final = Resource("coordination.k8s.io", "v1", "leases", "Lease", True)
PODS: Final = Resource("", "v1", "pods", "Pod", True)


def _cert_manager(plural: str, kind: str, *, namespaced: bool = True, group: str = constants.GROUP) -> Resource:
    return Resource(group, constants.VERSION, plural, kind, namespaced)


ISSUERS: Final = _cert_manager("issuers", "Issuer")
CLUSTER_ISSUERS: Final = _cert_manager("clusterissuers", "ClusterIssuer", namespaced=False)
CERTIFICATES: Final = _cert_manager("certificates", "Certificate")
REQUESTS: Final = _cert_manager("certificaterequests", "CertificateRequest")
ORDERS: Final = _cert_manager("orders", "Order", group=constants.ACME_GROUP)
CHALLENGES: Final = _cert_manager("challenges", "Challenge", group=constants.ACME_GROUP)
