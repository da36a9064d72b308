"""What cert-manager's webhook asks of Certificates and CertificateRequests (release 1.21.1)."""

import base64
import binascii
import ipaddress
from typing import Any

from cryptography import x509

from certdash.demo.api.objects import Object
from certdash.demo.webhook import fields

_HOUR = 3600 * 10**9
_LEAST_RENEW_BEFORE = 5 * 60 * 10**9
_DEFAULT_DURATION = 2160 * _HOUR
_SUBJECT_KEYS = ("commonName", "literalSubject", "dnsNames", "uris", "emailAddresses", "ipAddresses", "otherNames")
_NO_SUBJECT = (
    "at least one of commonName (from the commonName field or from a literalSubject), dnsNames, emailSANs, "
    "ipAddresses, otherNames, or uriSANs must be set"
)
_SIGNATURES = {
    "RSA": ("SHA256WithRSA", "SHA384WithRSA", "SHA512WithRSA"),
    "ECDSA": ("ECDSAWithSHA256", "ECDSAWithSHA384", "ECDSAWithSHA512"),
    "Ed25519": ("PureEd25519",),
}


def certificate_complaints(spec: Object) -> list[str]:
    """Everything that is wrong with the spec of a Certificate."""
    found: list[str] = []
    secret = spec.get("secretName") or ""
    found += fields.subdomain_complaints("spec.secretName", secret) if secret else []
    if not secret:
        found.append(fields.required("spec.secretName", "must be specified"))
    found += issuer_ref_complaints(spec.get("issuerRef") or {})
    if not any(spec.get(key) for key in _SUBJECT_KEYS):
        found.append(fields.invalid("spec", "", _NO_SUBJECT))
    if len((spec.get("commonName") or "").encode()) > 64:
        found.append(fields.too_long("spec.commonName", 64))
    found += _address_complaints(spec)
    found += _key_complaints(spec)
    found += _duration_complaints(spec)
    limit = spec.get("revisionHistoryLimit")
    if limit is not None and limit < 1:
        found.append(fields.invalid("spec.revisionHistoryLimit", limit, "must not be less than 1"))
    found += _template_complaints(spec.get("secretTemplate") or {})
    found += _format_complaints(spec.get("additionalOutputFormats") or ())
    return found + _keystore_complaints(spec.get("keystores") or {})


def issuer_ref_complaints(ref: Object) -> list[str]:
    """Everything that is wrong with an issuerRef."""
    found = []
    if not ref.get("name"):
        found.append(fields.required("spec.issuerRef.name", "must be specified"))
    group, kind = ref.get("group") or "", ref.get("kind") or ""
    if group in ("", "cert-manager.io") and kind not in ("", "Issuer", "ClusterIssuer"):
        hint = "" if group else " (did you forget to set spec.issuerRef.kind.group?)"
        found.append(fields.invalid("spec.issuerRef.kind", kind, f"must be one of Issuer or ClusterIssuer{hint}"))
    return found


def _address_complaints(spec: Object) -> list[str]:
    found = []
    for index, address in enumerate(spec.get("ipAddresses") or ()):
        if not _is_address(address):
            found.append(fields.invalid(f"spec.ipAddresses[{index}]", address, "invalid IP address"))
    for index, address in enumerate(spec.get("emailAddresses") or ()):
        path = f"spec.emailAddresses[{index}]"
        if "@" not in address:
            found.append(fields.invalid(path, address, "invalid email address: mail: missing '@' or angle-addr"))
        elif "<" in address or " " in address:
            why = "invalid email address: make sure the supplied value only contains the email address itself"
            found.append(fields.invalid(path, address, why))
    return found


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def _key_complaints(spec: Object) -> list[str]:
    found = []
    key = spec.get("privateKey") or {}
    algorithm, size = key.get("algorithm") or "RSA", key.get("size") or 0
    if algorithm == "RSA" and size > 0 and not 2048 <= size <= 8192:
        found.append(fields.invalid("spec.privateKey.size", size, "must be between 2048 and 8192 for rsa keyAlgorithm"))
    if algorithm == "ECDSA" and size > 0 and size not in (256, 384, 521):
        found.append(fields.not_supported("spec.privateKey.size", size, ("256", "384", "521")))
    signature = spec.get("signatureAlgorithm")
    allowed = _SIGNATURES.get(algorithm, ())
    if signature and allowed and signature not in allowed:
        why = f"for key algorithm {algorithm} the allowed signature algorithms are [{' '.join(allowed)}]"
        found.append(fields.invalid("spec.signatureAlgorithm", signature, why))
    return found


