"""Lists and watches: pages, selectors, versions, forms."""

import asyncio

import pytest

from certdash.demo.api.request import ANONYMOUS, User
from certdash.demo.api.status import ApiUnavailable
from tests.unit.demo.server import Server, config_map

MAPS = "/api/v1/namespaces/a/configmaps"


async def fill(server: Server, *names: str) -> None:
    for number, name in enumerate(names):
        item = config_map(name)
        item["metadata"]["labels"] = {"n": str(number), "all": "yes"}
        await server.client.create(MAPS, item)


async def test_pages_join_to_the_whole(server: Server) -> None:
    await fill(server, "a", "b", "c", "d", "e")
    found, token = [], ""
    for _ in range(5):
        query = {"limit": "2", **({"continue": token} if token else {})}
        page = await server.client.get(MAPS, **query)
        found += [item["metadata"]["name"] for item in page["items"]]
        token = page["metadata"].get("continue", "")
        if not token:
            break
    assert found == ["a", "b", "c", "d", "e"]


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("n=1", ["b"]),
        ("n!=1", ["a", "c"]),
        ("n in (0, 2)", ["a", "c"]),
        ("n notin (0,2),all", ["b"]),
        ("!n", []),
        ("all==yes", ["a", "b", "c"]),
    ],
)
async def test_label_selectors(server: Server, selector: str, names: list[str]) -> None:
    await fill(server, "a", "b", "c")
    listed = await server.client.get(MAPS, labelSelector=selector)
    assert [item["metadata"]["name"] for item in listed["items"]] == names


async def test_field_selectors(server: Server) -> None:
    await fill(server, "a", "b")
    listed = await server.client.get(MAPS, fieldSelector="metadata.name=b")
    assert [item["metadata"]["name"] for item in listed["items"]] == ["b"]
    refused = await server.refusal("GET", MAPS, fieldSelector="data.x=1")
    assert refused["code"] == 400
    assert "field label not supported: data.x" in refused["message"]


async def test_metadata_alone(server: Server) -> None:
    await server.client.create(MAPS, config_map("x", secret="s"))
    form = "application/json;as={};g=meta.k8s.io;v=v1"
    one = await server.answer("GET", f"{MAPS}/x", accept=form.format("PartialObjectMetadata"))
    many = await server.answer("GET", MAPS, accept=form.format("PartialObjectMetadataList"))
    assert one.body is not None
    assert many.body is not None
    assert (one.body["kind"], "data" in one.body) == ("PartialObjectMetadata", False)
    assert (many.body["kind"], "data" in many.body["items"][0]) == ("PartialObjectMetadataList", False)
    wrong = await server.refusal("GET", MAPS, accept=form.format("PartialObjectMetadata"))
    assert wrong["code"] == 406


async def test_a_watch_begins_after_its_version_and_follows_its_selector(server: Server) -> None:
    await fill(server, "a")
    version = (await server.client.get(MAPS))["metadata"]["resourceVersion"]
    await server.client.patch(f"{MAPS}/a", {"metadata": {"labels": {"n": "5"}}})
    seen = []

    async def follow() -> None:
        async for event in server.events(MAPS, resourceVersion=version, labelSelector="n=5", timeoutSeconds="2"):
            seen.append((event["type"], event["object"]["metadata"]["name"]))
            if event["type"] == "DELETED":
                return

    follower = asyncio.create_task(follow())
    await asyncio.sleep(0.05)
    await server.client.patch(f"{MAPS}/a", {"data": {"x": "1"}})
    await server.client.patch(f"{MAPS}/a", {"metadata": {"labels": {"n": "0"}}})
    await follower
    assert seen == [("ADDED", "a"), ("MODIFIED", "a"), ("DELETED", "a")]


async def test_a_streaming_list_ends_with_its_bookmark(server: Server) -> None:
    await fill(server, "a", "b")
    seen = []
    query = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "allowWatchBookmarks": "true"}
    async for event in server.events(MAPS, timeoutSeconds="1", **query):
        seen.append(event)
        if event["type"] == "BOOKMARK":
            break
    assert [event["type"] for event in seen] == ["ADDED", "ADDED", "BOOKMARK"]
    assert seen[-1]["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}


async def test_a_version_that_is_forgotten_is_expired(server: Server) -> None:
    await fill(server, "a")
    server.store.compact()
    (only,) = [event async for event in server.events(MAPS, resourceVersion="1", timeoutSeconds="1")]
    assert only["type"] == "ERROR"
    assert (only["object"]["code"], only["object"]["reason"]) == (410, "Expired")


async def test_a_version_of_the_future_is_too_large(server: Server) -> None:
    refused = await server.refusal("GET", MAPS, resourceVersion="999999", resourceVersionMatch="NotOlderThan")
    assert (refused["code"], refused["reason"]) == (504, "Timeout")
    assert refused["details"]["causes"][0]["reason"] == "ResourceVersionTooLarge"


async def test_paths_and_methods_that_nobody_serves(server: Server) -> None:
    answered = await server.answer("GET", "/apis/nobody.test/v1/things")
    assert (answered.code, answered.body, answered.text) == (404, None, "404 page not found\n")
    refused = await server.refusal("PUT", MAPS, config_map("x"))
    assert (refused["code"], refused["reason"]) == (405, "MethodNotAllowed")


async def test_who_may_not_is_told_what(server: Server) -> None:
    refused = await server.refusal("GET", "/api/v1/namespaces", user=ANONYMOUS)
    assert refused["code"] == 403
    assert refused["message"] == (
        'namespaces is forbidden: User "system:anonymous" cannot list resource "namespaces" in API group "" '
        "at the cluster scope"
    )


async def test_a_role_allows_what_it_names_and_no_more(server: Server) -> None:
    group = "/apis/rbac.authorization.k8s.io/v1"
    rule = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"], "resourceNames": ["x"]}
    await server.client.create(f"{group}/clusterroles", {"metadata": {"name": "r"}, "rules": [rule]})
    subject = {"kind": "Group", "name": "readers"}
    bound = {"metadata": {"name": "b"}, "roleRef": {"kind": "ClusterRole", "name": "r"}, "subjects": [subject]}
    await server.client.create(f"{group}/clusterrolebindings", bound)
    await fill(server, "x", "y")
    user = User("ann", ("readers", "system:authenticated"))
    assert (await server.answer("GET", f"{MAPS}/x", user=user)).code == 200
    assert (await server.answer("GET", f"{MAPS}/y", user=user)).code == 403
    assert (await server.answer("DELETE", f"{MAPS}/x", user=user)).code == 403


async def test_a_stopped_server_answers_nobody_and_ends_its_watches(server: Server) -> None:
    events = server.events(MAPS, timeoutSeconds="30")
    follower = asyncio.ensure_future(anext(events, None))
    await asyncio.sleep(0.05)
    server.api.stop()
    async with asyncio.timeout(5):
        assert await follower is None
    with pytest.raises(ApiUnavailable):
        await server.client.get(MAPS)
    server.api.start()
    assert (await server.client.get(MAPS))["kind"] == "ConfigMapList"


async def test_frozen_storage_still_answers_from_the_cache(server: Server) -> None:
    server.api.freeze_storage()
    assert (await server.answer("GET", MAPS, resourceVersion="0")).code == 200
    refused = await server.refusal("POST", MAPS, config_map("x"))
    assert (refused["code"], refused["reason"]) == (504, "Timeout")
    with pytest.raises(ApiUnavailable):
        await server.client.get(MAPS)
