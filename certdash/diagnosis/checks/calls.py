"""What only the API server can tell: how its calls of the webhook fail, and what the webhook says."""

from collections.abc import Iterator

from certdash.certmanager import constants
from certdash.diagnosis.call_fault import CallFault
from certdash.diagnosis.checks.service import ENDPOINT_LAG
from certdash.diagnosis.envelope import Outcome, OutcomeKind
from certdash.diagnosis.facts import Facts
from certdash.diagnosis.judgement import Judgement, judge, said, seen
from certdash.diagnosis.remedies import Remedies
from certdash.model.finding import Remedy
from certdash.model.probe import ProbeName

_CODES = {
    CallFault.SERVICE_NOT_FOUND: "CD0601",
    CallFault.NO_PORT: "CD0602",
    CallFault.NO_ENDPOINTS: "CD0605",
    CallFault.HEADLESS: "CD0603",
    CallFault.EXTERNAL_NAME: "CD0603",
    CallFault.EXPIRED: "CD0901",
    CallFault.NOT_YET_VALID: "CD0902",
    CallFault.WRONG_NAME: "CD0903",
    CallFault.CERTIFICATE: "CD0904",
    CallFault.TLS_INTERNAL: "CD0905",
    CallFault.CLIENT_CERTIFICATE: "CD0906",
    CallFault.TLS_PARAMETERS: "CD0907",
    CallFault.REFUSED: "CD0911",
    CallFault.TIMEOUT: "CD0912",
    CallFault.CANCELED: "CD0912",
    CallFault.RESET: "CD0913",
    CallFault.EOF: "CD0914",
    CallFault.PLAIN_HTTP: "CD0915",
    CallFault.NO_ROUTE: "CD0916",
    CallFault.NOT_PERMITTED: "CD0916",
    CallFault.DNS: "CD0917",
    CallFault.ADDRESS_NOT_ALLOWED: "CD0918",
    CallFault.PROXY: "CD0919",
    CallFault.EGRESS_PROXY: "CD0920",
    CallFault.KONNECTIVITY: "CD0920",
    CallFault.HANDSHAKE_TIMEOUT: "CD0921",
    CallFault.SERVER_ERROR: "CD1001",
    CallFault.UNAVAILABLE: "CD1001",
    CallFault.THROTTLED: "CD1001",
    CallFault.REJECTED: "CD1001",
    CallFault.NOT_FOUND: "CD1002",
    CallFault.BAD_REVIEW: "CD1002",
    CallFault.SIDE_EFFECTS: "CD1002",
    CallFault.UNRECOGNISED: "CD1008",
}
# What a Pod that just became ready, or just went, causes on the way for a moment.
_LAGGING = frozenset(
    {
        CallFault.REFUSED,
        CallFault.NO_ENDPOINTS,
        CallFault.NO_ROUTE,
        CallFault.NOT_PERMITTED,
        CallFault.EOF,
        CallFault.RESET,
    }
)


def check_calls(facts: Facts, remedies: Remedies) -> Iterator[Judgement]:
    """The failed calls of cert-manager's webhook; trust in its certificate is the caBundle's matter."""
    reported = set()
    for probe, outcome in facts.outcomes.items():
        fault = outcome.fault
        if outcome.kind is not OutcomeKind.CALL_FAILED or fault is None or fault not in _CODES:
            continue
        if fault is CallFault.SERVICE_NOT_FOUND and _leads_elsewhere(facts, outcome):
            yield _left_over(facts, probe, outcome, remedies)
            continue
        code = _CODES[fault]
        if code in reported:
            continue
        reported.add(code)
        summary = f"The API server can't call the webhook: {outcome.text}"
        evidence = [said(facts.answers[probe])]
        heals = _lag(facts) if fault in _LAGGING else 0.0
        fix = _fix(code, facts, remedies)
        yield judge(code, summary, evidence, fix, heals=heals, passing=facts.answers_pass)


def _leads_elsewhere(facts: Facts, outcome: Outcome) -> bool:
    return outcome.service is not None and facts.install.service not in (None, outcome.service)


def _left_over(facts: Facts, probe: ProbeName, outcome: Outcome, remedies: Remedies) -> Judgement:
    stale = sorted({e.configuration for e in facts.stale_entries if e.service == outcome.service})
    evidence = [said(facts.answers[probe]), *(seen(r, "webhooks[].clientConfig.service", "not found") for r in stale)]
    commands = tuple(remedies.kubectl("delete", ref.kind.lower(), ref.name) for ref in stale)
    summary = f"A leftover webhook configuration leads to {outcome.host}, which does not exist"
    fix = Remedy("Delete what is left over, after a look at it", commands)
    return judge("CD0510", summary, evidence, [fix], passing=facts.answers_pass)


def _lag(facts: Facts) -> float:
    """Seconds left in which the network may still follow a Pod that became ready."""
    rollout = facts.rollouts.get(constants.WEBHOOK)
    pods = rollout.pods if rollout else ()
    return max((facts.remaining(p.ready_since, ENDPOINT_LAG) for p in pods if p.ready), default=0.0)


