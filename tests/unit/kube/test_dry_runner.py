"""Every create is a dry run, and any answer is read without raising."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certdash.kube.dry_runner import DryRunner
from certdash.kube.status_body import parse_status
from tests.unit.kube.conftest import open_session
from tests.unit.kube.fault_server import Handler, Reply, Request, fault_server, status_body

CERTIFICATES = "/apis/cert-manager.io/v1/namespaces/default/certificates"


async def ask(handler: Handler, *, timeout: float = 5.0) -> tuple[Any, list[Request]]:
    async with fault_server(handler) as server, open_session(server.url) as session:
        answer = await DryRunner(session).create(CERTIFICATES, {"kind": "Certificate"}, timeout=timeout)
        return answer, server.requests


async def test_an_admitted_create() -> None:
    async def handler(_: Request, reply: Reply) -> None:
        headers = {
            "Audit-Id": "a-1",
            "Date": "Thu, 01 Jan 1970 00:00:00 GMT",
            "Warning": '299 - "one \\"quoted\\"", 299 - "two"',
        }
        await reply.json({"kind": "Certificate", "spec": {"x": 1}}, 201, headers)

    answer, requests = await ask(handler, timeout=35)
    assert requests[0].method == "POST"
    assert requests[0].path == CERTIFICATES
    assert requests[0].query == {
        "dryRun": "All",
        "fieldValidation": "Ignore",
        "fieldManager": "certdash",
        "timeout": "32000ms",
    }
    assert requests[0].headers["content-type"] == "application/json"
    assert requests[0].body == b'{"kind": "Certificate"}'
    assert (answer.status, answer.is_status, answer.message) == (201, False, "")
    assert answer.body == {"kind": "Certificate", "spec": {"x": 1}}
    assert answer.warnings == ('one "quoted"', "two")
    assert answer.audit_id == "a-1"
    assert answer.date_offset < -1e9


async def test_a_denied_create() -> None:
    async def handler(_: Request, reply: Reply) -> None:
        causes = [{"field": "spec.x", "message": "bad", "reason": "FieldValueInvalid"}]
        await reply.status(422, "Invalid", "no", kind="Certificate", causes=causes, retryAfterSeconds=3)

    answer, _ = await ask(handler)
    assert (answer.status, answer.is_status, answer.reason, answer.message) == (422, True, "Invalid", "no")
    assert answer.causes == (("spec.x", "bad"),)
    assert (answer.details_kind, answer.retry_after) == ("Certificate", 3.0)


async def test_a_refusal_in_plain_text() -> None:
    async def handler(_: Request, reply: Reply) -> None:
        await reply.text("Too many requests, please try again later.\n", 429, headers={"Retry-After": "1"})

    answer, _ = await ask(handler)
    assert (answer.status, answer.is_status, answer.retry_after) == (429, False, 1.0)
    assert answer.message == "Too many requests, please try again later."
    assert answer.body is None


async def test_no_answer_in_time() -> None:
    async def handler(_: Request, reply: Reply) -> None:
        await reply.silence()

    answer, requests = await ask(handler, timeout=0.1)
    assert requests[0].query["timeout"] == "50ms"
    assert answer.status is None
    assert answer.timed_out
    assert "did not answer in time" in answer.transport_error


async def test_a_cut_answer() -> None:
    async def handler(_: Request, reply: Reply) -> None:
        reply.reset()

    answer, _ = await ask(handler)
    assert answer.status is None
    assert not answer.timed_out
    assert answer.transport_error


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/healthz",
        "certificates",
        CERTIFICATES + "?dryRun=",
        CERTIFICATES + "?x=y",
        CERTIFICATES + "#x",
        CERTIFICATES + "/",
        CERTIFICATES + "/name/status",
        CERTIFICATES + "\n",
        CERTIFICATES + "%3F",
        "/api/v1/namespaces/ns/pods/p/exec",
        "/api/v1/namespaces/../nodes",
        "//apis/cert-manager.io/v1/certificates",
        "http://elsewhere" + CERTIFICATES,
    ],
)
async def test_a_path_that_could_change_what_is_asked_is_refused(path: str) -> None:
    async def handler(_: Request, reply: Reply) -> None:
        await reply.json({})

    async with fault_server(handler) as server, open_session(server.url) as session:
        with pytest.raises(ValueError, match="not the path of a collection"):
            await DryRunner(session).create(path, {}, timeout=1)
        assert server.requests == []


@pytest.mark.parametrize(
    "path",
    ["/api/v1/namespaces", "/api/v1/namespaces/a/pods", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"],
)
async def test_collections_of_every_scope_are_asked(path: str) -> None:
    async def handler(_: Request, reply: Reply) -> None:
        await reply.json({}, 201)

    async with fault_server(handler) as server, open_session(server.url) as session:
        assert (await DryRunner(session).create(path, {"a": 1}, timeout=1)).status == 201
        assert server.requests[0].query["dryRun"] == "All"


@given(st.binary(max_size=200))
def test_any_bytes_are_read(body: bytes) -> None:
    assert isinstance(parse_status(body).message, str)


json_values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["causes", "kind", "field"]), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["code", "reason", "message", "details", "causes"]), json_values))
def test_any_status_is_read(document: dict[str, Any]) -> None:
    import orjson

    status = parse_status(orjson.dumps({**document, "kind": "Status"}))
    assert status.is_status
    assert isinstance(status.message, str)
    assert status.retry_after is None or status.retry_after > 0


def test_a_whole_status_is_read() -> None:
    import orjson

    status = parse_status(orjson.dumps(status_body(403, "Forbidden", "no", kind="pods")))
    assert (status.code, status.reason, status.message, status.details_kind) == (403, "Forbidden", "no", "pods")
