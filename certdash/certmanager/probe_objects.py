"""The three objects that a probe round asks the API server to admit, and where they are posted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from certdash.certmanager import constants
from certdash.model.probe import ProbeName
from certdash.model.snapshot import Scope

# A certificate signing request for certdash.invalid (PEM in base64): ECDSA P-256, self-signed as requests are, one DNS
# name and no key usages, which cert-manager would compare with the spec. Its private key was thrown away.
CSR = (
    "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIc01JR1RBZ0VBTUFBd1dUQVRCZ2NxaGtqT1BRSUJCZ2dxaGtq"
    "T1BRTUJCd05DQUFRaXNvekxXNUVoMHNSbQpxSHJaMFpwSFA3c1VMekVpOEoxN2NNNUZaMlpQbGEwd2xGczd2NS9MQlZ5d294b2dP"
    "VTR5MFl1QldVcE1ZcU56CjRqVk1Xcyt0b0RFd0x3WUpLb1pJaHZjTkFRa09NU0l3SURBZUJnTlZIUkVCQWY4RUZEQVNnaEJqWlhK"
    "MFpHRnoKYUM1cGJuWmhiR2xrTUFvR0NDcUdTTTQ5QkFNQ0EwZ0FNRVVDSUNRUWxlRisvTS9iY3hObkgybEF5Tkl6M0c1RApVMlNl"
    "WTF4eUgrYUdKZUI1QWlFQXBJYmwxYkt5Y29yOFg4and6Y0R0QU9tamZSUW1qeUhnSkdhOEJmdnl0bDA9Ci0tLS0tRU5EIENFUlRJ"
    "RklDQVRFIFJFUVVFU1QtLS0tLQo="
)


@dataclass(frozen=True, slots=True)
class ProbeRequest:
    """One create: the collection's path, and the object. The caller adds dryRun=All."""

    path: str
    body: Mapping[str, Any]


def probe_requests(scope: Scope) -> Mapping[ProbeName, ProbeRequest]:
    """The creates of a full round in the scope's probe namespace.

    The invalid Certificate's text of denial is the same in every release from v1.8.0 to v1.21.1. The
    CertificateRequest claims to come from `certdash-sentinel`: a working mutating webhook overwrites that name, and
    without it the validating webhook denies the request, so no round needs to know who we are.
    """
    root = f"/apis/{constants.GROUP}/{constants.VERSION}/namespaces/{scope.probe_namespace}"
    valid = {"secretName": "certdash-probe", "dnsNames": [scope.probe_dns_name]}
    invalid = {"secretName": "certdash-probe", "ipAddresses": ["not-an-ip"]}
    identity = {"request": CSR, "username": constants.PROBE_SENTINEL}
    return {
        ProbeName.VALID: ProbeRequest(f"{root}/certificates", _object(scope, "Certificate", valid)),
        ProbeName.INVALID: ProbeRequest(f"{root}/certificates", _object(scope, "Certificate", invalid)),
        ProbeName.IDENTITY: ProbeRequest(f"{root}/certificaterequests", _object(scope, "CertificateRequest", identity)),
    }


def _object(scope: Scope, kind: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    metadata: dict[str, Any] = {
        "generateName": constants.PROBE_GENERATE_NAME,
        "namespace": scope.probe_namespace,
    }
    if scope.probe_labels:
        metadata["labels"] = dict(scope.probe_labels)
    if scope.probe_annotations:
        metadata["annotations"] = dict(scope.probe_annotations)
    issuer = {
        "name": scope.probe_issuer_name,
        "kind": scope.probe_issuer_kind,
        "group": scope.probe_issuer_group,
    }
    return {
        "apiVersion": f"{constants.GROUP}/{constants.VERSION}",
        "kind": kind,
        "metadata": metadata,
        "spec": {**spec, "issuerRef": issuer},
    }
