"""The webhook's certificates: a CA kept in a Secret, and a serving certificate of it kept in memory.

As cert-manager's dynamic authority does (pkg/server/tls/authority): the CA is valid for a year, the serving certificate
for a week, and it is made anew whenever the CA in the Secret is another one.
"""

import base64
from datetime import UTC, datetime, timedelta

from certdash.demo.api.client import Client
from certdash.demo.api.objects import Object
from certdash.demo.api.resource_types import SECRETS
from certdash.demo.api.status import ApiError
from certdash.demo.api.store import Store
from certdash.demo.chart.components import NAMESPACE, WEBHOOK
from certdash.demo.pki import Authority, Leaf

CA_SECRET = f"{WEBHOOK.deployment}-ca"
SERVING_NAMES = tuple(f"{WEBHOOK.deployment}{suffix}" for suffix in ("", f".{NAMESPACE}", f".{NAMESPACE}.svc"))
_CA_DAYS = 365
_SERVING_DAYS = 7


def authority_of(secret: Object | None) -> Authority | None:
    """The CA in the Secret, None where there is none that can be used."""
    data = (secret or {}).get("data") or {}
    try:
        return Authority(base64.b64decode(data["tls.crt"]), base64.b64decode(data["tls.key"]))
    except (KeyError, ValueError):
        return None


def serving_leaf(authority: Authority) -> Leaf:
    """A new serving certificate. Raises ValueError for an authority that can't sign."""
    ends = datetime.now(UTC) + timedelta(days=_SERVING_DAYS)
    return authority.issue(SERVING_NAMES[0], alternative_names=SERVING_NAMES, ends=ends)


async def ensure_authority(store: Store, client: Client) -> Authority | None:
    """The CA of the Secret, made first where it is missing. None where another replica was faster or nothing can be
    written now. Raises ApiUnavailable."""
    found = store.get(SECRETS, NAMESPACE, CA_SECRET)
    authority = authority_of(found)
    if authority is not None:
        return authority
    made = Authority.create(CA_SECRET, days=_CA_DAYS)
    body = _secret(made)
    try:
        if found is None:
            await client.create(SECRETS.path(NAMESPACE), body)
        else:
            await client.update(SECRETS.path(NAMESPACE, CA_SECRET), {**body, "metadata": found["metadata"]})
    except ApiError:
        return None
    return made


def _secret(authority: Authority) -> Object:
    encoded = base64.b64encode(authority.certificate).decode()
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": CA_SECRET,
            "namespace": NAMESPACE,
            "annotations": {"cert-manager.io/allow-direct-injection": "true"},
        },
        "type": "Opaque",
        "data": {"ca.crt": encoded, "tls.crt": encoded, "tls.key": base64.b64encode(authority.key).decode()},
    }
