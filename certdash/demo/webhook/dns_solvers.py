"""What cert-manager's webhook asks of DNS-01 solvers (release 1.21.1), in its order and words."""

import re
from collections.abc import Callable, Mapping

from certdash.demo.api.objects import Object
from certdash.demo.webhook import fields

_TRANSACTION_ALGORITHMS = ("HMACMD5", "HMACSHA1", "HMACSHA256", "HMACSHA512")
_AZURE_CLOUDS = ("AzurePublicCloud", "AzureChinaCloud", "AzureGermanCloud", "AzureUSGovernmentCloud")
_NAME_SERVER = re.compile(r"(\[[0-9a-fA-F:.]+\]|[\w.-]+)(:\d*)?")


def dns_solver_complaints(solver: Object, path: str) -> list[str]:
    """Everything that is wrong with the dns01 part of a solver."""
    found = []
    given = [key for key in _PROVIDERS if solver.get(key) is not None]
    # Akamai and ACME-DNS are let in beside another one.
    counted = 0
    for key in given:
        if counted and key not in ("akamai", "acmeDNS"):
            found.append(fields.forbidden(f"{path}.{key}", "may not specify more than one provider type"))
            continue
        counted += 1
        found += _PROVIDERS[key](solver[key], f"{path}.{key}")
    if not given:
        found.append(fields.required(path, "no DNS01 provider configured"))
    return found


def secret_key_complaints(reference: Object | None, path: str) -> list[str]:
    """What is wrong with a reference to a key of a Secret."""
    found = [] if (reference or {}).get("name") else [fields.required(f"{path}.name", "secret name is required")]
    return found if (reference or {}).get("key") else [*found, fields.required(f"{path}.key", "secret key is required")]


def _missing(config: Object, path: str, *keys: str) -> list[str]:
    return [fields.required(f"{path}.{key}") for key in keys if not config.get(key)]


def _akamai(config: Object, path: str) -> list[str]:
    found = []
    # The paths are those of the release: without the suffix that the fields have.
    for key, shown in (
        ("accessTokenSecretRef", "accessToken"),
        ("clientSecretSecretRef", "clientSecret"),
        ("clientTokenSecretRef", "clientToken"),
    ):
        found += secret_key_complaints(config.get(key), f"{path}.{shown}")
    return found + _missing(config, path, "serviceConsumerDomain")


def _azure(config: Object, path: str) -> list[str]:
    secret, managed = config.get("clientSecretSecretRef"), config.get("managedIdentity")
    found = []
    if config.get("clientID") or config.get("tenantID") or secret is not None:
        found += _missing(config, path, "clientID")
        here = f"{path}.clientSecretSecretRef"
        found += [fields.required(here)] if secret is None else secret_key_complaints(secret, here)
        found += _missing(config, path, "tenantID")
        if managed is not None:
            why = "managed identity cannot be used at the same time as clientID, clientSecretSecretRef or tenantID"
            found.append(fields.forbidden(f"{path}.managedIdentity", why))
    elif managed is not None:
        found += _azure_identity(managed, f"{path}.managedIdentity")
    found += _missing(config, path, "subscriptionID", "resourceGroupName")
    cloud = config.get("environment") or ""
    if cloud and cloud not in _AZURE_CLOUDS:
        why = f"must be either empty or one of {', '.join(_AZURE_CLOUDS[:3])}, or {_AZURE_CLOUDS[3]}"
        found.append(fields.invalid(f"{path}.environment", cloud, why))
    return found


def _azure_identity(identity: Object, path: str) -> list[str]:
    client, resource, tenant = identity.get("clientID"), identity.get("resourceID"), identity.get("tenantID")
    found = []
    if client and resource:
        why = "managedIdentityClientID and managedIdentityResourceID cannot both be specified"
        found.append(fields.forbidden(path, why))
    if tenant and resource:
        why = "managedIdentityTenantID and managedIdentityResourceID cannot both be specified"
        found.append(fields.forbidden(path, why))
    if tenant and not client:
        found.append(fields.required(path, "managedIdentityClientID is required when using managedIdentityTenantID"))
    return found


def _cloud_dns(config: Object, path: str) -> list[str]:
    account = config.get("serviceAccountSecretRef")
    found = [] if account is None else secret_key_complaints(account, f"{path}.serviceAccountSecretRef")
    return found + _missing(config, path, "project")


def _cloudflare(config: Object, path: str) -> list[str]:
    key, token = config.get("apiKeySecretRef"), config.get("apiTokenSecretRef")
    found = [] if key is None else secret_key_complaints(key, f"{path}.apiKeySecretRef")
    found += [] if token is None else secret_key_complaints(token, f"{path}.apiTokenSecretRef")
    if key is not None and token is not None:
        found.append(fields.forbidden(path, "apiKeySecretRef and apiTokenSecretRef cannot both be specified"))
    if key is None and token is None:
        found.append(fields.required(path, "apiKeySecretRef or apiTokenSecretRef is required"))
    if key is not None:
        found += _missing(config, path, "email")
    return found


def _route53(config: Object, path: str) -> list[str]:
    reference = config.get("accessKeyIDSecretRef")
    if reference is None:
        return []
    both = "accessKeyID and accessKeyIDSecretRef cannot both be specified"
    found = [fields.required(path, both)] if config.get("accessKeyID") else []
    return found + secret_key_complaints(reference, f"{path}.accessKeyIDSecretRef")


def _acme_dns(config: Object, path: str) -> list[str]:
    return secret_key_complaints(config.get("accountSecretRef"), f"{path}.accountSecretRef") + _missing(
        config, path, "host"
    )


def _digital_ocean(config: Object, path: str) -> list[str]:
    return secret_key_complaints(config.get("tokenSecretRef"), f"{path}.tokenSecretRef")


def _rfc2136(config: Object, path: str) -> list[str]:
    server, algorithm = config.get("nameserver") or "", config.get("tsigAlgorithm") or ""
    found = _missing(config, path, "nameserver")
    if server and not _NAME_SERVER.fullmatch(server):
        why = (
            "nameserver must be set in the form host:port where host is an IPv4 address, an enclosed IPv6 address or a "
            "hostname and port is an optional port number."
        )
        found.append(fields.invalid(f"{path}.nameserver", server, why))
    if algorithm and algorithm.upper() not in _TRANSACTION_ALGORITHMS:
        found.append(fields.not_supported(f"{path}.tsigAlgorithm", "", _TRANSACTION_ALGORITHMS))
    of_secret = secret_key_complaints(config.get("tsigSecretSecretRef"), f"{path}.tsigSecretSecretRef")
    if config.get("tsigKeyName"):
        found += of_secret
    elif not of_secret:
        found.append(fields.required(f"{path}.tsigKeyName"))
    return found


def _webhook(config: Object, path: str) -> list[str]:
    if config.get("solverName"):
        return []
    return [fields.required(f"{path}.solverName", "solver name must be specified")]


# In the order in which the release looks at them.
_PROVIDERS: Mapping[str, Callable[[Object, str], list[str]]] = {
    "akamai": _akamai,
    "azureDNS": _azure,
    "cloudDNS": _cloud_dns,
    "cloudflare": _cloudflare,
    "route53": _route53,
    "acmeDNS": _acme_dns,
    "digitalocean": _digital_ocean,
    "rfc2136": _rfc2136,
    "webhook": _webhook,
}
