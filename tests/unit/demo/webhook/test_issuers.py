"""What is said of Issuers, Orders and Challenges: the texts of release 1.21.1."""

import asyncio
import base64
from typing import Any

import pytest

from certdash.demo.api.client import Client
from certdash.demo.api.request import ADMIN, Request, Response
from certdash.demo.pki import Authority
from certdash.demo.webhook.review import validate
from tests.unit.demo.webhook.reviewing import Object, refusal, request

ACME: Object = {"server": "https://acme.test", "privateKeySecretRef": {"name": "key"}}
VAULT: Object = {"server": "https://vault.test", "path": "pki/sign"}
SOLVER = "spec.acme.solvers[0]"


def acme(*solvers: Object, **more: Any) -> Object:
    return {"acme": {**ACME, "solvers": list(solvers), **more}}


def vault(**more: Any) -> Object:
    return {"vault": {**VAULT, **more}}


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ({"selfSigned": {}}, ""),
        ({}, "spec: Required value: at least one issuer must be configured"),
        (
            {"ca": {"secretName": "ca"}, "selfSigned": {}},
            "spec.selfSigned: Forbidden: may not specify more than one issuer type",
        ),
        ({"ca": {"secretName": ""}}, "spec.ca.secretName: Required value"),
        (
            {"acme": {"server": "", "privateKeySecretRef": {"name": ""}}},
            (
                "[spec.acme.privateKeySecretRef.name: Required value: private key secret name is a required field, "
                "spec.acme.server: Required value: acme server URL is a required field]"
            ),
        ),
        (acme({}), f"{SOLVER}: Required value: no solver type configured"),
        (
            acme({"http01": {}, "dns01": {}}),
            (
                f"[{SOLVER}.http01: Required value: no HTTP01 solver type configured, "
                f"{SOLVER}: Forbidden: may not specify more than one solver type in a single solver]"
            ),
        ),
        (
            acme({"http01": {"ingress": {"class": "a", "name": "b", "serviceType": "X"}}}),
            (
                f"[{SOLVER}.http01.ingress: Forbidden: only one of 'ingressClassName', 'name' or 'class' should be "
                f'specified, {SOLVER}.http01.ingress.serviceType: Invalid value: "X": must be empty, "ClusterIP" or '
                '"NodePort"]'
            ),
        ),
        (
            acme(caBundle=base64.b64encode(b"x").decode(), skipTLSVerify=True),
            (
                '[spec.acme.caBundle: Invalid value: "": caBundle and skipTLSVerify are mutually exclusive and cannot '
                "both "
                "be set, spec.acme.skipTLSVerify: Invalid value: true: caBundle and skipTLSVerify are mutually "
                "exclusive "
                'and cannot both be set, spec.acme.caBundle: Invalid value: "": cert bundle didn\'t contain any valid '
                "certificates]"
            ),
        ),
        (acme(caBundle=base64.b64encode(Authority.create("ca").certificate).decode()), ""),
        (
            vault(path="a/../b", auth={}),
            (
                "[spec.vault.path: Invalid value: \"a/../b\": must not contain '..' path segments, "
                "spec.vault.auth: Required value: please supply one of: appRole, kubernetes, tokenSecretRef, "
                "clientCertificate, aws]"
            ),
        ),
        (vault(auth={"tokenSecretRef": {"name": "t"}}), ""),
        (
            vault(auth={"kubernetes": {"role": ""}}),
            (
                "[spec.vault.auth.kubernetes.role: Required value, "
                "spec.vault.auth.kubernetes: Required value: please supply one of: secretRef, serviceAccountRef]"
            ),
        ),
        (
            vault(auth={"appRole": {"roleId": "", "secretRef": {"name": ""}}}),
            "[spec.vault.auth.appRole.roleId: Required value, spec.vault.auth.appRole.secretRef.name: Required value]",
        ),
        ({"venafi": {"zone": "z"}}, "spec.venafi: Required value: please supply one of: tpp, cloud, ngts"),
    ],
)
def test_an_issuer(spec: Object, text: str) -> None:
    for plural in ("issuers", "clusterissuers"):
        assert refusal(request(plural, {"metadata": {"name": "i"}, "spec": spec})) == text


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ({}, f"{SOLVER}.dns01: Required value: no DNS01 provider configured"),
        (
            {"cloudflare": {}},
            f"{SOLVER}.dns01.cloudflare: Required value: apiKeySecretRef or apiTokenSecretRef is required",
        ),
        ({"cloudflare": {"apiTokenSecretRef": {"name": "t", "key": "token"}}}, ""),
        ({"route53": {"region": "x"}}, ""),
        (
            {"cloudDNS": {"project": "p"}, "webhook": {"solverName": "s", "groupName": "g"}},
            f"{SOLVER}.dns01.webhook: Forbidden: may not specify more than one provider type",
        ),
        (
            {"rfc2136": {"nameserver": "ns:53", "tsigKeyName": "k"}},
            (
                f"[{SOLVER}.dns01.rfc2136.tsigSecretSecretRef.name: Required value: secret name is required, "
                f"{SOLVER}.dns01.rfc2136.tsigSecretSecretRef.key: Required value: secret key is required]"
            ),
        ),
        (
            {"azureDNS": {"clientID": "c", "subscriptionID": "s", "resourceGroupName": "g"}},
            (
                f"[{SOLVER}.dns01.azureDNS.clientSecretSecretRef: Required value, "
                f"{SOLVER}.dns01.azureDNS.tenantID: Required value]"
            ),
        ),
    ],
)
def test_a_solver_by_dns(config: Object, text: str) -> None:
    spec = acme({"dns01": config})
    assert refusal(request("issuers", {"metadata": {"name": "i"}, "spec": spec})) == text


