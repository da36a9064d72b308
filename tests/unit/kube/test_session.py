"""Requests: what is sent, what comes back, and what is said when nothing does."""

import asyncio
import socket
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from certdash.kube.access import Impersonation
from certdash.kube.errors import AccessError, TransportError
from certdash.kube.session import Session
from certdash.kube.transport_text import describe
from tests.unit.kube.certificates import Authority
from tests.unit.kube.conftest import access_to, open_session
from tests.unit.kube.fault_server import Reply, Request, fault_server


async def fine(_: Request, reply: Reply) -> None:
    await reply.json({"fine": True}, headers={"X-Kind": "a", "x-kind": "b"})


async def failure(server: str, *, timeout: float = 5.0, **access: Any) -> TransportError:
    async with open_session(server, **access) as session:
        with pytest.raises(TransportError) as caught:
            await session.request("GET", "/version", timeout=timeout)
        assert session.last_error == str(caught.value)
        assert "\n" not in str(caught.value)
        return caught.value


async def test_a_request_says_who_we_are_and_nothing_else() -> None:
    async with fault_server(fine) as server, open_session(server.url + "/prefix") as session:
        response = await session.request("GET", "/version", query=[("a", "b c"), ("d", "e/f")], timeout=5)
        assert session.last_answer is not None
    request = server.requests[0]
    assert (request.path, request.query) == ("/prefix/version", {"a": "b c", "d": "e/f"})
    assert request.headers["user-agent"] == "certdash/test"
    assert request.headers["accept"] == "application/json"
    assert "authorization" not in request.headers
    assert "cookie" not in request.headers
    assert (response.status, response.body) == (200, b'{"fine": true}')
    assert response.headers.get("CONTENT-TYPE") == "application/json"
    assert response.headers.get_all("x-kind") == ("a", "b")
    assert response.headers.get("missing") is None
    assert 0 < response.latency < 5


async def test_impersonation_is_part_of_every_request() -> None:
    who = Impersonation("jane", ("g1", "g2"), "u", (("Team/x", "1"),))
    async with fault_server(fine) as server, open_session(server.url, impersonation=who) as session:
        await session.request("GET", "/version", timeout=5)
    sent = [(name, value) for name, value in server.requests[0].header_pairs if name.startswith("Impersonate")]
    assert sent == [
        ("Impersonate-User", "jane"),
        ("Impersonate-Group", "g1"),
        ("Impersonate-Group", "g2"),
        ("Impersonate-Uid", "u"),
        ("Impersonate-Extra-Team%2Fx", "1"),
    ]


async def test_a_netrc_entry_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login a password b\n")
    monkeypatch.setenv("NETRC", str(netrc))
    authority = Authority()
    tls = authority.serve(tmp_path, authority.issue("server", "127.0.0.1"))
    async with (
        fault_server(fine, tls) as server,
        open_session(server.url, ca_data=authority.pem, token="T") as session,
    ):
        await session.request("GET", "/version", timeout=5)
    assert server.requests[0].headers["authorization"] == "Bearer T"


async def test_redirects_are_not_followed() -> None:
    async def handler(_: Request, reply: Reply) -> None:
        await reply.text("", 307, headers={"Location": "/elsewhere"})

    async with fault_server(handler) as server, open_session(server.url) as session:
        assert (await session.request("POST", "/here", body=b"{}", timeout=5)).status == 307
    assert [request.path for request in server.requests] == ["/here"]


async def test_connections_are_kept_unless_a_fresh_one_is_asked_for() -> None:
    async with fault_server(fine) as server, open_session(server.url) as session:
        for fresh in (False, False, True, True, False):
            await session.request("GET", "/version", timeout=5, fresh_connection=fresh)
    assert [request.connection for request in server.requests] == [1, 1, 2, 3, 1]


async def test_a_kept_connection_that_was_closed_meanwhile_does_not_fail_a_dry_run() -> None:
    async def handler(request: Request, reply: Reply) -> None:
        if [seen.connection for seen in server.requests].count(request.connection) > 1:
            reply.reset()
        else:
            await reply.json({})

    async with fault_server(handler) as server, open_session(server.url) as session:
        await session.request("GET", "/version", timeout=5)
        answer = await session.request("POST", "/x", query=[("dryRun", "All")], body=b"{}", timeout=5)
        assert answer.status == 200
        await session.request("GET", "/version", timeout=5)
        with pytest.raises(TransportError, match="connection reset"):
            await session.request("POST", "/x", body=b"{}", timeout=5)


