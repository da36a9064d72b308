"""What cert-manager's webhook asks of Certificates (release 1.21.1), in its order and words."""

from typing import Any

from certdash.demo import names
from certdash.demo.api.objects import Object
from certdash.demo.webhook import fields
from certdash.demo.webhook.certificate_names import name_complaints
from certdash.demo.webhook.durations import HOUR, MINUTE, duration_text, parse_duration

_LEAST_DURATION = HOUR
_LEAST_RENEW_BEFORE = 5 * MINUTE
_DEFAULT_DURATION = 2160 * HOUR
_SIGNATURES = {
    "RSA": ("SHA256WithRSA", "SHA384WithRSA", "SHA512WithRSA"),
    "ECDSA": ("ECDSAWithSHA256", "ECDSAWithSHA384", "ECDSAWithSHA512"),
    "Ed25519": ("PureEd25519",),
}


# How Go prints the structures that field errors show whole.
_CONSTRAINT_FIELDS = (
    ("dnsDomains", "DNSDomains"),
    ("ipRanges", "IPRanges"),
    ("emailAddresses", "EmailAddresses"),
    ("uriDomains", "URIDomains"),
)


def certificate_complaints(spec: Object) -> list[str]:
    """Everything that is wrong with the spec of a Certificate. Raises ValueError for one that can't be read."""
    duration, renew_before = _span(spec, "duration"), _span(spec, "renewBefore")
    secret = spec.get("secretName") or ""
    if secret:
        found = fields.invalid_for("spec.secretName", secret, names.subdomain_faults(secret))
    else:
        found = [fields.required("spec.secretName", "must be specified")]
    found += issuer_ref_complaints(spec.get("issuerRef") or {})
    found += name_complaints(spec)
    found += _key_complaints(spec)
    if duration is not None or renew_before is not None:
        found += _duration_complaints(spec, _DEFAULT_DURATION if duration is None else duration, renew_before)
    limit = spec.get("revisionHistoryLimit")
    if limit is not None and limit < 1:
        found.append(fields.invalid("spec.revisionHistoryLimit", limit, "must not be less than 1"))
    found += _template_complaints(spec.get("secretTemplate") or {})
    found += _constraint_complaints(spec)
    found += _format_complaints(spec.get("additionalOutputFormats") or ())
    found += _keystore_complaints(spec.get("keystores") or {})
    return found + _renewal_complaints(spec.get("renewal"))


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


def _duration_complaints(spec: Object, duration: int, renew_before: int | None) -> list[str]:
    percentage = spec.get("renewBeforePercentage")
    found = []
    if duration < _LEAST_DURATION:
        why = f"certificate duration must be greater than {duration_text(_LEAST_DURATION)}"
        found.append(fields.invalid("spec.duration", duration, why))
    if renew_before is not None and percentage is not None:
        why = "renewBefore and renewBeforePercentage are mutually exclusive and cannot both be set"
        found.append(fields.invalid("spec.renewBefore", renew_before, why))
        found.append(fields.invalid("spec.renewBeforePercentage", percentage, why))
    if renew_before is not None:
        found += _renew_before_complaints(duration, renew_before)
    if percentage is not None:
        found += _percentage_complaints(duration, percentage)
    return found


def _renew_before_complaints(duration: int, renew_before: int) -> list[str]:
    found = []
    if renew_before < _LEAST_RENEW_BEFORE:
        why = f"certificate renewBefore must be greater than {duration_text(_LEAST_RENEW_BEFORE)}"
        found.append(fields.invalid("spec.renewBefore", renew_before, why))
    if renew_before >= duration:
        spans = duration_text(duration), duration_text(renew_before)
        why = f"certificate duration {spans[0]} must be greater than renewBefore {spans[1]}"
        found.append(fields.invalid("spec.renewBefore", renew_before, why))
    return found


def _percentage_complaints(duration: int, percentage: int) -> list[str]:
    path, told = "spec.renewBeforePercentage", "certificate renewBeforePercentage must result in a renewBefore"
    renew_before = duration * (100 - percentage) / 100
    found = []
    if renew_before < _LEAST_RENEW_BEFORE:
        why = f"{told} greater than {duration_text(_LEAST_RENEW_BEFORE)}"
        found.append(fields.invalid(path, percentage, why))
    if renew_before >= duration:
        found.append(fields.invalid(path, percentage, f"{told} less than duration"))
    return found


def _span(spec: Object, key: str) -> int | None:
    text = spec.get(key)
    return None if text is None else parse_duration(str(text))


def _template_complaints(template: Object) -> list[str]:
    found = fields.label_complaints("spec.secretTemplate.labels", template.get("labels") or {})
    path, annotations = "spec.secretTemplate.annotations", sorted(template.get("annotations") or {})
    for key in annotations:
        if key.startswith("cert-manager.io/") and key != "cert-manager.io/allow-direct-injection":
            found.append(fields.invalid(path, key, "cert-manager.io/* annotations are not allowed"))
    for key in annotations:
        found += fields.invalid_for(path, key, names.key_faults(key.lower()))
    return found


def _constraint_complaints(spec: Object) -> list[str]:
    constraints = spec.get("nameConstraints")
    if constraints is None:
        return []
    printed = {
        "Critical": bool(constraints.get("critical")),
        "Permitted": _printed_constraint(constraints.get("permitted")),
        "Excluded": _printed_constraint(constraints.get("excluded")),
    }
    found = []
    if not spec.get("isCA"):
        found.append(fields.invalid("spec.nameConstraints", printed, "isCa should be true when nameConstraints is set"))
    if constraints.get("permitted") is None and constraints.get("excluded") is None:
        found.append(fields.invalid("spec.nameConstraints", printed, "either permitted or excluded must be set"))
    return found


def _printed_constraint(constraint: Object | None) -> Object | None:
    return None if constraint is None else {shown: constraint.get(key) for key, shown in _CONSTRAINT_FIELDS}


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


def _renewal_complaints(renewal: Object | None) -> list[str]:
    if renewal is None:
        return []
    path, windows = "spec.renewal", renewal.get("windows") or []
    if renewal.get("policy") == "Disabled" and windows:
        why = "windows cannot be set when `renewal.policy` is set to Disabled"
        return [fields.forbidden(f"{path}.windows", why)]
    missing = "windowDuration must be specified and should be greater than 0"
    return [
        fields.required(f"{path}.windows[{index}].windowDuration", missing)
        for index, window in enumerate(windows)
        if not window.get("windowDuration")
    ]
