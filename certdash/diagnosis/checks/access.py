"""The way to the API server, the API server itself, and what keeps us from asking."""

from collections.abc import Iterator

from certdash.certmanager import fields
from certdash.diagnosis.envelope import Outcome, OutcomeKind
from certdash.diagnosis.facts import Facts
from certdash.diagnosis.judgement import Judgement, judge, said, seen
from certdash.diagnosis.remedies import Remedies
from certdash.model.connection import ConnectionPhase
from certdash.model.finding import Remedy
from certdash.model.probe import ProbeName
from certdash.model.resource import Kind, Ref

_SERVER_TROUBLE = {
    OutcomeKind.TRANSPORT: ("CD0105", "A dry-run create got no answer"),
    OutcomeKind.STARTING: ("CD0106", "The API server is starting"),
    OutcomeKind.UNAVAILABLE: ("CD0106", "The API server is not available"),
    OutcomeKind.STOPPING: ("CD0107", "The API server is shutting down"),
    OutcomeKind.THROTTLED: ("CD0108", "The API server throttles the probe"),
    OutcomeKind.STORAGE: ("CD0109", "The API server's storage has trouble"),
    OutcomeKind.TIMEOUT: ("CD0110", "The API server gave up on the probe within its own time limit"),
    OutcomeKind.AUTHORIZER: ("CD0111", "The API server's authorizer has trouble"),
}


def check_connection(facts: Facts, remedies: Remedies) -> Iterator[Judgement]:
    """The connection as a whole."""
    connection = facts.snapshot.connection
    server = facts.snapshot.target.server
    words = [seen(None, "connection", connection.error)] if connection.error else []
    failing = connection.phase is ConnectionPhase.CONNECTING and bool(connection.error)
    if connection.phase is ConnectionPhase.LOST or failing:
        remedy = Remedy("Try the same with kubectl", (remedies.kubectl("version"),))
        yield judge("CD0101", f"No answer from {_with_reason(server, connection.error)}", words, [remedy])
    elif connection.phase is ConnectionPhase.CONNECTING:
        yield judge("CD0102", f"Connecting to {server}", words)
    elif connection.phase is ConnectionPhase.UNAUTHENTICATED:
        user = facts.snapshot.target.user
        remedy = Remedy("Log in again; this shows who the server takes you for", (remedies.kubectl("auth", "whoami"),))
        yield judge(
            "CD0103", f"The API server does not accept the credentials of {user or 'the user'}", words, [remedy]
        )
    elif connection.phase is ConnectionPhase.FORBIDDEN:
        listed = remedies.kubectl("auth", "can-i", "--list", "-n", facts.snapshot.scope.probe_namespace)
        remedy = Remedy("See what is permitted", (listed,))
        yield judge("CD0104", "The API server permits none of the reads", words, [remedy], others=True)


def _with_reason(server: str, error: str) -> str:
    reason = error.removeprefix(server).removeprefix(":").strip()
    return f"{server}: {reason}" if reason else server


def check_server(facts: Facts, remedies: Remedies) -> Iterator[Judgement]:
    """What the API server says of itself when a create fails before any webhook."""
    reported = set()
    for name, outcome in facts.outcomes.items():
        if outcome.kind is OutcomeKind.UNAUTHENTICATED:
            code, summary = "CD0103", "The API server does not accept the credentials"
        elif outcome.kind in _SERVER_TROUBLE:
            code, summary = _SERVER_TROUBLE[outcome.kind]
        elif outcome.kind is OutcomeKind.OTHER:
            code, summary = _not_understood(facts, name)
        else:
            continue
        if code not in reported:
            reported.add(code)
            yield judge(code, summary, [said(facts.answers[name])], [_look_at_server(code, remedies)])


def _look_at_server(code: str, remedies: Remedies) -> Remedy:
    if code == "CD0103":
        return Remedy("Log in again; this shows who the server takes you for", (remedies.kubectl("auth", "whoami"),))
    if code == "CD0108":
        return Remedy("See which requests are limited", (remedies.kubectl("get", "flowschemas"),))
    return Remedy(
        "See what the API server says of its own health", (remedies.kubectl("get", "--raw", "/readyz?verbose"),)
    )


def _not_understood(facts: Facts, name: ProbeName) -> tuple[str, str]:
    answer = facts.answers[name]
    if answer.is_status:
        return "CD1008", f"The API server refused the {name.value} with {answer.status} {answer.reason}".strip()
    return "CD0112", f"The server answered {answer.status} with something that no API server says"


