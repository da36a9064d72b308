"""Writes: create, update, patch and delete, their checks and their refusals."""

from tests.contract.exchange import Step, delete, get, patch, post, put, script
from tests.contract.scripts.objects import (
    CERTIFICATES,
    CONFIG_MAPS,
    DEPLOYMENTS,
    LEASES,
    NAMESPACES,
    WIDGETS,
    certificate,
    config_map,
    deployment,
    labelled,
    widget,
)

_A = f"{CONFIG_MAPS}/write-a"
_ENDING = "/api/v1/namespaces/contract-ending/configmaps"
_LOG = "/api/v1/namespaces/cert-manager/pods/${pods.items.0.metadata.name}/log"
_GENERATED = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "contract-generated-"}}
_LEASE = {
    "apiVersion": "coordination.k8s.io/v1",
    "kind": "Lease",
    "metadata": {"name": "held"},
    "spec": {"holderIdentity": "somebody", "leaseDurationSeconds": 15},
}
_STALE = {**config_map("write-a", k="3"), "metadata": {"name": "write-a", "resourceVersion": "1"}}


def _with_version(item: dict[str, object], version: str) -> dict[str, object]:
    return {**item, "metadata": {"name": "write-a", "resourceVersion": version}}


def _typed(text: str, content_type: str, method: str = "POST", path: str = CONFIG_MAPS) -> Step:
    return Step(method, path, (), text, content_type)


