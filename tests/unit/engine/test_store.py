"""The store folds inputs, shares what did not change, and knows when a proof lost its ground."""

from typing import Any

import pytest

from certdash.engine.store import Store
from certdash.model.connection import Target
from certdash.model.inputs import (
    Change,
    ChangeType,
    Input,
    ObjectsChanged,
    ProofsVoided,
    RoundBegan,
    RoundEnded,
    StreamChanged,
)
from certdash.model.instant import Instant
from certdash.model.probe import ProbeRound
from certdash.model.resource import Kind
from certdash.model.snapshot import Scope
from certdash.model.stream import StreamPhase, StreamSpec, StreamState
from tests.unit.scenario_cluster import NOW
from tests.unit.scenario_registration import crd

TARGET = Target("dev", "dev", "me", "https://127.0.0.1:6443", "default", "config")
PODS = StreamSpec(Kind.POD, "cert-manager")
CRD = StreamSpec(Kind.CRD, name="issuers.cert-manager.io")
ALL_CRDS = StreamSpec(Kind.CRD)


def body(kind: str, name: str, namespace: str = "", **extra: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace, "uid": f"u-{name}", "resourceVersion": "7"}
    return {"kind": kind, "metadata": metadata, **extra}


def synced(spec: StreamSpec) -> StreamChanged:
    return StreamChanged(NOW, spec, StreamState(StreamPhase.SYNCED, NOW, synced_once=True))


def objects(spec: StreamSpec, type_: ChangeType, *bodies: dict[str, Any]) -> ObjectsChanged:
    return ObjectsChanged(NOW, spec, tuple(Change(type_, item) for item in bodies))


@pytest.fixture
def store() -> Store:
    return Store(TARGET, Scope(), NOW)


def fold(store: Store, *events: Input) -> None:
    for event in events:
        store.apply(event)


def test_kinds_that_did_not_change_are_shared(store: Store) -> None:
    fold(store, objects(PODS, ChangeType.ADDED, body("Pod", "a", "cert-manager")))
    first = store.snapshot(NOW)
    fold(store, objects(CRD, ChangeType.ADDED, crd("issuers.cert-manager.io")))
    second = store.snapshot(NOW)
    assert second.of(Kind.POD) is first.of(Kind.POD)
    assert second.get(Kind.CRD, "issuers.cert-manager.io") is not None
    assert first.get(Kind.CRD, "issuers.cert-manager.io") is None


def test_what_is_stored_is_reduced(store: Store) -> None:
    secret = body("Secret", "ca", "cert-manager", data={"tls.key": "c2VjcmV0"})
    fold(store, objects(StreamSpec(Kind.SECRET, "cert-manager", "ca", metadata_only=True), ChangeType.ADDED, secret))
    kept = store.snapshot(NOW).get(Kind.SECRET, "ca", "cert-manager")
    assert kept is not None
    assert "c2VjcmV0" not in repr(kept)


def test_an_object_of_two_streams_stays_until_both_let_go(store: Store) -> None:
    issuers = crd("issuers.cert-manager.io")
    fold(store, objects(CRD, ChangeType.ADDED, issuers), objects(ALL_CRDS, ChangeType.ADDED, issuers))
    fold(store, synced(CRD), StreamChanged(NOW, CRD, None))
    assert store.snapshot(NOW).get(Kind.CRD, "issuers.cert-manager.io") is not None
    fold(store, objects(ALL_CRDS, ChangeType.DELETED, issuers))
    assert store.snapshot(NOW).get(Kind.CRD, "issuers.cert-manager.io") is None


def test_a_stream_that_is_not_wanted_takes_its_objects_along(store: Store) -> None:
    fold(store, synced(PODS), objects(PODS, ChangeType.ADDED, body("Pod", "a", "cert-manager")))
    fold(store, StreamChanged(NOW, PODS, None))
    snapshot = store.snapshot(NOW)
    assert not snapshot.of(Kind.POD)
    assert PODS not in snapshot.streams


def test_a_deleted_crd_changes_the_basis_and_voids_the_proof(store: Store) -> None:
    issuers = crd("issuers.cert-manager.io")
    fold(store, synced(CRD), objects(CRD, ChangeType.ADDED, issuers))
    before = store.snapshot(NOW).probe
    assert before.voided is None
    fold(store, objects(CRD, ChangeType.DELETED, issuers))
    after = store.snapshot(NOW).probe
    assert after.basis_generation == before.basis_generation + 1
    assert after.voided == NOW
    assert "issuers.cert-manager.io" in after.void_reason


def test_pods_and_leases_leave_the_basis_alone(store: Store) -> None:
    before = store.snapshot(NOW).probe.basis_generation
    fold(store, synced(PODS), objects(PODS, ChangeType.ADDED, body("Pod", "a", "cert-manager")))
    assert store.snapshot(NOW).probe.basis_generation == before


def test_leases_do_not_count_as_movement(store: Store) -> None:
    later = Instant(NOW.steady + 5, NOW.wall + 5)
    lease = StreamSpec(Kind.LEASE, "kube-system", "cert-manager-controller")
    fold(store, ObjectsChanged(later, lease, (Change(ChangeType.ADDED, body("Lease", "x", "kube-system")),)))
    assert store.moved == NOW
    fold(store, ObjectsChanged(later, PODS, (Change(ChangeType.ADDED, body("Pod", "a", "cert-manager")),)))
    assert store.moved == later


def test_rounds_are_kept_up_to_a_limit(store: Store) -> None:
    for number in range(100):
        fold(store, RoundBegan(NOW))
        assert store.snapshot(NOW).probe.in_flight == NOW
        done = ProbeRound(number, NOW, NOW, "default", (), full=True, basis_begun=0, basis_ended=0)
        fold(store, RoundEnded(NOW, done))
    probe = store.snapshot(NOW).probe
    assert probe.in_flight is None
    assert [r.number for r in probe.rounds] == list(range(40, 100))


def test_voiding_is_recorded(store: Store) -> None:
    fold(store, ProofsVoided(NOW, "the machine slept"))
    probe = store.snapshot(NOW).probe
    assert (probe.voided, probe.void_reason) == (NOW, "the machine slept")
