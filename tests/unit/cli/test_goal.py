"""Whether what `check` was asked for is reached."""

from dataclasses import replace

import pytest

from certdash.cli.goal import Aim, Goal, Hopeless, NotYet, Reached, judge, missing_namespace, rounds_wanted, settled
from certdash.model.connection import Connection, ConnectionPhase, ServerFacts
from certdash.model.diagnosis import (
    InstallLine,
    InstallPhase,
    IssuanceLine,
    IssuancePhase,
    ProofLine,
    Verdict,
)
from certdash.model.probe import ProbeName
from certdash.model.resource import Kind
from certdash.model.stream import StreamPhase, StreamSpec, StreamState
from tests.unit.cli.assessments import NOW, answer, assessment, diagnosis, good_round, probe_round

INSTALL = Goal()
API = Goal(Aim.API)
ROLLING = InstallLine(InstallPhase.ROLLING, "rolling 1/2", "v1.21.1", (), "cert-manager")
NO_LEASE = IssuanceLine(IssuancePhase.NOT_RUNNING, "not running: nobody holds the lease")
RBAC_REFUSAL = answer(
    ProbeName.VALID,
    403,
    is_status=True,
    reason="Forbidden",
    message=(
        'certificates.cert-manager.io is forbidden: User "alice" cannot create resource "certificates" in API group '
        '"cert-manager.io" in the namespace "team-a"'
    ),
)
WEBHOOK_DENIAL = answer(
    ProbeName.INVALID,
    403,
    is_status=True,
    reason="Forbidden",
    message='admission webhook "webhook.cert-manager.io" denied the request: spec.ipAddresses[0]: Invalid value',
)


def test_ready_is_reached() -> None:
    assert judge(assessment(), INSTALL) == Reached()
    assert judge(assessment(), API) == Reached()


@pytest.mark.parametrize("verdict", [Verdict.NOT_READY, Verdict.PROGRESSING, Verdict.UNKNOWN])
def test_any_other_verdict_is_not(verdict: Verdict) -> None:
    assert judge(assessment(diagnosis(verdict)), API) == NotYet("the webhook configuration trusts no CA")


def test_a_rolling_install_keeps_the_install_waiting_but_not_the_api() -> None:
    rolling = assessment(diagnosis(install=ROLLING))
    assert judge(rolling, API) == Reached()
    assert judge(rolling, INSTALL) == NotYet("the API is ready, the install is rolling 1/2")


@pytest.mark.parametrize("phase", [InstallPhase.DEGRADED, InstallPhase.ABSENT])
def test_an_install_that_is_not_whole_is_not_reached(phase: InstallPhase) -> None:
    found = diagnosis(install=InstallLine(phase, "cainjector has no ready pod"))
    assert judge(assessment(found), INSTALL) == NotYet(
        f"the API is ready, the install is {phase}: cainjector has no ready pod"
    )


def test_a_controller_that_does_not_lead_is_not_reached() -> None:
    assert isinstance(judge(assessment(diagnosis(issuance=NO_LEASE)), INSTALL), NotYet)
    assert judge(assessment(diagnosis(issuance=NO_LEASE)), API) == Reached()


def test_what_cannot_be_read_is_said_and_does_not_fail_it() -> None:
    found = diagnosis(
        install=InstallLine(InstallPhase.NOT_VISIBLE, "forbidden"),
        issuance=IssuanceLine(IssuancePhase.NOT_VISIBLE, "forbidden"),
    )
    assert judge(assessment(found), INSTALL) == Reached(("the Deployments", "the controller's lease"))
    assert judge(assessment(found), API) == Reached()


@pytest.mark.parametrize(
    ("stable", "api_servers", "wanted"), [(None, 1, 1), (None, 3, 3), (None, None, 3), (None, 0, 3), (2, 5, 2)]
)
def test_rounds_wanted(stable: int | None, api_servers: int | None, wanted: int) -> None:
    goal = Goal(stable=stable)
    assert rounds_wanted(assessment(api_servers=api_servers), goal) == wanted
    short = diagnosis(proof=ProofLine(NOW, streak=wanted - 1))
    assert isinstance(judge(assessment(short, api_servers=api_servers), goal), NotYet)
    enough = diagnosis(proof=ProofLine(NOW, streak=wanted))
    assert judge(assessment(enough, api_servers=api_servers), goal) == Reached()


def test_the_expected_version_is_demanded_of_images_and_crds() -> None:
    expect = Goal(Aim.API, expect_version="v1.21.1")
    assert judge(assessment(), expect) == Reached()
    assert judge(assessment(crd_version="v1.20.0"), expect) == NotYet("CRDs are of v1.20.0, not of v1.21.1")
    assert judge(assessment(crd_version=""), expect) == Reached()
    mixed = InstallLine(InstallPhase.COMPLETE, "complete", "v1.21.1", ("v1.20.0", "v1.21.1"))
    assert judge(assessment(diagnosis(install=mixed)), expect) == NotYet(
        "running images are of v1.20.0, not of v1.21.1"
    )


def test_a_version_that_nobody_can_see_is_not_confirmed() -> None:
    unseen = InstallLine(InstallPhase.NOT_VISIBLE, "forbidden")
    answered = judge(assessment(diagnosis(install=unseen)), Goal(Aim.API, "v1.21.1"))
    assert isinstance(answered, NotYet)
    assert "can't be seen" in answered.reason


@pytest.mark.parametrize("phase", [ConnectionPhase.UNAUTHENTICATED, ConnectionPhase.FORBIDDEN])
def test_refused_credentials_are_hopeless(phase: ConnectionPhase) -> None:
    answered = judge(assessment(diagnosis(Verdict.UNKNOWN), connection=phase), API)
    assert isinstance(answered, Hopeless)
    assert "alice" in answered.reason


