"""The machine-readable answer of `check`, as JSON or YAML.

The shape is versioned by `apiVersion`: within certdash/v1 keys are only added, never renamed, removed or given
another meaning. All text is as the cluster sent it (JSON escapes it); times are RFC 3339 in UTC, spans are in seconds;
what is not known is null, never left out.

    apiVersion: certdash/v1
    kind: Check
    goal: {for, expectVersion, stable}       what was asked; stable is null where API servers are counted
    result: {state, exitCode, reason, elapsedSeconds, unseen}
        state: waiting | reached | not reached | could not tell | timed out | interrupted
        exitCode: null while waiting         unseen: what could not be read, and so was not asked for
    target: {context, cluster, user, server, namespace, source, impersonate}       null: no cluster was found
    observed: null, or (when there was a cluster to ask)
        at, verdict: READY | PROGRESSING | NOT READY | UNKNOWN, headline
        cause: a finding or null
        also, warnings: [finding]
        chain: [{link, status: ok | warn | fail | unknown | waiting, summary}]
        install: {phase, summary, version, versions, namespace}
        issuance: {phase, summary}
        proof: {begun, ageSeconds, streak, intervalSeconds}
        probe: {namespace, answers: [{probe, httpStatus, latencySeconds, admitted, reason, message, transportError}]}
        connection: {phase, since, lastAnswer, error}
        cluster: {version, apiServers}
        streams: [{name, phase, httpStatus, error}]

A finding is {code, title, component, severity, summary, blamesOthers, healsItself, reference,
evidence: [{object: {kind, namespace, name} or null, field, value, since}],
remedies: [{text, temporary, commands: [{argv, shell}]}]}.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from certdash.model.assessment import Assessment
from certdash.model.connection import Target
from certdash.model.diagnosis import Diagnosis
from certdash.model.finding import Evidence, Finding, Remedy
from certdash.model.instant import Instant
from certdash.model.probe import ProbeAnswer
from certdash.model.snapshot import Snapshot
from certdash.present.text import quote_command

API_VERSION: Final = "certdash/v1"


@dataclass(frozen=True, slots=True)
class Asked:
    """What `check` was asked for. `stable` None: as many good rounds as there are API servers."""

    aim: str
    expect_version: str = ""
    stable: int | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """How `check` ended, or that it still waits (`exit_code` None). `reason` is raw text, `elapsed` in seconds."""

    state: str
    exit_code: int | None
    reason: str
    elapsed: float
    unseen: tuple[str, ...] = ()


def check_document(
    asked: Asked, result: Result, target: Target | None, assessment: Assessment | None, now: Instant
) -> dict[str, Any]:
    """The document of one check; see the module's docstring for its shape."""
    return {
        "apiVersion": API_VERSION,
        "kind": "Check",
        "goal": {"for": asked.aim, "expectVersion": asked.expect_version or None, "stable": asked.stable},
        "result": {
            "state": result.state,
            "exitCode": result.exit_code,
            "reason": result.reason,
            "elapsedSeconds": round(result.elapsed, 3),
            "unseen": list(result.unseen),
        },
        "target": _target(target) if target is not None else None,
        "observed": _observed(assessment, now) if assessment is not None else None,
    }


def to_json(document: Mapping[str, Any], *, indent: int | None = 2) -> str:
    """The document as JSON of pure ASCII with sorted keys, ended by a line break."""
    separators = (",", ":") if indent is None else None
    return json.dumps(document, indent=indent, sort_keys=True, separators=separators) + "\n"


def to_yaml(document: Mapping[str, Any]) -> str:
    """The document as YAML of pure ASCII with sorted keys."""
    import yaml

    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return str(yaml.dump(document, Dumper=dumper, sort_keys=True, allow_unicode=False, width=120))


