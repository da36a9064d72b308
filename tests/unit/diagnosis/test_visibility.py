"""What is said where reads, creates or the connection itself are missing."""

from dataclasses import replace

import pytest

from certdash.model.connection import Connection, ConnectionPhase
from certdash.model.diagnosis import InstallPhase, IssuancePhase, Verdict
from certdash.model.resource import Kind
from certdash.model.stream import StreamPhase
from tests.unit import scenarios
from tests.unit.diagnosis.diagnosed import said_of
from tests.unit.diagnosis.faults import RBAC, lease_old, scaled_to_zero
from tests.unit.scenario_answers import round_of, same_answers
from tests.unit.scenario_cluster import NOW, at


@pytest.mark.parametrize("phase", [StreamPhase.FORBIDDEN, StreamPhase.BROKEN, StreamPhase.NOT_SERVED])
def test_without_any_read_a_proof_is_a_proof(phase: StreamPhase) -> None:
    cluster = scenarios.healthy()
    for kind in Kind:
        cluster.stream(kind, phase)
    said = said_of(cluster)
    assert said.verdict is Verdict.READY
    assert said.warnings == ()
    assert said.install.phase is InstallPhase.NOT_VISIBLE
    assert said.issuance.phase is IssuancePhase.NOT_VISIBLE


def test_without_any_permission_nothing_is_known() -> None:
    cluster = scenarios.healthy()
    for kind in Kind:
        cluster.stream(kind, StreamPhase.FORBIDDEN)
    cluster.probed(round_of(same_answers(403, RBAC, reason="Forbidden")))
    said = said_of(cluster)
    assert said.verdict is Verdict.UNKNOWN
    assert said.cause is not None
    assert said.cause.code == "CD0201"
    assert said.install.phase is InstallPhase.NOT_VISIBLE


def test_without_create_permission_what_the_objects_prove_is_said_first() -> None:
    cluster = scenarios.healthy()
    scaled_to_zero(cluster)
    cluster.probed(round_of(same_answers(403, RBAC, reason="Forbidden")))
    said = said_of(cluster)
    assert said.cause is not None
    assert (said.verdict, said.cause.code) == (Verdict.NOT_READY, "CD0702")
    assert "CD0201" in [f.code for f in said.also]


def test_healthy_objects_without_create_permission_are_called_healthy() -> None:
    assert said_of(scenarios.forbidden()).headline.startswith("Unproven: the objects look healthy")


def test_what_discovery_does_not_tell_either_is_unknown_in_the_end() -> None:
    cluster = scenarios.healthy()
    cluster.stream(Kind.CRD, StreamPhase.FORBIDDEN)
    cluster.server = replace(cluster.server, served=None)
    said = said_of(cluster)
    assert said.cause is not None
    assert (said.verdict, said.cause.code) == (Verdict.UNKNOWN, "CD0309")
    cluster.connection = Connection(ConnectionPhase.DEGRADED, at(1), NOW)
    assert said_of(cluster).verdict is Verdict.PROGRESSING


def test_discovery_tells_of_crds_that_can_not_be_read() -> None:
    cluster = scenarios.healthy()
    cluster.stream(Kind.CRD, StreamPhase.FORBIDDEN)
    served = cluster.server.served
    assert served is not None
    cluster.server = replace(cluster.server, served=served - {"orders.acme.cert-manager.io"})
    said = said_of(cluster)
    assert said.cause is not None
    assert (said.verdict, said.cause.code) == (Verdict.NOT_READY, "CD0302")


@pytest.mark.parametrize(
    ("phase", "error", "code"),
    [
        (ConnectionPhase.LOST, "why", "CD0101"),
        (ConnectionPhase.CONNECTING, "", "CD0102"),
        (ConnectionPhase.CONNECTING, "connection refused", "CD0101"),
        (ConnectionPhase.UNAUTHENTICATED, "why", "CD0103"),
        (ConnectionPhase.FORBIDDEN, "why", "CD0104"),
    ],
)
def test_without_a_connection_nothing_is_known(phase: ConnectionPhase, error: str, code: str) -> None:
    cluster = scenarios.healthy()
    cluster.connection = Connection(phase, at(12), at(12), error)
    said = said_of(cluster)
    assert said.cause is not None
    assert (said.verdict, said.cause.code) == (Verdict.UNKNOWN, code)


def test_a_lost_connection_does_not_make_leases_old() -> None:
    cluster = scenarios.connection_lost()
    lease_old(cluster)
    said = said_of(cluster)
    assert said.issuance.phase is IssuancePhase.NOT_VISIBLE
    assert said.warnings == ()
