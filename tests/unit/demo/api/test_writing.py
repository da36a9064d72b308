"""Creates, changes and deletes: what is stored, what is refused, and in which words."""

import pytest

from certdash.demo.api.client import APPLY, JSON_PATCH, MERGE, STRATEGIC
from certdash.demo.api.request import Request, Response
from tests.unit.demo.server import Server, config_map

MAPS = "/api/v1/namespaces/a/configmaps"


async def test_a_new_object_gets_what_the_server_gives(server: Server) -> None:
    made = (
        await server.answer("POST", MAPS, {**config_map("x"), "metadata": {"generateName": "x-", "uid": "mine"}})
    ).body
    assert made is not None
    metadata = made["metadata"]
    assert metadata["name"].startswith("x-")
    assert len(metadata["name"]) == 7
    assert metadata["namespace"] == "a"
    assert metadata["uid"] not in ("", "mine")
    assert int(metadata["resourceVersion"]) > 0
    assert metadata["managedFields"][0]["manager"] == "tester"


async def test_a_dry_run_answers_and_stores_nothing(server: Server) -> None:
    before = server.store.version
    answered = await server.answer("POST", MAPS, config_map("x"), dryRun="All")
    assert answered.code == 201
    assert server.store.version == before
    refused = await server.refusal("POST", MAPS, config_map("x"), dryRun="Some")
    assert refused["code"] == 422
    assert refused["details"]["causes"][0]["field"] == "dryRun"


async def test_a_second_create_is_a_conflict(server: Server) -> None:
    await server.client.create(MAPS, config_map("x"))
    refused = await server.refusal("POST", MAPS, config_map("x"))
    assert (refused["code"], refused["reason"]) == (409, "AlreadyExists")
    assert refused["message"] == 'configmaps "x" already exists'


async def test_a_stale_update_is_a_conflict(server: Server) -> None:
    first = await server.client.create(MAPS, config_map("x", a="1"))
    await server.client.patch(f"{MAPS}/x", {"data": {"a": "2"}})
    refused = await server.refusal("PUT", f"{MAPS}/x", {**first, "data": {"a": "3"}})
    assert refused["code"] == 409
    assert "the object has been modified" in refused["message"]


