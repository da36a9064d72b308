"""What is said of CertificateRequests, and who may approve them."""

import base64
import json
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from certdash.demo.api.client import Client
from certdash.demo.api.request import ADMIN, Request, Response
from certdash.demo.pki import signing_request
from certdash.demo.webhook.review import mutate
from tests.unit.demo.webhook.reviewing import USER, Object, refusal, request

CSR = signing_request("web.test")
APPROVED = {"type": "Approved", "status": "True", "reason": "x"}
DENIED = {"type": "Denied", "status": "True", "reason": "x"}


def encoded(text: bytes) -> str:
    return base64.b64encode(text).decode()


def asked(conditions: list[Object] | None = None, **spec: Any) -> Object:
    """A good request of the user, stamped."""
    whole = {"request": CSR, "issuerRef": {"name": "ca"}, **USER, **spec}
    item: Object = {"metadata": {"name": "web-1", "namespace": "default"}, "spec": whole}
    return item if conditions is None else {**item, "status": {"conditions": conditions}}


def demanding(*extensions: x509.ExtensionType) -> str:
    """A signing request with these extensions."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    made = builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    return encoded(made.public_bytes(Encoding.PEM))


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ({}, ""),
        ({"username": "bob"}, "spec.username: Forbidden: username identity must be that of the requester"),
        ({"groups": ["dev"]}, "spec.groups: Forbidden: groups identity must be that of the requester"),
        ({"groups": ["system:authenticated", "dev"]}, ""),
        ({"extra": {"a": ["b"]}}, "spec.extra: Forbidden: extra identity must be that of the requester"),
        ({"request": ""}, "spec.request: Required value: must be specified"),
        (
            {"request": encoded(b"hello")},
            (
                'spec.request: Invalid value: "hello": error decoding certificate request PEM block: no PEM data was '
                "found "
                "in given input"
            ),
        ),
        ({"duration": "x"}, 'time: invalid duration "x"'),
        (
            {"username": "bob", "issuerRef": {"name": ""}},
            (
                "[spec.username: Forbidden: username identity must be that of the requester, "
                "spec.issuerRef.name: Required value: must be specified]"
            ),
        ),
    ],
)
def test_a_new_request(spec: dict[str, Any], text: str) -> None:
    assert refusal(request("certificaterequests", asked(**spec))) == text


def test_what_the_signing_request_demands_must_be_in_the_spec() -> None:
    authority = demanding(x509.BasicConstraints(ca=True, path_length=None))
    told = refusal(request("certificaterequests", asked(request=authority)))
    assert told.endswith(": encoded CSR error: IsCA true does not match expected value false")
    assert refusal(request("certificaterequests", asked(request=authority, isCA=True))) == ""

    usages = demanding(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]))
    told = refusal(request("certificaterequests", asked(request=usages, usages=["client auth"])))
    expected = "the expected ExtKeyUsages [ 'client auth' ]"
    assert told.endswith(f": encoded CSR error: the ExtKeyUsages [ 'server auth' ] do not match {expected}")
    assert refusal(request("certificaterequests", asked(request=usages, usages=["server auth"]))) == ""


def test_a_create_is_stamped_with_its_requester() -> None:
    item = asked(username="certdash-sentinel", extra={"a": ["b"]})
    response = mutate(request("certificaterequests", item))
    patched = json.loads(base64.b64decode(response["patch"]))
    assert {operation["path"]: operation.get("value") for operation in patched} == {
        "/spec/username": "alice",
        "/spec/groups": ["dev", "system:authenticated"],
        "/spec/uid": "7",
        "/spec/extra": None,
    }
    assert next(operation["op"] for operation in patched if operation["path"] == "/spec/extra") == "remove"
    assert "patch" not in mutate(request("certificaterequests", item, old=item))
    assert "patch" not in mutate(request("certificates", item))


def test_a_request_does_not_change() -> None:
    old = asked()
    told = refusal(request("certificaterequests", asked(duration="2h"), old=old))
    assert told == "spec: Forbidden: cannot change spec after creation"
    told = refusal(request("certificaterequests", asked(username="bob"), old=old))
    assert told == (
        "[spec.username: Forbidden: username identity cannot be changed once set, "
        "spec: Forbidden: cannot change spec after creation]"
    )
    annotated = {**old, "metadata": {**old["metadata"], "annotations": {"cert-manager.io/x": "y", "mine": "z"}}}
    expected = "metadata.annotations.cert-manager.io/x: Forbidden: cannot change cert-manager annotation after creation"
    assert refusal(request("certificaterequests", annotated, old=old)) == expected
    assert refusal(request("certificaterequests", old, old=annotated)) == expected


def test_a_decision_stands() -> None:
    for kind in (APPROVED, DENIED):
        changed = [{**kind, "reason": "y"}]
        told = refusal(request("certificaterequests", asked(changed), old=asked([kind]), subresource="status"))
        assert told == f"status.conditions: Forbidden: '{kind['type']}' condition may not be modified once set"


def api(*, served: bool, allowed: tuple[str, ...]) -> tuple[Client, list[Object]]:
    """An API server with a discovery and an authoriser, and what it was asked to review."""
    reviewed: list[Object] = []

    async def handle(sent: Request) -> Response:
        if sent.path == "/apis/cert-manager.io":
            return Response(200, {"versions": [{"groupVersion": "cert-manager.io/v1"}]})
        if sent.path == "/apis/cert-manager.io/v1":
            resources = [{"name": "issuers", "kind": "Issuer", "namespaced": True}] if served else []
            return Response(200, {"resources": resources})
        if sent.path != "/apis/authorization.k8s.io/v1/subjectaccessreviews":
            return Response(404, text="404 page not found\n")
        spec = json.loads(sent.body)["spec"]
        reviewed.append(spec)
        return Response(201, {"status": {"allowed": spec["resourceAttributes"]["name"] in allowed}})

    return Client(handle, ADMIN, "webhook"), reviewed


def test_whoever_may_approve_for_the_signer_approves() -> None:
    asking = request("certificaterequests", asked([APPROVED]), old=asked(), subresource="status")
    client, reviewed = api(served=True, allowed=("issuers.cert-manager.io/default.ca",))
    assert refusal(asking, client) == ""
    assert [spec["resourceAttributes"]["name"] for spec in reviewed] == [
        "issuers.cert-manager.io/*",
        "issuers.cert-manager.io/default.ca",
    ]
    assert {spec["user"] for spec in reviewed} == {"alice"}


def test_others_do_not() -> None:
    asking = request("certificaterequests", asked([APPROVED]), old=asked(), subresource="status")
    client, _ = api(served=True, allowed=())
    assert refusal(asking, client) == (
        'status.conditions: Forbidden: user "alice" does not have permissions to set approved/denied conditions for '
        "issuer {ca  }"
    )
    client, _ = api(served=False, allowed=())
    assert refusal(asking, client) == ("spec.issuerRef: Forbidden: referenced signer resource does not exist: {ca  }")


def test_a_request_is_not_both_approved_and_denied() -> None:
    client, _ = api(served=True, allowed=("issuers.cert-manager.io/*",))
    asking = request("certificaterequests", asked([APPROVED, DENIED]), old=asked(), subresource="status")
    assert refusal(asking, client) == (
        "status.conditions: Forbidden: both 'Denied' and 'Approved' conditions cannot coexist"
    )
