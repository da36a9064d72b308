"""Certificates: a private key, a CertificateRequest, and in the end a Secret."""

import base64
import secrets
from datetime import datetime, timedelta

from certdash.demo.api.objects import Object, name_of, namespace_of, owner_uids
from certdash.demo.api.resource_types import SECRETS
from certdash.demo.controllers.workloads import owner_reference
from certdash.demo.issuance.context import (
    CERTIFICATES,
    REQUESTS,
    Context,
    condition,
    holds,
    reason_of,
    without_condition,
)
from certdash.demo.issuance.signing import new_key, signing_request, validity

_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
_MISSING = "Issuing certificate as Secret does not exist"
_UP_TO_DATE = "Certificate is up to date and has not expired"
_FAO = {"controller.cert-manager.io/fao": "true"}
_NOT_COPIED = ("kubectl.kubernetes.io/", "fluxcd.io/", "argocd.argoproj.io/")
_REVISION = "cert-manager.io/certificate-revision"


async def settle_certificates(context: Context) -> None:
    """Every Certificate one step further."""
    for item in context.items(CERTIFICATES):
        if not item["metadata"].get("deletionTimestamp"):
            await _settle(context, item)


async def _settle(context: Context, item: Object) -> None:
    if not holds(item, "Issuing"):
        await _judge(context, item)
        return
    key_name = (item.get("status") or {}).get("nextPrivateKeySecretName", "")
    key = context.secret(namespace_of(item), key_name) if key_name else None
    if key is None:
        await _make_key(context, item)
        return
    request = _request_of(context, item)
    if request is None:
        await _make_request(context, item, key_name, key["tls.key"])
    elif holds(request, "Ready"):
        await _store(context, item, request, key_name, key["tls.key"])
    elif reason_of(request, "Ready") in ("Failed", "Denied"):
        await _give_up(context, item, request)


async def _judge(context: Context, item: Object) -> None:
    """Ready, or to be issued."""
    status = dict(item.get("status") or {})
    generation = item["metadata"].get("generation")
    data = context.secret(namespace_of(item), item["spec"]["secretName"])
    if data is None or "tls.crt" not in data:
        if status.get("lastFailureTime"):
            return
        status = condition(status, "Ready", False, "DoesNotExist", _MISSING, generation)
        status = condition(status, "Issuing", True, "DoesNotExist", _MISSING, generation)
        await context.set_status(CERTIFICATES, item, status)
        await context.tell("certificates-trigger", item, "Issuing", _MISSING)
        return
    begins, ends = validity(data["tls.crt"])
    status = condition(status, "Ready", True, "Ready", _UP_TO_DATE, generation)
    status |= {"notBefore": _stamp(begins), "notAfter": _stamp(ends), "renewalTime": _stamp(ends - (ends - begins) / 3)}
    await context.set_status(CERTIFICATES, item, status)


def _stamp(moment: datetime) -> str:
    return (moment + timedelta()).strftime("%Y-%m-%dT%H:%M:%SZ")


async def _make_key(context: Context, item: Object) -> None:
    name = f"{name_of(item)}-{''.join(secrets.choice(_LETTERS) for _ in range(5))}"
    body = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": name,
            "namespace": namespace_of(item),
            "labels": {"cert-manager.io/next-private-key": "true", **_FAO},
            "ownerReferences": [owner_reference(item)],
        },
        "type": "Opaque",
        "data": {"tls.key": base64.b64encode(new_key(item["spec"])).decode()},
    }
    await context.client.create(SECRETS.path(namespace_of(item)), body)
    status = {**(item.get("status") or {}), "nextPrivateKeySecretName": name}
    await context.set_status(CERTIFICATES, item, status)
    told = f'Stored new private key in temporary Secret resource "{name}"'
    await context.tell("certificates-key-manager", item, "Generated", told)


def _request_of(context: Context, item: Object) -> Object | None:
    wanted = str((item.get("status") or {}).get("revision", 0) + 1)
    uid = item["metadata"]["uid"]
    for request in context.items(REQUESTS):
        annotations = request["metadata"].get("annotations") or {}
        if uid in owner_uids(request) and annotations.get(_REVISION) == wanted:
            return request
    return None


