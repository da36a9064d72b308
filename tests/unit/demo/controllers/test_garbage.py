"""What goes with what: owned objects, namespaces, CRDs; and endpoints that follow Pods."""

import asyncio

from certdash.demo.api.objects import Object
from certdash.demo.api.resource_types import CONFIG_MAPS, CRDS, ENDPOINT_SLICES, NAMESPACES, PODS
from certdash.demo.controllers.endpoint_slices import EndpointSlices
from certdash.demo.controllers.garbage import GarbageCollector
from tests.unit.demo.server import Server, config_map

MAPS = "/api/v1/namespaces/a/configmaps"


async def owned_pair(server: Server) -> None:
    owner = await server.client.create(MAPS, config_map("owner"))
    item = config_map("owned")
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["metadata"]["uid"]}
    item["metadata"]["ownerReferences"] = [reference]
    await server.client.create(MAPS, item)


def collector(server: Server) -> GarbageCollector:
    return GarbageCollector(server.store, server.client, server.api.served)


def names(server: Server) -> list[str]:
    return [item["metadata"]["name"] for item in server.store.items(CONFIG_MAPS, "a")]


async def test_what_is_owned_goes_after_its_owner(server: Server) -> None:
    await owned_pair(server)
    await collector(server).reconcile()
    assert names(server) == ["owned", "owner"]
    await server.client.delete(f"{MAPS}/owner", propagationPolicy="Background")
    await collector(server).reconcile()
    assert names(server) == []


async def test_in_the_foreground_the_owner_waits(server: Server) -> None:
    await owned_pair(server)
    await server.client.delete(f"{MAPS}/owner", propagationPolicy="Foreground")
    assert names(server) == ["owned", "owner"]
    await collector(server).reconcile()
    assert names(server) == []


async def test_an_orphan_stays(server: Server) -> None:
    await owned_pair(server)
    await server.client.delete(f"{MAPS}/owner", propagationPolicy="Orphan")
    await collector(server).reconcile()
    await collector(server).reconcile()
    assert names(server) == ["owned"]


async def test_a_namespace_takes_its_content_along(server: Server) -> None:
    await server.client.create(MAPS, config_map("x"))
    await server.client.delete("/api/v1/namespaces/a")
    terminating = server.store.get(NAMESPACES, "", "a")
    assert terminating is not None
    assert terminating["status"]["phase"] == "Terminating"
    await collector(server).reconcile()
    await collector(server).reconcile()
    assert server.store.get(NAMESPACES, "", "a") is None
    assert names(server) == []


def crd() -> Object:
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}}
    group_names = {"plural": "things", "kind": "Thing", "singular": "thing", "listKind": "ThingList"}
    spec = {"group": "test.example", "scope": "Namespaced", "names": group_names, "versions": [version]}
    return {"metadata": {"name": "things.test.example"}, "spec": spec}


async def test_a_crd_takes_its_objects_along(server: Server) -> None:
    await server.client.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", crd())
    await asyncio.sleep(0.1)
    things = "/apis/test.example/v1/namespaces/a/things"
    await server.client.create(things, {"apiVersion": "test.example/v1", "kind": "Thing", "metadata": {"name": "t"}})
    await server.client.delete("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.test.example")
    await collector(server).reconcile()
    assert server.store.items(CRDS) == []
    answered = await server.answer("GET", things)
    assert (answered.code, answered.text) == (404, "404 page not found\n")


async def test_endpoints_follow_readiness(server: Server) -> None:
    ports = [{"name": "https", "port": 443, "targetPort": "serving"}]
    service = {"metadata": {"name": "s"}, "spec": {"selector": {"app": "x"}, "ports": ports}}
    await server.client.create("/api/v1/namespaces/a/services", service)
    container = {"name": "c", "image": "i", "ports": [{"name": "serving", "containerPort": 10250}]}
    pod = {"metadata": {"name": "p", "labels": {"app": "x"}}, "spec": {"containers": [container], "nodeName": "n"}}
    await server.client.create("/api/v1/namespaces/a/pods", pod)
    endpoints = EndpointSlices(server.store, server.client)

    async def addresses(ready: str) -> list[tuple[str, bool]]:
        status = {"podIP": "10.0.0.9", "conditions": [{"type": "Ready", "status": ready}]}
        await server.client.patch("/api/v1/namespaces/a/pods/p/status", {"status": status})
        await endpoints.reconcile()
        (only,) = server.store.items(ENDPOINT_SLICES, "a")
        assert only["ports"] == [{"name": "https", "protocol": "TCP", "port": 10250}]
        assert only["metadata"]["labels"]["kubernetes.io/service-name"] == "s"
        return [(e["addresses"][0], e["conditions"]["ready"]) for e in only["endpoints"]]

    assert await addresses("False") == [("10.0.0.9", False)]
    assert await addresses("True") == [("10.0.0.9", True)]
    await server.client.delete("/api/v1/namespaces/a/pods/p")
    assert server.store.get(PODS, "a", "p") is not None
    await endpoints.reconcile()
    (only,) = server.store.items(ENDPOINT_SLICES, "a")
    assert only["endpoints"][0]["conditions"] == {"ready": False, "serving": True, "terminating": True}
