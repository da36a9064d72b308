"""Reads: what certdash lists and watches of a healthy install, discovery, and single objects."""

from certdash.certmanager import constants
from certdash.kube.watch_protocol import list_accept, list_query, watch_accept, watch_list_query
from certdash.model.resource import Kind
from certdash.model.stream import StreamSpec
from tests.contract.exchange import Script, Step, get, script
from tests.contract.scripts.objects import CERTIFICATES, CRDS

_INSTALL = "cert-manager"
_LEASES = "kube-system"
# The 19 streams of a default install. Events are left out: how many there are by now is chance.
STREAMS = (
    *(StreamSpec(Kind.CRD, name=name) for name in sorted(constants.CRD_NAMES)),
    StreamSpec(Kind.VALIDATING),
    StreamSpec(Kind.MUTATING),
    StreamSpec(Kind.NAMESPACE, name="default"),
    StreamSpec(Kind.NAMESPACE, name=_INSTALL),
    StreamSpec(Kind.DEPLOYMENT, namespace=_INSTALL),
    StreamSpec(Kind.REPLICASET, namespace=_INSTALL),
    StreamSpec(Kind.POD, namespace=_INSTALL),
    StreamSpec(Kind.SERVICE, namespace=_INSTALL),
    StreamSpec(Kind.ENDPOINTSLICE, namespace=_INSTALL),
    StreamSpec(Kind.LEASE, _LEASES, constants.CONTROLLER_LEASE),
    StreamSpec(Kind.LEASE, _LEASES, constants.CAINJECTOR_LEASE),
    StreamSpec(Kind.SECRET, _INSTALL, "cert-manager-webhook-ca", metadata_only=True),
)


def _path(spec: StreamSpec) -> str:
    return spec.kind.resource.path(spec.namespace)


def _listed(spec: StreamSpec, version: str) -> Step:
    view = "whole" if spec.metadata_only else "certdash"
    return Step("GET", _path(spec), list_query(spec, version), accept=list_accept(spec), view=view)


def _streams() -> list[Script]:
    scripts = []
    for spec in STREAMS:
        name = f"stream-{spec.kind.resource.plural}" + (f"-{spec.name}" if spec.name else "")
        scripts.append(script(name, _listed(spec, "0"), _listed(spec, "")))
    return scripts


def _watched(spec: StreamSpec) -> Step:
    return Step("GET", _path(spec), watch_list_query(spec, "", 1), accept=watch_accept(spec), view="initial")


_PARTIAL = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
_PARTIAL_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
_TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
_BAD_TABLE = "application/json;as=Table;v=v9;g=meta.k8s.io"

SCRIPTS = (
    *_streams(),
    script("streamed-lists", *(_watched(spec) for spec in STREAMS)),
    script("version", get("/version").seen("version"), get("/version").by("anonymous").seen("version")),
    script("health", get("/readyz"), get("/livez"), get("/healthz"), get("/readyz").by("anonymous")),
    script(
        "discovery-groups",
        get("/api"),
        get("/apis").seen("groups"),
        get("/apis/cert-manager.io"),
        get("/apis/apps"),
        get("/apis/nothing.test"),
        get("/apis/cert-manager.io/v9"),
    ),
    script(
        "discovery-resources",
        get("/api/v1").seen("resources"),
        get("/apis/apps/v1").seen("resources"),
        get("/apis/cert-manager.io/v1").seen("resources"),
        get("/apis/acme.cert-manager.io/v1").seen("resources"),
        get("/apis/apiextensions.k8s.io/v1").seen("resources"),
        get("/apis/admissionregistration.k8s.io/v1").seen("resources"),
        get("/apis/coordination.k8s.io/v1").seen("resources"),
        get("/apis/discovery.k8s.io/v1").seen("resources"),
        get("/apis/rbac.authorization.k8s.io/v1").seen("resources"),
    ),
    script(
        "metadata-only",
        get("/api/v1/namespaces/default").accepting(_PARTIAL),
        get("/api/v1/namespaces/cert-manager/secrets", fieldSelector="metadata.name=cert-manager-webhook-ca").accepting(
            _PARTIAL_LIST
        ),
        get(CERTIFICATES).accepting(_PARTIAL_LIST),
        get("/api/v1/namespaces").accepting(_PARTIAL),
    ),
    script(
        "not-acceptable",
        get("/api/v1/namespaces").accepting("text/html"),
        get("/api/v1/namespaces/default").accepting(_BAD_TABLE),
        get("/api/v1/namespaces/default").accepting("application/xml"),
    ),
    script(
        "tables",
        get("/apis/apps/v1/namespaces/cert-manager/deployments").accepting(_TABLE).seen("columns"),
        get("/api/v1/namespaces/cert-manager/pods").accepting(_TABLE).seen("columns"),
        get("/api/v1/namespaces/cert-manager/services").accepting(_TABLE).seen("columns"),
        get("/api/v1/namespaces").accepting(_TABLE).seen("columns"),
        get(CERTIFICATES).accepting(_TABLE).seen("columns"),
        get(CRDS).accepting(_TABLE).seen("columns"),
        get("/apis/coordination.k8s.io/v1/namespaces/kube-system/leases").accepting(_TABLE).seen("columns"),
    ),
    script(
        "not-found",
        get(f"{CERTIFICATES}/nobody"),
        get("/apis/cert-manager.io/v1/namespaces/nowhere/certificates"),
        get("/apis/cert-manager.io/v1/namespaces/nowhere/certificates/nobody"),
        get("/apis/cert-manager.io/v1/nonsense"),
        get("/apis/nothing.test/v1/things"),
        get("/api/v1/nonsense"),
        get("/apis/apps/v1/nonsense"),
        get("/apis/apps/v9/deployments"),
        get("/api/v2/pods"),
        get("/nonsense"),
        get("/api/v1/namespaces/nowhere"),
        get(f"{CRDS}/nothing.example.test"),
        get(f"{CERTIFICATES}/nobody/nonsense"),
    ),
    script(
        "selectors-refused",
        get(CERTIFICATES, fieldSelector="spec.secretName=x"),
        get("/api/v1/namespaces", fieldSelector="spec.nonsense=x"),
        get("/api/v1/namespaces", fieldSelector="nonsense"),
        get("/api/v1/namespaces", labelSelector="a=b=c"),
        get("/api/v1/namespaces", labelSelector="a in (b"),
        get("/api/v1/namespaces", limit="x"),
    ),
)
