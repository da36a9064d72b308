"""What is said of Certificates: each text is what the webhook of release 1.21.1 answered to the same spec."""

from typing import Any

import pytest

from tests.unit.demo.webhook.reviewing import certificate, refusal, request

SUBDOMAIN = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start "
    "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
NO_NAME = (
    'spec: Invalid value: "": at least one of commonName (from the commonName field or from a literalSubject), '
    "dnsNames, emailSANs, ipAddresses, otherNames, or uriSANs must be set"
)
KIND = "must be one of Issuer or ClusterIssuer"
OPEN_JKS = "spec.keystores.jks: Forbidden: "


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ({}, ""),
        ({"secretName": ""}, "spec.secretName: Required value: must be specified"),
        ({"secretName": "Bad_Name"}, f'spec.secretName: Invalid value: "Bad_Name": {SUBDOMAIN}'),
        ({"issuerRef": {"name": ""}}, "spec.issuerRef.name: Required value: must be specified"),
        (
            {"issuerRef": {"name": "a", "kind": "Foo"}},
            f'spec.issuerRef.kind: Invalid value: "Foo": {KIND} (did you forget to set spec.issuerRef.kind.group?)',
        ),
        (
            {"issuerRef": {"name": "a", "kind": "Foo", "group": "cert-manager.io"}},
            f'spec.issuerRef.kind: Invalid value: "Foo": {KIND}',
        ),
        ({"issuerRef": {"name": "a", "kind": "Foo", "group": "awspca.cert-manager.io"}}, ""),
        ({"dnsNames": None}, NO_NAME),
        ({"commonName": "x" * 65}, "spec.commonName: Too long: may not be more than 64 bytes"),
        ({"ipAddresses": ["::1", "1.2.3"]}, 'spec.ipAddresses[1]: Invalid value: "1.2.3": invalid IP address'),
        (
            {"privateKey": {"size": 1024}},
            "spec.privateKey.size: Invalid value: 1024: must be between 2048 and 8192 for rsa keyAlgorithm",
        ),
        (
            {"privateKey": {"algorithm": "ECDSA", "size": 2048}},
            'spec.privateKey.size: Unsupported value: 2048: supported values: "256", "384", "521"',
        ),
        (
            {"privateKey": {"algorithm": "ECDSA"}, "signatureAlgorithm": "SHA256WithRSA"},
            (
                'spec.signatureAlgorithm: Invalid value: "SHA256WithRSA": for key algorithm ECDSA the allowed '
                "signature "
                "algorithms are [ECDSAWithSHA256 ECDSAWithSHA384 ECDSAWithSHA512]"
            ),
        ),
        ({"revisionHistoryLimit": 0}, "spec.revisionHistoryLimit: Invalid value: 0: must not be less than 1"),
        (
            {
                "secretTemplate": {
                    "annotations": {"cert-manager.io/x": "y", "cert-manager.io/allow-direct-injection": ""}
                }
            },
            (
                'spec.secretTemplate.annotations: Invalid value: "cert-manager.io/x": cert-manager.io/* annotations '
                "are "
                "not allowed"
            ),
        ),
        (
            {"additionalOutputFormats": [{"type": "DER"}, {"type": "DER"}]},
            'spec.additionalOutputFormats[type]: Duplicate value: "DER"',
        ),
        (
            {"keystores": {"jks": {"create": True}}},
            f"{OPEN_JKS}must set exactly one of passwordSecretRef and password must for JKS keystores",
        ),
        (
            {"keystores": {"pkcs12": {"create": True, "password": "x", "passwordSecretRef": {"name": "a"}}}},
            (
                "spec.keystores.pkcs12: Forbidden: exactly one of passwordSecretRef and password must be provided for "
                "PKCS#12 keystores; cannot set both"
            ),
        ),
        (
            {"nameConstraints": {"critical": True}},
            (
                '[spec.nameConstraints: Invalid value: {"Critical":true,"Permitted":null,"Excluded":null}: isCa should '
                "be "
                'true when nameConstraints is set, spec.nameConstraints: Invalid value: {"Critical":true,'
                '"Permitted":null,'
                '"Excluded":null}: either permitted or excluded must be set]'
            ),
        ),
        (
            {"otherNames": [{"oid": "1.2"}]},
            "spec.otherNames[0].utf8Value: Required value: must be set to a valid non-empty UTF8 string",
        ),
        ({"secretName": "", "dnsNames": None}, f"[spec.secretName: Required value: must be specified, {NO_NAME}]"),
    ],
)
def test_a_certificate(spec: dict[str, Any], text: str) -> None:
    assert refusal(request("certificates", certificate(**spec))) == text


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        (
            {"duration": "30m"},
            "spec.duration: Invalid value: 1800000000000: certificate duration must be greater than 1h0m0s",
        ),
        (
            {"renewBefore": "1m"},
            "spec.renewBefore: Invalid value: 60000000000: certificate renewBefore must be greater than 5m0s",
        ),
        (
            {"duration": "1h30m5s", "renewBefore": "100h1ms"},
            (
                "spec.renewBefore: Invalid value: 360000001000000: certificate duration 1h30m5s must be greater than "
                "renewBefore 100h0m0.001s"
            ),
        ),
        ({"renewBeforePercentage": 100}, ""),
        (
            {"duration": "2h", "renewBeforePercentage": 99},
            (
                "spec.renewBeforePercentage: Invalid value: 99: certificate renewBeforePercentage must result in a "
                "renewBefore greater than 5m0s"
            ),
        ),
        (
            {"duration": "2h", "renewBeforePercentage": 0},
            (
                "spec.renewBeforePercentage: Invalid value: 0: certificate renewBeforePercentage must result in a "
                "renewBefore less than duration"
            ),
        ),
        ({"duration": "90d"}, 'time: unknown unit "d" in duration "90d"'),
    ],
)
def test_its_times(spec: dict[str, Any], text: str) -> None:
    assert refusal(request("certificates", certificate(**spec))) == text


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("a@b.test", ""),
        ("", "mail: no address"),
        ("a", "mail: missing '@' or angle-addr"),
        ("a b@c.test", "mail: no angle-addr"),
        ("@b.test", "mail: missing word in phrase: mail: invalid string"),
        ("a@b@c", 'mail: expected single address, got "@c"'),
        ("Al <al@b.test>", "make sure the supplied value only contains the email address itself"),
    ],
)
def test_its_mail_addresses(address: str, why: str) -> None:
    told = refusal(request("certificates", certificate(emailAddresses=[address])))
    shown = f'spec.emailAddresses[0]: Invalid value: "{address}": invalid email address: {why}'
    assert told == (shown if why else "")


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ({"literalSubject": "CN=web,O=team", "dnsNames": None}, ""),
        ({"literalSubject": "O=team", "dnsNames": None}, NO_NAME),
        (
            {"literalSubject": "CN=a", "commonName": "b"},
            'spec.commonName: Invalid value: "b": When providing a `LiteralSubject` no `commonName` may be provided.',
        ),
        (
            {"literalSubject": "CN"},
            'spec.literalSubject: Invalid value: "CN": DN ended with incomplete type, value pair',
        ),
        (
            {"literalSubject": "CN=a,XX=b"},
            'spec.literalSubject: Invalid value: "CN=a,XX=b": Literal subject contains unrecognized key with value [b]',
        ),
        ({"literalSubject": f"CN={'x' * 65}"}, "spec.commonName: Too long: may not be more than 64 bytes"),
    ],
)
def test_its_literal_subject(spec: dict[str, Any], text: str) -> None:
    assert refusal(request("certificates", certificate(**spec))) == text


def test_an_update_is_judged_as_a_create_is() -> None:
    told = refusal(request("certificates", certificate(secretName=""), old=certificate()))
    assert told == "spec.secretName: Required value: must be specified"