async def test_nothing_listening() -> None:
    async with fault_server(fine) as server:
        url = server.url
    assert str(await failure(url)) == f"{url}: connection refused"


async def test_an_unknown_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    error = await failure("https://api.test:6443", insecure=True)
    assert str(error) == "https://api.test:6443: the name can't be resolved: name or service not known"


async def test_a_server_that_never_answers() -> None:
    async def handler(_: Request, reply: Reply) -> None:
        await reply.silence()

    async with fault_server(handler) as server:
        error = await failure(server.url, timeout=0.05)
    assert error.timed_out
    assert str(error) == f"{server.url} did not answer in time"


async def test_the_users_own_request_timeout_is_kept() -> None:
    async def handler(_: Request, reply: Reply) -> None:
        await reply.silence()

    async with fault_server(handler) as server:
        assert (await failure(server.url, timeout=60, request_timeout=0.05)).timed_out


async def test_something_that_is_no_http() -> None:
    async def handler(_: Request, reply: Reply) -> None:
        reply.writer.write(b"220 mail.test ESMTP\r\n\r\n")
        await reply.writer.drain()

    async with fault_server(handler) as server:
        assert "does not speak HTTP" in str(await failure(server.url))


async def test_an_answer_that_is_cut() -> None:
    async def handler(_: Request, reply: Reply) -> None:
        reply.writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        await reply.writer.drain()
        reply.writer.close()

    async with fault_server(handler) as server:
        assert "closed the connection" in str(await failure(server.url))


