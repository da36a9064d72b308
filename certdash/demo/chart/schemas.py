"""The schemas of the CRDs: our own, without descriptions, of the fields that users and certdash meet (1.21.1).

They demand and forbid what those of the release do (its chart's CRDs), apart from the parts that are left open: the
settings of DNS providers and solvers, and how to log in to Vault.
"""

from certdash.demo.api.objects import Object

_TEXT: Object = {"type": "string"}
_TEXTS: Object = {"type": "array", "items": _TEXT}
_FLAG: Object = {"type": "boolean"}
_NUMBER: Object = {"type": "integer"}
_TIME: Object = {"type": "string", "format": "date-time"}
_BYTES: Object = {"type": "string", "format": "byte"}
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
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["type"],
    "items": _object(
        {
            "type": _TEXT,
            "status": _enum("True", "False", "Unknown"),
            "reason": _TEXT,
            "message": _TEXT,
            "lastTransitionTime": _TIME,
            "observedGeneration": {"type": "integer", "format": "int64"},
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
_KEYSTORE: Object = {"create": _FLAG, "password": _TEXT, "passwordSecretRef": _SECRET_KEY}
_PROFILE = _enum("LegacyRC2", "LegacyDES", "Modern2023", "Modern2026")
_KEYSTORES = _object(
    {
        "jks": _object({**_KEYSTORE, "alias": _TEXT}, "create"),
        "pkcs12": _object({**_KEYSTORE, "profile": _PROFILE}, "create"),
    }
)
_CONSTRAINT = _object(dict.fromkeys(("dnsDomains", "emailAddresses", "ipRanges", "uriDomains"), _TEXTS))
_NOT_EMPTY: Object = {"type": "string", "minLength": 1}
_WINDOW = _object(
    {
        "cron": _NOT_EMPTY,
        "timezone": _NOT_EMPTY,
        "windowDuration": {"type": "string", "pattern": r"^([0-9]+(\.[0-9]+)?(s|m|h))+$"},
    },
    "cron",
    "windowDuration",
)
_RENEWAL = _object({"policy": _enum("RenewBefore", "Disabled"), "windows": {"type": "array", "items": _WINDOW}})
CERTIFICATE = _object(
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
        "keystores": _KEYSTORES,
        "literalSubject": _TEXT,
        "nameConstraints": _object({"critical": _FLAG, "excluded": _CONSTRAINT, "permitted": _CONSTRAINT}),
        "otherNames": {"type": "array", "items": _object({"oid": _TEXT, "utf8Value": _TEXT})},
        "privateKey": _object(
            {
                "algorithm": _enum("RSA", "ECDSA", "Ed25519"),
                "encoding": _enum("PKCS1", "PKCS8"),
                "rotationPolicy": _enum("Never", "Always"),
                "size": _NUMBER,
            }
        ),
        "renewal": _RENEWAL,
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
CERTIFICATE_STATUS = _object(
    {
        "acme": _ANYTHING,
        "conditions": _CONDITIONS,
        "failedIssuanceAttempts": _NUMBER,
        "lastFailureTime": _TIME,
        "nextPrivateKeySecretName": _TEXT,
        "notAfter": _TIME,
        "notBefore": _TIME,
        "renewalTime": _TIME,
        "revision": _NUMBER,
    }
)
REQUEST = _object(
    {
        "duration": _TEXT,
        "extra": {"type": "object", "additionalProperties": _TEXTS},
        "groups": _TEXTS,
        "isCA": _FLAG,
        "issuerRef": _ISSUER_REF,
        "request": _BYTES,
        "uid": _TEXT,
        "usages": _USAGE_LIST,
        "username": _TEXT,
    },
    "issuerRef",
    "request",
)
REQUEST_STATUS = _object(
    {"ca": _BYTES, "certificate": _BYTES, "conditions": _CONDITIONS, "failureTime": _TIME},
)
_BY_DNS: Object = {**_ANYTHING, "properties": {"cnameStrategy": _enum("None", "Follow")}}
_SOLVERS: Object = {
    "type": "array",
    "items": _object({"dns01": _BY_DNS, "http01": _ANYTHING, "selector": _ANYTHING, "waitInsteadOfSelfCheck": _TEXT}),
}
_CLOUD = _object({"apiTokenSecretRef": _SECRET_KEY, "url": _TEXT}, "apiTokenSecretRef")
_PLATFORM = _object(
    {
        "caBundle": _BYTES,
        "caBundleSecretRef": _SECRET_KEY,
        "credentialsRef": _object({"name": _TEXT}, "name"),
        "url": _TEXT,
    },
    "credentialsRef",
    "url",
)
ISSUER = _object(
    {
        "acme": _object(
            {
                "caBundle": _BYTES,
                "disableAccountKeyGeneration": _FLAG,
                "email": _TEXT,
                "enableDurationFeature": _FLAG,
                "externalAccountBinding": _object(
                    {"keyAlgorithm": _enum("HS256", "HS384", "HS512"), "keyID": _TEXT, "keySecretRef": _SECRET_KEY},
                    "keyID",
                    "keySecretRef",
                ),
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
                "caBundle": _BYTES,
                "caBundleSecretRef": _SECRET_KEY,
                "clientCertSecretRef": _SECRET_KEY,
                "clientKeySecretRef": _SECRET_KEY,
                "namespace": _TEXT,
                "path": _TEXT,
                "server": _TEXT,
                "serverName": _TEXT,
            },
            "auth",
            "path",
            "server",
        ),
        "venafi": {
            **_object({"cloud": _CLOUD, "ngts": _ANYTHING, "tpp": _PLATFORM, "zone": _TEXT}, "zone"),
            "x-kubernetes-validations": [
                {
                    "message": "exactly one of tpp, cloud, or ngts must be configured",
                    "rule": "(has(self.tpp) ? 1 : 0) + (has(self.cloud) ? 1 : 0) + (has(self.ngts) ? 1 : 0) == 1",
                }
            ],
        },
    }
)
ISSUER_STATUS = _object({"acme": _ANYTHING, "conditions": _CONDITIONS})
_ACME_STATES = _enum("valid", "ready", "pending", "processing", "invalid", "expired", "errored")
ORDER = _object(
    {
        "commonName": _TEXT,
        "dnsNames": _TEXTS,
        "duration": _TEXT,
        "ipAddresses": _TEXTS,
        "issuerRef": _ISSUER_REF,
        "profile": _TEXT,
        "replaces": _TEXT,
        "request": _BYTES,
    },
    "issuerRef",
    "request",
)
_OFFER = _object({"token": _TEXT, "type": _TEXT, "url": _TEXT}, "token", "type", "url")
_AUTHORIZATION = _object(
    {
        "challenges": {"type": "array", "items": _OFFER},
        "identifier": _TEXT,
        "initialState": _ACME_STATES,
        "url": _TEXT,
        "wildcard": _FLAG,
    },
    "url",
)
ORDER_STATUS = _object(
    {
        "authorizations": {"type": "array", "items": _AUTHORIZATION},
        "certificate": _BYTES,
        "failureTime": _TIME,
        "finalizeURL": _TEXT,
        "reason": _TEXT,
        "state": _ACME_STATES,
        "url": _TEXT,
    }
)
CHALLENGE = _object(
    {
        "authorizationURL": _TEXT,
        "dnsName": _TEXT,
        "issuerRef": _ISSUER_REF,
        "key": _TEXT,
        "solver": _ANYTHING,
        "token": _TEXT,
        "type": _enum("HTTP-01", "DNS-01"),
        "url": _TEXT,
        "wildcard": _FLAG,
    },
    *("authorizationURL", "dnsName", "issuerRef", "key", "solver", "token", "type", "url"),
)
CHALLENGE_STATUS = _object(
    {
        "presented": _FLAG,
        "presentedAt": _TIME,
        "processing": _FLAG,
        "reason": _TEXT,
        "state": _ACME_STATES,
    }
)


def whole(spec: Object, status: Object, required: tuple[str, ...]) -> Object:
    """The schema of a whole object."""
    properties = {"apiVersion": _TEXT, "kind": _TEXT, "metadata": {"type": "object"}, "spec": spec, "status": status}
    return _object(properties, *required)
