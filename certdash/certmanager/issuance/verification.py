"""Reads the certificate that was issued, and checks it as a client of it would: chain, names, key, dates."""

import base64
import binascii
import importlib
import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

from certdash.certmanager import fields
from certdash.certmanager.issuance.seen import Body
from certdash.model.issuance import IssuedCertificate

if TYPE_CHECKING:
    from cryptography import x509

CLOCK_SKEW = 60.0
"""By how many seconds the clocks of controller and API server may differ."""


def load_verifier() -> None:
    """Load what verifies certificates, so that the first one does not have to wait for it."""
    for module in ("x509", "hazmat.primitives.hashes", "hazmat.primitives.serialization"):
        importlib.import_module(f"cryptography.{module}")


def verify_issued(label: str, request: Body, names: Sequence[str], now: float) -> IssuedCertificate:
    """The certificate in a CertificateRequest's status. `now` is the server's time. Never raises.

    Without `status.ca` (ACME, most external issuers) the chain is checked as far as it goes.
    """
    from cryptography import x509

    try:
        chain = x509.load_pem_x509_certificates(_decoded(request, "status", "certificate"))
        asked = x509.load_pem_x509_csr(_decoded(request, "spec", "request"))
    except (ValueError, binascii.Error) as error:
        return _unreadable(label, str(error))
    leaf = chain[0]
    found = _names(leaf)
    fault = (
        _key_fault(leaf, asked)
        or _name_fault(found, names)
        or _date_fault(leaf, now)
        or _chain_fault(chain, fields.text(request, "status", "ca"))
    )
    return IssuedCertificate(
        certificate=label,
        subject=leaf.subject.rfc4514_string(),
        issuer=leaf.issuer.rfc4514_string(),
        names=tuple(found),
        not_before=leaf.not_valid_before_utc.timestamp(),
        not_after=leaf.not_valid_after_utc.timestamp(),
        fingerprint=_fingerprint(leaf),
        chain_length=len(chain),
        fault=fault,
    )


def _decoded(request: Body, *path: str) -> bytes:
    return base64.b64decode(fields.text(request, *path), validate=True)


def _unreadable(label: str, error: str) -> IssuedCertificate:
    return IssuedCertificate(label, "", "", (), 0.0, 0.0, "", 0, f"what was issued can't be read: {error}")


def _fingerprint(leaf: "x509.Certificate") -> str:
    from cryptography.hazmat.primitives import hashes

    return leaf.fingerprint(hashes.SHA256()).hex()


def _names(leaf: "x509.Certificate") -> list[str]:
    from cryptography import x509

    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        return list(names.value.get_values_for_type(x509.DNSName))
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return []


def _key_fault(leaf: "x509.Certificate", asked: "x509.CertificateSigningRequest") -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    shape = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    same = leaf.public_key().public_bytes(*shape) == asked.public_key().public_bytes(*shape)
    return "" if same else "it is for another key than the one that was asked for"


def _name_fault(found: Sequence[str], names: Sequence[str]) -> str:
    missing = [name for name in names if name not in found]
    return f"it does not name {', '.join(missing)} but {', '.join(found) or 'nothing'}" if missing else ""


def _date_fault(leaf: "x509.Certificate", now: float) -> str:
    if leaf.not_valid_before_utc.timestamp() > now + CLOCK_SKEW:
        return f"it is not valid before {leaf.not_valid_before_utc:%Y-%m-%d %H:%M:%SZ}"
    if leaf.not_valid_after_utc.timestamp() <= now:
        return f"it ran out at {leaf.not_valid_after_utc:%Y-%m-%d %H:%M:%SZ}"
    return ""


def _chain_fault(chain: Sequence["x509.Certificate"], authority: str) -> str:
    from cryptography import x509

    links = list(chain)
    if authority:
        try:
            root = x509.load_pem_x509_certificate(base64.b64decode(authority, validate=True))
        except (ValueError, binascii.Error):
            return "the authority beside it can't be read"
        if links[-1] != root or len(links) == 1:
            links.append(root)
    for signed, signer in itertools.pairwise(links):
        if not _signed_by(signed, signer):
            return f"{signed.subject.rfc4514_string()} is not signed by {signer.subject.rfc4514_string()}"
    return ""


def _signed_by(signed: "x509.Certificate", signer: "x509.Certificate") -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        signed.verify_directly_issued_by(signer)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True
