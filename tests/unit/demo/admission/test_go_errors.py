"""Why a served certificate is refused, in Go's words (seen on kube-apiserver 1.36)."""

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from certdash.demo.admission.go_errors import verification
from certdash.demo.pki import Authority, Leaf

NAME = "cert-manager-webhook.cert-manager.svc"
NOW = datetime(2026, 11, 24, 2, 0, 0, tzinfo=UTC)
PREFIX = "tls: failed to verify certificate: x509: "
YEAR = timedelta(days=365)


def der(pem: bytes) -> bytes:
    return x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)


def leaf(authority: Authority, *names: str, begins: datetime = NOW - YEAR, ends: datetime = NOW + YEAR) -> Leaf:
    return authority.issue("webhook", alternative_names=names, begins=begins, ends=ends)


def told(served: Leaf, *trusted: Authority) -> str:
    return verification(der(served.certificate), NAME, NOW, [der(item.certificate) for item in trusted])


def test_dates_come_first() -> None:
    authority = Authority.create("ca")
    ends = datetime(2026, 11, 23, 10, 30, 5, tzinfo=UTC)
    expired = told(leaf(authority, "other", ends=ends))
    assert expired == (
        f"{PREFIX}certificate has expired or is not yet valid: current time 2026-11-24T02:00:00Z is after "
        "2026-11-23T10:30:05Z"
    )
    early = told(leaf(authority, "other", begins=NOW + timedelta(hours=1)))
    assert early.endswith("current time 2026-11-24T02:00:00Z is before 2026-11-24T03:00:00Z")


def test_then_names() -> None:
    authority = Authority.create("ca")
    assert told(leaf(authority, "a.test", "b.test")) == f"{PREFIX}certificate is valid for a.test, b.test, not {NAME}"
    assert told(leaf(authority)) == f"{PREFIX}certificate is not valid for any names, but wanted to match {NAME}"
    legacy = authority.issue(NAME, begins=NOW - YEAR, ends=NOW + YEAR)
    assert told(legacy) == f"{PREFIX}certificate relies on legacy Common Name field, use SANs instead"
    assert "unknown authority" in told(leaf(authority, "*.cert-manager.svc"))


def test_then_the_signer() -> None:
    authority = Authority.create("ca")
    served = leaf(authority, NAME)
    assert told(served) == f"{PREFIX}certificate signed by unknown authority"
    assert told(served, Authority.create("other")) == f"{PREFIX}certificate signed by unknown authority"


def test_an_authority_of_the_same_name_is_named() -> None:
    served = leaf(Authority.create("cert-manager-webhook-ca"), NAME)
    assert told(served, Authority.create("cert-manager-webhook-ca")) == (
        f'{PREFIX}certificate signed by unknown authority (possibly because of "x509: ECDSA verification failure" '
        'while trying to verify candidate authority certificate "cert-manager-webhook-ca")'
    )
