"""The six CRDs, with schemas of our own: the fields that users and certdash meet, without their descriptions."""

from certdash.demo.api.objects import Object
from certdash.demo.chart.objects import labelled_crd

GROUP = "cert-manager.io"
ACME_GROUP = "acme.cert-manager.io"

_TEXT: Object = {"type": "string"}
_TEXTS: Object = {"type": "array", "items": _TEXT}
_FLAG: Object = {"type": "boolean"}
_NUMBER: Object = {"type": "integer"}
_MAP: Object = {"type": "object", "additionalProperties": _TEXT}
_ANYTHING: Object = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
_USAGES = (
    "signing", "digital signature", "content commitment", "key encipherment", "key agreement", "data encipherment",
    "cert sign", "crl sign", "encipher only", "decipher only", "any", "server auth", "client auth", "code signing",
    "email protection", "s/mime", "ipsec end system", "ipsec tunnel", "ipsec user", "timestamping", "ocsp signing",
    "microsoft sgc", "netscape sgc",
)  # fmt: skip


def _object(properties: Object, *required: str) -> Object:
    made: Object = {"type": "object", "properties": properties}
    if required:
        made["required"] = sorted(required)
    return made


def _enum(*values: str) -> Object:
    return {"type": "string", "enum": list(values)}


_SECRET_KEY = _object({"name": _TEXT, "key": _TEXT}, "name")
_ISSUER_REF = _object({"name": _TEXT, "kind": _TEXT, "group": _TEXT}, "name")
_USAGE_LIST: Object = {"type": "array", "items": _enum(*_USAGES)}
_CONDITIONS: Object = {
    "type": "array",
    "items": _object(
        {
            "type": _TEXT,
            "status": _enum("True", "False", "Unknown"),
            "reason": _TEXT,
            "message": _TEXT,
            "lastTransitionTime": {"type": "string", "format": "date-time"},
            "observedGeneration": _NUMBER,
        },
        "status",
        "type",
    ),
}
_SUBJECT_LISTS = (
    "countries",
    "localities",
    "organizationalUnits",
    "organizations",
    "postalCodes",
    "provinces",
    "streetAddresses",
)
_SUBJECT = _object({**dict.fromkeys(_SUBJECT_LISTS, _TEXTS), "serialNumber": _TEXT})
_KEYSTORE = _object({"create": _FLAG, "password": _TEXT, "passwordSecretRef": _SECRET_KEY, "alias": _TEXT}, "create")
_CERTIFICATE = _object(
    {
        "additionalOutputFormats": {
            "type": "array",
            "items": _object({"type": _enum("DER", "CombinedPEM")}, "type"),
        },
        "commonName": _TEXT,
        "dnsNames": _TEXTS,
        "duration": _TEXT,
        "emailAddresses": _TEXTS,
        "encodeUsagesInRequest": _FLAG,
        "ipAddresses": _TEXTS,
        "isCA": _FLAG,
        "issuerRef": _ISSUER_REF,
        "keystores": _object({"jks": _KEYSTORE, "pkcs12": _KEYSTORE}),
        "literalSubject": _TEXT,
        "nameConstraints": _ANYTHING,
        "otherNames": {"type": "array", "items": _object({"oid": _TEXT, "utf8Value": _TEXT})},
        "privateKey": _object(
            {
                "algorithm": _enum("RSA", "ECDSA", "Ed25519"),
                "encoding": _enum("PKCS1", "PKCS8"),
                "rotationPolicy": _enum("Never", "Always"),
                "size": _NUMBER,
            }
        ),
        "renewBefore": _TEXT,
        "renewBeforePercentage": {"type": "integer", "format": "int32"},
        "revisionHistoryLimit": {"type": "integer", "format": "int32"},
        "secretName": _TEXT,
        "secretTemplate": _object({"annotations": _MAP, "labels": _MAP}),
        "signatureAlgorithm": _enum(
            "SHA256WithRSA", "SHA384WithRSA", "SHA512WithRSA", "ECDSAWithSHA256", "ECDSAWithSHA384",
            "ECDSAWithSHA512", "PureEd25519",
        ),
        "subject": _SUBJECT,
        "uris": _TEXTS,
        "usages": _USAGE_LIST,
    },
    "issuerRef",
    "secretName",
)  # fmt: skip
_CERTIFICATE_STATUS = _object(
    {
        "conditions": _CONDITIONS,
        "failedIssuanceAttempts": _NUMBER,
        "lastFailureTime": _TEXT,
        "nextPrivateKeySecretName": _TEXT,
        "notAfter": _TEXT,
        "notBefore": _TEXT,
        "renewalTime": _TEXT,
        "revision": _NUMBER,
    }
)
_REQUEST = _object(
    {
        "duration": _TEXT,
        "extra": {"type": "object", "additionalProperties": _TEXTS},
        "groups": _TEXTS,
        "isCA": _FLAG,
        "issuerRef": _ISSUER_REF,
        "request": {"type": "string", "format": "byte"},
        "uid": _TEXT,
        "usages": _USAGE_LIST,
        "username": _TEXT,
    },
    "issuerRef",
    "request",
)
_REQUEST_STATUS = _object(
    {"ca": _TEXT, "certificate": _TEXT, "conditions": _CONDITIONS, "failureTime": _TEXT},
)
_SOLVERS: Object = {
    "type": "array",
    "items": _object({"dns01": _ANYTHING, "http01": _ANYTHING, "selector": _ANYTHING, "waitInsteadOfSelfCheck": _TEXT}),
}
_ISSUER = _object(
    {
        "acme": _object(
            {
                "caBundle": _TEXT,
                "disableAccountKeyGeneration": _FLAG,
                "email": _TEXT,
                "enableDurationFeature": _FLAG,
                "externalAccountBinding": _ANYTHING,
                "preferredChain": {"type": "string", "maxLength": 64},
                "privateKeySecretRef": _SECRET_KEY,
                "profile": _TEXT,
                "server": _TEXT,
                "skipTLSVerify": _FLAG,
                "solvers": _SOLVERS,
            },
            "privateKeySecretRef",
            "server",
        ),
        "ca": _object(
            {
                "crlDistributionPoints": _TEXTS,
                "issuingCertificateURLs": _TEXTS,
                "ocspServers": _TEXTS,
                "secretName": _TEXT,
            },
            "secretName",
        ),
        "selfSigned": _object({"crlDistributionPoints": _TEXTS}),
        "vault": _object(
            {
                "auth": _ANYTHING,
                "caBundle": _TEXT,
                "caBundleSecretRef": _SECRET_KEY,
                "namespace": _TEXT,
                "path": _TEXT,
                "server": _TEXT,
            },
            "auth",
            "path",
            "server",
        ),
        "venafi": _object({"cloud": _ANYTHING, "tpp": _ANYTHING, "zone": _TEXT}, "zone"),
    }
)
_ISSUER_STATUS = _object({"acme": _ANYTHING, "conditions": _CONDITIONS})

