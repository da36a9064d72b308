"""When the connection counts as lost, and when it does not."""

from dataclasses import replace

from certdash.engine.connection_watch import assess_connection, in_doubt
from certdash.model.connection import Connection, ConnectionPhase, Target
from certdash.model.instant import Instant
from certdash.model.probe import ProbeAnswer, ProbeName, ProbeRound, ProbeState
from certdash.model.resource import Kind
from certdash.model.snapshot import Scope, Snapshot
from certdash.model.stream import StreamPhase, StreamSpec, StreamState


def instant(seconds: float) -> Instant:
    return Instant(1000.0 + seconds, 1.7e9 + seconds)


START = instant(0)
TARGET = Target("dev", "dev", "me", "https://127.0.0.1:6443", "default", "config")
PODS = StreamSpec(Kind.POD, "cert-manager")
CRD = StreamSpec(Kind.CRD, name="issuers.cert-manager.io")


def snapshot(phases: dict[StreamSpec, StreamPhase], *, error: str = "", status: int | None = None) -> Snapshot:
    streams = {
        spec: StreamState(
            phase, START, error="" if phase is StreamPhase.SYNCED else error, http_status=status, synced_once=True
        )
        for spec, phase in phases.items()
    }
    return Snapshot(TARGET, Scope(), Connection(ConnectionPhase.CONNECTED, START), streams=streams)


def answered(base: Snapshot, status: int | None, transport_error: str = "") -> Snapshot:
    answers = tuple(ProbeAnswer(probe, status, 0.01, transport_error=transport_error) for probe in ProbeName)
    done = ProbeRound(1, START, START, "default", answers, full=True, basis_begun=1, basis_ended=1)
    return replace(base, probe=ProbeState(rounds=(done,)))


def test_silence_alone_is_not_a_loss() -> None:
    quiet = snapshot({PODS: StreamPhase.SYNCED})
    later = instant(55)
    assert not in_doubt(quiet, START, later)
    assert assess_connection(quiet, START, "", START, later).phase is ConnectionPhase.CONNECTED


def test_an_unanswered_probe_raises_doubt() -> None:
    hanging = replace(snapshot({PODS: StreamPhase.SYNCED}), probe=ProbeState(in_flight=instant(50)))
    assert in_doubt(hanging, START, instant(54))


def test_ten_seconds_of_failures_are_a_loss_that_began_with_the_last_answer() -> None:
    broken = snapshot({PODS: StreamPhase.BROKEN}, error="connection refused")
    assert assess_connection(broken, START, "", START, instant(9)).phase is ConnectionPhase.DEGRADED
    lost = assess_connection(broken, START, "", START, instant(10))
    assert lost.phase is ConnectionPhase.LOST
    assert lost.since == START
    assert lost.error == "connection refused"


def test_never_connected_is_connecting_and_then_lost() -> None:
    refused = snapshot({PODS: StreamPhase.BROKEN}, error="connection refused")
    early = assess_connection(refused, None, "", START, instant(2))
    assert (early.phase, early.error) == (ConnectionPhase.CONNECTING, "connection refused")
    assert assess_connection(refused, None, "", START, instant(11)).phase is ConnectionPhase.LOST


def test_one_forbidden_stream_degrades_and_all_forbid() -> None:
    some = snapshot({PODS: StreamPhase.FORBIDDEN, CRD: StreamPhase.SYNCED}, status=403)
    assert assess_connection(some, START, "", START, instant(1)).phase is ConnectionPhase.DEGRADED
    everything = answered(snapshot({PODS: StreamPhase.FORBIDDEN, CRD: StreamPhase.FORBIDDEN}, status=403), 403)
    assert assess_connection(everything, START, "", START, instant(1)).phase is ConnectionPhase.FORBIDDEN


def test_reads_forbidden_but_probe_admitted_is_only_degraded() -> None:
    proven = answered(snapshot({PODS: StreamPhase.FORBIDDEN, CRD: StreamPhase.FORBIDDEN}, status=403), 201)
    assert assess_connection(proven, START, "", START, instant(1)).phase is ConnectionPhase.DEGRADED


def test_all_unauthenticated() -> None:
    nobody = answered(snapshot({PODS: StreamPhase.UNAUTHENTICATED, CRD: StreamPhase.UNAUTHENTICATED}, status=401), 401)
    assert assess_connection(nobody, START, "", START, instant(1)).phase is ConnectionPhase.UNAUTHENTICATED
