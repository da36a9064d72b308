"""The door to writing: what was not announced does not pass, and nothing goes without its uid."""

import json
from collections.abc import AsyncIterator

import pytest

from certdash.kube.access import ClusterAccess
from certdash.kube.session import Session
from certdash.kube.writer import UnannouncedError, Writer
from certdash.model.connection import Target
from tests.unit.kube.fault_server import FaultServer, Reply, Request, fault_server

ISSUERS = "/apis/cert-manager.io/v1/namespaces/ns/issuers"
ISSUER = {"kind": "Issuer", "metadata": {"name": "mine"}}


async def answer(request: Request, reply: Reply) -> None:
    if request.method == "DELETE" and json.loads(request.body)["preconditions"]["uid"] != "uid-1":
        await reply.status(409, "Conflict", "Precondition failed: UID in precondition: uid-2")
        return
    await reply.json({"kind": "PartialObjectMetadata", "metadata": {"name": "mine", "uid": "uid-1"}}, 201)


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with fault_server(answer) as running:
        yield running


@pytest.fixture
async def session(server: FaultServer) -> AsyncIterator[Session]:
    target = Target(
        context="c", cluster="c", user="u", server=server.url, namespace="ns", source="test", impersonate=""
    )
    opened = Session(ClusterAccess(target), "certdash/test", environ={})
    await opened.open()
    yield opened
    await opened.close()


async def test_only_what_was_announced_is_sent(server: FaultServer, session: Session) -> None:
    writer = Writer(session, [f"{ISSUERS}/mine"])
    made = await writer.create(ISSUERS, ISSUER, timeout=5)
    assert (made.done, made.uid) == (True, "uid-1")
    with pytest.raises(UnannouncedError):
        await writer.create(ISSUERS, {"kind": "Issuer", "metadata": {"name": "other"}}, timeout=5)
    with pytest.raises(UnannouncedError):
        await writer.create(ISSUERS, {"kind": "Issuer", "metadata": {"generateName": "mine"}}, timeout=5)
    with pytest.raises(UnannouncedError):
        await writer.delete(f"{ISSUERS}/other", uid="uid-1", timeout=5)
    assert len(server.requests) == 1


async def test_a_delete_carries_what_was_looked_at(server: FaultServer, session: Session) -> None:
    writer = Writer(session, [f"{ISSUERS}/mine"])
    assert (await writer.delete(f"{ISSUERS}/mine", uid="uid-1", resource_version="7", timeout=5)).done
    options = json.loads(server.requests[-1].body)
    assert options["preconditions"] == {"uid": "uid-1", "resourceVersion": "7"}
    assert "as=PartialObjectMetadata" in server.requests[-1].headers["accept"]
    refused = await writer.delete(f"{ISSUERS}/mine", uid="uid-2", timeout=5)
    assert (refused.done, refused.status, refused.reason) == (False, 409, "Conflict")
    with pytest.raises(ValueError, match="uid"):
        await writer.delete(f"{ISSUERS}/mine", uid="", timeout=5)


async def test_a_dry_run_says_so_twice(server: FaultServer, session: Session) -> None:
    writer = Writer(session, [f"{ISSUERS}/mine"])
    await writer.delete(f"{ISSUERS}/mine", uid="uid-1", dry_run=True, timeout=5)
    assert server.requests[-1].query["dryRun"] == "All"
    assert json.loads(server.requests[-1].body)["dryRun"] == ["All"]


async def test_no_answer_is_no_refusal(server: FaultServer, session: Session) -> None:
    async def reset(_: Request, reply: Reply) -> None:
        reply.reset()

    server.handler = reset
    lost = await Writer(session, [f"{ISSUERS}/mine"]).create(ISSUERS, ISSUER, timeout=5)
    assert (lost.done, lost.status) == (False, None)
    assert lost.message
