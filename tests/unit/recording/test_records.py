"""Whatever comes in can be written and read again."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certdash.engine.store import Store
from certdash.model import inputs as i
from certdash.model.connection import Connection, ConnectionPhase, ServerFacts
from certdash.model.instant import Instant
from certdash.model.probe import ProbeRound
from certdash.model.resource import Kind
from certdash.model.stream import StreamPhase, StreamSpec, StreamState
from certdash.recording.keyframe import Keyframe
from certdash.recording.records import (
    BasisSettled,
    Record,
    RecordDecoder,
    RecordEncoder,
    Standstill,
    reduced,
)
from tests.unit.diagnosis.test_properties import answers, junk
from tests.unit.recording.story import Story
from tests.unit.scenario_cluster import NOW
from tests.unit.scenarios import SCENARIOS, healthy

moments = st.integers(-(10**12), 10**12).map(
    lambda n: Instant((5 * 10**11 + n) / 1e6, (1_764_000_000_000_000 + n) / 1e6)
)
texts = st.text(max_size=6)
names = st.sampled_from(["a", "b", "cert-manager"])
specs = st.builds(StreamSpec, st.sampled_from(sorted(Kind, key=lambda k: k.name)), names, names | st.just(""))
states = st.builds(
    StreamState,
    st.sampled_from(StreamPhase),
    moments,
    st.none() | moments,
    st.booleans(),
    texts,
    st.none() | st.integers(100, 599),
    st.integers(0, 9),
    st.none() | moments,
)
bodies = st.fixed_dictionaries(
    {"metadata": st.fixed_dictionaries({"name": names}, optional={"namespace": names, "labels": junk})},
    optional={"spec": junk, "status": junk, "webhooks": junk, "endpoints": junk},
)
changes = st.builds(i.Change, st.sampled_from(i.ChangeType), bodies)
seconds = st.floats(0, 1e6)
rounds = st.builds(
    ProbeRound,
    number=st.integers(0, 9),
    begun=moments,
    ended=moments,
    namespace=names,
    answers=st.lists(answers, max_size=3).map(tuple),
    full=st.booleans(),
    basis_begun=st.integers(0, 3),
    basis_ended=st.integers(0, 3),
    cancelled=st.booleans(),
)
records: st.SearchStrategy[Record] = st.one_of(
    st.builds(i.ObjectsChanged, moments, specs, st.lists(changes, max_size=3).map(tuple)),
    st.builds(i.StreamChanged, moments, specs, st.none() | states),
    st.builds(i.RoundBegan, moments),
    st.builds(i.RoundEnded, moments, rounds),
    st.builds(i.IntervalChanged, moments, seconds),
    st.builds(i.ProofsVoided, moments, texts),
    st.builds(
        i.ConnectionChanged,
        moments,
        st.builds(Connection, st.sampled_from(ConnectionPhase), moments, st.none() | moments, texts),
    ),
    st.builds(
        i.ServerLooked,
        moments,
        st.builds(
            ServerFacts,
            texts,
            st.none() | st.integers(0, 5),
            st.none() | st.frozensets(texts, max_size=3),
            st.none() | moments,
            seconds,
        ),
    ),
    st.builds(BasisSettled, moments),
    st.builds(Standstill, moments),
)


def unchanged(plain: Any) -> Any:
    return plain


def frame() -> Keyframe:
    return Story(healthy()).assessor.store.keyframe(NOW)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(records, max_size=8))
def test_any_record_comes_back_as_it_was_reduced(given_records: list[Record]) -> None:
    encoder, decoder = RecordEncoder(unchanged), RecordDecoder()
    decoder.keyframe(encoder.keyframe(frame()))
    for record in given_records:
        read = decoder.record(encoder.record(record))
        # Equal as text at least: what is not a number (NaN) is not equal to itself.
        assert read == reduced(record) or repr(read) == repr(reduced(record))


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_keyframe_holds_all_that_the_store_knows(name: str) -> None:
    cluster = SCENARIOS[name]()
    story = Story(cluster)
    story.become(cluster)
    for done in cluster.probe.rounds:
        story.probe(done.answers)
    story.settle()
    made = story.assessor.store.keyframe(story.now)
    read = RecordDecoder().keyframe(RecordEncoder(unchanged).keyframe(made))
    assert read == made
    assert Store.restored(read).frozen() == story.assessor.store.frozen()


def test_a_record_of_a_kind_that_is_not_known_is_passed_over() -> None:
    encoder, decoder = RecordEncoder(unchanged), RecordDecoder()
    decoder.keyframe(encoder.keyframe(frame()))
    assert decoder.record(b'["weather", 5000000, {"sun": true}]') is None
    # The record after it reckons its time from there.
    after = decoder.record(b'["standstill", 1000000, {"mood": "a field that is not known"}]')
    assert after == Standstill(Instant(NOW.steady + 6, NOW.wall + 6))


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"nonsense",
        b"[]",
        b'["objects", "soon", {}]',
        b'["ended", 1, {}]',
        b'["stream", 1, {"spec": {"kind": "MOOD"}, "state": null}]',
        b'["stream", 1, {"spec": {"kind": "POD"}, "state": {"phase": "dancing", "since": 0}}]',
        b'["objects", 1, {"spec": {"kind": "POD"}, "changes": [["MODIFIED", "a", "unheard of", [null, {"x": [1]}]]]}]',
        b'["objects", 1, {"spec": {"kind": "POD"}, "changes": [["ADDED", 7]]}]',
    ],
)
def test_what_is_no_record_is_refused(line: bytes) -> None:
    decoder = RecordDecoder()
    decoder.keyframe(RecordEncoder(unchanged).keyframe(frame()))
    with pytest.raises(ValueError):  # noqa: PT011 - any: the reader ends the part there
        decoder.record(line)


def test_of_a_secret_only_what_is_no_secret_is_written() -> None:
    encoder = RecordEncoder(unchanged)
    encoder.keyframe(frame())
    body = {
        "metadata": {"name": "cert-manager-webhook-ca", "annotations": {"kubectl.kubernetes.io/last": "c2VjcmV0"}},
        "data": {"tls.key": "c2VjcmV0"},
        "stringData": {"token": "c2VjcmV0"},
    }
    changed = i.ObjectsChanged(NOW, StreamSpec(Kind.SECRET), (i.Change(i.ChangeType.ADDED, body),))
    line = encoder.record(changed)
    assert b"cert-manager-webhook-ca" in line
    assert b"c2VjcmV0" not in line


def test_of_a_pod_no_environment_is_written() -> None:
    encoder = RecordEncoder(unchanged)
    encoder.keyframe(frame())
    container = {"name": "a", "image": "b", "env": [{"name": "PASSWORD", "value": "hunter22"}]}
    body = {"metadata": {"name": "a"}, "spec": {"containers": [container]}}
    line = encoder.record(i.ObjectsChanged(NOW, StreamSpec(Kind.POD), (i.Change(i.ChangeType.ADDED, body),)))
    assert b"hunter22" not in line
