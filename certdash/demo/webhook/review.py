"""AdmissionReviews in, AdmissionReviews out."""

import base64
import json
from typing import Any

from certdash.demo.api.objects import Object
from certdash.demo.webhook.certificates import (
    certificate_complaints,
    request_complaints,
    request_update_complaints,
)
from certdash.demo.webhook.fields import joined
from certdash.demo.webhook.issuers import issuer_complaints


def validate(request: Object) -> Object:
    """The response of /validate."""
    complaints = _complaints(request)
    if not complaints:
        return {"uid": request["uid"], "allowed": True}
    status = {"metadata": {}, "status": "Failure", "message": joined(complaints), "reason": "Forbidden", "code": 403}
    return {"uid": request["uid"], "allowed": False, "status": status}


def mutate(request: Object) -> Object:
    """The response of /mutate: a CertificateRequest bears its requester's name."""
    operations: list[Object] = []
    if request["resource"]["resource"] == "certificaterequests" and request["operation"] == "CREATE":
        operations = _stamp(request["object"]["spec"], request["userInfo"])
    response: Object = {"uid": request["uid"], "allowed": True}
    if operations:
        response["patch"] = base64.b64encode(json.dumps(operations).encode()).decode()
        response["patchType"] = "JSONPatch"
    return response


def _stamp(spec: Object, user: Object) -> list[Object]:
    wanted: dict[str, Any] = {
        "groups": list(user.get("groups") or ()),
        "uid": user.get("uid", ""),
        "username": user.get("username", ""),
    }
    made: list[Object] = [
        {"op": "replace" if key in spec else "add", "path": f"/spec/{key}", "value": value}
        for key, value in wanted.items()
    ]
    if "extra" in spec:
        made.append({"op": "remove", "path": "/spec/extra"})
    return made


def _complaints(request: Object) -> list[str]:
    plural, operation = request["resource"]["resource"], request["operation"]
    item, old = request.get("object") or {}, request.get("oldObject") or {}
    spec = item.get("spec") or {}
    match plural:
        case "certificates":
            return certificate_complaints(spec)
        case "certificaterequests" if operation == "UPDATE":
            return request_update_complaints(old, item)
        case "certificaterequests":
            return request_complaints(spec, request["userInfo"])
        case "issuers" | "clusterissuers":
            return issuer_complaints(spec)
        case _:
            return []