async def test_a_write_that_changes_nothing_raises_no_version(server: Server) -> None:
    made = await server.client.create(MAPS, config_map("x", a="1"))
    again = await server.client.patch(f"{MAPS}/x", {"data": {"a": "1"}})
    assert again["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]


@pytest.mark.parametrize(
    ("content_type", "patch", "left"),
    [
        (MERGE, {"data": {"a": None, "c": "3"}}, {"b": "2", "c": "3"}),
        (STRATEGIC, {"data": {"b": "9"}}, {"a": "1", "b": "9"}),
        (JSON_PATCH, [{"op": "remove", "path": "/data/a"}, {"op": "add", "path": "/data/x~1y", "value": "z"}], None),
    ],
)
async def test_patches(server: Server, content_type: str, patch: object, left: dict[str, str] | None) -> None:
    await server.client.create(MAPS, config_map("x", a="1", b="2"))
    changed = await server.client.patch(f"{MAPS}/x", patch, content_type)
    assert changed["data"] == (left or {"b": "2", "x/y": "z"})


async def test_a_strategic_patch_merges_lists_by_their_key(server: Server) -> None:
    containers = [{"name": "one", "image": "a:1"}, {"name": "two", "image": "b:1"}]
    pod = {"metadata": {"name": "p"}, "spec": {"containers": containers}}
    await server.client.create("/api/v1/namespaces/a/pods", pod)
    change = {"spec": {"containers": [{"name": "two", "image": "b:2"}]}}
    changed = await server.client.patch("/api/v1/namespaces/a/pods/p", change, STRATEGIC)
    assert [c["image"] for c in changed["spec"]["containers"]] == ["a:1", "b:2"]


async def test_an_unknown_patch_format_is_named(server: Server) -> None:
    await server.client.create(MAPS, config_map("x"))
    refused = await server.refusal("PATCH", f"{MAPS}/x", {}, content_type="text/plain")
    assert (refused["code"], refused["reason"]) == (415, "UnsupportedMediaType")
    assert refused["message"] == "415: Unsupported Media Type"


async def test_apply_conflicts_are_named_and_can_be_forced(server: Server) -> None:
    path = f"{MAPS}/x"
    await server.answer("PATCH", path, config_map("x", a="1", b="1"), content_type=APPLY, fieldManager="one")
    refused = await server.refusal("PATCH", path, config_map("x", a="2"), content_type=APPLY, fieldManager="two")
    assert refused["code"] == 409
    assert 'conflict with "one"' in refused["message"]
    assert refused["details"]["causes"][0]["field"] == ".data.a"
    forced = await server.answer(
        "PATCH", path, config_map("x", a="2"), content_type=APPLY, fieldManager="two", force="true"
    )
    assert forced.body is not None
    assert forced.body["data"] == {"a": "2", "b": "1"}


async def test_what_a_manager_no_longer_applies_goes(server: Server) -> None:
    path = f"{MAPS}/x"
    await server.answer("PATCH", path, config_map("x", a="1", b="1"), content_type=APPLY, fieldManager="one")
    again = await server.answer("PATCH", path, config_map("x", a="1"), content_type=APPLY, fieldManager="one")
    assert again.body is not None
    assert again.body["data"] == {"a": "1"}


async def test_the_status_is_written_by_itself(server: Server) -> None:
    path = "/apis/apps/v1/namespaces/a/deployments"
    spec = {"selector": {"matchLabels": {"x": "y"}}, "template": {"metadata": {}, "spec": {"containers": []}}}
    made = await server.client.create(path, {"metadata": {"name": "d"}, "spec": spec, "status": {"replicas": 9}})
    assert "status" not in made
    written = await server.client.patch(f"{path}/d/status", {"spec": {"replicas": 7}, "status": {"replicas": 1}})
    assert written["status"] == {"replicas": 1}
    assert "replicas" not in written["spec"]
    assert written["metadata"]["generation"] == 1
    scaled = await server.client.patch(f"{path}/d/scale", {"spec": {"replicas": 3}})
    assert (scaled["kind"], scaled["spec"]["replicas"]) == ("Scale", 3)
    assert (await server.client.get(f"{path}/d"))["metadata"]["generation"] == 2


async def test_preconditions_keep_another_object_alive(server: Server) -> None:
    made = await server.client.create(MAPS, config_map("x"))
    body = {"preconditions": {"uid": "another"}}
    refused = await server.refusal("DELETE", f"{MAPS}/x", body)
    assert (refused["code"], refused["reason"]) == (409, "Conflict")
    assert "the UID in the precondition (another) does not match" in refused["message"]
    gone = await server.answer("DELETE", f"{MAPS}/x", {"preconditions": {"uid": made["metadata"]["uid"]}})
    assert gone.body is not None
    assert gone.body["status"] == "Success"


async def test_a_finalizer_holds_an_object(server: Server) -> None:
    item = config_map("x")
    item["metadata"]["finalizers"] = ["example.test/hold"]
    await server.client.create(MAPS, item)
    await server.client.delete(f"{MAPS}/x")
    held = await server.client.get(f"{MAPS}/x")
    assert held["metadata"]["deletionTimestamp"]
    await server.client.patch(f"{MAPS}/x", {"metadata": {"finalizers": None}})
    assert (await server.refusal("GET", f"{MAPS}/x"))["code"] == 404


async def test_a_collection_is_deleted_by_selector(server: Server) -> None:
    for name, value in (("x", "1"), ("y", "2")):
        item = config_map(name)
        item["metadata"]["labels"] = {"n": value}
        await server.client.create(MAPS, item)
    await server.answer("DELETE", MAPS, labelSelector="n=1")
    assert [item["metadata"]["name"] for item in (await server.client.get(MAPS))["items"]] == ["y"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"text"', b'{"metadata": 3}', b"\xff\xfe"])
async def test_garbage_is_refused(server: Server, body: bytes) -> None:
    answered = await server.api.handle(Request("POST", MAPS, (), {"content-type": "application/json"}, body))
    assert isinstance(answered, Response)
    assert 400 <= answered.code < 500
