"""Answers of any shape are read or refused, never tripped over."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from certdash.kube.watch_protocol import (
    EventType,
    NotAWatchError,
    parse_event,
    parse_list,
    read_refusal,
)
from tests.unit.kube.fault_server import status_body

keys = st.sampled_from(["type", "object", "metadata", "resourceVersion", "annotations", "items", "code", "details"])
values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 600) | st.sampled_from(["ADDED", "ERROR", "BOOKMARK", "7", "true"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)
documents = st.dictionaries(keys, values)


@given(st.binary(max_size=100) | documents.map(orjson.dumps))
def test_any_line(line: bytes) -> None:
    try:
        event = parse_event(line)
    except NotAWatchError:
        return
    assert isinstance(event.version, str)
    assert isinstance(event.ends_initial_events, bool)
    assert event.refusal.text


@given(st.binary(max_size=100) | documents.map(orjson.dumps))
def test_any_list(body: bytes) -> None:
    try:
        page = parse_list(body)
    except NotAWatchError:
        return
    assert page.version
    assert all(isinstance(item, dict) for item in page.items)


@given(st.integers(100, 599), st.binary(max_size=100) | documents.map(orjson.dumps), st.none() | st.text(max_size=5))
def test_any_refusal(status: int, body: bytes, retry_after: str | None) -> None:
    refusal = read_refusal(status, body, retry_after)
    assert refusal.text
    assert refusal.retry_after is None or refusal.retry_after >= 0


@pytest.mark.parametrize("code", [410, 504])
def test_what_an_error_event_says(code: int) -> None:
    line = orjson.dumps({"type": "ERROR", "object": status_body(code, "Expired", "Too large resource version: 9")})
    event = parse_event(line)
    assert event.type is EventType.ERROR
    assert event.refusal.expired is (code == 410)
    assert event.refusal.version_too_large is (code == 504)


def document(**metadata: Any) -> bytes:
    return orjson.dumps({"type": "BOOKMARK", "object": {"metadata": metadata}})


def test_the_end_of_the_initial_events() -> None:
    marked = document(resourceVersion="9", annotations={"k8s.io/initial-events-end": "true"})
    assert parse_event(marked).ends_initial_events
    assert not parse_event(document(resourceVersion="9")).ends_initial_events
