"""Decides whether what `check` was asked for is reached. Pure: an assessment in, an answer out."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from certdash.certmanager.streams import desired_streams
from certdash.diagnosis.proof import as_expected
from certdash.model.assessment import Assessment
from certdash.model.connection import ConnectionPhase
from certdash.model.diagnosis import Diagnosis, InstallPhase, IssuancePhase, Verdict
from certdash.model.probe import ProbeAnswer, ProbeRound
from certdash.model.resource import Kind
from certdash.model.stream import StreamPhase

STABLE_WHEN_UNKNOWN = 3
"""Good rounds in a row to ask for when the API servers can't be counted: control planes have up to three, mostly."""

VERSION_LABEL = "app.kubernetes.io/version"


class Aim(StrEnum):
    """What --for asks: the whole install, the proof alone, or the install and a certificate that is really issued."""

    INSTALL = "install"
    API = "api"
    ISSUANCE = "issuance"


@dataclass(frozen=True, slots=True)
class Goal:
    """What has to be so. `expect_version` "" accepts any; `stable` None counts the API servers."""

    aim: Aim = Aim.INSTALL
    expect_version: str = ""
    stable: int | None = None


@dataclass(frozen=True, slots=True)
class Reached:
    """It is so. `unseen` names what could not be read and so was not asked for."""

    unseen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NotYet:
    """It is not so now, in one line of raw text. `untold`: nothing of the cluster could be seen at all."""

    reason: str
    untold: bool = False


@dataclass(frozen=True, slots=True)
class Hopeless:
    """It can't be told, and waiting does not heal that; one line of raw text that says what to do."""

    reason: str


Answer: TypeAlias = Reached | NotYet | Hopeless


def judge(assessment: Assessment, goal: Goal) -> Answer:
    """Whether what was asked for is so in this assessment."""
    if (reason := hopeless_reason(assessment)) is not None:
        return Hopeless(reason)
    ready = assessment.diagnosis.verdict is Verdict.READY
    if not ready and (reason := _disconnected_reason(assessment) or _foreign_reason(assessment)):
        return NotYet(reason, untold=True)
    reason = _unproven_reason(assessment, goal)
    if reason is None and goal.aim is not Aim.API:
        reason = _install_reason(assessment.diagnosis)
    if reason is None and goal.expect_version:
        reason = _version_reason(assessment, goal.expect_version)
    if reason is not None:
        return NotYet(reason)
    return Reached(_unseen(assessment.diagnosis) if goal.aim is not Aim.API else ())


def hopeless_reason(assessment: Assessment) -> str | None:
    """Why waiting is in vain: the credentials are refused, or may not do what the probe does."""
    snapshot = assessment.snapshot
    who = snapshot.target.user or "these credentials"
    refused = _refused_answer(snapshot.probe.last)
    if snapshot.connection.phase is ConnectionPhase.UNAUTHENTICATED or (refused is not None and refused.status == 401):
        return f"the API server does not accept {who} (401): log in anew, or choose another user"
    if refused is not None:
        where = snapshot.scope.probe_namespace
        return f"{refused.message}: ask for that permission, or probe elsewhere than in {where} with --probe-namespace"
    if snapshot.connection.phase is ConnectionPhase.FORBIDDEN:
        return f"the API server forbids everything to {who} (403): ask for access, or choose another user"
    return None


def _refused_answer(last: ProbeRound | None) -> ProbeAnswer | None:
    """An answer that authorization gave, which comes before admission: what RBAC says names the verb."""
    for answer in last.answers if last is not None else ():
        if answer.status == 401:
            return answer
        if answer.status == 403 and answer.reason == "Forbidden" and " cannot create resource " in answer.message:
            return answer
    return None


def _unproven_reason(assessment: Assessment, goal: Goal) -> str | None:
    diagnosis = assessment.diagnosis
    if diagnosis.verdict is not Verdict.READY:
        return diagnosis.headline
    wanted = rounds_wanted(assessment, goal)
    if diagnosis.proof.streak < wanted:
        return f"{diagnosis.proof.streak} of {wanted} good rounds in a row"
    return None


def _disconnected_reason(assessment: Assessment) -> str:
    """The transport's own words while there is no connection, "" when there is one or nothing is known yet."""
    connection, last = assessment.snapshot.connection, assessment.snapshot.probe.last
    if connection.phase not in (ConnectionPhase.CONNECTING, ConnectionPhase.LOST):
        return ""
    errors = [answer.transport_error for answer in last.answers if answer.transport_error] if last is not None else []
    return next(iter(errors), connection.error)