async def _make_request(context: Context, item: Object, key_name: str, key: bytes) -> None:
    spec = item["spec"]
    revision = (item.get("status") or {}).get("revision", 0) + 1
    name = f"{name_of(item)}-{revision}"
    wanted: Object = {
        "issuerRef": spec["issuerRef"],
        "request": base64.b64encode(signing_request(spec, key)).decode(),
    }
    wanted |= {field: spec[field] for field in ("isCA", "duration", "usages") if spec.get(field)}
    body = {
        "apiVersion": REQUESTS.api_version,
        "kind": REQUESTS.kind,
        "metadata": {
            "name": name,
            "namespace": namespace_of(item),
            "labels": item["metadata"].get("labels") or {},
            "annotations": {
                **_copied(item["metadata"].get("annotations") or {}),
                "cert-manager.io/certificate-name": name_of(item),
                _REVISION: str(revision),
                "cert-manager.io/private-key-secret-name": key_name,
            },
            "ownerReferences": [owner_reference(item)],
        },
        "spec": wanted,
    }
    await context.client.create(REQUESTS.path(namespace_of(item)), body)
    told = f'Created new CertificateRequest resource "{name}"'
    await context.tell("certificates-request-manager", item, "Requested", told)


def _copied(annotations: dict[str, str]) -> dict[str, str]:
    """Those that the controller copies unless --copied-annotation-prefixes says otherwise."""
    return {key: value for key, value in annotations.items() if not key.startswith(_NOT_COPIED)}


async def _store(context: Context, item: Object, request: Object, key_name: str, key: bytes) -> None:
    namespace, spec = namespace_of(item), item["spec"]
    status = request["status"]
    data = {"tls.crt": status["certificate"], "tls.key": base64.b64encode(key).decode(), "ca.crt": status.get("ca", "")}
    ref, template = spec["issuerRef"], spec.get("secretTemplate") or {}
    annotations = {
        **(template.get("annotations") or {}),
        "cert-manager.io/alt-names": ",".join(spec.get("dnsNames") or ()),
        "cert-manager.io/certificate-name": name_of(item),
        "cert-manager.io/common-name": spec.get("commonName", ""),
        "cert-manager.io/ip-sans": ",".join(spec.get("ipAddresses") or ()),
        "cert-manager.io/issuer-group": ref.get("group", ""),
        "cert-manager.io/issuer-kind": ref.get("kind", ""),
        "cert-manager.io/issuer-name": ref["name"],
        "cert-manager.io/uri-sans": ",".join(spec.get("uris") or ()),
    }
    body = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": spec["secretName"],
            "namespace": namespace,
            "annotations": annotations,
            "labels": {**(template.get("labels") or {}), **_FAO},
        },
        "type": "kubernetes.io/tls",
        "data": data,
    }
    await context.client.apply(SECRETS.path(namespace, spec["secretName"]), body)
    done = without_condition(item.get("status") or {}, "Issuing")
    done["revision"] = done.get("revision", 0) + 1
    done.pop("nextPrivateKeySecretName", None)
    await context.set_status(CERTIFICATES, item, done)
    await context.client.delete(SECRETS.path(namespace, key_name))
    await context.tell("certificates-issuing", item, "Issuing", "The certificate has been successfully issued")


async def _give_up(context: Context, item: Object, request: Object) -> None:
    conditions = request["status"].get("conditions") or ()
    why = next((str(c.get("message", "")) for c in conditions if c["type"] == "Ready"), "")
    told = f"The certificate request has failed to complete and will be retried: {why}"
    status = condition(item.get("status") or {}, "Issuing", False, "Failed", told, item["metadata"].get("generation"))
    status |= {"lastFailureTime": _stamp(datetime.now().astimezone()), "failedIssuanceAttempts": 1}
    await context.set_status(CERTIFICATES, item, status)
    await context.tell("certificates-issuing", item, "Failed", told, "Warning")