SCRIPTS = (
    script(
        "create",
        post(CONFIG_MAPS, config_map("write-a", k="1")),
        get(_A),
        post(CONFIG_MAPS, config_map("write-a", k="1")),
        post(CONFIG_MAPS, _GENERATED, dryRun="All"),
        post(CONFIG_MAPS, config_map("dry"), dryRun="All", fieldManager="somebody"),
        get(f"{CONFIG_MAPS}/dry"),
        post(CONFIG_MAPS, config_map("write-z"), dryRun="Foo"),
        post(CONFIG_MAPS, config_map("write-z"), fieldValidation="Foo"),
        post(CONFIG_MAPS, config_map("write-z"), fieldManager="x" * 129),
        post(CONFIG_MAPS, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}}),
        post(CONFIG_MAPS, config_map("Not_A_Name")),
        post(CONFIG_MAPS, labelled(config_map("write-z"), **{"bad key": "x"})),
        post(CONFIG_MAPS, labelled(config_map("write-z"), good="bad value")),
        post(CONFIG_MAPS, {**config_map("write-z"), "metadata": {"name": "write-z", "namespace": "default"}}),
        post(CONFIG_MAPS, {**config_map("write-z"), "kind": "Secret"}),
        post(CONFIG_MAPS, {**config_map("write-z"), "apiVersion": "v9"}),
        post(CONFIG_MAPS, {"metadata": {"name": "write-z"}}),
        post(CONFIG_MAPS, _with_version(config_map("write-a"), "5")),
        post("/api/v1/configmaps", config_map("write-z")),
    ),
    script(
        "create-where",
        post("/api/v1/namespaces/nowhere/configmaps", config_map("write-z")),
        post("/apis/cert-manager.io/v1/namespaces/nowhere/certificates", certificate("write-z"), dryRun="All"),
        post("/apis/cert-manager.io/v1/certificates", certificate("write-z"), dryRun="All"),
        post("/apis/nothing.test/v1/things", {}),
    ),
    script(
        "body-refused",
        _typed("", "application/json"),
        _typed("{}", "text/plain"),
        _typed("{}", "application/nonsense"),
        _typed("kind: ConfigMap\napiVersion: v1\nmetadata: {name: yaml}\n", "application/yaml"),
        _typed("{}", "application/json", "PATCH", f"{CONFIG_MAPS}/kube-root-ca.crt"),
        _typed("{}", "application/nonsense", "PATCH", f"{CONFIG_MAPS}/kube-root-ca.crt"),
        _typed("{}", "text/plain", path=CERTIFICATES),
    ),
    script(
        "method-refused",
        Step("PUT", CONFIG_MAPS, (), config_map("x")),
        Step("POST", f"{CONFIG_MAPS}/x", (), config_map("x")),
        Step("PATCH", CONFIG_MAPS, (), {}, "application/merge-patch+json"),
        Step("DELETE", NAMESPACES),
        Step("PURGE", CONFIG_MAPS),
    ),
    script(
        "update",
        post(CONFIG_MAPS, config_map("write-a", k="1")).kept("made"),
        put(_A, config_map("write-a", k="2")),
        put(_A, _STALE),
        put(_A, _with_version(config_map("write-a", k="3"), "${made.metadata.resourceVersion}")),
        put(_A, config_map("write-b")),
        put(f"{CONFIG_MAPS}/nobody", config_map("nobody")),
    ),
    script(
        "patch",
        post(CONFIG_MAPS, config_map("write-a", k="1", other="o")),
        patch(_A, {"data": {"k": "2", "other": None}, "metadata": {"annotations": {"a": "b"}}}),
        patch(_A, [{"op": "add", "path": "/data/new", "value": "n"}], "json-patch+json"),
        patch(_A, [{"op": "test", "path": "/data/k", "value": "wrong"}], "json-patch+json"),
        patch(_A, [{"op": "remove", "path": "/data/nothing"}], "json-patch+json"),
        patch(_A, [{"op": "nonsense", "path": "/data/nothing"}], "json-patch+json"),
        patch(_A, {"not": "a list"}, "json-patch+json"),
        patch(_A, {"data": {"s": "t"}}, "strategic-merge-patch+json"),
        patch(_A, {"metadata": {"resourceVersion": "1"}}),
        patch(_A, {"metadata": {"name": "another"}}),
        patch(_A, {"data": {"k": "dry"}}, dryRun="All"),
        get(_A),
        patch(f"{CONFIG_MAPS}/nobody", {}),
    ),
    script(
        "patch-strategic",
        post(DEPLOYMENTS, deployment("write-d")).seen("metadata"),
        patch(
            f"{DEPLOYMENTS}/write-d",
            {"spec": {"template": {"spec": {"containers": [{"name": "main", "image": "example.test/main:2"}]}}}},
            "strategic-merge-patch+json",
        ).seen("containers"),
        patch(
            f"{DEPLOYMENTS}/write-d",
            {"spec": {"template": {"spec": {"containers": [{"name": "side", "image": "example.test/side:1"}]}}}},
            "strategic-merge-patch+json",
        ).seen("containers"),
        patch(
            f"{DEPLOYMENTS}/write-d",
            {"spec": {"template": {"spec": {"containers": [{"name": "side", "$patch": "delete"}]}}}},
            "strategic-merge-patch+json",
        ).seen("containers"),
    ),
    script(
        "patch-custom",
        post(WIDGETS, widget("write-c", size="1")),
        patch(f"{WIDGETS}/write-c", {"spec": {"parts": ["b"]}}),
        patch(f"{WIDGETS}/write-c", {"spec": {"parts": ["b"]}}),
        patch(f"{WIDGETS}/write-c", {"spec": {"parts": ["c"]}}, "strategic-merge-patch+json"),
        patch(f"{WIDGETS}/write-c", {"spec": {"size": None}}),
        patch(f"{WIDGETS}/write-c", {"spec": {"nonsense": 1}}),
        patch(f"{WIDGETS}/write-c", {"status": {"revision": 7}}),
        patch(f"{WIDGETS}/write-c/status", {"status": {"revision": 7}, "spec": {"parts": ["d"]}}),
        put(f"{WIDGETS}/write-c", widget("write-c", size="2")),
        put(
            f"{WIDGETS}/write-c",
            {**widget("write-c", size="2"), "metadata": {"name": "write-c", "resourceVersion": "1"}},
        ),
        get(WIDGETS),
    ),
    script(
        "apply",
        patch(f"{CONFIG_MAPS}/applied", config_map("applied", a="1"), "apply-patch+yaml", fieldManager="one"),
        patch(f"{CONFIG_MAPS}/applied", config_map("applied", b="2"), "apply-patch+yaml", fieldManager="two"),
        patch(f"{CONFIG_MAPS}/applied", config_map("applied", a="3"), "apply-patch+yaml", fieldManager="two"),
        patch(
            f"{CONFIG_MAPS}/applied", config_map("applied", a="3"), "apply-patch+yaml", fieldManager="two", force="true"
        ),
        patch(f"{CONFIG_MAPS}/applied", config_map("applied"), "apply-patch+yaml", fieldManager="two"),
        patch(f"{CONFIG_MAPS}/applied", config_map("applied", a="1"), "apply-patch+yaml"),
        patch(f"{CONFIG_MAPS}/applied", {"data": {"a": "1"}}, "apply-patch+yaml", fieldManager="one"),
        get(f"{CONFIG_MAPS}/applied"),
        delete(f"{CONFIG_MAPS}/applied").seen("whole"),
    ),
    script(
        "apply-over-update",
        post(CONFIG_MAPS, config_map("updated", a="1")),
        patch(f"{CONFIG_MAPS}/updated", config_map("updated", a="2"), "apply-patch+yaml", fieldManager="one"),
    ),
    script(
        "apply-custom",
        patch(f"{WIDGETS}/applied", widget("applied", size="1"), "apply-patch+yaml", fieldManager="one"),
        patch(f"{WIDGETS}/applied", widget("applied", size="2"), "apply-patch+yaml", fieldManager="two"),
        patch(f"{WIDGETS}/applied", widget("applied", size="1"), "apply-patch+yaml", fieldManager="two"),
        patch(f"{WIDGETS}/applied", widget("applied", size="1", parts=["a"]), "apply-patch+yaml", fieldManager="two"),
        patch(f"{WIDGETS}/applied", widget("applied"), "apply-patch+yaml", fieldManager="one"),
        delete(f"{WIDGETS}/applied"),
    ),
    script(
        "delete",
        post(CONFIG_MAPS, config_map("gone-a")).kept("made"),
        delete(f"{CONFIG_MAPS}/gone-a", dryRun="All"),
        delete(f"{CONFIG_MAPS}/gone-a", {"preconditions": {"uid": "nonsense"}}),
        delete(f"{CONFIG_MAPS}/gone-a", {"preconditions": {"resourceVersion": "1"}}),
        delete(f"{CONFIG_MAPS}/gone-a", {"preconditions": {"uid": "${made.metadata.uid}"}}),
        delete(f"{CONFIG_MAPS}/gone-a"),
        delete(f"{CONFIG_MAPS}/gone-a", propagationPolicy="Nonsense"),
        post(WIDGETS, widget("gone-b", size="1")),
        delete(f"{WIDGETS}/gone-b"),
        post(LEASES, _LEASE),
        delete(f"{LEASES}/held"),
    ),
    script(
        "finalizers",
        post(
            CONFIG_MAPS,
            {**config_map("held-a"), "metadata": {"name": "held-a", "finalizers": ["example.test/hold"]}},
        ),
        delete(f"{CONFIG_MAPS}/held-a"),
        delete(f"{CONFIG_MAPS}/held-a"),
        get(f"{CONFIG_MAPS}/held-a"),
        patch(f"{CONFIG_MAPS}/held-a", {"metadata": {"finalizers": ["example.test/hold", "example.test/more"]}}),
        patch(f"{CONFIG_MAPS}/held-a", {"metadata": {"finalizers": None}}),
        get(f"{CONFIG_MAPS}/held-a"),
    ),
    script(
        "delete-collection",
        post(CONFIG_MAPS, labelled(config_map("many-a"), of="many")),
        post(CONFIG_MAPS, labelled(config_map("many-b"), of="many")),
        delete(CONFIG_MAPS, labelSelector="of=many"),
        get(CONFIG_MAPS, labelSelector="of=many"),
    ),
    script(
        "scale",
        post(DEPLOYMENTS, deployment("scaled")).seen("metadata"),
        get(f"{DEPLOYMENTS}/scaled/scale"),
        patch(f"{DEPLOYMENTS}/scaled/scale", {"spec": {"replicas": 0}}),
        patch(f"{DEPLOYMENTS}/scaled/scale", {"spec": {"replicas": -1}}),
        get(f"{DEPLOYMENTS}/nobody/scale"),
        get(f"{CONFIG_MAPS}/kube-root-ca.crt/scale"),
    ),
    script(
        "namespace",
        post(NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "contract-short"}}),
        post(NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "Not_A_Name"}}),
        patch(f"{NAMESPACES}/contract-short", {"metadata": {"labels": {"kubernetes.io/metadata.name": "other"}}}),
        patch(f"{NAMESPACES}/contract-short", {"spec": {"finalizers": []}}),
        delete(f"{NAMESPACES}/default"),
        delete(f"{NAMESPACES}/kube-system", dryRun="All"),
    ),
    script(
        "namespace-ending",
        post(NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "contract-ending"}}),
        post(
            _ENDING,
            {**config_map("holds"), "metadata": {"name": "holds", "finalizers": ["example.test/hold"]}},
        ),
        delete(f"{NAMESPACES}/contract-ending"),
        post(_ENDING, config_map("late")),
        post("/apis/cert-manager.io/v1/namespaces/contract-ending/certificates", certificate("late"), dryRun="All"),
        patch(f"{_ENDING}/holds", {"data": {"still": "changed"}}).seen("nothing"),
        patch(f"{_ENDING}/holds", {"metadata": {"finalizers": None}}).seen("nothing"),
    ),
    script(
        "logs",
        get("/api/v1/namespaces/cert-manager/pods/nobody/log"),
        get("/api/v1/namespaces/cert-manager/pods", labelSelector="app=webhook").kept("pods").seen("nothing"),
        get(_LOG, tailLines="1").seen("nothing"),
        get(_LOG, container="nonsense"),
    ),
)
