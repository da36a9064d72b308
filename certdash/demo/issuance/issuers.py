"""Issuers and ClusterIssuers: SelfSigned ones are ready, CA ones when their key pair is."""

from certdash.demo.api.objects import Object, namespace_of
from certdash.demo.api.resource_types import ResourceType
from certdash.demo.issuance.context import (
    CLUSTER_ISSUERS,
    CLUSTER_RESOURCE_NAMESPACE,
    ISSUERS,
    Context,
    condition,
    reason_of,
)
from certdash.demo.issuance.signing import is_authority


async def settle_issuers(context: Context) -> None:
    """Every issuer once."""
    for resource, component in ((ISSUERS, "issuers"), (CLUSTER_ISSUERS, "clusterissuers")):
        for item in context.items(resource):
            await _settle(context, resource, item, component)


def secret_namespace(issuer: Object) -> str:
    """Where an issuer's Secrets are."""
    return namespace_of(issuer) or CLUSTER_RESOURCE_NAMESPACE


async def _settle(context: Context, resource: ResourceType, item: Object, component: str) -> None:
    ready, reason, message = _state(context, item)
    if reason_of(item, "Ready") != reason:
        if not ready:
            await context.tell(component, item, reason, message, "Warning")
        elif message:
            await context.tell(component, item, reason, message)
    status = item.get("status") or {}
    generation = item["metadata"].get("generation")
    await context.set_status(resource, item, condition(status, "Ready", ready, reason, message, generation))


def _state(context: Context, item: Object) -> tuple[bool, str, str]:
    spec = item["spec"]
    if spec.get("selfSigned") is not None:
        return True, "IsReady", ""
    if spec.get("ca") is None:
        return False, "ErrInitIssuer", "Error initializing issuer: the demo knows SelfSigned and CA issuers only"
    name = spec["ca"]["secretName"]
    data = context.secret(secret_namespace(item), name)
    if data is None:
        return False, "ErrGetKeyPair", f'Error getting keypair for CA issuer: secrets "{name}" not found'
    if "tls.crt" not in data or "tls.key" not in data:
        missing = "tls.crt" if "tls.crt" not in data else "tls.key"
        why = f'no data for "{missing}" in secret "{secret_namespace(item)}/{name}"'
        return False, "ErrGetKeyPair", f"Error getting keypair for CA issuer: {why}"
    try:
        authority = is_authority(data["tls.crt"])
    except ValueError as error:
        return False, "ErrGetKeyPair", f"Error getting keypair for CA issuer: {error}"
    if not authority:
        return False, "ErrInvalidKeyPair", "Signing certificate is not a CA"
    return True, "KeyPairVerified", "Signing CA verified"
