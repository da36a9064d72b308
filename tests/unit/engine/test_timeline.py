"""The timeline says what changed, once, and is silent about a first list."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from certdash.engine.object_words import describe_object
from certdash.engine.timeline import changes_between
from certdash.model.connection import Connection, ConnectionPhase, Target
from certdash.model.diagnosis import Status
from certdash.model.instant import Instant
from certdash.model.resource import Kind, KubeObject
from certdash.model.snapshot import Scope, Snapshot
from certdash.model.stream import StreamPhase, StreamSpec, StreamState

NOW = Instant(1000.0, 1.7e9)
TARGET = Target("dev", "dev", "me", "https://127.0.0.1:6443", "default", "config")
PODS = StreamSpec(Kind.POD, "cert-manager")


def pod(ready: bool, reason: str = "") -> KubeObject:
    waiting = [{"name": "c", "state": {"waiting": {"reason": reason}}}] if reason else []
    status = {
        "phase": "Running",
        "conditions": [{"type": "Ready", "status": str(ready)}],
        "containerStatuses": waiting,
    }
    return KubeObject(Kind.POD, "cert-manager", "webhook-1", "u1", "1", {"metadata": {}, "status": status})


def snapshot(*pods: KubeObject, synced: bool = True) -> Snapshot:
    phase = StreamPhase.SYNCED if synced else StreamPhase.CONNECTING
    return Snapshot(
        TARGET,
        Scope(),
        Connection(ConnectionPhase.CONNECTED, NOW),
        objects={Kind.POD: {item.key: item for item in pods}},
        streams={PODS: StreamState(phase, NOW, synced_once=synced)},
    )


def texts(old: Snapshot, new: Snapshot) -> list[tuple[Status, str]]:
    return [(entry.status, entry.text) for entry in changes_between(old, new, NOW)]


def test_a_first_list_is_no_news() -> None:
    assert texts(snapshot(synced=False), snapshot(pod(True))) == []


def test_create_change_delete() -> None:
    assert texts(snapshot(), snapshot(pod(False))) == [(Status.WARN, "Pod webhook-1 created: running, not ready")]
    assert texts(snapshot(pod(False)), snapshot(pod(True))) == [(Status.OK, "Pod webhook-1: ready")]
    crash = texts(snapshot(pod(True)), snapshot(pod(False, "CrashLoopBackOff")))
    assert crash == [(Status.WARN, "Pod webhook-1: CrashLoopBackOff")]
    assert texts(snapshot(pod(True)), snapshot()) == [(Status.WARN, "Pod webhook-1 deleted")]


def test_a_change_nobody_would_see_is_no_entry() -> None:
    assert texts(snapshot(pod(True)), snapshot(pod(True))) == []


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.sampled_from(
    ["metadata", "spec", "status", "conditions", "webhooks", "endpoints", "containerStatuses", "ports", "addresses"]
)


@given(st.sampled_from(list(Kind)), st.dictionaries(FIELDS, JUNK | st.dictionaries(FIELDS, JUNK)))
def test_any_body_can_be_described(kind: Kind, body: dict[str, Any]) -> None:
    status, words = describe_object(KubeObject(kind, "", "x", "u", "1", body))
    assert isinstance(status, Status)
    assert isinstance(words, str)
