"""What happens to a call over the network, in the words of Go's net, crypto/tls and net/http.

Seen on kube-apiserver 1.36 for each of them; the API server shows the Service's address, never the Pod's.
"""

import ssl
from datetime import UTC, datetime

from cryptography import x509

_PREFIX = "tls: failed to verify certificate: x509: "


class CallError(Exception):
    """A call that brought no usable answer; the text is Go's."""


DEADLINE = "context deadline exceeded"
HANDSHAKE_TIMEOUT = "net/http: TLS handshake timeout"
END_OF_FILE = "EOF"
NOT_TLS = "tls: first record does not look like a TLS handshake"
PLAIN_HTTP = "http: server gave HTTP response to HTTPS client"


def refused(address: str) -> str:
    """Nobody listens."""
    return f"dial tcp {address}: connect: connection refused"


def unreachable(address: str) -> str:
    """The kernel knows no way."""
    return f"dial tcp {address}: connect: no route to host"


def reset(local: str, address: str) -> str:
    """The peer reset the connection."""
    return f"read tcp {local}->{address}: read: connection reset by peer"


def verification(certificate: bytes, name: str, now: datetime) -> str:
    """Why a certificate (DER) that the caBundle did not verify was refused. Go looks at its dates first, then at its
    names, then for its signer (crypto/x509, Certificate.Verify)."""
    parsed = x509.load_der_x509_certificate(certificate)
    if now > parsed.not_valid_after_utc:
        return f"{_PREFIX}{_expired(now, 'after', parsed.not_valid_after_utc)}"
    if now < parsed.not_valid_before_utc:
        return f"{_PREFIX}{_expired(now, 'before', parsed.not_valid_before_utc)}"
    names = _dns_names(parsed)
    if not names:
        return f"{_PREFIX}certificate relies on legacy Common Name field, use SANs instead"
    if not any(_covers(pattern, name) for pattern in names):
        return f"{_PREFIX}certificate is valid for {', '.join(names)}, not {name}"
    return f"{_PREFIX}certificate signed by unknown authority"


def _expired(now: datetime, word: str, limit: datetime) -> str:
    told = f"current time {_stamp(now)} is {word} {_stamp(limit)}"
    return f"certificate has expired or is not yet valid: {told}"


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _dns_names(certificate: x509.Certificate) -> list[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return names.get_values_for_type(x509.DNSName)


def _covers(pattern: str, name: str) -> bool:
    if pattern.startswith("*."):
        return "." in name and name.split(".", 1)[1] == pattern[2:]
    return pattern == name


def handshake(error: ssl.SSLError) -> str:
    """A handshake that failed for another reason than the certificate."""
    reason = error.reason or ""
    if reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"):
        return NOT_TLS
    if reason in ("UNEXPECTED_EOF_WHILE_READING", "EOF"):
        return END_OF_FILE
    return f"remote error: tls: {reason.replace('_', ' ').lower()}"
