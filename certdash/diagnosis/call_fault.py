"""Why a call from the API server to a webhook failed, from the innermost words of the message.

The words are those of Go's net, net/http, crypto/tls and crypto/x509, of client-go, of the API server's service
resolver and of the konnectivity proxy. `tls: failed to verify certificate: ` before `x509:` came with Go 1.20 and is
taken as optional.
"""

from enum import StrEnum


class CallFault(StrEnum):
    """The classes of failure that call for different cures."""

    SERVICE_NOT_FOUND = "service not found"
    NO_PORT = "no such service port"
    NO_ENDPOINTS = "no endpoints"
    HEADLESS = "headless service"
    EXTERNAL_NAME = "service of type ExternalName"
    NOT_PEM = "caBundle is not PEM"
    UNKNOWN_AUTHORITY = "unknown authority"
    STALE_AUTHORITY = "authority of the same name with another key"
    AUTHORITY_IS_LEAF = "caBundle can't sign"
    EXPIRED = "certificate expired"
    NOT_YET_VALID = "certificate not yet valid"
    WRONG_NAME = "certificate for another name"
    CERTIFICATE = "certificate not accepted"
    HANDSHAKE_TIMEOUT = "TLS handshake timed out"
    PLAIN_HTTP = "no TLS on that port"
    TLS_INTERNAL = "the webhook has no certificate yet"
    CLIENT_CERTIFICATE = "the webhook wants a client certificate"
    TLS_PARAMETERS = "TLS parameters don't fit"
    REFUSED = "connection refused"
    TIMEOUT = "timed out"
    RESET = "connection reset"
    EOF = "connection closed"
    NO_ROUTE = "no route"
    NOT_PERMITTED = "not permitted by the node's network"
    DNS = "name not found"
    ADDRESS_NOT_ALLOWED = "address not allowed"
    PROXY = "the API server's proxy"
    EGRESS_PROXY = "egress proxy"
    KONNECTIVITY = "konnectivity"
    CANCELED = "canceled"
    NOT_FOUND = "the webhook answered 404"
    SERVER_ERROR = "the webhook answered with an error"
    UNAVAILABLE = "the webhook answered 503"
    THROTTLED = "the webhook answered 429"
    REJECTED = "the webhook rejected the call"
    BAD_REVIEW = "not an AdmissionReview"
    SIDE_EFFECTS = "sideEffects not declared"
    UNRECOGNISED = "not recognised"


# Before everything else, and only as the whole of the text's beginning: they quote names of objects.
_BEGINNINGS: tuple[tuple[str, CallFault], ...] = (
    ('service "', CallFault.SERVICE_NOT_FOUND),
    ("no service port ", CallFault.NO_PORT),
    ("no endpoints available for service ", CallFault.NO_ENDPOINTS),
    ("cannot route to service with ClusterIP ", CallFault.HEADLESS),
    ("unsupported service type ", CallFault.EXTERNAL_NAME),
    ("proxyconnect tcp: ", CallFault.PROXY),
    ("proxy error from ", CallFault.EGRESS_PROXY),
    ("reading HTTP response from CONNECT ", CallFault.EGRESS_PROXY),
    ("No agent available", CallFault.KONNECTIVITY),
    ("dial timeout, ", CallFault.KONNECTIVITY),
    ("tunnel closed", CallFault.KONNECTIVITY),
    ("dial closed", CallFault.KONNECTIVITY),
    ("rpc error: ", CallFault.KONNECTIVITY),
    ("unable to load root certificates: ", CallFault.NOT_PEM),
    ("the server could not find the requested resource", CallFault.NOT_FOUND),
    ("an error on the server (", CallFault.SERVER_ERROR),
    ("the server is currently unable to handle the request", CallFault.UNAVAILABLE),
    ("the server was unable to return a response in the time allotted", CallFault.UNAVAILABLE),
    ("the server has received too many requests", CallFault.THROTTLED),
    ("the server rejected our request", CallFault.REJECTED),
    ("the server has asked for the client to provide credentials", CallFault.REJECTED),
    ("the server does not allow this method", CallFault.REJECTED),
    ("received invalid webhook response", CallFault.BAD_REVIEW),
    ("received undecodable patch", CallFault.BAD_REVIEW),
    ("0-length response with status code", CallFault.BAD_REVIEW),
    ("invalid character ", CallFault.BAD_REVIEW),
    ("couldn't get version/kind", CallFault.BAD_REVIEW),
    ("webhook does not accept known AdmissionReview versions", CallFault.BAD_REVIEW),
    ("Webhook SideEffects is nil", CallFault.SIDE_EFFECTS),
    ("remote error: tls: internal error", CallFault.TLS_INTERNAL),
    ("remote error: tls: certificate required", CallFault.CLIENT_CERTIFICATE),
    ("remote error: tls: bad certificate", CallFault.CLIENT_CERTIFICATE),
    ("remote error: tls: unknown certificate authority", CallFault.CLIENT_CERTIFICATE),
    ("remote error: tls: ", CallFault.TLS_PARAMETERS),
    ("tls: first record does not look like a TLS handshake", CallFault.PLAIN_HTTP),
    ("http: server gave HTTP response to HTTPS client", CallFault.PLAIN_HTTP),
    ("net/http: TLS handshake timeout", CallFault.HANDSHAKE_TIMEOUT),
    ("context canceled", CallFault.CANCELED),
    ("Address is not allowed", CallFault.ADDRESS_NOT_ALLOWED),
)