async def test_plain_http_where_tls_is_expected() -> None:
    async def plain(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    listening = await asyncio.start_server(plain, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    error = await failure(f"https://127.0.0.1:{port}", insecure=True)
    listening.close()
    assert "does not speak TLS on this port" in str(error)


async def test_another_authority(tmp_path: Path) -> None:
    authority = Authority()
    tls = authority.serve(tmp_path, authority.issue("server", "127.0.0.1"))
    async with fault_server(fine, tls) as server:
        error = await failure(server.url, ca_data=Authority("other").pem)
    assert "certificate authority is not the one that signed it" in str(error)


async def test_another_name(tmp_path: Path) -> None:
    authority = Authority()
    tls = authority.serve(tmp_path, authority.issue("server", "api.test"))
    async with fault_server(fine, tls) as server:
        error = await failure(server.url, ca_data=authority.pem)
        assert "IP address mismatch" in str(error)
        assert "check the server's URL or tls-server-name" in str(error)
        async with open_session(server.url, ca_data=authority.pem, tls_server_name="api.test") as session:
            assert (await session.request("GET", "/version", timeout=5)).status == 200
        async with open_session(server.url, insecure=True) as session:
            assert (await session.request("GET", "/version", timeout=5)).status == 200


async def test_an_expired_server_certificate(tmp_path: Path) -> None:
    authority = Authority()
    tls = authority.serve(tmp_path, authority.issue("server", "127.0.0.1", days=-1))
    async with fault_server(fine, tls) as server:
        error = await failure(server.url, ca_data=authority.pem)
    assert "certificate has expired (or our clock is wrong)" in str(error)


@pytest.mark.parametrize("reason", ["SSLV3_ALERT_CERTIFICATE_EXPIRED", "TLSV13_ALERT_CERTIFICATE_REQUIRED"])
def test_a_refused_client_certificate(reason: str) -> None:
    alert = ssl.SSLError(1, f"[SSL: {reason}] alert")
    alert.reason = reason
    error = ConnectionResetError("cut")
    error.__cause__ = alert
    assert "refuses our client certificate" in str(describe(error, "https://api.test"))


@pytest.mark.parametrize("broken", ["ca_data", "client_certificate"])
async def test_what_is_no_certificate_is_found_before_anything_is_sent(broken: str) -> None:
    data = {"ca_data": b"no PEM"} if broken == "ca_data" else {"client_certificate": b"x", "client_key": b"y"}
    session = Session(access_to("https://127.0.0.1:1", **data), "certdash/test", environ={})
    with pytest.raises(AccessError):
        await session.open()


async def test_closing_does_not_wait_for_a_dead_name_server(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, answer = asyncio.Event(), threading.Event()

    loop = asyncio.get_running_loop()

    def hang(*_: object, **__: object) -> None:
        loop.call_soon_threadsafe(asked.set)
        answer.wait(30)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    session = Session(access_to("https://api.test:6443", insecure=True), "certdash/test", environ={})
    await session.open()
    request = asyncio.create_task(session.request("GET", "/version", timeout=30))
    await asked.wait()
    assert all(thread.daemon for thread in threading.enumerate() if thread.name.startswith("look up"))
    request.cancel()
    await asyncio.wait([request])
    begun = time.monotonic()
    await session.close()
    assert time.monotonic() - begun < 1
    answer.set()


def test_a_process_ends_although_its_name_server_is_dead() -> None:
    code = """
import asyncio, socket, time
def hang(*_, **__):
    time.sleep(20)
socket.getaddrinfo = hang
from certdash.kube.session import Session
from tests.unit.kube.conftest import access_to
async def main():
    session = Session(access_to("https://api.test", insecure=True), "certdash/test", environ={})
    await session.open()
    try:
        await session.request("GET", "/version", timeout=0.1)
    except Exception as error:
        print(error)
    await session.close()
asyncio.run(main())
"""
    begun = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "https://api.test did not answer in time\n"
    assert done.stderr == ""
    # Far below the time the look-up takes; most of it is imports.
    assert time.monotonic() - begun < 15


async def test_a_closed_session_says_so() -> None:
    session = Session(access_to("http://127.0.0.1:1"), "certdash/test", environ={})
    await session.open()
    await session.close()
    with pytest.raises(TransportError, match="closed"):
        await session.request("GET", "/version", timeout=1)


async def test_a_stream_gives_lines_as_they_come_and_a_refusal_whole() -> None:
    async def handler(request: Request, reply: Reply) -> None:
        if request.path == "/no":
            await reply.text("no", 403)
            return
        await reply.start()
        await reply.raw(b"one\ntwo\nthr")
        await reply.raw(b"ee\nrest")
        await reply.end()

    async with fault_server(handler) as server, open_session(server.url) as session:
        async with session.stream("/yes", idle_timeout=5) as stream:
            assert stream.status == 200
            assert [line async for batch in stream.batches() for line in batch] == [b"one", b"two", b"three"]
        async with session.stream("/no", idle_timeout=5) as stream:
            assert (stream.status, await stream.read()) == (403, b"no")


async def test_a_proxy_is_asked_for_the_way(tmp_path: Path) -> None:
    authority = Authority()
    tls = authority.serve(tmp_path, authority.issue("server", "api.test"))
    async with fault_server(fine, tls) as server:

        async def tunnel(request: Request, reply: Reply) -> None:
            assert (request.method, request.headers["host"]) == ("CONNECT", "api.test:6443")
            assert "authorization" not in request.headers
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            reply.writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await asyncio.gather(pump(reader, reply.writer), pump(proxy.readers[request.connection], writer))

        async with fault_server(tunnel) as proxy:
            for more, environ in (
                ({"proxy_url": proxy.url}, {"NO_PROXY": "*"}),
                ({}, {"HTTPS_PROXY": proxy.url}),
                ({}, {"https_proxy": proxy.url.removeprefix("http://"), "NO_PROXY": "other.test"}),
            ):
                access = {"ca_data": authority.pem, "token": "T", **more}
                async with open_session("https://api.test:6443", environ, **access) as session:
                    assert (await session.request("GET", "/version", timeout=5)).status == 200


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while content := await reader.read(65536):
        writer.write(content)
    writer.close()


async def test_a_proxy_that_is_not_there_or_refuses() -> None:
    async def refuse(_: Request, reply: Reply) -> None:
        await reply.text("", 407)

    async with fault_server(refuse) as proxy:
        error = await failure("https://api.test:6443", proxy_url=proxy.url, insecure=True)
        assert str(error).startswith("the proxy refused the way to https://api.test:6443: HTTP 407")
    error = await failure("https://api.test:6443", proxy_url=proxy.url, insecure=True)
    assert str(error) == f"the proxy 127.0.0.1:{proxy.port} can't be reached: connection refused"
