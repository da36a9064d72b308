"""Decoding caBundles."""

import base64

from hypothesis import given
from hypothesis import strategies as st

from certdash.certmanager.trust import decode_bundle
from tests.unit import scenario_certificates as certificates
from tests.unit.scenario_registration import encoded


def test_a_bundle_may_hold_several_authorities() -> None:
    both = encoded(certificates.WEBHOOK_CA + certificates.OTHER_CA)
    first, second = decode_bundle(both).certificates
    assert first.subject == second.subject == "CN=cert-manager-webhook-ca"
    assert first.fingerprint != second.fingerprint
    assert first.is_ca
    assert first.not_before < first.not_after


def test_a_leaf_is_no_authority() -> None:
    (leaf,) = decode_bundle(encoded(certificates.LEAF)).certificates
    assert not leaf.is_ca


def test_what_is_wrong_is_said() -> None:
    assert decode_bundle("").empty
    assert decode_bundle("%%%").error == "not base64"
    assert decode_bundle(base64.b64encode(b"hello").decode()).error == "no PEM certificate in it"
    broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    assert decode_bundle(encoded(broken)).error == "not a certificate"


def test_what_is_no_certificate_beside_one_is_skipped() -> None:
    mixed = "junk\n" + certificates.WEBHOOK_CA + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    assert len(decode_bundle(encoded(mixed)).certificates) == 1


@given(st.text() | st.binary().map(lambda b: base64.b64encode(b).decode()))
def test_any_text_is_survived(text: str) -> None:
    found = decode_bundle(text)
    assert found.empty or found.error or found.certificates
