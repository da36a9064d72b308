"""What happens to a call over the network, in the words of Go's net, crypto/tls and net/http.

Seen on kube-apiserver 1.36 for each of them; the API server shows the Service's address, never the Pod's.
"""

import ssl
from collections.abc import Sequence
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

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


def unknown_host(name: str) -> str:
    """Nobody knows the name."""
    return f"dial tcp: lookup {name} on 10.96.0.10:53: no such host"


def reset(local: str, address: str) -> str:
    """The peer reset the connection."""
    return f"read tcp {local}->{address}: read: connection reset by peer"


def verification(certificate: bytes, name: str, now: datetime, authorities: Sequence[bytes]) -> str:
    """Why a certificate (DER) was refused that the authorities (DER) did not verify. Go looks at its dates first, then
    at its names, then for its signer (crypto/x509, Certificate.Verify)."""
    parsed = x509.load_der_x509_certificate(certificate)
    if wrong := _wrong_dates(parsed, now):
        return f"{_PREFIX}{wrong}"
    names = _dns_names(parsed)
    if not any(_covers(pattern, name) for pattern in names):
        return f"{_PREFIX}{_wrong_name(parsed, names, name)}"
    return f"{_PREFIX}certificate signed by unknown authority{_hint(parsed, now, authorities)}"


def _hint(certificate: x509.Certificate, now: datetime, authorities: Sequence[bytes]) -> str:
    """What Go adds where it knows an authority of the issuer's name that did not do."""
    for encoded in authorities:
        candidate = x509.load_der_x509_certificate(encoded)
        if candidate.subject != certificate.issuer:
            continue
        why = _signature_fault(certificate, candidate) or _wrong_dates(candidate, now)
        if why:
            shown = _common_name(candidate) or f"serial:{candidate.serial_number}"
            told = f'while trying to verify candidate authority certificate "{shown}"'
            return f' (possibly because of "{why if why.startswith("crypto") else f"x509: {why}"}" {told})'
    return ""


def _wrong_name(certificate: x509.Certificate, names: Sequence[str], wanted: str) -> str:
    if names:
        return f"certificate is valid for {', '.join(names)}, not {wanted}"
    if _covers(_common_name(certificate), wanted):
        return "certificate relies on legacy Common Name field, use SANs instead"
    return f"certificate is not valid for any names, but wanted to match {wanted}"


def _common_name(certificate: x509.Certificate) -> str:
    named = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(named[0].value) if named else ""


def _signature_fault(certificate: x509.Certificate, authority: x509.Certificate) -> str:
    if not _is_authority(authority):
        return "invalid signature: parent certificate cannot sign this kind of certificate"
    try:
        certificate.verify_directly_issued_by(authority)
    except (InvalidSignature, ValueError, TypeError):
        by_rsa = isinstance(authority.public_key(), rsa.RSAPublicKey)
        return "crypto/rsa: verification error" if by_rsa else "ECDSA verification failure"
    return ""


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _wrong_dates(certificate: x509.Certificate, now: datetime) -> str:
    if now > certificate.not_valid_after_utc:
        return _expired(now, "after", certificate.not_valid_after_utc)
    if now < certificate.not_valid_before_utc:
        return _expired(now, "before", certificate.not_valid_before_utc)
    return ""


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