def check_permission(facts: Facts, remedies: Remedies) -> Iterator[Judgement]:
    """Whether we may try a create, and whether there is a place for it."""
    scope = facts.snapshot.scope
    denied = _first(facts, OutcomeKind.RBAC)
    if denied:
        resource = "certificaterequests" if denied.probe is ProbeName.IDENTITY else "certificates"
        ask = remedies.kubectl("auth", "can-i", "create", f"{resource}.cert-manager.io", "-n", scope.probe_namespace)
        remedy = Remedy("Ask for the permission to create certificates and certificaterequests there", (ask,))
        summary = f"No permission to create {resource} in namespace {scope.probe_namespace}"
        yield judge("CD0201", summary, [said(facts.answers[denied.probe])], [remedy], others=True)
    quota = _first(facts, OutcomeKind.QUOTA)
    if quota:
        look = remedies.kubectl("-n", scope.probe_namespace, "describe", "resourcequota")
        remedy = Remedy("See the quota, or choose another --probe-namespace", (look,))
        summary = f"A quota of namespace {scope.probe_namespace} stops the probe"
        yield judge("CD0204", summary, [said(facts.answers[quota.probe])], [remedy], others=True)
    yield from _check_namespace(facts)


def _check_namespace(facts: Facts) -> Iterator[Judgement]:
    name = facts.snapshot.scope.probe_namespace
    ref = Ref("Namespace", "", name)
    choose = Remedy("Choose another namespace with --probe-namespace")
    missing = _first(facts, OutcomeKind.NAMESPACE_MISSING)
    ending = _first(facts, OutcomeKind.NAMESPACE_TERMINATING)
    if facts.absent(Kind.NAMESPACE, name) or (missing and facts.namespace is None):
        evidence = [said(facts.answers[missing.probe])] if missing else [seen(ref, "metadata.name", "not found")]
        yield judge("CD0202", f"Namespace {name} for the probe does not exist", evidence, [choose], others=True)
    body = facts.namespace.body if facts.namespace else {}
    terminating = (
        fields.text(body, "metadata", "deletionTimestamp") or fields.text(body, "status", "phase") == "Terminating"
    )
    if terminating or ending:
        evidence = [said(facts.answers[ending.probe])] if ending else [seen(ref, "status.phase", "Terminating")]
        yield judge("CD0203", f"Namespace {name} for the probe is being deleted", evidence, [choose], others=True)


def check_others(facts: Facts, remedies: Remedies) -> Iterator[Judgement]:
    """Somebody else's webhooks and policies that stand before cert-manager."""
    reported: set[tuple[str, str, str]] = set()
    for outcome in facts.outcomes.values():
        found = _by_others(facts, outcome, remedies)
        if found:
            key = (found.finding.code, outcome.webhook, outcome.policy)
            if key not in reported:
                reported.add(key)
                yield found


def _by_others(facts: Facts, outcome: Outcome, remedies: Remedies) -> Judgement | None:
    words = said(facts.answers[outcome.probe])
    where = sorted({e.configuration for e in facts.other_entries if e.name == outcome.webhook})
    evidence = [words, *(seen(ref, "webhooks[].name", outcome.webhook) for ref in where)]
    show = tuple(remedies.kubectl("get", ref.kind.lower(), ref.name, "-o", "yaml") for ref in where)
    adapt = Remedy("Satisfy it with --probe-label, --probe-annotation, --probe-dns-name, --probe-issuer, or exempt us")
    if outcome.kind is OutcomeKind.OTHER_CALL_FAILED:
        summary = f"Webhook {outcome.webhook} can't be called and blocks cert-manager's resources: {outcome.text}"
        fix = Remedy(f"Repair the webhook {outcome.webhook}; it is not cert-manager's", show)
        return judge("CD0401", summary, evidence, [fix], others=True, passing=facts.answers_pass)
    if outcome.kind is OutcomeKind.DENIED_BY_OTHER:
        return judge(
            "CD0402", f"Webhook {outcome.webhook} denies the probe: {outcome.text}", evidence, [adapt], others=True
        )
    if outcome.kind is OutcomeKind.POLICY_DENIED:
        policy = outcome.policy or "of admission"
        look = remedies.kubectl("get", "validatingadmissionpolicy", outcome.policy, "-o", "yaml")
        commands = (look,) if outcome.policy else ()
        return judge(
            "CD0403", f"Policy {policy} denies the probe", [words], [Remedy(adapt.text, commands)], others=True
        )
    if outcome.kind is OutcomeKind.DRY_RUN_UNSUPPORTED:
        fix = Remedy("Declare its sideEffects as None or NoneOnDryRun", show)
        return judge("CD0404", f"Webhook {outcome.webhook} does not support dry run", evidence, [fix], others=True)
    if outcome.kind is OutcomeKind.FORBIDDEN:
        return judge("CD0405", "Something forbids the probe and does not say its name", [words], [adapt], others=True)
    return None


def _first(facts: Facts, kind: OutcomeKind) -> Outcome | None:
    return next((o for o in facts.outcomes.values() if o.kind is kind), None)