_CERTIFICATE_WORDS: tuple[tuple[str, CallFault], ...] = (
    ("cannot sign this kind of certificate", CallFault.AUTHORITY_IS_LEAF),
    ("not authorized to sign other certificates", CallFault.AUTHORITY_IS_LEAF),
    ("candidate authority certificate", CallFault.STALE_AUTHORITY),
    ("signed by unknown authority", CallFault.UNKNOWN_AUTHORITY),
    ("certificate is valid for ", CallFault.WRONG_NAME),
    ("not valid for any names", CallFault.WRONG_NAME),
    ("doesn't contain any IP SANs", CallFault.WRONG_NAME),
    ("legacy Common Name", CallFault.WRONG_NAME),
)

# Anywhere in the text, in this order: addresses and ports stand before the words.
_NETWORK_WORDS: tuple[tuple[str, CallFault], ...] = (
    ("Address is not allowed", CallFault.ADDRESS_NOT_ALLOWED),
    ("connection refused", CallFault.REFUSED),
    ("no route to host", CallFault.NO_ROUTE),
    ("network is unreachable", CallFault.NO_ROUTE),
    ("operation not permitted", CallFault.NOT_PERMITTED),
    ("permission denied", CallFault.NOT_PERMITTED),
    ("invalid argument", CallFault.NO_ROUTE),
    ("no such host", CallFault.DNS),
    ("connection reset by peer", CallFault.RESET),
    ("broken pipe", CallFault.RESET),
    ("i/o timeout", CallFault.TIMEOUT),
    ("context deadline exceeded", CallFault.TIMEOUT),
    ("Client.Timeout", CallFault.TIMEOUT),
    ("request canceled", CallFault.TIMEOUT),
    ("use of closed network connection", CallFault.EOF),
    ("server closed idle connection", CallFault.EOF),
)

# Go returns the status text of a refused CONNECT as the whole error.
_PROXY_PHRASES = frozenset(
    {
        "Service Unavailable",
        "Bad Gateway",
        "Gateway Timeout",
        "Forbidden",
        "Proxy Authentication Required",
        "Bad Request",
        "Not Found",
        "Method Not Allowed",
        "Internal Server Error",
    }
)


def classify_call(text: str, *, requested: bool) -> CallFault:
    """The class of a failed call. `requested`: the text stood behind the URL of a request that was tried."""
    words = text.strip()
    for beginning, fault in _BEGINNINGS:
        if words.startswith(beginning):
            return fault
    certificate = words.removeprefix("tls: failed to verify certificate: ")
    if certificate.startswith("x509: "):
        return _certificate_fault(certificate)
    if requested and words in _PROXY_PHRASES:
        return CallFault.PROXY
    if words in ("EOF", "unexpected EOF"):
        return CallFault.EOF
    for phrase, fault in _NETWORK_WORDS:
        if phrase in words:
            return fault
    return CallFault.EOF if words.endswith(": EOF") else CallFault.UNRECOGNISED


def _certificate_fault(words: str) -> CallFault:
    if "has expired or is not yet valid" in words:
        return CallFault.NOT_YET_VALID if " is before " in words else CallFault.EXPIRED
    for phrase, fault in _CERTIFICATE_WORDS:
        if phrase in words:
            return fault
    return CallFault.CERTIFICATE
