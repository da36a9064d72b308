"""Snapshot in, Diagnosis out."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from certdash.certmanager.versions import version_key
from certdash.diagnosis.checks.access import check_connection, check_others, check_permission, check_server
from certdash.diagnosis.checks.ca_bundle import check_ca_bundle
from certdash.diagnosis.checks.calls import check_answers, check_calls
from certdash.diagnosis.checks.configurations import check_configurations
from certdash.diagnosis.checks.crds import check_crds
from certdash.diagnosis.checks.probe import SILENT, check_probe
from certdash.diagnosis.checks.service import check_service
from certdash.diagnosis.checks.upkeep import check_upkeep
from certdash.diagnosis.checks.workloads import check_webhook_workload
from certdash.diagnosis.facts import Facts, derive
from certdash.diagnosis.judgement import Judgement
from certdash.diagnosis.lines import install_line, issuance_state
from certdash.diagnosis.links import chain
from certdash.diagnosis.proof import GRACE, SETTLING, proof_ends, streak
from certdash.diagnosis.remedies import Remedies, remedies_for
from certdash.diagnosis.root_cause import blockers, warnings
from certdash.model.diagnosis import Diagnosis, InstallLine, InstallPhase, ProofLine, Verdict
from certdash.model.finding import Component, Finding, Severity
from certdash.model.instant import Instant
from certdash.model.snapshot import Snapshot

Check = Callable[[Facts, Remedies], Iterator[Judgement]]

_CHECKS: tuple[Check, ...] = (
    check_connection,
    check_server,
    check_crds,
    check_permission,
    check_others,
    check_configurations,
    check_service,
    check_webhook_workload,
    check_ca_bundle,
    check_calls,
    check_answers,
    check_probe,
    check_upkeep,
)
_UNTOLD = (Component.CONNECTION, Component.API_SERVER)
# Blockers that say that we can't tell, not that something is wrong.
_CANNOT_TELL = frozenset({"CD1006", "CD1007"})


def diagnose(snapshot: Snapshot, now: Instant) -> Diagnosis:
    """What is so now. Pure and total: the same snapshot and moment give the same diagnosis, and none raises."""
    facts = derive(snapshot, now)
    remedies = remedies_for(snapshot, facts.install, _version(facts), _crd_version(facts))
    judgements = tuple(j for check in _CHECKS for j in check(facts, remedies))
    blocking, warning = _weigh(facts, blockers(judgements), warnings(judgements))
    ready = facts.proof is not None and not blocking
    cause = None if ready or not blocking else blocking[0].finding
    verdict = Verdict.READY if ready else _verdict(cause)
    install = install_line(facts)
    issuance = issuance_state(facts)
    findings = tuple(j.finding for j in (*blocking, *warning))
    limits = [j.until for j in (*blocking, *warning) if j.until] + ([issuance.until] if issuance.until else [])
    return Diagnosis(
        verdict=verdict,
        headline=_headline(verdict, cause, install),
        cause=cause,
        also=tuple(j.finding for j in blocking if j.finding is not cause),
        warnings=tuple(j.finding for j in warning),
        links=chain(facts, findings, install),
        install=install,
        issuance=issuance.line,
        proof=_proof_line(facts, ready),
        valid_until=_valid_until(facts, limits),
    )


def _weigh(
    facts: Facts, blocking: Sequence[Judgement], warning: Sequence[Judgement]
) -> tuple[tuple[Judgement, ...], tuple[Judgement, ...]]:
    """A proof outranks what the objects suggest about the links that it went through; those become warnings.

    It did not go through four of the six CRDs, so what is wrong with a CRD blocks all the same.
    """
    if facts.proof is None or not facts.proof_outranks:
        return tuple(blocking), tuple(warning)
    kept = [j for j in blocking if j.finding.component is Component.CRDS]
    demoted = [_demoted(j) for j in blocking if j.finding.component is not Component.CRDS]
    return tuple(kept), (*demoted, *warning)


def _demoted(judgement: Judgement) -> Judgement:
    finding = replace(judgement.finding, severity=Severity.WARNING, heals_itself=False)
    return replace(judgement, finding=finding)


def _verdict(cause: Finding | None) -> Verdict:
    if cause is None:
        return Verdict.UNKNOWN
    if cause.blames_others or cause.component in _UNTOLD:
        return Verdict.PROGRESSING if cause.heals_itself and cause.component is Component.CRDS else Verdict.UNKNOWN
    if cause.heals_itself:
        return Verdict.PROGRESSING
    return Verdict.UNKNOWN if cause.code in _CANNOT_TELL else Verdict.NOT_READY


def _headline(verdict: Verdict, cause: Finding | None, install: InstallLine) -> str:
    if verdict is Verdict.READY:
        return "The API accepts cert-manager resources"
    if cause is None:
        return "It is not known whether the API accepts cert-manager resources"
    if cause.code == "CD0201":
        visible = install.phase is not InstallPhase.NOT_VISIBLE
        return f"Unproven: {'the objects look healthy' if visible else 'nor can the install be seen'}. {cause.summary}"
    return cause.summary


def _proof_line(facts: Facts, ready: bool) -> ProofLine:
    probe = facts.snapshot.probe
    slow = None
    if probe.in_flight is not None and facts.now.seconds_since(probe.in_flight) >= SILENT:
        slow = probe.in_flight
    begun = facts.proof.begun if ready and facts.proof else None
    return ProofLine(begun, streak(probe), probe.interval, slow)


def _valid_until(facts: Facts, limits: Sequence[float]) -> Instant | None:
    """The first moment at which time alone would change the answer."""
    now, probe = facts.now, facts.snapshot.probe
    moments = [Instant(now.steady + s, now.wall + s) for s in limits]
    if facts.proof is not None:
        moments.append(proof_ends(facts.proof, probe))
    if probe.in_flight is not None:
        moments.append(_after(probe.in_flight, SILENT))
    if probe.basis_changed is not None:
        moments += [_after(probe.basis_changed, GRACE), _after(probe.basis_changed, SETTLING)]
    coming = [m for m in moments if m.steady > now.steady]
    return min(coming, default=None)


def _after(moment: Instant, seconds: float) -> Instant:
    return Instant(moment.steady + seconds, moment.wall + seconds)


def _version(facts: Facts) -> str:
    """The installed version: the newest among the running components."""
    found = (r.version for r in facts.rollouts.values() if version_key(r.version) > (0, 0, 0))
    return max(found, key=version_key, default="")


def _crd_version(facts: Facts) -> str:
    found = (c.view.version for c in facts.crds if c.view and version_key(c.view.version) > (0, 0, 0))
    return max(found, key=version_key, default="")
