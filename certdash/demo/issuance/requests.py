"""CertificateRequests: approved by cert-manager itself, then signed by their issuer."""

import base64
from datetime import timedelta

from certdash.demo.api.objects import Object, namespace_of, timestamp
from certdash.demo.issuance.context import (
    CLUSTER_ISSUERS,
    GROUP,
    ISSUERS,
    REQUESTS,
    Context,
    condition,
    holds,
    reason_of,
)
from certdash.demo.issuance.issuers import secret_namespace
from certdash.demo.issuance.signing import sign
from certdash.demo.webhook.durations import parse_duration

_APPROVED = "Certificate request has been approved by cert-manager.io"
_ISSUED = "Certificate fetched from issuer successfully"
_WAITING = "Not signing CertificateRequest until it is Approved"
_PRIVATE_KEY = "cert-manager.io/private-key-secret-name"
_DEFAULT_HOURS = 2160


async def settle_requests(context: Context) -> None:
    """Every request once."""
    for item in context.items(REQUESTS):
        if holds(item, "Ready") or holds(item, "Denied") or reason_of(item, "Ready") == "Failed":
            continue
        if item["spec"]["issuerRef"].get("group") not in (None, "", GROUP):
            continue
        if not holds(item, "Approved"):
            await _approve(context, item)
        else:
            await _sign(context, item)


async def _approve(context: Context, item: Object) -> None:
    await context.tell("certificaterequests-issuer-ca", item, "WaitingForApproval", _WAITING)
    status = condition(item.get("status") or {}, "Approved", True, "cert-manager.io", _APPROVED)
    await context.set_status(REQUESTS, item, status)
    await context.tell("certificaterequests-approver", item, "cert-manager.io", _APPROVED)


async def _sign(context: Context, item: Object) -> None:
    ref = item["spec"]["issuerRef"]
    kind = ref.get("kind") or "Issuer"
    issuer = _issuer(context, item, kind, ref["name"])
    if issuer is None:
        why = f'Referenced "{kind}" not found: {kind.lower()}.cert-manager.io "{ref["name"]}" not found'
        await _wait(context, item, why, "IssuerNotFound")
    elif not holds(issuer, "Ready"):
        await _wait(context, item, "Referenced issuer does not have a Ready status condition", "IssuerNotReady")
    else:
        await _issue(context, item, issuer)


def _issuer(context: Context, item: Object, kind: str, name: str) -> Object | None:
    if kind == "ClusterIssuer":
        return context.get(CLUSTER_ISSUERS, "", name)
    return context.get(ISSUERS, namespace_of(item), name)


async def _wait(context: Context, item: Object, why: str, reason: str) -> None:
    status = condition(item.get("status") or {}, "Ready", False, "Pending", why)
    if status != (item.get("status") or {}):
        await context.tell("certificaterequests-issuer-ca", item, reason, why)
    await context.set_status(REQUESTS, item, status)


async def _issue(context: Context, item: Object, issuer: Object) -> None:
    spec = item["spec"]
    signer, key, authority = None, b"", b""
    component = "certificaterequests-issuer-selfsigned"
    if issuer["spec"].get("ca") is not None:
        component = "certificaterequests-issuer-ca"
        data = context.secret(secret_namespace(issuer), issuer["spec"]["ca"]["secretName"])
        if data is None:
            return
        signer, authority = (data["tls.crt"], data["tls.key"]), data["tls.crt"]
    else:
        name = (item["metadata"].get("annotations") or {}).get(_PRIVATE_KEY, "")
        held = context.secret(namespace_of(item), name)
        if held is None:
            why = f'Annotation "{_PRIVATE_KEY}" missing or reference empty: secret name missing'
            await _fail(context, item, "MissingAnnotation", why)
            return
        key = held["tls.key"]
    length = parse_duration(spec["duration"]) if spec.get("duration") else None
    duration = timedelta(hours=_DEFAULT_HOURS) if length is None else timedelta(microseconds=length / 1000)
    request = base64.b64decode(spec["request"])
    made = sign(request, ca=bool(spec.get("isCA")), duration=duration, signer=signer, key=key)
    status = condition(item.get("status") or {}, "Ready", True, "Issued", _ISSUED)
    status |= {
        "certificate": base64.b64encode(made).decode(),
        "ca": base64.b64encode(authority or made).decode(),
    }
    await context.set_status(REQUESTS, item, status)
    await context.tell(component, item, "CertificateIssued", _ISSUED)


async def _fail(context: Context, item: Object, reason: str, why: str) -> None:
    status = condition(item.get("status") or {}, "Ready", False, "Failed", why)
    await context.set_status(REQUESTS, item, {**status, "failureTime": timestamp()})
    await context.tell("certificaterequests-issuer-selfsigned", item, reason, why, "Warning")