_READY = ("Ready", '.status.conditions[?(@.type == "Ready")].status')
_STATUS = ("Status", '.status.conditions[?(@.type == "Ready")].message')
_CERTIFICATE_COLUMNS = (_READY, ("Secret", ".spec.secretName"))
_REQUEST_COLUMNS = (
    ("Approved", '.status.conditions[?(@.type == "Approved")].status'),
    ("Denied", '.status.conditions[?(@.type == "Denied")].status'),
    _READY,
    ("Issuer", ".spec.issuerRef.name"),
    ("Requester", ".spec.username"),
)
_STATE = ("State", ".status.state")


def crds() -> list[Object]:
    """The six CRDs as the chart installs them."""
    issuer = (_ISSUER, _ISSUER_STATUS, (_READY, _STATUS))
    request = (_REQUEST, _REQUEST_STATUS, _REQUEST_COLUMNS)
    certificate = (_CERTIFICATE, _CERTIFICATE_STATUS, _CERTIFICATE_COLUMNS)
    made = (
        _crd("Certificate", "certificates", GROUP, *certificate, ("cert", "certs")),
        _crd("CertificateRequest", "certificaterequests", GROUP, *request, ("cr", "crs")),
        _crd("Issuer", "issuers", GROUP, *issuer, ("iss",)),
        _crd("ClusterIssuer", "clusterissuers", GROUP, *issuer, ("ciss",), namespaced=False),
        _crd("Order", "orders", ACME_GROUP, _ANYTHING, _ANYTHING, (_STATE,)),
        _crd("Challenge", "challenges", ACME_GROUP, _ANYTHING, _ANYTHING, (_STATE, ("Domain", ".spec.dnsName"))),
    )
    return [labelled_crd(crd) for crd in made]


def _crd(
    kind: str,
    plural: str,
    group: str,
    spec: Object,
    status: Object,
    columns: tuple[tuple[str, str], ...],
    short_names: tuple[str, ...] = (),
    *,
    namespaced: bool = True,
) -> Object:
    names: Object = {
        "kind": kind,
        "listKind": f"{kind}List",
        "plural": plural,
        "singular": kind.lower(),
        "categories": ["cert-manager"],
    }
    if short_names:
        names["shortNames"] = list(short_names)
    schema = _object(
        {"apiVersion": _TEXT, "kind": _TEXT, "metadata": {"type": "object"}, "spec": spec, "status": status}, "spec"
    )
    printed = [{"name": name, "type": "string", "jsonPath": path} for name, path in columns]
    age = {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "additionalPrinterColumns": [*printed, age],
        "schema": {"openAPIV3Schema": schema},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "names": names,
            "scope": "Namespaced" if namespaced else "Cluster",
            "versions": [version],
            "conversion": {"strategy": "None"},
        },
    }
