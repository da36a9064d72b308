"""Who may approve and deny CertificateRequests: whoever has the verb `approve` on the signer (release 1.21.1)."""

from certdash.demo.api.client import Client
from certdash.demo.api.objects import Object
from certdash.demo.api.status import ApiError
from certdash.demo.webhook import fields
from certdash.demo.webhook.requests import newly_decided

_GROUP = "cert-manager.io"
_REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"


async def approval_complaints(request: Object, client: Client) -> list[str]:
    """Why the user of the AdmissionReview's request may not make the decision that it contains. Raises
    ApiUnavailable."""
    if request.get("requestSubResource") != "status" or not newly_decided(request["oldObject"], request["object"]):
        return []
    item, user = request["object"], request["userInfo"]
    issuer = item["spec"]["issuerRef"]
    name, kind, group = issuer.get("name", ""), issuer.get("kind") or "Issuer", issuer.get("group") or _GROUP
    told = f"{{{name} {issuer.get('kind', '')} {issuer.get('group', '')}}}"
    resource = await _resource_of(group, kind, client)
    if resource is None:
        return [fields.forbidden("spec.issuerRef", f"referenced signer resource does not exist: {told}")]
    signers = f"{resource['name']}.{group}"
    scoped = f"{item['metadata']['namespace']}.{name}" if resource.get("namespaced") else name
    for signer in (f"{signers}/*", f"{signers}/{scoped}"):
        if await _may_approve(user, signer, client):
            return []
    who = f'user "{user.get("username", "")}" does not have permissions to set approved/denied conditions'
    return [fields.forbidden("status.conditions", f"{who} for issuer {told}")]


async def _resource_of(group: str, kind: str, client: Client) -> Object | None:
    """How discovery describes the kind, None where the group or the kind is not served."""
    try:
        versions = (await client.get(f"/apis/{group}"))["versions"]
        for version in versions:
            listed = (await client.get(f"/apis/{version['groupVersion']}"))["resources"]
            found = next((item for item in listed if item["kind"] == kind and "/" not in item["name"]), None)
            if found is not None:
                return dict(found)
    except ApiError:
        pass
    return None


async def _may_approve(user: Object, signer: str, client: Client) -> bool:
    wanted = {"group": _GROUP, "version": "*", "resource": "signers", "name": signer, "verb": "approve"}
    spec = {"user": user.get("username", ""), "groups": user.get("groups") or [], "resourceAttributes": wanted}
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
    try:
        answer = await client.create(_REVIEWS, review)
    except ApiError:
        return False
    return bool(answer["status"].get("allowed"))
