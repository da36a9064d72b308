"""Which issuers cost money or a rate limit, and so are not tested by accident."""

import ipaddress
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from certdash.certmanager import constants, fields
from certdash.certmanager.issuance.plan import IssuerRef

_FREE_TYPES: Final = frozenset({"selfSigned", "ca", "vault"})

# Test endpoints as their operators publish them: letsencrypt.org/docs/staging-environment, cloud.google.com
# (public CA), buypass.com.
_STAGING_HOSTS: Final = frozenset(
    {"acme-staging-v02.api.letsencrypt.org", "dv.acme-v02.test-api.pki.goog", "api.test4.buypass.no"}
)
_PRIVATE_SUFFIXES: Final = (".svc", ".cluster.local", ".local", ".internal", ".test", ".localhost", ".localdomain")


def cost_of(issuer: IssuerRef, body: Mapping[str, Any] | None) -> str:
    """Why a certificate of this issuer may cost something, "" when it does not. `body` None: it could not be read."""
    if issuer.group != constants.GROUP:
        return f"{issuer.kind}.{issuer.group} is not cert-manager's own kind: what it costs can't be known"
    if body is None:
        return f"{issuer.kind} {issuer.name} can't be read: what it costs can't be known"
    kinds = sorted(name for name, value in fields.mapping(body, "spec").items() if isinstance(value, dict))
    if "acme" in kinds:
        server = fields.text(body, "spec", "acme", "server")
        return "" if _is_test_endpoint(server) else f"the ACME server {server} counts against production rate limits"
    costly = [name for name in kinds if name not in _FREE_TYPES]
    return f"a certificate of type {costly[0]} may cost money" if costly else ""


def needs_real_name(body: Mapping[str, Any] | None) -> bool:
    """Whether the issuer proves control over the DNS name, so that a made-up one can't succeed."""
    return bool(fields.mapping(body, "spec", "acme")) or bool(fields.mapping(body, "spec", "venafi"))


def _is_test_endpoint(server: str) -> bool:
    try:
        host = (urlsplit(server).hostname or "").lower()
    except ValueError:
        return False
    if host in _STAGING_HOSTS or host == "localhost" or host.endswith(_PRIVATE_SUFFIXES):
        return True
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        # A name without a dot resolves inside the cluster only.
        return bool(host) and "." not in host
