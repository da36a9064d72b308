"""AdmissionReviews as the API server would send them, and what the webhook says to them."""

import asyncio
from typing import Any

from certdash.demo.api.client import Client
from certdash.demo.api.request import ADMIN, Request, Response
from certdash.demo.webhook.review import validate

Object = dict[str, Any]

USER: Object = {"username": "alice", "groups": ["dev", "system:authenticated"], "uid": "7"}
GROUP = "cert-manager.io"


def request(
    plural: str,
    item: Object,
    *,
    old: Object | None = None,
    subresource: str = "",
    user: Object = USER,
    group: str = GROUP,
) -> Object:
    """The `request` of a review: a create, or an update where there is an old object."""
    where = {"group": group, "version": "v1", "resource": plural}
    return {
        "uid": "u-1",
        "resource": where,
        "requestResource": where,
        "requestSubResource": subresource,
        "operation": "CREATE" if old is None else "UPDATE",
        "object": item,
        "oldObject": old,
        "userInfo": user,
    }


async def _nobody(_: Request) -> Response:
    raise AssertionError("nothing needs the API server for this")


def refusal(asked: Object, client: Client | None = None) -> str:
    """Why it is denied, "" where it is admitted."""
    response = asyncio.run(validate(asked, client or Client(_nobody, ADMIN, "webhook")))
    assert response["uid"] == "u-1"
    assert response["allowed"] is ("status" not in response)
    return str(response["status"]["message"]) if "status" in response else ""


def certificate(**spec: Any) -> Object:
    """A good Certificate with other fields, or without those that are None."""
    whole = {"secretName": "web-tls", "issuerRef": {"name": "ca"}, "dnsNames": ["web.test"], **spec}
    return {"metadata": {"name": "web"}, "spec": {key: value for key, value in whole.items() if value is not None}}
