"""The six CRDs as the chart installs them."""

from dataclasses import dataclass

from certdash.demo.api.objects import Object
from certdash.demo.chart import schemas
from certdash.demo.chart.objects import labelled_crd

GROUP = "cert-manager.io"
ACME_GROUP = "acme.cert-manager.io"


@dataclass(frozen=True, slots=True)
class _Column:
    """A column that kubectl prints; one with priority 1 only with -o wide."""

    name: str
    path: str
    priority: int = 0

    def definition(self) -> Object:
        made: Object = {"name": self.name, "type": "string", "jsonPath": self.path}
        return {**made, "priority": self.priority} if self.priority else made


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind: its names, its schemas, and what of it is printed."""

    kind: str
    plural: str
    spec: Object
    status: Object
    columns: tuple[_Column, ...]
    short_names: tuple[str, ...] = ()
    group: str = GROUP
    namespaced: bool = True
    required: tuple[str, ...] = ()


_READY = _Column("Ready", '.status.conditions[?(@.type == "Ready")].status')
_MESSAGE = _Column("Status", '.status.conditions[?(@.type == "Ready")].message', 1)
_STATE = _Column("State", ".status.state")
_REASON = _Column("Reason", ".status.reason", 1)
_CERTIFICATE_COLUMNS = (
    _READY,
    _Column("Secret", ".spec.secretName"),
    _Column("Issuer", ".spec.issuerRef.name", 1),
    _MESSAGE,
)
_REQUEST_COLUMNS = (
    _Column("Approved", '.status.conditions[?(@.type == "Approved")].status'),
    _Column("Denied", '.status.conditions[?(@.type == "Denied")].status'),
    _READY,
    _Column("Issuer", ".spec.issuerRef.name"),
    _Column("Requester", ".spec.username"),
    _MESSAGE,
)
_ORDER_COLUMNS = (_STATE, _Column("Issuer", ".spec.issuerRef.name", 1), _REASON)
_CHALLENGE_COLUMNS = (_STATE, _Column("Domain", ".spec.dnsName"), _REASON)
_ACME = ("metadata", "spec")

_KINDS = (
    _Kind(
        "Certificate",
        "certificates",
        schemas.CERTIFICATE,
        schemas.CERTIFICATE_STATUS,
        _CERTIFICATE_COLUMNS,
        ("cert", "certs"),
    ),
    _Kind(
        "CertificateRequest",
        "certificaterequests",
        schemas.REQUEST,
        schemas.REQUEST_STATUS,
        _REQUEST_COLUMNS,
        ("cr", "crs"),
    ),
    _Kind("Issuer", "issuers", schemas.ISSUER, schemas.ISSUER_STATUS, (_READY, _MESSAGE), ("iss",), required=("spec",)),
    _Kind(
        "ClusterIssuer",
        "clusterissuers",
        schemas.ISSUER,
        schemas.ISSUER_STATUS,
        (_READY, _MESSAGE),
        ("ciss",),
        namespaced=False,
        required=("spec",),
    ),
    _Kind("Order", "orders", schemas.ORDER, schemas.ORDER_STATUS, _ORDER_COLUMNS, group=ACME_GROUP, required=_ACME),
    _Kind(
        "Challenge",
        "challenges",
        schemas.CHALLENGE,
        schemas.CHALLENGE_STATUS,
        _CHALLENGE_COLUMNS,
        group=ACME_GROUP,
        required=_ACME,
    ),
)


def crds() -> list[Object]:
    """The six CRDs as the chart installs them."""
    return [labelled_crd(_crd(kind)) for kind in _KINDS]


def _crd(kind: _Kind) -> Object:
    age = {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "additionalPrinterColumns": [*(column.definition() for column in kind.columns), age],
        "schema": {"openAPIV3Schema": schemas.whole(kind.spec, kind.status, kind.required)},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{kind.plural}.{kind.group}"},
        "spec": {
            "group": kind.group,
            "names": _names(kind),
            "scope": "Namespaced" if kind.namespaced else "Cluster",
            "versions": [version],
            "conversion": {"strategy": "None"},
        },
    }


def _names(kind: _Kind) -> Object:
    names: Object = {
        "kind": kind.kind,
        "listKind": f"{kind.kind}List",
        "plural": kind.plural,
        "singular": kind.kind.lower(),
        "categories": ["cert-manager", *(["cert-manager-acme"] if kind.group == ACME_GROUP else [])],
    }
    return {**names, "shortNames": list(kind.short_names)} if kind.short_names else names
