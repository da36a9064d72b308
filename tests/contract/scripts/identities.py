"""Who may do what: nobody in particular, an unknown token, and people with too few permissions."""

from tests.contract.exchange import Object, Step, delete, get, patch, post, script, watch
from tests.contract.scripts.objects import CERTIFICATES, CONFIG_MAPS, CRDS, REQUESTS, certificate, config_map, request

_ACCESS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews"


def _may(verb: str, group: str, resource: str, namespace: str = "") -> Step:
    attributes = {"verb": verb, "group": group, "resource": resource, "namespace": namespace}
    review: Object = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    return post(_ACCESS, review).seen("review")


_ASKED = (
    get("/api/v1/namespaces"),
    get("/api/v1/namespaces/default"),
    get(CERTIFICATES),
    watch(CERTIFICATES),
    get(f"{CRDS}/certificates.cert-manager.io"),
    get("/api/v1/namespaces/cert-manager/secrets", fieldSelector="metadata.name=cert-manager-webhook-ca"),
    get("/apis/nothing.test/v1/things"),
    get("/nonsense"),
    get("/apis"),
    post(CERTIFICATES, certificate("contract"), dryRun="All").seen("metadata"),
    post(CONFIG_MAPS, config_map("contract"), dryRun="All"),
    patch(f"{CONFIG_MAPS}/contract", {}),
    delete(f"{CONFIG_MAPS}/contract"),
    delete(CONFIG_MAPS),
    get("/api/v1/namespaces/cert-manager/pods/nobody/log"),
    get("/apis/apps/v1/namespaces/cert-manager/deployments/cert-manager/scale").seen("metadata"),
)

SCRIPTS = (
    script("anonymous", *(step.by("anonymous") for step in _ASKED)),
    script("stranger", *(step.by("stranger") for step in _ASKED[:3])),
    script("nobody", *(step.seen("groups" if step.path == "/apis" else step.view).by("nobody") for step in _ASKED)),
    script(
        "reader",
        get("/api/v1/namespaces/default").seen("metadata").by("reader"),
        post(CERTIFICATES, certificate("contract"), dryRun="All").by("reader"),
        post(REQUESTS, request("contract"), dryRun="All").by("reader"),
    ),
    script(
        "prober",
        post(CERTIFICATES, certificate("contract"), dryRun="All").by("prober"),
        post(REQUESTS, request("contract"), dryRun="All").by("prober"),
        post(REQUESTS, request("contract", username="certdash-sentinel"), dryRun="All").by("prober"),
        get(CERTIFICATES).by("prober"),
    ),
    script(
        "self-review",
        _may("create", "cert-manager.io", "certificates", "default"),
        _may("create", "cert-manager.io", "certificates", "default").by("prober"),
        _may("list", "cert-manager.io", "certificates", "default").by("prober"),
        post(_WHO, {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}).seen("review"),
    ),
)
