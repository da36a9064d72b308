"""What cert-manager's webhook asks of Issuers and ClusterIssuers (release 1.21.1)."""

from certdash.demo.api.objects import Object
from certdash.demo.webhook import fields

_TYPES = ("acme", "ca", "selfSigned", "vault", "venafi")


def issuer_complaints(spec: Object) -> list[str]:
    """Everything that is wrong with the spec of an Issuer or ClusterIssuer."""
    given = [kind for kind in _TYPES if spec.get(kind) is not None]
    if not given:
        return [fields.required("spec", "at least one issuer must be configured")]
    first, *others = given
    found = _of_type(first, spec[first], f"spec.{first}")
    return found + [fields.forbidden(f"spec.{kind}", "may not specify more than one issuer type") for kind in others]


def _of_type(kind: str, config: Object, path: str) -> list[str]:
    match kind:
        case "acme":
            return _acme(config, path)
        case "ca":
            return [] if config.get("secretName") else [fields.required(f"{path}.secretName")]
        case "vault":
            return _vault(config, path)
        case "venafi":
            return _venafi(config, path)
        case _:
            return []


def _acme(config: Object, path: str) -> list[str]:
    found = []
    if not (config.get("privateKeySecretRef") or {}).get("name"):
        why = "private key secret name is a required field"
        found.append(fields.required(f"{path}.privateKeySecretRef.name", why))
    if not config.get("server"):
        found.append(fields.required(f"{path}.server", "acme server URL is a required field"))
    for index, solver in enumerate(config.get("solvers") or ()):
        here = f"{path}.solvers[{index}]"
        kinds = [kind for kind in ("http01", "dns01") if solver.get(kind) is not None]
        if not kinds:
            found.append(fields.required(here, "no solver type configured"))
        if len(kinds) > 1:
            found.append(fields.forbidden(here, "may not specify more than one solver type in a single solver"))
    return found


def _vault(config: Object, path: str) -> list[str]:
    return [fields.required(f"{path}.{key}") for key in ("server", "path") if not config.get(key)]


def _venafi(config: Object, path: str) -> list[str]:
    kinds = [kind for kind in ("tpp", "cloud") if config.get(kind) is not None]
    if not kinds:
        return [fields.required(path, "please supply one of: cloud, tpp")]
    if len(kinds) > 1:
        return [fields.forbidden(path, "please supply one of: cloud, tpp")]
    return []