def _foreign_reason(assessment: Assessment) -> str:
    """What to say of a server that answers, but nothing that Kubernetes would; "" for any other."""
    snapshot = assessment.snapshot
    states = snapshot.streams.values()
    broken = all(state.phase is StreamPhase.BROKEN and not state.synced_once for state in states)
    if snapshot.server.version or not states or not broken or snapshot.connection.last_answer is None:
        return ""
    return f"{snapshot.target.server} answers, but not as a Kubernetes API server does: check the server's URL"


def rounds_wanted(assessment: Assessment, goal: Goal) -> int:
    """Good rounds in a row to ask for: as many as there are API servers, since a fresh connection may reach any."""
    if goal.stable is not None:
        return goal.stable
    return assessment.snapshot.server.api_servers or STABLE_WHEN_UNKNOWN


def _install_reason(diagnosis: Diagnosis) -> str | None:
    install, issuance = diagnosis.install, diagnosis.issuance
    if install.phase not in (InstallPhase.COMPLETE, InstallPhase.NOT_VISIBLE):
        return f"the API is ready, the install is {_with_summary(install.phase, install.summary)}"
    if issuance.phase is IssuancePhase.NOT_RUNNING:
        return f"the API is ready, issuance is {_with_summary(issuance.phase, issuance.summary)}"
    return None


def _with_summary(phase: str, summary: str) -> str:
    return summary if summary.startswith(phase) else f"{phase}: {summary}" if summary else phase


def _unseen(diagnosis: Diagnosis) -> tuple[str, ...]:
    unseen = []
    if diagnosis.install.phase is InstallPhase.NOT_VISIBLE:
        unseen.append("the Deployments")
    if diagnosis.issuance.phase is IssuancePhase.NOT_VISIBLE:
        unseen.append("the controller's lease")
    return tuple(unseen)


def _version_reason(assessment: Assessment, expected: str) -> str | None:
    """Why the expected version is not there. A CRD without the version label says nothing about it."""
    install = assessment.diagnosis.install
    running = install.versions or ((install.version,) if install.version else ())
    crds = {
        str(labels[VERSION_LABEL])
        for crd in assessment.snapshot.of(Kind.CRD).values()
        if VERSION_LABEL in (labels := (crd.body.get("metadata") or {}).get("labels") or {})
    }
    for what, versions in (("running images are", running), ("CRDs are", sorted(crds))):
        others = [version for version in versions if _plain(version) != _plain(expected)]
        if others:
            return f"{what} of {', '.join(others)}, not of {expected}"
    if not running:
        return f"whether {expected} runs can't be seen: the Deployments can't be read"
    return None


def _plain(version: str) -> str:
    return version.removeprefix("v")


def missing_namespace(assessment: Assessment) -> str:
    """The namespace that --namespace names and the cluster does not have, "" when it has it or it can't be told."""
    snapshot = assessment.snapshot
    name = snapshot.scope.install_namespace
    gone = name and snapshot.readable(Kind.NAMESPACE, name) and snapshot.get(Kind.NAMESPACE, name) is None
    return name if gone else ""


def settled(assessment: Assessment, *, streams_overdue: bool) -> bool:
    """Whether a one-shot check has seen enough: every stream has answered (or is overdue), and a round has too.

    A round whose basis moved under it says nothing; no connection, or a refused one, ends the look at once.
    """
    probe, connection = assessment.snapshot.probe, assessment.snapshot.connection
    last = probe.last if probe.last is not None and not probe.last.cancelled else None
    if connection.phase in (ConnectionPhase.LOST, ConnectionPhase.UNAUTHENTICATED):
        return True
    if connection.last_answer is None and last is not None and _unanswered(last):
        return True
    if not streams_overdue and _pending(assessment):
        return False
    if last is None:
        return False
    current = last.basis_begun == last.basis_ended == probe.basis_generation
    # A scout that succeeds is followed by a full round, one that fails is all there is to see.
    told = last.full or not all(as_expected(answer) for answer in last.answers)
    return _unanswered(last) or (current and told)


def _pending(assessment: Assessment) -> bool:
    """Whether a stream or the discovery document has yet to answer."""
    return _streams_pending(assessment) or (not _foreign_reason(assessment) and _discovery_pending(assessment))


def _streams_pending(assessment: Assessment) -> bool:
    streams = assessment.snapshot.streams
    for spec in desired_streams(assessment.snapshot):
        state = streams.get(spec)
        if state is None or state.phase is StreamPhase.CONNECTING:
            return True
    return False


def _discovery_pending(assessment: Assessment) -> bool:
    """Where CRDs can't be read, the discovery document tells which are served; it is asked only then."""
    snapshot = assessment.snapshot
    crds = [state.phase for spec, state in snapshot.streams.items() if spec.kind is Kind.CRD]
    return snapshot.server.served is None and any(phase is not StreamPhase.SYNCED for phase in crds)


def _unanswered(last: ProbeRound) -> bool:
    return bool(last.answers) and all(answer.status is None for answer in last.answers)