def test_what_is_deprecated_is_admitted_with_a_warning() -> None:
    binding = {"keyID": "k", "keySecretRef": {"name": "s", "key": "k"}, "keyAlgorithm": "HS256"}
    asked = request("issuers", {"metadata": {"name": "i"}, "spec": acme(externalAccountBinding=binding)})

    async def nobody(_: Request) -> Response:
        raise AssertionError

    response = asyncio.run(validate(asked, Client(nobody, ADMIN, "webhook")))
    assert response["allowed"] is True
    assert response["warnings"] == [
        "ACME issuer spec field 'externalAccount.keyAlgorithm' is deprecated. The value of this field will be ignored."
    ]


def test_orders_and_challenges_stay_as_they_are() -> None:
    group = "acme.cert-manager.io"
    order: Object = {"metadata": {"name": "o"}, "spec": {"request": "eA=="}, "status": {"url": "https://a"}}
    moved = {**order, "spec": {"request": "eQ=="}, "status": {"url": "https://b"}}
    assert refusal(request("orders", moved, old=order, group=group)) == (
        "[spec.request: Forbidden: field is immutable once set, status.url: Forbidden: field is immutable once set]"
    )
    assert refusal(request("orders", {**order, "status": {"url": "https://a", "reason": "x"}}, old=order)) == ""
    challenge: Object = {"metadata": {"name": "c"}, "spec": {"token": "t"}}
    told = refusal(request("challenges", {**challenge, "spec": {"token": "u"}}, old=challenge, group=group))
    assert told == "spec: Forbidden: challenge spec is immutable after creation"


def test_orders_keep_their_authorizations() -> None:
    offer = {"url": "u", "type": "http-01", "token": "t"}
    one = {"url": "a", "identifier": "web.test", "wildcard": False, "challenges": [offer]}
    order: Object = {"metadata": {"name": "o"}, "spec": {}, "status": {"authorizations": [one]}}

    def changed(authorizations: list[Object]) -> str:
        return refusal(request("orders", {**order, "status": {"authorizations": authorizations}}, old=order))

    path, why = "status.authorizations", "Forbidden: field is immutable once set"
    assert changed([one, one]) == f"{path}: {why}"
    assert changed([{**one, "wildcard": None}]) == f"{path}[0].wildcard: {why}"
    assert changed([{**one, "challenges": [{**offer, "token": "x"}]}]) == f"{path}[0].challenges[0].token: {why}"
    assert changed([one]) == ""
