"""What the schemas and cert-manager's webhook say to the mistakes that people make."""

from typing import Any

from tests.contract.exchange import NAMESPACE, Script, Step, patch, post, script
from tests.contract.probes import probe_steps
from tests.contract.scripts.objects import (
    CERTIFICATES,
    CLUSTER_ISSUERS,
    ISSUER_REF,
    ISSUERS,
    REQUESTS,
    certificate,
    cluster_issuer,
    issuer,
    request,
)

_ACCOUNT = {"name": "account"}
_ACME = {"server": "https://acme.test/directory", "privateKeySecretRef": _ACCOUNT}


def _dry(path: str, item: dict[str, Any], **query: str) -> Step:
    return post(path, item, dryRun="All", **query)


def _denied(name: str, **spec: Any) -> Script:
    return script(f"certificate-{name}", _dry(CERTIFICATES, certificate("wrong", **spec)))


_KEY = {"algorithm": "RSA", "encoding": "PKCS1", "size": 1024}
_KEYSTORE = {"create": True, "passwordSecretRef": {"name": "p", "key": "k"}}

SCRIPTS = (
    script("probes", *probe_steps(NAMESPACE).values()),
    _denied("duration", duration="1m"),
    _denied("renew-before", duration="2h", renewBefore="3h"),
    _denied("renew-before-short", renewBefore="1m"),
    _denied("renew-before-percentage", renewBeforePercentage=0),
    _denied("renew-before-both", renewBefore="1h", renewBeforePercentage=50),
    _denied("no-names", dnsNames=[]),
    _denied("ip-address", ipAddresses=["not-an-ip"]),
    _denied("ip-addresses", ipAddresses=["10.0.0.1", "256.1.1.1", "::x"]),
    _denied("email", emailAddresses=["not an address"]),
    _denied("email-named", emailAddresses=["Somebody <a@b.test>"]),
    _denied("uri", uris=["://nonsense"]),
    _denied("common-name-long", commonName="x" * 65),
    _denied("key-size", privateKey=_KEY),
    _denied("key-size-large", privateKey={"algorithm": "RSA", "size": 16384}),
    _denied("key-curve", privateKey={"algorithm": "ECDSA", "size": 100}),
    _denied("key-ed25519-encoding", privateKey={"algorithm": "Ed25519", "encoding": "PKCS1"}),
    _denied("secret-name", secretName="Not_A_Name"),
    _denied("no-secret-name", secretName=""),
    _denied("issuer-kind", issuerRef={"name": "x", "kind": "Nonsense"}),
    _denied("issuer-no-name", issuerRef={"name": "", "kind": "Issuer"}),
    _denied("revision-history", revisionHistoryLimit=0),
    _denied("usages-duplicate", usages=["server auth", "server auth"]),
    _denied("secret-template", secretTemplate={"annotations": {"cert-manager.io/mine": "x"}}),
    _denied("additional-formats", additionalOutputFormats=[{"type": "DER"}, {"type": "DER"}]),
    _denied("keystores", keystores={"pkcs12": _KEYSTORE}),
    _denied("keystore-both", keystores={"jks": {**_KEYSTORE, "password": "secret"}}),
    _denied("literal-subject", literalSubject="CN=a,O=b", commonName="c"),
    _denied("name-constraints", nameConstraints={"critical": True}),
    _denied("other-names", otherNames=[{"oid": "1.2.3", "utf8Value": ""}]),
    _denied(
        "several",
        duration="1m",
        ipAddresses=["not-an-ip"],
        emailAddresses=["nonsense"],
        privateKey=_KEY,
        issuerRef={"name": "", "kind": "Nonsense"},
        secretName="Not_A_Name",
    ),
    script(
        "certificate-update",
        post(CERTIFICATES, certificate("updated")).seen("metadata"),
        *(
            patch(f"{CERTIFICATES}/updated", {"spec": change})
            for change in ({"duration": "1m"}, {"ipAddresses": ["x"]})
        ),
    ),
    script(
        "schema",
        _dry(CERTIFICATES, certificate("wrong", secretName=None)),
        _dry(CERTIFICATES, certificate("wrong", secretName=None, issuerRef=None)),
        _dry(CERTIFICATES, certificate("wrong", dnsNames="a.test")),
        _dry(CERTIFICATES, certificate("wrong", dnsNames=[1, "b.test"], isCA="yes", revisionHistoryLimit=0.5)),
        _dry(CERTIFICATES, certificate("wrong", issuerRef={"kind": "Issuer"}, privateKey={"algorithm": "DSA"})),
        _dry(CERTIFICATES, certificate("wrong", usages=["nonsense"])),
        _dry(CERTIFICATES, certificate("wrong", duration=60)),
        _dry(CERTIFICATES, {**certificate("wrong"), "spec": None}),
        _dry(CERTIFICATES, {**certificate("wrong"), "spec": "nonsense"}),
        _dry(CERTIFICATES, {k: v for k, v in certificate("wrong").items() if k != "spec"}),
        _dry(REQUESTS, {**request("wrong"), "spec": {"issuerRef": {}}}),
        _dry(REQUESTS, request("wrong", request="not base64")),
        _dry(ISSUERS, issuer("wrong", acme={"server": "x"})),
        _dry(CERTIFICATES, certificate("Not_A_Name")),
        _dry(CERTIFICATES, {**certificate("wrong"), "kind": "Issuer"}),
        _dry(CERTIFICATES, {"metadata": {"name": "wrong"}}),
    ),
    script(
        "unknown-fields",
        *(
            _dry(CERTIFICATES, certificate("wrong", nonsense=1, more={"a": 1}), **query)
            for query in ({}, {"fieldValidation": "Ignore"}, {"fieldValidation": "Warn"}, {"fieldValidation": "Strict"})
        ),
        _dry(CERTIFICATES, {**certificate("wrong"), "nonsense": 1}, fieldValidation="Strict"),
        _dry(
            CERTIFICATES,
            certificate("wrong", privateKey={"rotation": "Always"}, issuerRef={**ISSUER_REF, "x": 1}),
            fieldValidation="Strict",
        ),
    ),
    script(
        "requests",
        _dry(REQUESTS, request("good")),
        _dry(REQUESTS, request("good", username="certdash-sentinel", groups=["g"], uid="u")),
        _dry(REQUESTS, request("wrong", request="bm90IGEgcmVxdWVzdA==")),
        _dry(REQUESTS, request("wrong", issuerRef={"name": ""})),
        _dry(REQUESTS, request("wrong", issuerRef={"name": "x", "kind": "Nonsense"})),
        _dry(REQUESTS, request("wrong", duration="1m")),
        _dry(REQUESTS, request("wrong", isCA=True, usages=["server auth"])),
        _dry(REQUESTS, request("wrong", usages=["server auth", "client auth"])),
    ),
    script(
        "request-changed",
        post(REQUESTS, request("changed")).seen("metadata"),
        patch(f"{REQUESTS}/changed", {"spec": {"isCA": True}}),
        patch(f"{REQUESTS}/changed", {"spec": {"username": "somebody"}}),
        patch(f"{REQUESTS}/changed", {"metadata": {"annotations": {"cert-manager.io/mine": "x"}}}),
    ),
    script(
        "issuers",
        _dry(ISSUERS, issuer("good", selfSigned={})),
        _dry(ISSUERS, issuer("wrong")),
        _dry(ISSUERS, issuer("wrong", selfSigned={}, ca={"secretName": "ca"})),
        _dry(ISSUERS, issuer("wrong", ca={"secretName": ""})),
        _dry(ISSUERS, issuer("wrong", selfSigned={"crlDistributionPoints": [""]})),
        _dry(ISSUERS, issuer("wrong", vault={"server": "", "path": "", "auth": {}})),
        _dry(ISSUERS, issuer("wrong", venafi={"zone": ""})),
    ),
    script(
        "issuers-acme",
        _dry(ISSUERS, issuer("good", acme={**_ACME, "solvers": [{"http01": {"ingress": {"class": "nginx"}}}]})),
        _dry(ISSUERS, issuer("wrong", acme={**_ACME, "server": ""})),
        _dry(ISSUERS, issuer("wrong", acme={**_ACME, "privateKeySecretRef": {"name": ""}})),
        _dry(ISSUERS, issuer("wrong", acme={**_ACME, "solvers": [{}]})),
        _dry(ISSUERS, issuer("wrong", acme={**_ACME, "solvers": [{"http01": {}}]})),
        _dry(ISSUERS, issuer("wrong", acme={**_ACME, "solvers": [{"dns01": {}}]})),
        _dry(
            ISSUERS,
            issuer(
                "wrong",
                acme={**_ACME, "solvers": [{"http01": {"ingress": {"class": "a", "ingressClassName": "b"}}}]},
            ),
        ),
    ),
    script(
        "cluster-issuers",
        _dry(CLUSTER_ISSUERS, cluster_issuer("good", selfSigned={})),
        _dry(CLUSTER_ISSUERS, cluster_issuer("wrong")),
        _dry(CLUSTER_ISSUERS, cluster_issuer("wrong", selfSigned={}, ca={"secretName": "ca"})),
    ),
)
