"""The reflector when all goes well, and when the API server says no."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from certdash.kube.backoff import BackoffLimits
from certdash.kube.reflector import WatchListSupport
from certdash.model.resource import Kind
from certdash.model.stream import StreamPhase, StreamSpec
from tests.unit.kube.conftest import FAST, run_reflector
from tests.unit.kube.fault_server import Reply, Request, fault_server, pod, pod_list, status_body

EXPIRED = status_body(410, "Expired", "too old resource version: 5 (9)")


async def test_a_streamed_list_is_taken_over_at_once_and_goes_on_as_watch() -> None:
    async def handler(_: Request, reply: Reply) -> None:
        await reply.start()
        await reply.event("ADDED", pod("a", "7"))
        await reply.event("ADDED", pod("b", "3"))
        await reply.bookmark("10", initial_end=True)
        await reply.event("MODIFIED", pod("a", "11"))
        await reply.event("DELETED", pod("b", "12"))
        await reply.silence()

    async with fault_server(handler) as server, run_reflector(server.url) as (recorder, _):
        await recorder.until(lambda: recorder.names == {"a"} and recorder.objects["a"][1] == "11")
        assert recorder.batches[0] == [("ADDED", "a"), ("ADDED", "b")]
        assert recorder.phases == [StreamPhase.CONNECTING, StreamPhase.SYNCED]
        assert recorder.state.synced_once
        assert server.queries()[0] == {
            "watch": "true",
            "sendInitialEvents": "true",
            "resourceVersionMatch": "NotOlderThan",
            "allowWatchBookmarks": "true",
            "resourceVersion": "0",
            "timeoutSeconds": server.queries()[0]["timeoutSeconds"],
        }
        assert 300 <= int(server.queries()[0]["timeoutSeconds"]) <= 600
        assert len(server.requests) == 1


async def test_a_server_without_streamed_lists_is_asked_once_for_all_reflectors() -> None:
    async def handler(request: Request, reply: Reply) -> None:
        if request.is_streamed_list:
            await reply.status(422, "Invalid", "sendInitialEvents is forbidden for watch")
        elif request.is_watch:
            await reply.start()
            await reply.silence()
        else:
            await reply.json(pod_list("5", pod("a", "1")))

    support = WatchListSupport()
    async with fault_server(handler) as server:
        async with run_reflector(server.url, support=support) as (recorder, _):
            await recorder.until(lambda: recorder.state.phase is StreamPhase.SYNCED)
            assert recorder.names == {"a"}
            assert recorder.phases == [StreamPhase.CONNECTING, StreamPhase.SYNCED]
        async with run_reflector(server.url, support=support) as (recorder, _):
            await recorder.until(lambda: recorder.state.phase is StreamPhase.SYNCED)
        assert [request.is_streamed_list for request in server.requests].count(True) == 1
        plain_list, watch = server.queries()[1:3]
        assert plain_list == {"resourceVersion": "0"}
        assert watch["resourceVersion"] == "5"
        assert watch["allowWatchBookmarks"] == "true"


async def test_reflectors_that_are_refused_streamed_lists_together_all_go_on() -> None:
    all_asked = asyncio.Event()

    async def handler(request: Request, reply: Reply) -> None:
        if request.is_streamed_list:
            if len(server.requests) == 3:
                all_asked.set()
            await all_asked.wait()
            await reply.status(422, "Invalid", "sendInitialEvents is forbidden for watch")
        elif request.is_watch:
            await reply.start()
            await reply.silence()
        else:
            await reply.json(pod_list("5"))

    support = WatchListSupport()
    async with (
        fault_server(handler) as server,
        run_reflector(server.url, support=support) as (one, _),
        run_reflector(server.url, support=support) as (two, _),
        run_reflector(server.url, support=support) as (three, _),
    ):
        for recorder in (one, two, three):
            await recorder.until(lambda recorder=recorder: recorder.state.phase is StreamPhase.SYNCED)  # type: ignore[misc]
            assert recorder.phases == [StreamPhase.CONNECTING, StreamPhase.SYNCED]


@pytest.mark.parametrize("status", [302, 400, 406, 422])
async def test_a_list_that_is_refused_for_good_is_backed_off(status: int) -> None:
    async def handler(_: Request, reply: Reply) -> None:
        await reply.status(status, "Invalid", "no")

    options = replace(FAST, backoff=BackoffLimits(first=5))
    async with fault_server(handler) as server, run_reflector(server.url, options=options) as (recorder, _):
        await recorder.until(lambda: recorder.state.phase is StreamPhase.BROKEN)
        assert (recorder.state.http_status, recorder.state.error) == (status, "no")
        assert len(server.requests) == 2


async def test_no_end_of_the_initial_events_means_a_plain_list() -> None:
    async def handler(request: Request, reply: Reply) -> None:
        if request.is_streamed_list:
            await reply.start()
            await reply.event("ADDED", pod("a", "1"))
            await reply.silence()
        elif request.is_watch:
            await reply.start()
            await reply.silence()
        else:
            await reply.json(pod_list("5", pod("a", "1"), pod("b", "2")))

    options = replace(FAST, initial_silence=0.05)
    async with fault_server(handler) as server, run_reflector(server.url, options=options) as (recorder, _):
        await recorder.until(lambda: recorder.state.phase is StreamPhase.SYNCED)
        assert recorder.names == {"a", "b"}


async def test_a_clean_end_resumes_at_the_last_version_without_a_list() -> None:
    async def handler(request: Request, reply: Reply) -> None:
        if not request.is_watch:
            await reply.json(pod_list("5", pod("a", "1")))
            return
        await reply.start()
        if request.query["resourceVersion"] == "5":
            await reply.event("ADDED", pod("b", "6"))
            await reply.bookmark("9")
            await reply.end()
        else:
            await reply.event("ADDED", pod("c", "10"))
            await reply.silence()

    async with fault_server(handler) as server, run_reflector(server.url, plainly=True) as (recorder, _):
        await recorder.until(lambda: "c" in recorder.names)
        assert [query.get("resourceVersion") for query in server.queries()] == ["0", "5", "9"]
        assert recorder.phases == [StreamPhase.CONNECTING, StreamPhase.SYNCED]


async def test_a_name_is_watched_by_field_selector() -> None:
    async def handler(_: Request, reply: Reply) -> None:
        await reply.start()
        await reply.bookmark("1", initial_end=True)
        await reply.silence()

    spec = StreamSpec(Kind.CRD, name="issuers.cert-manager.io")
    async with fault_server(handler) as server, run_reflector(server.url, spec=spec) as (recorder, _):
        await recorder.until(lambda: recorder.state.phase is StreamPhase.SYNCED)
        assert server.requests[0].path == "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
        assert server.queries()[0]["fieldSelector"] == "metadata.name=issuers.cert-manager.io"
        assert recorder.batches == []


async def test_a_secret_is_asked_for_as_metadata_and_nothing_else() -> None:
    async def handler(request: Request, reply: Reply) -> None:
        if request.is_streamed_list:
            await reply.status(422, "Invalid", "sendInitialEvents is forbidden for watch")
        elif request.is_watch:
            await reply.start()
            await reply.silence()
        else:
            await reply.json(pod_list("5", pod("a", "1")))

    spec = StreamSpec(Kind.SECRET, "ns", name="ca", label_selector="x=y", metadata_only=True)
    async with fault_server(handler) as server, run_reflector(server.url, spec=spec) as (recorder, _):
        await recorder.until(lambda: recorder.state.phase is StreamPhase.SYNCED)
        assert [request.headers["accept"] for request in server.requests] == [
            "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
            "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
            "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
        ]
        assert all(query["labelSelector"] == "x=y" for query in server.queries())


async def relists_after(trouble: Callable[[Reply], Awaitable[None]]) -> list[dict[str, str]]:
    """Let the first watch meet trouble; the list after it lacks `a`, has another `b`, a newer `c`, the same `d`."""

    async def handler(request: Request, reply: Reply) -> None:
        lists = [query for query in server.queries() if "watch" not in query]
        if not request.is_watch:
            first = (pod("a", "1"), pod("b", "2"), pod("c", "3"), pod("d", "4"))
            later = (pod("b", "7", uid="other"), pod("c", "8"), pod("d", "4"), pod("e", "9"))
            await reply.json(pod_list("5", *first) if len(lists) == 1 else pod_list("10", *later))
        elif request.query["resourceVersion"] == "5":
            await trouble(reply)
        else:
            await reply.start()
            await reply.silence()

    async with fault_server(handler) as server, run_reflector(server.url, plainly=True) as (recorder, _):
        await recorder.until(lambda: "e" in recorder.names)
        await recorder.until(lambda: recorder.state.phase is StreamPhase.SYNCED)
        assert recorder.batches[-1] == [
            ("DELETED", "a"),
            ("DELETED", "b"),
            ("ADDED", "b"),
            ("MODIFIED", "c"),
            ("ADDED", "e"),
        ]
        assert recorder.phases == [StreamPhase.CONNECTING, StreamPhase.SYNCED]
        return server.queries()


async def test_an_expired_version_in_the_stream_is_met_with_the_newest_list() -> None:
    async def trouble(reply: Reply) -> None:
        await reply.start()
        await reply.event("ERROR", EXPIRED)
        await reply.end()

    queries = await relists_after(trouble)
    assert queries[2] == {"limit": "500"}


async def test_an_expired_version_as_http_status_is_met_with_the_newest_list() -> None:
    async def trouble(reply: Reply) -> None:
        await reply.json(EXPIRED, 410)

    queries = await relists_after(trouble)
    assert queries[2] == {"limit": "500"}


async def test_versions_that_went_backwards_are_met_with_the_newest_list() -> None:
    async def trouble(reply: Reply) -> None:
        await reply.start()
        await reply.bookmark("3")
        await reply.silence()

    queries = await relists_after(trouble)
    assert queries[2] == {"limit": "500"}


async def test_another_error_in_the_stream_goes_back_to_a_list() -> None:
    async def handler(request: Request, reply: Reply) -> None:
        if not request.is_watch:
            await reply.json(pod_list("5"))
            return
        await reply.start()
        if len(server.requests) == 2:
            await reply.event("ERROR", status_body(500, "InternalError", "etcdserver: no leader"))
        await reply.silence()

    async with fault_server(handler) as server, run_reflector(server.url, plainly=True) as (recorder, _):
        await recorder.until(lambda: recorder.state.phase is StreamPhase.BROKEN)
        assert recorder.state.error == "etcdserver: no leader"
        await recorder.until(lambda: recorder.state.phase is StreamPhase.SYNCED)
        assert server.queries()[2] == {"resourceVersion": "5"}


async def test_expired_again_and_again_is_backed_off() -> None:
    async def handler(request: Request, reply: Reply) -> None:
        if request.is_watch:
            await reply.json(EXPIRED, 410)
        else:
            await reply.json(pod_list("5"))

    async with fault_server(handler) as server, run_reflector(server.url, plainly=True) as (recorder, _):
        await recorder.until(lambda: recorder.state.phase is StreamPhase.BROKEN and recorder.state.failures >= 1)
        assert len(server.requests) <= 4
        assert recorder.state.http_status == 410


async def test_an_expired_page_is_met_with_one_whole_list() -> None:
    async def handler(request: Request, reply: Reply) -> None:
        query = request.query
        if request.is_watch and query["resourceVersion"] == "9":
            await reply.start()
            await reply.silence()
        elif request.is_watch or "continue" in query:
            await reply.json(EXPIRED, 410)
        elif "limit" in query:
            await reply.json(pod_list("8", pod("a", "1"), token="more"))
        elif "resourceVersion" in query:
            await reply.json(pod_list("5"))
        else:
            await reply.json(pod_list("9", pod("a", "1"), pod("b", "2")))

    async with fault_server(handler) as server, run_reflector(server.url, plainly=True) as (recorder, _):
        await recorder.until(lambda: recorder.names == {"a", "b"})
        asked = [query for query in server.queries() if "watch" not in query]
        assert asked == [{"resourceVersion": "0"}, {"limit": "500"}, {"limit": "500", "continue": "more"}, {}]


async def test_pages_are_joined_and_name_no_version() -> None:
    async def handler(request: Request, reply: Reply) -> None:
        if request.is_watch:
            if request.query["resourceVersion"] == "5":
                await reply.json(EXPIRED, 410)
            else:
                await reply.start()
                await reply.silence()
        elif "continue" in request.query:
            await reply.json(pod_list("8", pod("b", "2")))
        elif "limit" in request.query:
            await reply.json(pod_list("8", pod("a", "1"), token="more"))
        else:
            await reply.json(pod_list("5"))

    async with fault_server(handler) as server, run_reflector(server.url, plainly=True) as (recorder, _):
        await recorder.until(lambda: recorder.names == {"a", "b"})
        assert recorder.batches == [[("ADDED", "a"), ("ADDED", "b")]]
        assert {"limit": "500", "continue": "more"} in server.queries()


async def test_a_lagging_server_is_asked_for_its_newest() -> None:
    too_large = status_body(
        504,
        "Timeout",
        "Too large resource version: 99, current: 5",
        causes=[{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
        retryAfterSeconds=1,
    )

    async def handler(request: Request, reply: Reply) -> None:
        if request.is_watch:
            await reply.start()
            await reply.silence()
        elif request.query.get("resourceVersion"):
            await reply.json(too_large, 504)
        else:
            await reply.json(pod_list("5", pod("a", "1")))

    async with fault_server(handler) as server, run_reflector(server.url, plainly=True) as (recorder, _):
        await recorder.until(lambda: recorder.state.phase is StreamPhase.SYNCED)
        assert recorder.names == {"a"}
        assert server.queries()[:2] == [{"resourceVersion": "0"}, {"limit": "500"}]


async def test_not_served_takes_the_objects_away_and_comes_back_by_itself() -> None:
    served = True

    async def handler(request: Request, reply: Reply) -> None:
        if not served:
            await reply.text("404 page not found\n", 404)
        elif request.is_watch:
            await reply.start()
            await reply.silence()
        else:
            await reply.json(pod_list("5", pod("a", "1")))

    async with fault_server(handler) as server, run_reflector(server.url, plainly=True) as (recorder, _):
        await recorder.until(lambda: recorder.names == {"a"})
        served = False
        server.cut()
        await recorder.until(lambda: recorder.state.phase is StreamPhase.NOT_SERVED)
        assert recorder.names == set()
        assert (recorder.state.http_status, recorder.state.error) == (404, "404 page not found")
        served = True
        await recorder.until(lambda: recorder.names == {"a"} and recorder.state.phase is StreamPhase.SYNCED)


async def test_forbidden_keeps_what_is_known() -> None:
    allowed = True
    message = 'pods is forbidden: User "x" cannot list resource "pods" in API group "" in the namespace "ns"'

    async def handler(request: Request, reply: Reply) -> None:
        if not allowed:
            await reply.status(403, "Forbidden", message)
        elif request.is_watch:
            await reply.start()
            await reply.silence()
        else:
            await reply.json(pod_list("5", pod("a", "1")))

    async with fault_server(handler) as server, run_reflector(server.url, plainly=True) as (recorder, _):
        await recorder.until(lambda: recorder.names == {"a"})
        allowed = False
        server.cut()
        await recorder.until(lambda: recorder.state.phase is StreamPhase.FORBIDDEN)
        assert recorder.state.error == message
        assert recorder.state.retry_at is not None
        assert recorder.names == {"a"}
        allowed = True
        await recorder.until(lambda: recorder.state.phase is StreamPhase.SYNCED)


async def test_unauthenticated_says_so() -> None:
    async def handler(_: Request, reply: Reply) -> None:
        await reply.status(401, "Unauthorized", "Unauthorized")

    async with fault_server(handler) as server, run_reflector(server.url) as (recorder, _):
        await recorder.until(lambda: recorder.state.phase is StreamPhase.UNAUTHENTICATED)
        await recorder.until(lambda: recorder.state.failures >= 2)
        assert (recorder.state.http_status, recorder.state.error) == (401, "Unauthorized")


async def test_where_only_lists_are_allowed_they_are_read_again_and_again() -> None:
    async def handler(request: Request, reply: Reply) -> None:
        if request.is_watch:
            await reply.status(403, "Forbidden", "cannot watch")
        else:
            await reply.json(pod_list(str(4 + len(server.requests)), pod(f"a{len(server.requests)}", "1")))

    async with fault_server(handler) as server, run_reflector(server.url) as (recorder, _):
        await recorder.until(lambda: len(recorder.batches) >= 3)
        assert recorder.phases == [StreamPhase.CONNECTING, StreamPhase.FORBIDDEN]
        assert recorder.state.error == "cannot watch"
        assert not recorder.state.synced_once


async def test_a_line_that_is_cut_behind_the_initial_events_is_joined() -> None:
    line = b'{"type":"ADDED","object":' + json.dumps(pod("late", "12")).encode() + b"}\n"
    end = {"metadata": {"resourceVersion": "10", "annotations": {"k8s.io/initial-events-end": "true"}}}
    bookmark = json.dumps({"type": "BOOKMARK", "object": end}).encode() + b"\n"

    async def handler(_: Request, reply: Reply) -> None:
        await reply.start()
        await reply.raw(bookmark + line[:40])
        await synced.wait()
        await reply.raw(line[40:])
        await reply.silence()

    synced = asyncio.Event()
    async with fault_server(handler) as server, run_reflector(server.url) as (recorder, _):
        await recorder.until(lambda: recorder.state.phase is StreamPhase.SYNCED)
        synced.set()
        await recorder.until(lambda: recorder.names == {"late"})
        assert len(server.requests) == 1


async def test_retry_now_ends_a_back_off() -> None:
    allowed = False

    async def handler(request: Request, reply: Reply) -> None:
        if not allowed:
            await reply.status(403, "Forbidden", "no")
        elif request.is_watch:
            await reply.start()
            await reply.silence()
        else:
            await reply.json(pod_list("5"))

    options = replace(FAST, forbidden=(600, 600))
    async with fault_server(handler) as server, run_reflector(server.url, options=options) as (recorder, reflector):
        await recorder.until(lambda: recorder.state.phase is StreamPhase.FORBIDDEN)
        allowed = True
        reflector.retry_now()
        await recorder.until(lambda: recorder.state.phase is StreamPhase.SYNCED)
        assert recorder.state.failures == 0
        assert recorder.state.retry_at is None
