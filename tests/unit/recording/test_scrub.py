"""What nobody but its owner may know is not written, wherever somebody put it."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certdash.recording.scrub import REMOVED, scrub, scrubbed
from tests.unit.scenario_certificates import WEBHOOK_CA

JWT = "eyJhbGciOiJSUzI1NiIsImtpZCI6Ing" + ".eyJpc3MiOiJrdWJlcm5ldGVzL3NlcnZpY2VhY2NvdW50In0" + ".c2lnbmF0dXJl"
KEY = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIJ0bYsR\n-----END EC PRIVATE KEY-----\n"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"Unauthorized: token {JWT} has expired", JWT),
        ("Authorization: Bearer abcdefgh1jklmnop.qrst", "abcdefgh1jklmnop.qrst"),
        ("cannot reach https://alice:hunter22@10.0.0.1:6443: EOF", "hunter22"),
        ("cannot reach https://0a1b2c3d4e@10.0.0.1:6443: EOF", "0a1b2c3d4e"),
        (f"wrong data: {KEY}", "MHcCAQEEIJ0bYsR"),
        ("-----BEGIN PRIVATE KEY-----\nMHcCAQEEIJ0bYsR (cut off", "MHcCAQEEIJ0bYsR"),
        ("--vault-token=s.8cJx0Tq1", "s.8cJx0Tq1"),
        ("--password hunter22 --api-key=0a1b2c3d4e", "0a1b2c3d4e"),
        ("--password hunter22", "hunter22"),
        ("login failed, password: hunter22", "hunter22"),
        ("https://vault.example/v1?token=s.8cJx0Tq1", "s.8cJx0Tq1"),
        ('{"client_secret": "0a1b2c3d4e"}', "0a1b2c3d4e"),
    ],
)
def test_a_secret_in_a_text_is_taken_out(text: str, secret: str) -> None:
    clean = scrub(text)
    assert secret not in clean
    assert REMOVED in clean
    assert scrub(clean) == clean


@pytest.mark.parametrize(
    "text",
    [
        "--dynamic-serving-ca-secret-name=cert-manager-webhook-ca",
        "--dynamic-serving-ca-secret-namespace=$(POD_NAMESPACE)",
        'secret "cert-manager-webhook-ca" not found',
        "tls: failed to verify certificate: x509: certificate signed by unknown authority",
        'Post "https://cert-manager-webhook.cert-manager.svc:443/validate?timeout=30s": EOF',
        "the server has asked for the client to provide credentials",
        "2026-11-23T20:00:00Z",
        "basic authentication is not supported by this server",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert scrub(text) == text


def test_a_secret_in_an_argument_of_its_own_is_taken_out() -> None:
    args = ["--v=2", "--vault-token", "abc", "--leader-election-namespace", "kube-system"]
    assert scrubbed(args) == ["--v=2", "--vault-token", REMOVED, "--leader-election-namespace", "kube-system"]


def test_a_key_pasted_into_a_ca_bundle_goes_and_the_certificate_stays() -> None:
    certificate = WEBHOOK_CA
    pasted = base64.b64encode((certificate + KEY).encode()).decode()
    clean = scrubbed({"webhooks": [{"clientConfig": {"caBundle": pasted}}]})
    told = base64.b64decode(clean["webhooks"][0]["clientConfig"]["caBundle"]).decode()
    assert certificate in told
    assert "PRIVATE KEY" not in told
    whole = base64.b64encode(WEBHOOK_CA.encode()).decode()
    assert scrubbed({"caBundle": whole}) == {"caBundle": whole}


@given(st.text(max_size=80))
def test_any_text_is_survived(text: str) -> None:
    assert scrub(scrub(text)) == scrub(text)
