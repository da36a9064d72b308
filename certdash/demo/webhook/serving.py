"""The webhook's certificates: a CA kept in a Secret, and a serving certificate of it kept in memory.

As cert-manager's dynamic authority does (pkg/server/tls/authority of release 1.21.1): the CA is valid for a year and
made anew in its last third or when the Secret is not what it should be; the serving certificate is valid for a week,
and made anew whenever the CA in the Secret is another one.
"""

import base64
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from certdash.demo.api.objects import Object
from certdash.demo.chart.components import NAMESPACE, WEBHOOK
from certdash.demo.pki import Authority, Leaf

CA_SECRET = f"{WEBHOOK.deployment}-ca"
SERVING_NAMES = tuple(f"{WEBHOOK.deployment}{suffix}" for suffix in ("", f".{NAMESPACE}", f".{NAMESPACE}.svc"))
_CA_DAYS = 365
_SERVING_DAYS = 7


def regeneration_reason(secret: Object | None, now: datetime) -> str:
    """Why the Secret needs a new CA, "" where it does not. In the words that the webhook logs."""
    if secret is None:
        return "CA secret not found"
    try:
        data = {key: base64.b64decode(value) for key, value in (secret.get("data") or {}).items()}
    except ValueError:
        data = {}
    if not all(data.get(key) for key in ("ca.crt", "tls.crt", "tls.key")):
        return "Missing data in CA secret."
    if data["ca.crt"] != data["tls.crt"]:
        return "Different data in ca.crt and tls.crt."
    return _authority_fault(data["tls.crt"], data["tls.key"], now)


def _authority_fault(certificate: bytes, key: bytes, now: datetime) -> str:
    try:
        parsed = x509.load_pem_x509_certificate(certificate)
        private = serialization.load_pem_private_key(key, None)
    except (ValueError, TypeError):
        return "Failed to parse data in CA secret."
    if private.public_key() != parsed.public_key():
        return "Failed to parse data in CA secret."
    try:
        authority = parsed.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        authority = False
    if not authority:
        return "Stored certificate is not marked as a CA."
    begins, ends = parsed.not_valid_before_utc, parsed.not_valid_after_utc
    return "CA certificate is nearing expiry." if ends - now < (ends - begins) / 3 else ""


def authority_in(secret: Object) -> Authority:
    """The CA of a Secret that needs no new one."""
    data = secret["data"]
    return Authority(base64.b64decode(data["tls.crt"]), base64.b64decode(data["tls.key"]))


def new_secret(old: Object | None) -> Object:
    """The Secret with a new CA: the one to create, or `old` with other data."""
    authority = Authority.create(CA_SECRET, days=_CA_DAYS)
    encoded = base64.b64encode(authority.certificate).decode()
    data = {"ca.crt": encoded, "tls.crt": encoded, "tls.key": base64.b64encode(authority.key).decode()}
    if old is not None:
        return {**old, "data": {**(old.get("data") or {}), **data}}
    metadata = {
        "name": CA_SECRET,
        "namespace": NAMESPACE,
        "labels": {"app.kubernetes.io/managed-by": "cert-manager-webhook"},
        "annotations": {"cert-manager.io/allow-direct-injection": "true"},
    }
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "Opaque", "data": data}


def serving_leaf(authority: Authority, now: datetime) -> Leaf:
    """A new serving certificate, which never outlives its CA."""
    ends = x509.load_pem_x509_certificate(authority.certificate).not_valid_after_utc
    return authority.issue(
        SERVING_NAMES[0],
        alternative_names=SERVING_NAMES,
        begins=now,
        ends=min(ends, now.astimezone(UTC) + timedelta(days=_SERVING_DAYS)),
    )
