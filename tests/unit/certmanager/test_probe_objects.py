"""The objects that a round sends."""

import base64
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from certdash.certmanager.probe_objects import CSR, probe_requests
from certdash.model.probe import ProbeName
from certdash.model.snapshot import Scope


def spec(probe: ProbeName, scope: Scope | None = None) -> dict[str, Any]:
    body = probe_requests(scope or Scope())[probe].body
    found: dict[str, Any] = body["spec"]
    return found


def test_the_request_is_a_valid_csr_for_a_name_that_can_not_exist() -> None:
    csr = x509.load_pem_x509_csr(base64.b64decode(CSR))
    assert csr.is_signature_valid
    assert isinstance(csr.public_key(), ec.EllipticCurvePublicKey)
    names = csr.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["certdash.invalid"]
    assert len(csr.extensions) == 1


def test_one_is_valid_one_is_not_and_one_claims_to_be_somebody() -> None:
    assert spec(ProbeName.VALID)["dnsNames"] == ["certdash.invalid"]
    assert spec(ProbeName.INVALID)["ipAddresses"] == ["not-an-ip"]
    assert "dnsNames" not in spec(ProbeName.INVALID)
    assert spec(ProbeName.IDENTITY)["username"] == "certdash-sentinel"


def test_the_scope_decides_where_and_how() -> None:
    scope = Scope(
        probe_namespace="team",
        probe_labels=(("owner", "me"),),
        probe_annotations=(("why", "probe"),),
        probe_dns_name="probe.example.com",
        probe_issuer_kind="ClusterIssuer",
        probe_issuer_name="letsencrypt",
        probe_issuer_group="cert-manager.io",
    )
    requests = probe_requests(scope)
    valid = requests[ProbeName.VALID]
    assert valid.path == "/apis/cert-manager.io/v1/namespaces/team/certificates"
    assert requests[ProbeName.IDENTITY].path.endswith("/certificaterequests")
    metadata = valid.body["metadata"]
    assert metadata["generateName"] == "certdash-probe-"
    assert (metadata["labels"], metadata["annotations"]) == ({"owner": "me"}, {"why": "probe"})
    assert valid.body["spec"]["dnsNames"] == ["probe.example.com"]
    assert valid.body["spec"]["issuerRef"]["kind"] == "ClusterIssuer"