@pytest.mark.parametrize("refusal", [RBAC_REFUSAL, answer(ProbeName.VALID, 401, message="Unauthorized")])
def test_a_probe_that_may_not_be_sent_is_hopeless(refusal: object) -> None:
    found = assessment(diagnosis(Verdict.UNKNOWN), rounds=(probe_round(refusal),))  # type: ignore[arg-type]
    assert isinstance(judge(found, API), Hopeless)


def test_a_webhooks_denial_is_no_missing_permission() -> None:
    found = assessment(diagnosis(Verdict.NOT_READY), rounds=(probe_round(WEBHOOK_DENIAL),))
    assert isinstance(judge(found, API), NotYet)


def test_an_unreachable_server_is_worth_waiting_for() -> None:
    refused = answer(ProbeName.VALID, None, transport_error="connection refused")
    found = assessment(diagnosis(Verdict.UNKNOWN), rounds=(probe_round(refused),), connection=ConnectionPhase.LOST)
    assert isinstance(judge(found, API), NotYet)


def test_one_look_waits_for_streams_and_a_round() -> None:
    assert not settled(assessment(stream_phase=None, rounds=(good_round(),)), streams_overdue=False)
    assert not settled(assessment(stream_phase=StreamPhase.CONNECTING, rounds=(good_round(),)), streams_overdue=False)
    assert not settled(assessment(), streams_overdue=False)
    assert settled(assessment(rounds=(good_round(),)), streams_overdue=False)


def test_overdue_streams_are_not_waited_for_but_a_round_is() -> None:
    silent = assessment(stream_phase=StreamPhase.CONNECTING, rounds=(good_round(),))
    assert settled(silent, streams_overdue=True)
    assert not settled(assessment(stream_phase=StreamPhase.CONNECTING), streams_overdue=True)


def test_a_round_whose_basis_moved_says_nothing() -> None:
    assert not settled(assessment(rounds=(good_round(basis=(0, 1)),)), streams_overdue=True)
    assert not settled(assessment(rounds=(good_round(cancelled=True),)), streams_overdue=True)


def test_a_scout_settles_it_when_it_failed() -> None:
    failed = probe_round(answer(ProbeName.VALID, 500), full=False)
    assert settled(assessment(rounds=(failed,)), streams_overdue=False)
    passed = probe_round(answer(ProbeName.VALID), full=False)
    assert not settled(assessment(rounds=(passed,)), streams_overdue=False)


@pytest.mark.parametrize("phase", [ConnectionPhase.LOST, ConnectionPhase.UNAUTHENTICATED])
def test_a_lost_or_refused_connection_settles_it(phase: ConnectionPhase) -> None:
    assert settled(assessment(connection=phase, stream_phase=StreamPhase.CONNECTING), streams_overdue=False)


def test_answers_that_never_came_settle_it_whatever_the_basis() -> None:
    refused = answer(ProbeName.VALID, None, transport_error="connection refused")
    found = assessment(rounds=(probe_round(refused, basis=(0, 1)),), stream_phase=StreamPhase.BROKEN)
    assert settled(found, streams_overdue=True)
    nobody = replace(found.snapshot, connection=Connection(ConnectionPhase.CONNECTING, NOW))
    assert settled(replace(found, snapshot=nobody), streams_overdue=False)


def test_without_a_connection_the_transports_own_words_are_the_reason() -> None:
    refused = answer(ProbeName.VALID, None, transport_error="https://a: connection refused")
    found = assessment(
        diagnosis(Verdict.UNKNOWN), rounds=(probe_round(refused),), connection=ConnectionPhase.CONNECTING
    )
    assert judge(found, API) == NotYet("https://a: connection refused", untold=True)


def test_a_server_that_says_nothing_a_kubernetes_would_is_named_so() -> None:
    found = assessment(diagnosis(Verdict.UNKNOWN), stream_phase=StreamPhase.BROKEN)
    foreign = replace(found, snapshot=replace(found.snapshot, server=ServerFacts()))
    answered = judge(foreign, API)
    assert isinstance(answered, NotYet)
    assert "not as a Kubernetes API server does" in answered.reason
    assert judge(found, API) == NotYet("the webhook configuration trusts no CA")


def test_a_scout_that_is_admitted_without_a_stamp_settles_it_too() -> None:
    open_door = probe_round(answer(ProbeName.IDENTITY, stamped_username="certdash-sentinel"), full=False)
    assert settled(assessment(rounds=(open_door,)), streams_overdue=False)


def test_unreadable_crds_wait_for_the_discovery_document() -> None:
    blind = assessment(diagnosis(Verdict.UNKNOWN), rounds=(good_round(),), stream_phase=StreamPhase.FORBIDDEN)
    assert not settled(blind, streams_overdue=False)
    served = replace(blind.snapshot, server=replace(blind.snapshot.server, served=frozenset({"certificates"})))
    assert settled(replace(blind, snapshot=served), streams_overdue=False)


def test_a_namespace_is_missing_only_where_that_is_a_fact() -> None:
    def look_in(name: str, phase: StreamPhase) -> str:
        found = assessment()
        scope = replace(found.snapshot.scope, install_namespace=name)
        streams = {StreamSpec(Kind.NAMESPACE, name=name): StreamState(phase, NOW)}
        return missing_namespace(replace(found, snapshot=replace(found.snapshot, scope=scope, streams=streams)))

    assert look_in("nosuch", StreamPhase.SYNCED) == "nosuch"
    assert look_in("nosuch", StreamPhase.FORBIDDEN) == ""
    assert look_in("", StreamPhase.SYNCED) == ""
