"""Decoding the caBundle of a webhook entry: which authorities the API server is told to trust."""

import base64
import binascii
import hashlib
import importlib
from dataclasses import dataclass
from functools import lru_cache

_BEGIN = b"-----BEGIN CERTIFICATE-----"
_END = b"-----END CERTIFICATE-----"


@dataclass(frozen=True, slots=True)
class CertificateView:
    """One certificate; moments are Unix seconds, `fingerprint` is SHA-256 in hex."""

    subject: str
    issuer: str
    not_before: float
    not_after: float
    is_ca: bool
    fingerprint: str


@dataclass(frozen=True, slots=True)
class BundleView:
    """A decoded caBundle. `error` says why it can't be used ("" when it can); `digest` names its content."""

    certificates: tuple[CertificateView, ...] = ()
    error: str = ""
    empty: bool = False
    digest: str = ""


def bundle_digest(ca_bundle: str) -> str:
    """A short name for the content of a caBundle."""
    return hashlib.sha256(ca_bundle.encode("utf-8", "surrogatepass")).hexdigest()[:16]


@lru_cache(maxsize=64)
def decode_bundle(ca_bundle: str) -> BundleView:
    """The certificates of a caBundle as stored (base64 of PEM), in their order. Never raises.

    Go's AppendCertsFromPEM, which the API server uses, skips what is no certificate and refuses a bundle in which it
    finds none; so does this.
    """
    digest = bundle_digest(ca_bundle)
    if not ca_bundle:
        return BundleView(empty=True, digest=digest)
    try:
        pem = base64.b64decode(ca_bundle, validate=True)
    except (binascii.Error, ValueError):
        return BundleView(error="not base64", digest=digest)
    certificates = []
    broken = 0
    for block in _pem_blocks(pem):
        found = _certificate(block)
        if found is None:
            broken += 1
        else:
            certificates.append(found)
    if certificates:
        return BundleView(tuple(certificates), digest=digest)
    return BundleView(error="no PEM certificate in it" if not broken else "not a certificate", digest=digest)


def load_decoder() -> None:
    """Load what decodes certificates, so that the first caBundle of a heal does not have to wait for it."""
    importlib.import_module("cryptography.x509")


def _pem_blocks(pem: bytes) -> list[bytes]:
    blocks = []
    for part in pem.split(_BEGIN)[1:]:
        inner, end, _ = part.partition(_END)
        if end:
            blocks.append(_BEGIN + inner + _END + b"\n")
    return blocks


def _certificate(pem: bytes) -> CertificateView | None:
    # Imported here: the library takes longer to load than the rest of certdash's pure parts together.
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes

    try:
        found = x509.load_pem_x509_certificate(pem)
        try:
            constraints = found.extensions.get_extension_for_class(x509.BasicConstraints)
            is_ca = constraints.value.ca
        except x509.ExtensionNotFound:
            is_ca = False
        return CertificateView(
            subject=found.subject.rfc4514_string(),
            issuer=found.issuer.rfc4514_string(),
            not_before=found.not_valid_before_utc.timestamp(),
            not_after=found.not_valid_after_utc.timestamp(),
            is_ca=is_ca,
            fingerprint=found.fingerprint(hashes.SHA256()).hex(),
        )
    except (ValueError, TypeError, OverflowError, UnsupportedAlgorithm, x509.DuplicateExtension):
        return None