def _fix(code: str, facts: Facts, remedies: Remedies) -> list[Remedy]:
    if code in ("CD0601", "CD0602", "CD0603"):
        return list(remedies.reapply("the Service"))
    if code in ("CD0901", "CD0904", "CD0905"):
        restart = remedies.restart(constants.WEBHOOK, "Restart the webhook, which makes itself a new certificate")
        return [restart, remedies.logs(constants.WEBHOOK)]
    if code == "CD0902":
        return [Remedy("Set the clocks of the webhook's node and of the control plane")]
    if code in ("CD0903", "CD0915"):
        kubelet = remedies.reapply("another port", "webhook.securePort=10260") if _host_network(facts) else ()
        return [remedies.endpoint_slices(), *kubelet]
    if code == "CD0918":
        return list(remedies.reapply("the network", "webhook.hostNetwork=true", "webhook.securePort=10260"))
    if code == "CD0919":
        env = remedies.kubectl(
            "-n", "kube-system", "get", "pods", "-l", "component=kube-apiserver", "-o", "jsonpath={..env}"
        )
        return [Remedy("Add .svc and the Service and Pod networks to NO_PROXY of kube-apiserver", (env,))]
    if code == "CD0920":
        agents = remedies.kubectl("-n", "kube-system", "get", "pods", "-l", "k8s-app=konnectivity-agent")
        return [Remedy("See the agents and the nodes", (agents, remedies.kubectl("get", "nodes")))]
    return [remedies.endpoint_slices(), remedies.logs(constants.WEBHOOK)]


def _host_network(facts: Facts) -> bool:
    rollout = facts.rollouts.get(constants.WEBHOOK)
    return any(p.host_network for p in rollout.pods) if rollout else False


def check_answers(facts: Facts, remedies: Remedies) -> Iterator[Judgement]:
    """What cert-manager's webhook says that it should not, and what it fails to say."""
    yield from _denials(facts, remedies)
    unasked = _unasked(facts)
    if unasked:
        evidence = [said(facts.answers[probe]) for probe in unasked]
        admitted = ["an invalid Certificate was admitted"] if ProbeName.INVALID in unasked else []
        if ProbeName.IDENTITY in unasked:
            admitted.append("a CertificateRequest was not stamped with its author")
        what = " and ".join(admitted)
        ignoring = any(e.entry.failure_policy == "Ignore" for e in facts.entries)
        why = "; its failures are ignored (failurePolicy Ignore)" if ignoring else ""
        summary = f"cert-manager's webhook is not asked: {what}{why}"
        fix = [remedies.logs(constants.WEBHOOK), *remedies.reapply("the webhook configurations")]
        yield judge("CD0508", summary, evidence, fix, passing=facts.answers_pass)
    yield from _contradictions(facts, remedies)


def _denials(facts: Facts, remedies: Remedies) -> Iterator[Judgement]:
    for probe, outcome in facts.outcomes.items():
        if outcome.kind is not OutcomeKind.DENIED_BY_CERT_MANAGER:
            continue
        if probe is ProbeName.INVALID and outcome.denies(constants.PROBE_DENIED_FIELD):
            continue
        words = [said(facts.answers[probe])]
        if probe is ProbeName.IDENTITY and outcome.denies("spec.username"):
            fix = remedies.reapply("the mutating webhook configuration")
            summary = "The CertificateRequest was denied for its identity: the mutating webhook did not stamp it"
            yield judge("CD1003", summary, words, fix, passing=facts.answers_pass)
        else:
            fix = (remedies.logs(constants.WEBHOOK),)
            summary = f"cert-manager denies the {probe.value}: {outcome.text}"
            yield judge("CD1004", summary, words, fix, passing=facts.answers_pass)


def _unasked(facts: Facts) -> tuple[ProbeName, ...]:
    found = []
    for probe in (ProbeName.INVALID, ProbeName.IDENTITY):
        outcome, answer = facts.outcomes.get(probe), facts.answers.get(probe)
        if outcome is None or answer is None or outcome.kind is not OutcomeKind.ADMITTED:
            continue
        if probe is ProbeName.INVALID or answer.stamped_username in (None, "", constants.PROBE_SENTINEL):
            found.append(probe)
    return tuple(found)


def _contradictions(facts: Facts, remedies: Remedies) -> Iterator[Judgement]:
    valid, invalid = facts.outcomes.get(ProbeName.VALID), facts.outcomes.get(ProbeName.INVALID)
    if valid is None or invalid is None:
        return
    called = [o.kind is OutcomeKind.CALL_FAILED for o in (valid, invalid)]
    if called[0] is not called[1]:
        evidence = [said(facts.answers[p]) for p in (ProbeName.VALID, ProbeName.INVALID)]
        summary = "Calls of the webhook succeed and fail in one round"
        yield judge("CD1005", summary, evidence, [remedies.endpoint_slices()], passing=facts.answers_pass)
