"""The reflector when the network or something in between misbehaves."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from certdash.kube.backoff import BackoffLimits
from certdash.kube.clock import read_clock
from certdash.kube.reader import Reader
from certdash.kube.reflector import Reflector, WatchListSupport
from certdash.model.instant import Instant
from certdash.model.resource import Kind
from certdash.model.stream import StreamPhase, StreamSpec
from tests.unit.kube.conftest import FAST, open_session, run_reflector
from tests.unit.kube.fault_server import Reply, Request, fault_server, pod, pod_list
from tests.unit.kube.recorder import Recorder

Trouble = Callable[[Reply], Awaitable[None]]


async def resumes_after(trouble: Trouble, *, event: bool = True) -> None:
    """The first watch meets trouble; the next one goes on where it was, and nothing is listed again."""

    async def handler(request: Request, reply: Reply) -> None:
        if not request.is_watch:
            await reply.json(pod_list("5", pod("a", "1")))
        elif sum(seen.is_watch for seen in server.requests) == 1:
            await trouble(reply)
        else:
            await reply.start()
            await reply.event("MODIFIED", pod("a", "20"))
            await reply.silence()

    async with fault_server(handler) as server, run_reflector(server.url, plainly=True) as (recorder, _):
        await recorder.until(lambda: recorder.objects.get("a", ("", ""))[1] == "20")
        await recorder.until(lambda: recorder.state.phase is StreamPhase.SYNCED)
        assert [query.get("resourceVersion") for query in server.queries()] == ["0", "5", "6" if event else "5"]


async def test_a_truncated_line_is_dropped() -> None:
    async def trouble(reply: Reply) -> None:
        await reply.start()
        await reply.event("ADDED", pod("b", "6"))
        await reply.raw(b'{"type":"MODIFIED","object":{"metadata":{"name":"a","namespace":"ns","uid":"uid-a","reso')
        await reply.end()

    await resumes_after(trouble)


async def test_a_connection_that_is_reset_in_a_line_is_resumed() -> None:
    async def trouble(reply: Reply) -> None:
        await reply.start()
        await reply.raw(b'{"type":"MODIFIED","object":{"meta')
        reply.reset()

    await resumes_after(trouble, event=False)


async def test_a_body_cut_without_its_end_is_resumed() -> None:
    async def trouble(reply: Reply) -> None:
        await reply.start()
        await reply.event("ADDED", pod("b", "6"))
        reply.writer.close()

    await resumes_after(trouble)


async def test_a_throttled_watch_keeps_its_place() -> None:
    async def trouble(reply: Reply) -> None:
        await reply.text("Too many requests, please try again later.", 429)

    await resumes_after(trouble, event=False)


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_a_failing_server_keeps_our_place(status: int) -> None:
    async def trouble(reply: Reply) -> None:
        page = f"<html><head><title>{status} Bad Gateway</title></head><body><h1>nginx</h1></body></html>"
        await reply.text(page, status, "text/html")

    await resumes_after(trouble, event=False)


async def test_the_words_of_a_proxy_are_shown_without_its_markup() -> None:
    async def handler(_: Request, reply: Reply) -> None:
        await reply.text("<html><title>502 Bad Gateway</title><center>nginx/1.27</center></html>", 502, "text/html")

    async with fault_server(handler) as server, run_reflector(server.url) as (recorder, _):
        await recorder.until(lambda: recorder.state.phase is StreamPhase.BROKEN)
        assert (recorder.state.http_status, recorder.state.error) == (502, "502 Bad Gateway nginx/1.27")


@pytest.mark.parametrize("in_header", [True, False])
async def test_retry_after_is_honoured(in_header: bool) -> None:
    async def handler(_: Request, reply: Reply) -> None:
        if in_header:
            await reply.text("Too many requests", 429, headers={"Retry-After": "17"})
        else:
            await reply.status(503, "ServiceUnavailable", "not yet", retryAfterSeconds=17)

    async with fault_server(handler) as server, run_reflector(server.url) as (recorder, _):
        await recorder.until(lambda: recorder.state.phase is StreamPhase.BROKEN)
        assert recorder.state.retry_at is not None
        assert recorder.state.retry_at.seconds_since(recorder.state.since) >= 16.9
        assert len(server.requests) == 1


async def test_a_body_that_is_no_kubernetes_is_said_to_be_none() -> None:
    async def handler(_: Request, reply: Reply) -> None:
        await reply.text("<html>welcome</html>\n", 200, "text/html")

    async with fault_server(handler) as server, run_reflector(server.url) as (recorder, _):
        await recorder.until(lambda: recorder.state.phase is StreamPhase.BROKEN)
        assert "not a Kubernetes" in recorder.state.error


@pytest.mark.parametrize(
    "line",
    [
        b"[]",
        b'"text"',
        b'{"type":"ADDED"}',
        b'{"type":"ADDED","object":[]}',
        b'{"type":"ADDED","object":{"metadata":7}}',
        b'{"type":"ADDED","object":{"metadata":{"name":3,"resourceVersion":"6"}}}',
        b'{"type":{},"object":{}}',
        b'{"type":"SOMETHING-NEW","object":{"metadata":{"name":"x","resourceVersion":"6"}}}',
        b'{"type":"ERROR","object":{"code":"410"}}',
        b'{"type":"ERROR","object":{"kind":"Status","details":{"causes":7,"retryAfterSeconds":"x"}}}',
        b"\xff\xfe\n\r\n  \n",
    ],
)
async def test_no_line_can_end_the_reflector(line: bytes) -> None:
    async def handler(request: Request, reply: Reply) -> None:
        if not request.is_watch:
            await reply.json(pod_list("5", pod("a", "1")))
            return
        await reply.start()
        if sum(seen.is_watch for seen in server.requests) == 1:
            await reply.raw(line + b"\n")
            await reply.end()
        else:
            await reply.event("ADDED", pod("b", "20"))
            await reply.silence()

    async with fault_server(handler) as server, run_reflector(server.url, plainly=True) as (recorder, _):
        await recorder.until(lambda: recorder.names == {"a", "b"})


@pytest.mark.parametrize("body", ["null", "[]", "{}", '{"items": 5}', '{"items": [], "metadata": 3}', "nothing"])
async def test_no_list_can_end_the_reflector(body: str) -> None:
    async def handler(_: Request, reply: Reply) -> None:
        await reply.text(body, 200, "application/json")

    async with fault_server(handler) as server, run_reflector(server.url, plainly=True) as (recorder, _):
        await recorder.until(lambda: recorder.state.failures >= 2)
        assert recorder.state.phase is StreamPhase.BROKEN


async def test_an_event_of_an_unknown_type_leaves_our_place_alone() -> None:
    async def trouble(reply: Reply) -> None:
        await reply.start()
        await reply.event("ADDED", pod("b", "6"))
        await reply.event("SOMETHING-NEW", pod("c", "7"))
        await reply.end()

    await resumes_after(trouble)


async def test_a_line_of_eight_megabytes_arrives() -> None:
    async def handler(_: Request, reply: Reply) -> None:
        await reply.start()
        await reply.event("ADDED", pod("big", "1", data="x" * 8_000_000))
        await reply.bookmark("2", initial_end=True)
        await reply.silence()

    async with fault_server(handler) as server, run_reflector(server.url) as (recorder, _):
        await recorder.until(lambda: recorder.names == {"big"})


async def test_a_new_uid_under_a_known_name_is_another_object() -> None:
    async def handler(_: Request, reply: Reply) -> None:
        await reply.start()
        await reply.event("ADDED", pod("a", "1", uid="old"))
        await reply.bookmark("2", initial_end=True)
        await reply.event("ADDED", pod("a", "3", uid="new"))
        await reply.event("DELETED", pod("a", "4", uid="old"))
        await reply.event("MODIFIED", pod("a", "5", uid="new"))
        await reply.silence()

    async with fault_server(handler) as server, run_reflector(server.url) as (recorder, _):
        await recorder.until(lambda: recorder.objects.get("a") == ("new", "5"))
        told = [change for batch in recorder.batches for change in batch]
        assert told == [("ADDED", "a"), ("DELETED", "a"), ("ADDED", "a"), ("MODIFIED", "a")]


async def test_a_server_that_ends_every_watch_at_once_is_not_flooded() -> None:
    async def handler(request: Request, reply: Reply) -> None:
        if request.is_watch:
            await reply.start()
            await reply.end()
        else:
            await reply.json(pod_list("5"))

    options = replace(FAST, backoff=BackoffLimits(first=0.02, longest=5, healthy_after=5))
    async with (
        fault_server(handler) as server,
        run_reflector(server.url, plainly=True, options=options) as (recorder, _),
    ):
        await recorder.until(lambda: recorder.state.error == "the server ends the watch at once")
        assert len(server.requests) <= 4


async def test_a_silent_connection_is_given_up_after_bookmarks_were_seen() -> None:
    async def handler(request: Request, reply: Reply) -> None:
        if not request.is_watch:
            await reply.json(pod_list("5"))
            return
        await reply.start()
        if request.query["resourceVersion"] == "5":
            await reply.bookmark("6")
        else:
            await reply.event("ADDED", pod("a", "7"))
        await reply.silence()

    async with (
        fault_server(handler) as server,
        run_reflector(server.url, plainly=True, options=replace(FAST, idle=0.1)) as (recorder, _),
    ):
        await recorder.until(lambda: recorder.names == {"a"})
        assert server.queries()[2]["resourceVersion"] == "6"


async def test_after_a_long_sleep_of_the_machine_the_stream_is_made_anew() -> None:
    asleep = 0.0

    def clock() -> Instant:
        now = read_clock()
        return Instant(now.steady + asleep, now.wall + asleep)

    async def handler(_: Request, reply: Reply) -> None:
        await reply.start()
        await reply.bookmark("2", initial_end=True)
        await reply.silence()

    recorder = Recorder()
    async with fault_server(handler) as server, open_session(server.url) as session:
        spec = StreamSpec(Kind.POD, "ns")
        reflector = Reflector(Reader(session), spec, recorder, clock, watch_list=WatchListSupport(), options=FAST)
        running = asyncio.create_task(reflector.run())
        await recorder.until(lambda: recorder.state.phase is StreamPhase.SYNCED)
        server.arrived.clear()
        asleep = 3600.0
        async with asyncio.timeout(5):
            await server.arrived.wait()
        assert server.queries()[-1]["resourceVersion"] == "2"
        running.cancel()
        await asyncio.wait([running])


async def test_nothing_listening_is_broken_and_comes_back() -> None:
    async def handler(_: Request, reply: Reply) -> None:
        await reply.start()
        await reply.event("ADDED", pod("a", "1"))
        await reply.bookmark("2", initial_end=True)
        await reply.silence()

    async with fault_server(handler) as first:
        port = first.port
    async with run_reflector(f"http://127.0.0.1:{port}") as (recorder, _):
        await recorder.until(lambda: recorder.state.phase is StreamPhase.BROKEN)
        assert recorder.state.error == f"http://127.0.0.1:{port}: connection refused"
        async with fault_server(handler, port=port):
            await recorder.until(lambda: recorder.names == {"a"})
            assert recorder.state.synced_once


async def test_a_busy_stream_reports_that_it_was_heard_seldom() -> None:
    async def handler(_: Request, reply: Reply) -> None:
        await reply.start()
        await reply.bookmark("1", initial_end=True)
        for number in range(2, 102):
            await reply.event("MODIFIED" if number > 2 else "ADDED", pod("a", str(number)))
        await reply.silence()

    async with (
        fault_server(handler) as server,
        run_reflector(server.url, options=replace(FAST, heard_interval=60)) as (recorder, _),
    ):
        await recorder.until(lambda: recorder.objects.get("a", ("", ""))[1] == "101")
        assert len(recorder.states) <= 3