def _target(target: Target) -> dict[str, Any]:
    return {
        "context": target.context,
        "cluster": target.cluster,
        "user": target.user,
        "server": target.server,
        "namespace": target.namespace,
        "source": target.source,
        "impersonate": target.impersonate or None,
    }


def _observed(assessment: Assessment, now: Instant) -> dict[str, Any]:
    diagnosis, snapshot = assessment.diagnosis, assessment.snapshot
    connection, server = snapshot.connection, snapshot.server
    return {
        "at": _time(assessment.at),
        "verdict": diagnosis.verdict.value,
        "headline": diagnosis.headline,
        "cause": _finding(diagnosis.cause) if diagnosis.cause is not None else None,
        "also": [_finding(finding) for finding in diagnosis.also],
        "warnings": [_finding(finding) for finding in diagnosis.warnings],
        **_lines(diagnosis, now),
        "probe": {"namespace": snapshot.scope.probe_namespace, "answers": _answers(snapshot)},
        "connection": {
            "phase": connection.phase.value,
            "since": _time(connection.since),
            "lastAnswer": _time(connection.last_answer),
            "error": connection.error or None,
        },
        "cluster": {"version": server.version or None, "apiServers": server.api_servers},
        "streams": [
            {"name": spec.label, "phase": state.phase.value, "httpStatus": state.http_status, "error": state.error}
            for spec, state in sorted(snapshot.streams.items(), key=lambda pair: pair[0].label)
        ],
    }


def _lines(diagnosis: Diagnosis, now: Instant) -> dict[str, Any]:
    install, issuance, proof = diagnosis.install, diagnosis.issuance, diagnosis.proof
    return {
        "chain": [
            {"link": link.component.value, "status": link.status.value, "summary": link.summary}
            for link in diagnosis.links
        ],
        "install": {
            "phase": install.phase.value,
            "summary": install.summary,
            "version": install.version or None,
            "versions": list(install.versions),
            "namespace": install.namespace or None,
        },
        "issuance": {"phase": issuance.phase.value, "summary": issuance.summary},
        "proof": {
            "begun": _time(proof.begun),
            "ageSeconds": round(now.seconds_since(proof.begun), 3) if proof.begun is not None else None,
            "streak": proof.streak,
            "intervalSeconds": proof.interval,
        },
    }


def _answers(snapshot: Snapshot) -> list[dict[str, Any]]:
    last = snapshot.probe.last_full or snapshot.probe.last
    return [_answer(answer) for answer in last.answers] if last is not None else []


def _answer(answer: ProbeAnswer) -> dict[str, Any]:
    return {
        "probe": answer.probe.value,
        "httpStatus": answer.status,
        "latencySeconds": round(answer.latency, 4),
        "admitted": answer.admitted,
        "reason": answer.reason or None,
        "message": answer.message or None,
        "transportError": answer.transport_error or None,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "title": finding.title,
        "component": finding.component.value,
        "severity": finding.severity.value,
        "summary": finding.summary,
        "blamesOthers": finding.blames_others,
        "healsItself": finding.heals_itself,
        "reference": finding.reference or None,
        "evidence": [_evidence(evidence) for evidence in finding.evidence],
        "remedies": [_remedy(remedy) for remedy in finding.remedies],
    }


def _evidence(evidence: Evidence) -> dict[str, Any]:
    ref = evidence.ref
    shown = {"kind": ref.kind, "namespace": ref.namespace or None, "name": ref.name} if ref is not None else None
    return {"object": shown, "field": evidence.field, "value": evidence.value, "since": _wall(evidence.since)}


def _remedy(remedy: Remedy) -> dict[str, Any]:
    return {
        "text": remedy.text,
        "temporary": remedy.temporary,
        "commands": [{"argv": list(argv), "shell": quote_command(argv)} for argv in remedy.commands],
    }


def _time(instant: Instant | None) -> str | None:
    return _wall(instant.wall) if instant is not None else None


def _wall(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        # A hostile or broken object may carry any number.
        return None
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
