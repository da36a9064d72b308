"""diagnose is total and deterministic, and the parsers survive any bytes."""

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certdash.certmanager.basis import basis_loss, proof_basis
from certdash.certmanager.reduce import reduce
from certdash.certmanager.streams import desired_streams
from certdash.diagnosis.call_fault import CallFault, classify_call
from certdash.diagnosis.catalogue import CATALOGUE
from certdash.diagnosis.diagnose import diagnose
from certdash.diagnosis.envelope import parse_answer
from certdash.diagnosis.proof import round_is_good, scout_probe
from certdash.model.diagnosis import Verdict
from certdash.model.instant import Instant
from certdash.model.probe import ProbeAnswer, ProbeName, ProbeRound, ProbeState
from certdash.model.resource import Kind, KubeObject
from certdash.model.snapshot import Snapshot
from tests.unit import scenarios
from tests.unit.scenario_answers import DENIED_IDENTITY, DENIED_INVALID, NO_PATH, call_failed
from tests.unit.scenario_cluster import NOW, at

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
junk = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
answers = st.builds(
    ProbeAnswer,
    probe=st.sampled_from(ProbeName),
    status=st.none() | st.sampled_from([200, 201, 400, 401, 403, 404, 409, 422, 429, 500, 503, 504]) | st.integers(),
    latency=st.floats(0, 60),
    is_status=st.booleans(),
    reason=st.text(max_size=8),
    message=st.text(max_size=60)
    | st.sampled_from([DENIED_INVALID, DENIED_IDENTITY, NO_PATH, call_failed("EOF"), call_failed("x", webhook="y")]),
    details_kind=st.sampled_from(["", "namespaces", "certificates"]),
    stamped_username=st.none() | st.text(max_size=5),
    transport_error=st.text(max_size=8),
    timed_out=st.booleans(),
)
moments = st.floats(-100, 100).map(at)
rounds = st.builds(
    ProbeRound,
    number=st.integers(0, 9),
    begun=moments,
    ended=moments,
    namespace=st.just("default"),
    answers=st.lists(answers, max_size=4).map(tuple),
    full=st.booleans(),
    basis_begun=st.integers(0, 2),
    basis_ended=st.integers(0, 2),
    cancelled=st.booleans(),
)
probes = st.builds(
    ProbeState,
    rounds=st.lists(rounds, max_size=4).map(tuple),
    in_flight=st.none() | moments,
    interval=st.sampled_from([10.0, 60.0]),
    basis_generation=st.integers(0, 2),
    basis_changed=st.none() | moments,
    voided=st.none() | moments,
)


@st.composite
def damaged_snapshots(draw: st.DrawFn) -> Snapshot:
    """A scenario with junk put into some places of some bodies."""
    cluster = scenarios.SCENARIOS[draw(st.sampled_from(sorted(scenarios.SCENARIOS)))]()
    snapshot = cluster.snapshot()
    objects = {kind: dict(held) for kind, held in snapshot.objects.items()}
    for _ in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(sorted(objects, key=lambda k: k.name)))
        if not objects[kind]:
            continue
        key = draw(st.sampled_from(sorted(objects[kind])))
        found = objects[kind][key]
        body = copy.deepcopy(dict(found.body))
        _damage(draw, body)
        objects[kind][key] = replace(found, body=reduce(kind, body) if draw(st.booleans()) else body)
    return replace(snapshot, objects=objects)


def _damage(draw: st.DrawFn, body: Any) -> None:
    while True:
        keys = list(body) if isinstance(body, dict) else list(range(len(body)))
        if not keys:
            return
        key = draw(st.sampled_from(keys))
        inner = body[key]
        if not isinstance(inner, (dict, list)) or not inner or draw(st.integers(0, 3)) == 0:
            body[key] = draw(junk)
            return
        body = inner


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(damaged_snapshots(), probes, moments)
def test_diagnose_is_total_and_deterministic(snapshot: Snapshot, probe: ProbeState, now: Instant) -> None:
    told = replace(snapshot, probe=probe)
    first = diagnose(told, now)
    assert first == diagnose(copy.deepcopy(told), now)
    assert (first.verdict is Verdict.READY) == (first.cause is None)
    assert first.valid_until is None or first.valid_until.steady > now.steady
    assert {f.code for f in first.findings} <= set(CATALOGUE)
    assert len(desired_streams(told)) <= 30
    basis = proof_basis(told)
    assert basis_loss(basis, basis) == ""
    hash(basis)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(Kind, key=lambda k: k.name)), junk, max_size=12))
def test_any_junk_in_the_store_is_survived(bodies: Mapping[Kind, Any]) -> None:
    snapshot = scenarios.healthy().snapshot()
    objects = {}
    for kind, body in bodies.items():
        raw = body if isinstance(body, dict) else {"spec": body, "metadata": body, "webhooks": body, "status": body}
        objects[kind] = {("cert-manager", "x"): KubeObject(kind, "cert-manager", "x", "", "", reduce(kind, raw))}
    diagnose(replace(snapshot, objects=objects), NOW)


@settings(max_examples=200, deadline=None)
@given(answers)
def test_any_answer_is_understood_somehow(answer: ProbeAnswer) -> None:
    outcome = parse_answer(answer)
    assert outcome.probe is answer.probe
    assert isinstance(outcome.denies("spec.x[0]"), bool)


@given(st.text() | st.binary().map(lambda b: b.decode("latin-1")), st.booleans())
def test_any_words_of_a_failed_call_have_a_class(words: str, requested: bool) -> None:
    assert isinstance(classify_call(words, requested=requested), CallFault)


@given(rounds)
def test_a_good_round_holds_all_three(done: ProbeRound) -> None:
    scout_probe(done)
    if round_is_good(done):
        assert {a.probe for a in done.answers} == set(ProbeName)


@settings(max_examples=100)
@given(st.sampled_from(sorted(Kind, key=lambda k: k.name)), st.dictionaries(st.text(max_size=8), junk, max_size=4))
def test_reduce_is_total_and_idempotent(kind: Kind, raw: Mapping[str, Any]) -> None:
    once = reduce(kind, raw)
    assert repr(reduce(kind, once)) == repr(once)


@pytest.mark.parametrize("entry", CATALOGUE.values(), ids=lambda e: e.code)
def test_the_catalogue_explains_each_code(entry: Any) -> None:
    assert entry.title
    assert not entry.title.endswith(".")
    assert entry.explanation.endswith(".")
    assert entry.reference.startswith("https://")
