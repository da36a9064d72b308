"""Credential plugins that work, fail, hang, babble, and are asked again."""

import asyncio
import json
import os
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from certdash.kube.access import ClusterAccess
from certdash.kube.credentials import make_credentials, prime_access
from certdash.kube.errors import AccessError, TransportError
from certdash.kube.exec_plugin import ExecCredentials
from certdash.kube.session import Session
from certdash.model.instant import Instant
from tests.unit.kube.certificates import Authority
from tests.unit.kube.conftest import access_to
from tests.unit.kube.fault_server import Reply, Request, fault_server

V1 = "client.authentication.k8s.io/v1"


@dataclass
class Clock:
    """Goes on when told to."""

    seconds: float = 0.0
    start: float = 1_700_000_000.0

    def __call__(self) -> Instant:
        return Instant(self.seconds, self.start + self.seconds)

    def stamp(self, later: float) -> str:
        return datetime.fromtimestamp(self.start + self.seconds + later, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Plugin:
    """A script that prints answer.json and counts its runs."""

    folder: Path

    def answer(self, text: str | None = None, **status: Any) -> None:
        document = {"apiVersion": V1, "kind": "ExecCredential", "status": status}
        (self.folder / "answer.json").write_text(json.dumps(document) if text is None else text)

    @property
    def runs(self) -> int:
        log = self.folder / "runs"
        return len(log.read_text().splitlines()) if log.exists() else 0

    def script(self, body: str = "") -> ClusterAccess:
        path = self.folder / "plugin"
        path.write_text(f'#!/bin/sh\necho run >> "{self.folder}/runs"\n{body}\nexec cat "{self.folder}/answer.json"\n')
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return self.access(command=str(path))

    def access(self, **spec: Any) -> ClusterAccess:
        entry = {"apiVersion": V1, "interactiveMode": "IfAvailable", **spec}
        return access_to("https://api.test", exec_spec=entry)


@pytest.fixture
def plugin(tmp_path: Path) -> Plugin:
    made = Plugin(tmp_path)
    made.answer(token="T")
    return made


def credentials(access: ClusterAccess, clock: Callable[[], Instant] | None = None, **more: Any) -> ExecCredentials:
    return ExecCredentials(access, dict(os.environ), clock or Clock(), **more)


async def complaint(access: ClusterAccess, **more: Any) -> str:
    with pytest.raises(AccessError) as caught:
        await credentials(access, **more).prime()
    assert "\n" not in str(caught.value)
    return str(caught.value)


async def test_many_requests_at_once_run_it_once(plugin: Plugin) -> None:
    made = credentials(plugin.script())
    assert await asyncio.gather(*(made.authorization() for _ in range(20))) == ["Bearer T"] * 20
    assert plugin.runs == 1


def test_primed_beforehand_it_is_not_run_again(plugin: Plugin) -> None:
    access = asyncio.run(prime_access(plugin.script(), dict(os.environ), Clock()))
    assert plugin.runs == 1

    async def later() -> str:
        session = Session(access, "certdash/test", Clock(), dict(os.environ))
        await session.open()
        await session.close()
        return await make_credentials(access, {}, Clock()).authorization()

    assert asyncio.run(later()) == "Bearer T"
    assert plugin.runs == 1


async def test_it_is_run_again_before_it_expires(plugin: Plugin) -> None:
    clock = Clock()
    made = credentials(plugin.script(), clock)
    plugin.answer(token="one", expirationTimestamp=clock.stamp(600))
    assert await made.authorization() == "Bearer one"
    clock.seconds = 500
    assert await made.authorization() == "Bearer one"
    plugin.answer(token="two", expirationTimestamp=clock.stamp(600))
    clock.seconds = 545
    assert await made.authorization() == "Bearer two"
    assert plugin.runs == 2


async def test_what_is_still_good_is_kept_when_renewing_fails(plugin: Plugin) -> None:
    clock = Clock()
    made = credentials(plugin.script(), clock)
    plugin.answer(token="one", expirationTimestamp=clock.stamp(600))
    await made.prime()
    plugin.answer("garbage")
    clock.seconds = 590
    assert await made.authorization() == "Bearer one"
    clock.seconds = 640
    with pytest.raises(AccessError):
        await made.authorization()


async def test_without_an_expiry_it_is_run_again_on_refusal_only_and_seldom(plugin: Plugin) -> None:
    clock = Clock()
    made = credentials(plugin.script(), clock)
    await made.prime()
    clock.seconds = 10
    assert not await made.renew("Bearer T")
    clock.seconds = 31
    plugin.answer(token="U")
    assert await asyncio.gather(*(made.renew("Bearer T") for _ in range(5))) == [True] * 5
    assert await made.renew("Bearer T")
    assert plugin.runs == 2
    assert await made.authorization() == "Bearer U"


async def test_a_failing_one_is_not_run_for_each_request(plugin: Plugin) -> None:
    made = credentials(plugin.script("exit 3"))
    for _ in range(5):
        with pytest.raises(AccessError):
            await made.authorization()
    assert plugin.runs == 1


async def test_one_that_is_missing(plugin: Plugin) -> None:
    access = plugin.access(command="certdash-no-such-plugin", installHint="brew install\nno-such-plugin")
    said = await complaint(access)
    assert said == "the exec plugin certdash-no-such-plugin is not installed: brew install no-such-plugin"
    assert "on PATH" in await complaint(plugin.access(command="certdash-no-such-plugin"))


async def test_one_that_may_not_be_run(plugin: Plugin) -> None:
    (plugin.folder / "file").write_text("text")
    assert "can't be run: Permission denied" in await complaint(plugin.access(command=str(plugin.folder / "file")))


async def test_one_that_fails(plugin: Plugin) -> None:
    said = await complaint(plugin.script("echo first >&2; echo 'token expired, run login' >&2; exit 7"))
    assert said.endswith("failed with exit code 7: token expired, run login")
    assert "said nothing" in await complaint(plugin.script("exit 1"))
    assert "ended by signal 9" in await complaint(plugin.script("kill -9 $$"))


async def test_one_that_hangs_is_ended_with_its_children(plugin: Plugin) -> None:
    access = plugin.script(f'sleep 60 & echo $! > "{plugin.folder}/child"; wait')
    begun = time.monotonic()
    assert "gave nothing within 0.3 s" in await complaint(access, time_limit=0.3)
    assert time.monotonic() - begun < 5
    child = int((plugin.folder / "child").read_text())
    async with asyncio.timeout(5):
        while _alive(child):  # noqa: ASYNC110 - the end of somebody else's child is no event
            await asyncio.sleep(0.01)


def _alive(process: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except FileNotFoundError:
        return False


async def test_one_that_wants_an_answer_gets_none(plugin: Plugin) -> None:
    access = plugin.script(f'read -r line; echo "got $? $line" > "{plugin.folder}/heard"')
    await credentials(access).prime()
    assert (plugin.folder / "heard").read_text() == "got 1 \n"
    assert "insists on a terminal" in await complaint(plugin.access(command="x", interactiveMode="Always"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "printed no ExecCredential"),
        ("hello", "printed no ExecCredential"),
        ("[]", "printed no ExecCredential"),
        ("\x00\xff", "printed no ExecCredential"),
        (json.dumps({"kind": "ExecCredential", "apiVersion": V1}), "printed no ExecCredential"),
        (json.dumps({"kind": "ExecCredential", "apiVersion": V1, "status": {}}), "gave neither"),
        (json.dumps({"kind": "ExecCredential", "apiVersion": V1 + "beta1", "status": {"token": "T"}}), "answered in"),
        (
            json.dumps({"kind": "ExecCredential", "apiVersion": V1, "status": {"clientCertificateData": "x"}}),
            "gave neither",
        ),
        (
            json.dumps(
                {"kind": "ExecCredential", "apiVersion": V1, "status": {"token": "T", "expirationTimestamp": "soon"}}
            ),
            "no time",
        ),
    ],
)
async def test_one_that_babbles(plugin: Plugin, text: str, said: str) -> None:
    plugin.answer(text)
    assert said in await complaint(plugin.script())


async def test_streams_that_are_refused_together_renew_once(plugin: Plugin, tmp_path: Path) -> None:
    good = "T"

    async def handler(request: Request, reply: Reply) -> None:
        if request.headers["authorization"] == f"Bearer {good}":
            await reply.json({})
        else:
            await reply.status(401, "Unauthorized", "Unauthorized")

    authority = Authority()
    tls = authority.serve(tmp_path, authority.issue("server", "127.0.0.1"))
    clock = Clock()
    async with fault_server(handler, tls) as server:
        access = access_to(server.url, ca_data=authority.pem, exec_spec=plugin.script().exec_spec)
        session = Session(access, "certdash/test", clock, dict(os.environ))
        await session.open()
        assert (await session.request("GET", "/version", timeout=5)).status == 200
        good = "U"
        plugin.answer(token="U")
        clock.seconds = 60
        answers = await asyncio.gather(*(session.request("GET", "/version", timeout=5) for _ in range(20)))
        assert [answer.status for answer in answers] == [200] * 20
        assert plugin.runs == 2
        # Refused again at once: the answer stands, and the plugin is left alone.
        good = "V"
        assert (await session.request("GET", "/version", timeout=5)).status == 401
        assert plugin.runs == 2
        await session.close()


async def test_a_new_client_certificate_is_shown_on_new_connections(plugin: Plugin, tmp_path: Path) -> None:
    async def handler(request: Request, reply: Reply) -> None:
        if request.client_name == expected:
            await reply.json({})
        else:
            await reply.status(401, "Unauthorized", "Unauthorized")

    def give(name: str) -> None:
        pair = authority.issue(name)
        plugin.answer(clientCertificateData=pair.certificate.decode(), clientKeyData=pair.key.decode())

    authority = Authority()
    tls = authority.serve(tmp_path, authority.issue("server", "127.0.0.1"), want_client=True)
    clock = Clock()
    expected = "first"
    give("first")
    async with fault_server(handler, tls) as server:
        access = access_to(server.url, ca_data=authority.pem, exec_spec=plugin.script().exec_spec)
        session = Session(access, "certdash/test", clock, dict(os.environ))
        await session.open()
        assert (await session.request("GET", "/version", timeout=5)).status == 200
        expected = "second"
        give("second")
        clock.seconds = 60
        assert (await session.request("GET", "/version", timeout=5)).status == 200
        assert plugin.runs == 2
        await session.close()


async def test_a_plugin_that_breaks_later_is_a_failed_request(plugin: Plugin) -> None:
    clock = Clock()
    plugin.answer(token="T", expirationTimestamp=clock.stamp(60))
    session = Session(plugin.script(), "certdash/test", clock, dict(os.environ))
    await session.open()
    plugin.answer("garbage")
    clock.seconds = 120
    with pytest.raises(TransportError, match="printed no ExecCredential"):
        await session.request("GET", "/version", timeout=5)
    await session.close()
