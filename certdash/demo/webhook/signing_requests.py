"""What cert-manager's webhook asks of the signing request in a CertificateRequest (release 1.21.1)."""

import base64
import re

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from certdash.demo.api.objects import Object
from certdash.demo.webhook import fields

_PEM = re.compile(rb"-----BEGIN [^-]+-----\s*(?:[\w-]+:[^\n]*\n)*([A-Za-z0-9+/=\s]*)-----END [^-]+-----")
_NO_PEM = "error decoding certificate request PEM block: no PEM data was found in given input"
# What Go's encoding/asn1 says of the structure that it tried to read.
_STRUCTURE = (
    "{optional:false explicit:false application:false private:false defaultValue:<nil> tag:<nil> stringType:0 "
    "timeType:0 set:false omitEmpty:false} certificateRequest @2"
)
# In the order of the bits of the extension; "signing" and "digital signature" are the same bit.
_KEY_USAGES = (
    ("digital signature", "digital_signature"),
    ("content commitment", "content_commitment"),
    ("key encipherment", "key_encipherment"),
    ("data encipherment", "data_encipherment"),
    ("key agreement", "key_agreement"),
    ("cert sign", "key_cert_sign"),
    ("crl sign", "crl_sign"),
)
_SYNONYMS = {"signing": "digital signature", "s/mime": "email protection"}
_EXTENDED_USAGES = {
    "any": ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
    "server auth": ExtendedKeyUsageOID.SERVER_AUTH,
    "client auth": ExtendedKeyUsageOID.CLIENT_AUTH,
    "code signing": ExtendedKeyUsageOID.CODE_SIGNING,
    "email protection": ExtendedKeyUsageOID.EMAIL_PROTECTION,
    "timestamping": ExtendedKeyUsageOID.TIME_STAMPING,
    "ocsp signing": ExtendedKeyUsageOID.OCSP_SIGNING,
}
_DEFAULT_USAGES = ("digital signature", "key encipherment")


def signing_request_complaints(spec: Object) -> list[str]:
    """What is wrong with spec.request, also against isCA and usages."""
    encoded = spec.get("request") or ""
    if not encoded:
        return [fields.required("spec.request", "must be specified")]
    text = base64.b64decode(encoded)
    why = _fault(text, spec)
    return [fields.invalid("spec.request", _shortened(text.decode(errors="replace")), why)] if why else []


def _shortened(text: str) -> str:
    return text if len(text) <= 100 else f"{text[:97]}..."


def _fault(text: bytes, spec: Object) -> str:
    block = _PEM.search(text)
    if block is None:
        return _NO_PEM
    try:
        der = base64.b64decode(block[1], validate=False)
        request = x509.load_der_x509_csr(der)
        return _ca_fault(request, spec) or _usage_fault(request, spec)
    except ValueError:
        return _structure_fault(der)


def _structure_fault(der: bytes) -> str:
    if len(der) < 2:
        return "asn1: syntax error: truncated tag or length"
    if der[0] == 0x30:
        return "asn1: syntax error: data truncated"
    form = "true" if der[0] & 0x20 else "false"
    tag = f"{{class:{der[0] >> 6} tag:{der[0] & 0x1F} length:{der[1]} isCompound:{form}}}"
    return f"asn1: structure error: tags don't match (16 vs {tag}) {_STRUCTURE}"


def _ca_fault(request: x509.CertificateSigningRequest, spec: Object) -> str:
    try:
        constraints = request.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        return ""
    wanted = bool(spec.get("isCA"))
    if constraints.ca is wanted:
        return ""
    told = str(constraints.ca).lower(), str(wanted).lower()
    return f"encoded CSR error: IsCA {told[0]} does not match expected value {told[1]}"


def _usage_fault(request: x509.CertificateSigningRequest, spec: Object) -> str:
    """A request that names usages must name those of the spec."""
    named, extended = _named_usages(request), _named_extended_usages(request)
    if named is None and extended is None:
        return ""
    usages = [_SYNONYMS.get(usage, usage) for usage in spec.get("usages") or _DEFAULT_USAGES]
    usages += ["cert sign"] if spec.get("isCA") else []
    wanted = [usage for usage, _ in _KEY_USAGES if usage in usages]
    if (named or []) != wanted:
        told = f"the KeyUsages {_listed(named or [])} do not match the expected KeyUsages {_listed(wanted)}"
        return f"encoded CSR error: {told}"
    wanted_extended = [usage for usage in usages if usage in _EXTENDED_USAGES]
    if (extended or []) != wanted_extended:
        told = (
            f"the ExtKeyUsages {_listed(extended or [])} do not match the expected ExtKeyUsages "
            f"{_listed(wanted_extended)}"
        )
        return f"encoded CSR error: {told}"
    return ""


def _named_usages(request: x509.CertificateSigningRequest) -> list[str] | None:
    try:
        usage = request.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return None
    return [name for name, attribute in _KEY_USAGES if getattr(usage, attribute)]


def _named_extended_usages(request: x509.CertificateSigningRequest) -> list[str] | None:
    try:
        usages = request.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return None
    names = {identifier: name for name, identifier in _EXTENDED_USAGES.items()}
    return [names.get(usage, usage.dotted_string) for usage in usages]


def _listed(usages: list[str]) -> str:
    told = ", ".join(f"'{usage}'" for usage in usages)
    return f"[ {told} ]" if usages else "[]"
