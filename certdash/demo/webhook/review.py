"""AdmissionReviews in, AdmissionReviews out."""

import base64
import json
from collections.abc import Sequence
from typing import Any

from certdash.demo.api.client import Client
from certdash.demo.api.objects import Object
from certdash.demo.webhook.acme import challenge_update_complaints, order_update_complaints
from certdash.demo.webhook.approval import approval_complaints
from certdash.demo.webhook.certificates import certificate_complaints
from certdash.demo.webhook.fields import joined
from certdash.demo.webhook.issuers import issuer_complaints, issuer_warnings
from certdash.demo.webhook.requests import request_complaints, request_update_complaints

_REQUESTS = "certificaterequests"


async def validate(request: Object, client: Client) -> Object:
    """The response of /validate. The client asks who may approve. Raises ApiUnavailable."""
    try:
        complaints = _complaints(request)
    except ValueError as error:
        return _refused(request, {"metadata": {}, "message": str(error), "code": 400}, ())
    if request["resource"]["resource"] == _REQUESTS and request["operation"] == "UPDATE":
        complaints = await approval_complaints(request, client) + complaints
    warnings = _warnings(request)
    if complaints:
        status = {"metadata": {}, "message": joined(complaints), "reason": "Forbidden", "code": 403}
        return _refused(request, status, warnings)
    return {"uid": request["uid"], "allowed": True, **({"warnings": warnings} if warnings else {})}


def mutate(request: Object) -> Object:
    """The response of /mutate: a new CertificateRequest bears its requester's name."""
    operations: list[Object] = []
    if request["resource"]["resource"] == _REQUESTS and request["operation"] == "CREATE":
        operations = _stamp(request["object"], request["userInfo"])
    response: Object = {"uid": request["uid"], "allowed": True}
    if operations:
        response["patch"] = base64.b64encode(json.dumps(operations).encode()).decode()
        response["patchType"] = "JSONPatch"
    return response


def _refused(request: Object, status: Object, warnings: Sequence[str]) -> Object:
    response: Object = {"uid": request["uid"], "allowed": False, "status": status}
    return {**response, "warnings": list(warnings)} if warnings else response


def _stamp(item: Object, user: Object) -> list[Object]:
    spec = item.get("spec") or {}
    wanted: dict[str, Any] = {
        "groups": list(user.get("groups") or ()),
        "uid": user.get("uid", ""),
        "username": user.get("username", ""),
    }
    if user.get("extra"):
        wanted["extra"] = user["extra"]
    made: list[Object] = [] if spec else [{"op": "add", "path": "/spec", "value": {}}]
    made += [
        {"op": "replace" if key in spec else "add", "path": f"/spec/{key}", "value": value}
        for key, value in wanted.items()
    ]
    if "extra" in spec and "extra" not in wanted:
        made.append({"op": "remove", "path": "/spec/extra"})
    return made


def _complaints(request: Object) -> list[str]:
    plural, updating = request["resource"]["resource"], request["operation"] == "UPDATE"
    item, old = request.get("object") or {}, request.get("oldObject") or {}
    match plural:
        case "certificates":
            return certificate_complaints(item.get("spec") or {})
        case "certificaterequests":
            return request_update_complaints(old, item) if updating else request_complaints(item, request["userInfo"])
        case "issuers" | "clusterissuers":
            return issuer_complaints(item.get("spec") or {})
        case "orders" if updating:
            return order_update_complaints(old, item)
        case "challenges" if updating:
            return challenge_update_complaints(old, item)
        case _:
            return []


def _warnings(request: Object) -> list[str]:
    if request["resource"]["resource"] in ("issuers", "clusterissuers"):
        return issuer_warnings((request.get("object") or {}).get("spec") or {})
    return []
