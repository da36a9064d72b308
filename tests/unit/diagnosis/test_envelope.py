"""The API server's words, as they came from a 1.36 server or stand in its source and in public issues."""

from typing import Any

import pytest

from certdash.diagnosis.call_fault import CallFault
from certdash.diagnosis.envelope import OutcomeKind, parse_answer
from certdash.model.probe import ProbeAnswer, ProbeName
from tests.unit.scenario_answers import DENIED_IDENTITY, DENIED_INVALID, NO_PATH, answer, call_failed

V = ProbeName.VALID
_HINT = (
    'x509: certificate signed by unknown authority (possibly because of "{}" while trying to verify candidate '
    'authority certificate "cert-manager-webhook-ca")'
)


def kind_of(status: int | None, message: str, **more: Any) -> OutcomeKind:
    return parse_answer(answer(V, status, message, **more)).kind


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ("dial tcp 10.96.55.51:443: connect: connection refused", CallFault.REFUSED),
        ("dial tcp 10.96.55.51:443: connect: no route to host", CallFault.NO_ROUTE),
        ("dial tcp 10.96.55.51:443: connect: network is unreachable", CallFault.NO_ROUTE),
        ("dial tcp 10.96.55.51:443: connect: operation not permitted", CallFault.NOT_PERMITTED),
        ("dial tcp 10.96.55.51:443: i/o timeout", CallFault.TIMEOUT),
        ("context deadline exceeded", CallFault.TIMEOUT),
        ("net/http: request canceled (Client.Timeout exceeded while awaiting headers)", CallFault.TIMEOUT),
        ("net/http: TLS handshake timeout", CallFault.HANDSHAKE_TIMEOUT),
        ("EOF", CallFault.EOF),
        ("unexpected EOF", CallFault.EOF),
        ("read tcp 10.0.0.1:4->10.96.55.51:443: use of closed network connection", CallFault.EOF),
        ("read tcp 10.0.0.1:4->10.96.55.51:443: read: connection reset by peer", CallFault.RESET),
        ("write: broken pipe", CallFault.RESET),
        ("http: server gave HTTP response to HTTPS client", CallFault.PLAIN_HTTP),
        ("tls: first record does not look like a TLS handshake", CallFault.PLAIN_HTTP),
        ("remote error: tls: internal error", CallFault.TLS_INTERNAL),
        ("remote error: tls: certificate required", CallFault.CLIENT_CERTIFICATE),
        ("remote error: tls: handshake failure", CallFault.TLS_PARAMETERS),
        ("x509: certificate signed by unknown authority", CallFault.UNKNOWN_AUTHORITY),
        (
            "tls: failed to verify certificate: x509: certificate signed by unknown authority",
            CallFault.UNKNOWN_AUTHORITY,
        ),
        (
            _HINT.format("x509: ECDSA verification failure"),
            CallFault.STALE_AUTHORITY,
        ),
        (
            _HINT.format("x509: invalid signature: parent certificate cannot sign this kind of certificate"),
            CallFault.AUTHORITY_IS_LEAF,
        ),
        ("x509: certificate has expired or is not yet valid: current time X is after Y", CallFault.EXPIRED),
        ("x509: certificate has expired or is not yet valid: current time X is before Y", CallFault.NOT_YET_VALID),
        ("x509: certificate is valid for a, b, not cert-manager-webhook.cert-manager.svc", CallFault.WRONG_NAME),
        ("x509: certificate relies on legacy Common Name field, use SANs instead", CallFault.WRONG_NAME),
        ('service "cert-manager-webhook" not found', CallFault.SERVICE_NOT_FOUND),
        ('no service port 443 found for service "cert-manager-webhook"', CallFault.NO_PORT),
        ('no endpoints available for service "cert-manager-webhook"', CallFault.NO_ENDPOINTS),
        ('cannot route to service with ClusterIP "None"', CallFault.HEADLESS),
        ('unsupported service type "ExternalName"', CallFault.EXTERNAL_NAME),
        ("dial tcp: lookup x.y.svc on 10.96.0.10:53: no such host", CallFault.DNS),
        ("Address is not allowed", CallFault.ADDRESS_NOT_ALLOWED),
        ("Service Unavailable", CallFault.PROXY),
        ("proxyconnect tcp: dial tcp 10.1.1.1:3128: i/o timeout", CallFault.PROXY),
        ("proxy error from 127.0.0.1:6443 while dialing 10.42.0.5:10250, code 503: 503 x", CallFault.EGRESS_PROXY),
        ("No agent available", CallFault.KONNECTIVITY),
        ("dial timeout, backstop", CallFault.KONNECTIVITY),
        ("context canceled", CallFault.CANCELED),
        ("something new", CallFault.UNRECOGNISED),
    ],
)  # fmt: skip
def test_the_network_s_words(words: str, fault: CallFault) -> None:
    outcome = parse_answer(answer(V, 500, call_failed(words), reason="InternalError"))
    assert (outcome.kind, outcome.fault) == (OutcomeKind.CALL_FAILED, fault)
    assert (outcome.webhook, outcome.path) == ("webhook.cert-manager.io", "validate")
    assert outcome.service == ("cert-manager", "cert-manager-webhook")
    assert outcome.text == words


