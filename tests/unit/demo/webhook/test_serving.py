"""When the webhook makes a new CA, and what it serves with."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from certdash.demo.api.objects import Object
from certdash.demo.pki import Authority
from certdash.demo.webhook.serving import (
    SERVING_NAMES,
    authority_in,
    new_secret,
    regeneration_reason,
    serving_leaf,
)

NOW = datetime.now(UTC)


def with_data(**data: bytes) -> Object:
    secret = new_secret(None)
    changed = {key.replace("_", "."): base64.b64encode(value).decode() for key, value in data.items()}
    return {**secret, "data": {**secret["data"], **changed}}


def test_a_new_secret_is_good_for_two_thirds_of_a_year() -> None:
    secret = new_secret(None)
    assert regeneration_reason(secret, NOW) == ""
    assert regeneration_reason(secret, NOW + timedelta(days=240)) == ""
    assert regeneration_reason(secret, NOW + timedelta(days=250)) == "CA certificate is nearing expiry."
    assert secret["metadata"]["annotations"] == {"cert-manager.io/allow-direct-injection": "true"}
    assert secret["metadata"]["labels"] == {"app.kubernetes.io/managed-by": "cert-manager-webhook"}


@pytest.mark.parametrize(
    ("secret", "reason"),
    [
        (None, "CA secret not found"),
        ({"metadata": {}}, "Missing data in CA secret."),
        (with_data(tls_key=b""), "Missing data in CA secret."),
        (with_data(ca_crt=b"x"), "Different data in ca.crt and tls.crt."),
        (with_data(ca_crt=b"x", tls_crt=b"x"), "Failed to parse data in CA secret."),
        (with_data(tls_key=Authority.create("other").key), "Failed to parse data in CA secret."),
    ],
)
def test_a_secret_that_will_not_do(secret: Object | None, reason: str) -> None:
    assert regeneration_reason(secret, NOW) == reason


def test_a_leaf_is_no_authority() -> None:
    leaf = Authority.create("ca").issue("x")
    secret = with_data(ca_crt=leaf.certificate, tls_crt=leaf.certificate, tls_key=leaf.key)
    assert regeneration_reason(secret, NOW) == "Stored certificate is not marked as a CA."


def test_what_else_is_in_the_secret_stays() -> None:
    old = {**with_data(tls_key=b""), "metadata": {"name": "n", "labels": {"mine": "1"}}}
    made = new_secret(old)
    assert made["metadata"] == old["metadata"]
    assert regeneration_reason(made, NOW) == ""


def test_the_serving_certificate_is_valid_for_a_week_but_never_longer_than_its_authority() -> None:
    authority = authority_in(new_secret(None))
    leaf = x509.load_pem_x509_certificate(serving_leaf(authority, NOW).certificate)
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc == timedelta(days=7)
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert tuple(names.get_values_for_type(x509.DNSName)) == SERVING_NAMES
    leaf.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.certificate))

    short = Authority.create("short", days=2)
    leaf = x509.load_pem_x509_certificate(serving_leaf(short, NOW).certificate)
    assert leaf.not_valid_after_utc == x509.load_pem_x509_certificate(short.certificate).not_valid_after_utc
