"""From a Certificate to its Secret, and what stands in the way, in the controller's own words."""

import asyncio
import base64

import pytest
from cryptography import x509

from certdash.demo.api.objects import Object
from certdash.demo.api.resource_types import EVENTS, SECRETS
from certdash.demo.chart.crds import crds
from certdash.demo.issuance.certificates import settle_certificates
from certdash.demo.issuance.context import CERTIFICATES, REQUESTS, Context
from certdash.demo.issuance.issuers import settle_issuers
from certdash.demo.issuance.requests import settle_requests
from certdash.demo.issuance.signing import new_key, signing_request
from tests.unit.demo.server import Server

GROUP = "/apis/cert-manager.io/v1/namespaces/a"


class Controller:
    """The controller's rounds, by hand."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.context = Context(server.store, server.client)

    async def rounds(self, count: int = 8) -> None:
        for _ in range(count):
            await settle_issuers(self.context)
            await settle_certificates(self.context)
            await settle_requests(self.context)

    async def create(self, kind: str, name: str, **spec: object) -> None:
        body = {"apiVersion": "cert-manager.io/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}
        await self.server.client.create(f"{GROUP}/{kind.lower()}s", body)

    def condition(self, item: Object | None, kind: str) -> tuple[str, str, str]:
        assert item is not None
        return next(
            (c["status"], c["reason"], c.get("message", "")) for c in item["status"]["conditions"] if c["type"] == kind
        )

    def certificate(self, name: str) -> Object | None:
        return self.context.get(CERTIFICATES, "a", name)

    def issued(self, secret: str) -> x509.Certificate:
        data = self.context.secret("a", secret)
        assert data is not None
        return x509.load_pem_x509_certificate(data["tls.crt"])


@pytest.fixture
async def controller(server: Server) -> Controller:
    for crd in crds():
        await server.client.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", crd)
    await asyncio.sleep(0.1)
    return Controller(server)


KEY = {"algorithm": "ECDSA", "size": 256}


async def test_a_self_signed_certificate_is_issued(controller: Controller) -> None:
    await controller.create("Issuer", "own", selfSigned={})
    await controller.create(
        "Certificate", "web", secretName="web-tls", dnsNames=["web.test"], issuerRef={"name": "own"}, privateKey=KEY
    )
    await controller.rounds()
    item = controller.certificate("web")
    assert controller.condition(item, "Ready") == ("True", "Ready", "Certificate is up to date and has not expired")
    assert item is not None
    assert item["status"]["revision"] == 1
    assert item["status"]["renewalTime"] < item["status"]["notAfter"]
    certificate = controller.issued("web-tls")
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["web.test"]
    secret = controller.server.store.get(SECRETS, "a", "web-tls")
    assert secret is not None
    assert secret["type"] == "kubernetes.io/tls"
    assert secret["metadata"]["annotations"]["cert-manager.io/issuer-name"] == "own"
    assert [s["metadata"]["name"] for s in controller.server.store.items(SECRETS, "a")] == ["web-tls"]
    told = [(e["involvedObject"]["kind"], e["reason"]) for e in controller.server.store.items(EVENTS, "a")]
    for expected in (("Certificate", "Issuing"), ("Certificate", "Generated"), ("Certificate", "Requested")):
        assert expected in told
    assert ("CertificateRequest", "cert-manager.io") in told
    assert ("CertificateRequest", "CertificateIssued") in told


async def test_a_chain_of_a_ca_is_verified_by_it(controller: Controller) -> None:
    await controller.create("Issuer", "own", selfSigned={})
    await controller.create(
        "Certificate",
        "root",
        secretName="root",
        isCA=True,
        commonName="root",
        issuerRef={"name": "own"},
        privateKey=KEY,
    )
    await controller.create("Issuer", "ca", ca={"secretName": "root"})
    await controller.create(
        "Certificate", "leaf", secretName="leaf", dnsNames=["leaf.test"], issuerRef={"name": "ca"}, privateKey=KEY
    )
    await controller.rounds(16)
    root, leaf = controller.issued("root"), controller.issued("leaf")
    leaf.verify_directly_issued_by(root)
    data = controller.context.secret("a", "leaf")
    assert data is not None
    assert x509.load_pem_x509_certificate(data["ca.crt"]) == root


async def test_a_missing_issuer_is_named(controller: Controller) -> None:
    await controller.create(
        "Certificate", "web", secretName="w", dnsNames=["w.test"], issuerRef={"name": "no"}, privateKey=KEY
    )
    await controller.rounds()
    (request,) = controller.context.items(REQUESTS)
    told = 'Referenced "Issuer" not found: issuer.cert-manager.io "no" not found'
    assert controller.condition(request, "Ready") == ("False", "Pending", told)
    assert controller.condition(controller.certificate("web"), "Ready")[1] == "DoesNotExist"
    await controller.create("Issuer", "no", selfSigned={})
    await controller.rounds()
    assert controller.condition(controller.certificate("web"), "Ready")[0] == "True"


async def test_a_ca_without_its_secret_is_not_ready(controller: Controller) -> None:
    await controller.create("Issuer", "ca", ca={"secretName": "none"})
    await controller.rounds()
    (issuer,) = controller.server.store.items(next(r for r in controller.server.api.served() if r.plural == "issuers"))
    assert controller.condition(issuer, "Ready") == (
        "False",
        "ErrGetKeyPair",
        'Error getting keypair for CA issuer: secrets "none" not found',
    )


async def test_a_denied_request_is_not_signed(controller: Controller) -> None:
    await controller.create("Issuer", "own", selfSigned={})
    pem = signing_request({"dnsNames": ["x.test"]}, new_key({"privateKey": KEY}))
    await controller.create(
        "CertificateRequest", "r", request=base64.b64encode(pem).decode(), issuerRef={"name": "own"}
    )
    denied = {"status": {"conditions": [{"type": "Denied", "status": "True", "reason": "test"}]}}
    await controller.server.client.patch(f"{GROUP}/certificaterequests/r/status", denied)
    await controller.rounds()
    (request,) = controller.context.items(REQUESTS)
    assert "certificate" not in request["status"]