@pytest.mark.parametrize(
    ("rest", "fault"),
    [
        (
            "could not get REST client: unable to load root certificates: unable to parse bytes as PEM block",
            CallFault.NOT_PEM,
        ),
        ("failed to call webhook: the server could not find the requested resource", CallFault.NOT_FOUND),
        (
            'failed to call webhook: an error on the server ("boom") has prevented the request from succeeding',
            CallFault.SERVER_ERROR,
        ),
        (
            "failed to call webhook: the server is currently unable to handle the request",
            CallFault.UNAVAILABLE,
        ),
        ('received invalid webhook response: expected response.uid="a", got "b"', CallFault.BAD_REVIEW),
        ("failed to call webhook: 0-length response with status code: 200 and content type: ", CallFault.BAD_REVIEW),
    ],
)
def test_words_without_a_request(rest: str, fault: CallFault) -> None:
    text = f'Internal error occurred: failed calling webhook "webhook.cert-manager.io": {rest}'
    outcome = parse_answer(answer(V, 500, text, reason="InternalError"))
    assert (outcome.kind, outcome.fault) == (OutcomeKind.CALL_FAILED, fault)


def test_before_1_22_there_is_no_inner_prefix_and_before_1_19_no_quotes() -> None:
    text = (
        'Internal error occurred: failed calling webhook "webhook.cert-manager.io": Post '
        "https://cert-manager-webhook.cert-manager.svc:443/mutate?timeout=10s: "
        "x509: certificate signed by unknown authority"
    )
    outcome = parse_answer(answer(V, 500, text))
    assert (outcome.path, outcome.fault) == ("mutate", CallFault.UNKNOWN_AUTHORITY)


def test_another_webhook_s_failure_is_not_cert_manager_s() -> None:
    words = 'x: failed calling webhook "webhook.cert-manager.io": no endpoints available for service "y"'
    outcome = parse_answer(answer(V, 500, call_failed(words, webhook="validate.kyverno.svc-fail")))
    assert (outcome.kind, outcome.webhook) == (OutcomeKind.OTHER_CALL_FAILED, "validate.kyverno.svc-fail")


def test_denials() -> None:
    denied = parse_answer(answer(ProbeName.INVALID, 403, DENIED_INVALID, reason="Forbidden"))
    assert denied.kind is OutcomeKind.DENIED_BY_CERT_MANAGER
    assert denied.denies("spec.ipAddresses[0]")
    assert not denied.denies("spec.ipAddresses")
    identity = parse_answer(answer(ProbeName.IDENTITY, 403, DENIED_IDENTITY))
    assert identity.denies("spec.username")
    assert identity.denies("spec.groups")
    other = parse_answer(answer(V, 403, 'admission webhook "validation.gatekeeper.sh" denied the request: [x] no'))
    assert (other.kind, other.webhook) == (OutcomeKind.DENIED_BY_OTHER, "validation.gatekeeper.sh")


def test_the_nine_meanings_of_403() -> None:
    rbac = 'x is forbidden: User "u" cannot create resource "certificates" in API group "cert-manager.io"'
    start = 'certificates.cert-manager.io "x" is forbidden: '
    assert kind_of(403, rbac) is OutcomeKind.RBAC
    assert kind_of(403, f"{start}not yet ready to handle request") is OutcomeKind.STARTING
    terminating = "create not allowed while custom resource definition is terminating"
    assert kind_of(403, f"x is forbidden: {terminating}") is OutcomeKind.CRD_TERMINATING
    ending = "unable to create new content in namespace n because it is being terminated"
    assert kind_of(403, f"{start}{ending}") is OutcomeKind.NAMESPACE_TERMINATING
    assert kind_of(403, f"{start}exceeded quota: q, requested: x=1") is OutcomeKind.QUOTA
    policy = "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no"
    assert kind_of(403, f"{start}{policy}") is OutcomeKind.POLICY_DENIED
    assert kind_of(403, DENIED_INVALID) is OutcomeKind.DENIED_BY_CERT_MANAGER
    assert kind_of(403, 'admission webhook "x.y" denied the request: no') is OutcomeKind.DENIED_BY_OTHER
    assert kind_of(403, "certificates.cert-manager.io is forbidden: no such key: x") is OutcomeKind.FORBIDDEN


def test_the_two_meanings_of_404() -> None:
    assert kind_of(404, NO_PATH) is OutcomeKind.CRD_MISSING
    assert kind_of(404, 'namespaces "n" not found', details_kind="namespaces") is OutcomeKind.NAMESPACE_MISSING
    assert kind_of(404, "<html>nginx</html>", is_status=False) is OutcomeKind.OTHER


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (401, "Unauthorized", OutcomeKind.UNAUTHENTICATED),
        (409, "already exists", OutcomeKind.ADMITTED),
        (422, "x is invalid: spec.issuerRef: Required value", OutcomeKind.SCHEMA),
        (400, 'admission webhook "x.y" does not support dry run', OutcomeKind.DRY_RUN_UNSUPPORTED),
        (429, "Too many requests, please try again later.", OutcomeKind.THROTTLED),
        (429, "The apiserver is shutting down, please try again later.", OutcomeKind.STOPPING),
        (503, "apiserver is shutting down", OutcomeKind.STOPPING),
        (
            503,
            "the request has been made before all known HTTP paths have been installed, please try again",
            OutcomeKind.STARTING,
        ),
        (504, "Timeout: request did not complete within requested timeout", OutcomeKind.TIMEOUT),
        (500, "etcdserver: leader changed", OutcomeKind.STORAGE),
        (500, "rpc error: code = Unavailable desc = connection refused", OutcomeKind.STORAGE),
        (500, "conversion webhook for cert-manager.io/v1alpha2, Kind=Issuer failed: x", OutcomeKind.CONVERSION),
        (418, "teapot", OutcomeKind.OTHER),
    ],
)
def test_the_api_server_s_own_words(status: int, message: str, kind: OutcomeKind) -> None:
    assert kind_of(status, message) is kind


def test_no_answer() -> None:
    outcome = parse_answer(ProbeAnswer(V, None, 3.0, transport_error="connection refused"))
    assert (outcome.kind, outcome.text) == (OutcomeKind.TRANSPORT, "connection refused")
