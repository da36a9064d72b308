"""What cert-manager's webhook asks of Issuers and ClusterIssuers (release 1.21.1), in its order and words."""

from certdash.demo.api.objects import Object
from certdash.demo.webhook import fields
from certdash.demo.webhook.acme_issuers import acme_complaints
from certdash.demo.webhook.vault import vault_complaints

_TYPES = ("acme", "ca", "selfSigned", "vault", "venafi")
_DEPRECATED_ALGORITHM = (
    "ACME issuer spec field 'externalAccount.keyAlgorithm' is deprecated. The value of this field will be ignored."
)


def issuer_complaints(spec: Object) -> list[str]:
    """Everything that is wrong with the spec of an Issuer or ClusterIssuer."""
    given = [kind for kind in _TYPES if spec.get(kind) is not None]
    if not given:
        return [fields.required("spec", "at least one issuer must be configured")]
    first, *others = given
    found = _of_type(first, spec[first], f"spec.{first}")
    return found + [fields.forbidden(f"spec.{kind}", "may not specify more than one issuer type") for kind in others]


def issuer_warnings(spec: Object) -> list[str]:
    """What is allowed, but not for long."""
    binding = (spec.get("acme") or {}).get("externalAccountBinding") or {}
    return [_DEPRECATED_ALGORITHM] if binding.get("keyAlgorithm") else []


def _of_type(kind: str, config: Object, path: str) -> list[str]:
    match kind:
        case "acme":
            return acme_complaints(config, path)
        case "ca":
            return _ca(config, path)
        case "vault":
            return vault_complaints(config, path)
        case "venafi":
            return _venafi(config, path)
        case _:
            return []


def _ca(config: Object, path: str) -> list[str]:
    found = [] if config.get("secretName") else [fields.required(f"{path}.secretName")]
    for index, url in enumerate(config.get("ocspServers") or ()):
        if not url:
            why = "must be a valid URL, e.g., http://ocsp.int-x3.letsencrypt.org"
            found.append(fields.invalid(f"{path}.ocspServer[{index}]", url, why))
    for index, url in enumerate(config.get("issuingCertificateURLs") or ()):
        if not url:
            found.append(fields.invalid(f"{path}.issuingCertificateURLs[{index}]", url, "must be a valid URL"))
    return found


def _venafi(config: Object, path: str) -> list[str]:
    found = [] if config.get("zone") else [fields.required(f"{path}.zone")]
    platform = config.get("tpp")
    if platform is not None:
        found += [] if platform.get("url") else [fields.required(f"{path}.tpp.url")]
        if platform.get("caBundle") and platform.get("caBundleSecretRef") is not None:
            why = "may not specify more than one of caBundle/caBundleSecretRef as TPP CA Bundle"
            found.append(fields.forbidden(f"{path}.tpp", why))
    kinds = [kind for kind in ("tpp", "cloud", "ngts") if config.get(kind) is not None]
    if not kinds:
        found.append(fields.required(path, "please supply one of: tpp, cloud, ngts"))
    if len(kinds) > 1:
        found.append(fields.forbidden(path, "please supply one of: tpp, cloud, ngts"))
    return found