def _duration_complaints(spec: Object) -> list[str]:
    duration, renew_before = _span(spec, "duration"), _span(spec, "renewBefore")
    percentage = spec.get("renewBeforePercentage")
    if duration is None and renew_before is None and percentage is None:
        return []
    duration = _DEFAULT_DURATION if duration is None else duration
    found = []
    if duration < _HOUR:
        found.append(fields.invalid("spec.duration", duration, "certificate duration must be greater than 1h0m0s"))
    if renew_before is not None and percentage is not None:
        why = "renewBefore and renewBeforePercentage are mutually exclusive and cannot both be set"
        found.append(fields.invalid("spec.renewBefore", renew_before, why))
        found.append(fields.invalid("spec.renewBeforePercentage", percentage, why))
    if renew_before is not None and renew_before < _LEAST_RENEW_BEFORE:
        why = "certificate renewBefore must be greater than 5m0s"
        found.append(fields.invalid("spec.renewBefore", renew_before, why))
    if renew_before is not None and renew_before >= duration:
        spans = fields.duration_text(duration), fields.duration_text(renew_before)
        why = f"certificate duration {spans[0]} must be greater than renewBefore {spans[1]}"
        found.append(fields.invalid("spec.renewBefore", renew_before, why))
    return found


def _span(spec: Object, key: str) -> int | None:
    text = spec.get(key)
    return None if text is None else fields.nanoseconds(str(text))


def _template_complaints(template: Object) -> list[str]:
    path = "spec.secretTemplate.annotations"
    return [
        fields.invalid(path, key, "cert-manager.io/* annotations are not allowed")
        for key in template.get("annotations") or {}
        if key.startswith("cert-manager.io/") and key != "cert-manager.io/allow-direct-injection"
    ]


def _format_complaints(formats: Any) -> list[str]:
    seen: set[str] = set()
    found = []
    for item in formats:
        if item.get("type") in seen:
            found.append(fields.duplicate("spec.additionalOutputFormats[type]", item["type"]))
        seen.add(item.get("type"))
    return found


def _keystore_complaints(stores: Object) -> list[str]:
    found = []
    for key, name in (("jks", "JKS"), ("pkcs12", "PKCS#12")):
        store = stores.get(key)
        if store is None:
            continue
        literal, referred = store.get("password"), (store.get("passwordSecretRef") or {}).get("name")
        path = f"spec.keystores.{key}"
        if literal is not None and referred:
            why = (
                f"exactly one of passwordSecretRef and password must be provided for {name} keystores; cannot set both"
            )
            found.append(fields.forbidden(path, why))
        if literal is None and not referred:
            why = f"must set exactly one of passwordSecretRef and password must for {name} keystores"
            found.append(fields.forbidden(path, why))
        if literal == "":
            found.append(
                fields.forbidden(f"{path}.password", f"literal password cannot be empty if set on {name} keystores")
            )
    return found


def request_complaints(spec: Object, user: Object) -> list[str]:
    """Everything that is wrong with a new CertificateRequest of that user."""
    return identity_complaints(spec, user) or [
        *issuer_ref_complaints(spec.get("issuerRef") or {}),
        *_csr_complaints(spec),
    ]


def identity_complaints(spec: Object, user: Object) -> list[str]:
    """The requester's identity must stand in the spec, which is what the mutating webhook is for."""
    found = []
    for key, given in (("uid", user.get("uid", "")), ("username", user.get("username", ""))):
        if (spec.get(key) or "") != given:
            found.append(fields.forbidden(f"spec.{key}", f"{key} identity must be that of the requester"))
    if sorted(spec.get("groups") or ()) != sorted(user.get("groups") or ()):
        found.append(fields.forbidden("spec.groups", "groups identity must be that of the requester"))
    return found


def _csr_complaints(spec: Object) -> list[str]:
    encoded = spec.get("request") or ""
    if not encoded:
        return [fields.required("spec.request", "must be specified")]
    try:
        raw = base64.b64decode(encoded)
    except binascii.Error:
        raw = b""
    shown = raw.decode(errors="replace")
    shown = shown if len(shown) <= 100 else f"{shown[:97]}..."
    if b"-----BEGIN" not in raw:
        why = "error decoding certificate request PEM block: no PEM data was found in given input"
        return [fields.invalid("spec.request", shown, why)]
    try:
        x509.load_pem_x509_csr(raw)
    except ValueError:
        return [fields.invalid("spec.request", shown, "asn1: structure error: malformed certificate request")]
    return []


def request_update_complaints(old: Object, new: Object) -> list[str]:
    """A CertificateRequest does not change, but for its status."""
    found = [
        fields.forbidden(f"metadata.annotations.{key}", "cannot change cert-manager annotation after creation")
        for key in sorted(_own_annotations(old) | _own_annotations(new))
        if _annotation(old, key) != _annotation(new, key)
    ]
    for word in ("Approved", "Denied"):
        before, after = _condition(old, word), _condition(new, word)
        if before is not None and before != after:
            found.append(fields.forbidden("status.conditions", f"'{word}' condition may not be modified once set"))
    if old.get("spec") != new.get("spec"):
        found.append(fields.forbidden("spec", "cannot change spec after creation"))
    return found


def _own_annotations(item: Object) -> set[str]:
    own = ("cert-manager.io", "acme.cert-manager.io")
    return {key for key in item["metadata"].get("annotations") or {} if key.startswith(own)}


def _annotation(item: Object, key: str) -> str | None:
    annotations = item["metadata"].get("annotations") or {}
    return annotations.get(key)


def _condition(item: Object, kind: str) -> Object | None:
    conditions = (item.get("status") or {}).get("conditions") or ()
    return next((dict(condition) for condition in conditions if condition.get("type") == kind), None)
