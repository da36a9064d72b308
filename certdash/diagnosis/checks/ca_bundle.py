"""The caBundle of the webhook configurations, and who fills it."""

from collections.abc import Callable, Iterator, Sequence

from certdash.certmanager import constants, fields
from certdash.certmanager.rollout import RolloutPhase, argument
from certdash.diagnosis.call_fault import CallFault
from certdash.diagnosis.envelope import OutcomeKind
from certdash.diagnosis.facts import EntryFact, Facts
from certdash.diagnosis.judgement import Judgement, judge, said, seen
from certdash.diagnosis.leadership import leadership
from certdash.diagnosis.remedies import Remedies
from certdash.model.finding import Evidence, Remedy
from certdash.model.resource import Kind, KubeObject, Ref

# The cainjector follows within a second; a minute covers a start and a lease taken over.
_INJECTING = 60.0
_ENDS_SOON = 14 * 86_400.0

_TRUST_FAULTS = {
    CallFault.UNKNOWN_AUTHORITY: "CD0803",
    CallFault.STALE_AUTHORITY: "CD0804",
    CallFault.AUTHORITY_IS_LEAF: "CD0806",
    CallFault.NOT_PEM: "CD0802",
}


def check_ca_bundle(facts: Facts, remedies: Remedies) -> Iterator[Judgement]:
    """Whether the API server is told the authority that signs the webhook's certificate."""
    reported = set()
    for code, what, broken in _BROKEN:
        entries = [e for e in facts.entries if broken(facts, e)]
        if entries:
            reported.add(code)
            yield _judge(facts, remedies, code, f"{what} in {_names(entries)}", _evidence(entries))
    for probe, outcome in facts.outcomes.items():
        code = _TRUST_FAULTS.get(outcome.fault, "") if outcome.fault else ""
        if outcome.kind is not OutcomeKind.CALL_FAILED or not code or reported:
            continue
        reported.add(code)
        if code == "CD0803" and _secret_is_newer(facts):
            code = "CD0804"
        summary = f"The API server does not trust the webhook's certificate: {outcome.text}"
        called = [e for e in facts.entries if e.entry.path.strip("/") == outcome.path] or list(facts.entries)
        evidence = [said(facts.answers[probe]), *_evidence(called)]
        yield _judge(facts, remedies, code, summary, evidence, passing=facts.answers_pass)
    yield from _ends_soon(facts)


def _is_empty(_: Facts, entry: EntryFact) -> bool:
    return entry.bundle.empty


def _is_garbage(_: Facts, entry: EntryFact) -> bool:
    return bool(entry.bundle.error)


def _is_expired(facts: Facts, entry: EntryFact) -> bool:
    certificates = entry.bundle.certificates
    return bool(certificates) and all(c.not_after < facts.cluster_now for c in certificates)


def _is_leaf(_: Facts, entry: EntryFact) -> bool:
    # A self-signed certificate that is no authority still verifies itself, hence the comparison.
    certificates = entry.bundle.certificates
    return bool(certificates) and all(not c.is_ca and c.subject != c.issuer for c in certificates)


_BROKEN: tuple[tuple[str, str, Callable[[Facts, EntryFact], bool]], ...] = (
    ("CD0801", "The caBundle is empty", _is_empty),
    ("CD0802", "The caBundle is not a certificate", _is_garbage),
    ("CD0805", "The caBundle has expired", _is_expired),
    ("CD0806", "The caBundle holds no authority", _is_leaf),
)


def _names(entries: Sequence[EntryFact]) -> str:
    return " and ".join(sorted({e.entry.configuration.kind for e in entries}))


def _evidence(entries: Sequence[EntryFact]) -> list[Evidence]:
    return [seen(e.entry.configuration, "webhooks[].clientConfig.caBundle", describe_bundle(e)) for e in entries]


def describe_bundle(entry: EntryFact) -> str:
    """A caBundle in one line."""
    if entry.bundle.empty:
        return "empty"
    if entry.bundle.error:
        return entry.bundle.error
    return "; ".join(f"{c.subject} sha256 {c.fingerprint[:16]}" for c in entry.bundle.certificates)


def _judge(
    facts: Facts, remedies: Remedies, code: str, summary: str, evidence: list[Evidence], passing: float = 0.0
) -> Judgement:
    if not facts.install.injected:
        why, fix, heals = "", remedies.reapply("the caBundle"), 0.0
        if facts.install.ca_secret is not None and facts.entries:
            ref = facts.entries[0].entry.configuration
            evidence = [*evidence, seen(ref, f"metadata.annotations[{constants.INJECT_FROM_SECRET}]", "not set")]
    else:
        why, fix = _injector(facts, remedies)
        heals = 0.0 if why else _injection_time(facts)
        evidence = [*evidence, *_sources(facts)]
    told = f"{summary}; {why}" if why else summary
    return judge(code, told, evidence, fix, heals=heals, passing=passing)


def _injector(facts: Facts, remedies: Remedies) -> tuple[str, tuple[Remedy, ...]]:
    """Why the cainjector does not fill the caBundle ("" when it should), and what to do."""
    rollout = facts.rollouts.get(constants.CAINJECTOR)
    if rollout is None:
        if facts.deployment_absent(constants.CAINJECTOR):
            return "no cainjector is installed", remedies.reapply("the cainjector", "cainjector.enabled=true")
        return "", (remedies.logs(constants.CAINJECTOR),)
    if rollout.phase is RolloutPhase.SCALED_TO_ZERO:
        return "the cainjector is scaled to 0", remedies.scale_up(constants.CAINJECTOR)
    if not any(p.ready for p in rollout.pods) and rollout.available == 0:
        pod = rollout.troubled_pod
        reason = pod.reason or pod.trouble.value if pod else "no Pod"
        return f"the cainjector is not running: {reason}", (remedies.pods(constants.CAINJECTOR),)
    scoped = argument(rollout.args, "namespace")
    if scoped and facts.install.ca_secret and scoped != facts.install.ca_secret[0]:
        return f"the cainjector looks at namespace {scoped} only", remedies.reapply("the cainjector's arguments")
    led = leadership(facts, constants.CAINJECTOR)
    if led.leading is False and not led.taking_over:
        return f"no cainjector leads: {led.reason}", (remedies.logs(constants.CAINJECTOR),)
    restart = remedies.restart(constants.CAINJECTOR, "Restart the cainjector if its log does not tell why")
    return "", (remedies.logs(constants.CAINJECTOR), restart)


def _injection_time(facts: Facts) -> float:
    """Seconds left in which a live cainjector may still follow what changed last."""
    moments = [_updated(c) for c in _configurations(facts)]
    moments.append(_updated(_secret(facts)))
    rollout = facts.rollouts.get(constants.CAINJECTOR)
    moments += [p.ready_since for p in rollout.pods if p.ready] if rollout else []
    left = max((facts.remaining(m, _INJECTING) for m in moments), default=0.0)
    return max(left, leadership(facts, constants.CAINJECTOR).taking_over)


def _sources(facts: Facts) -> list[Evidence]:
    if facts.install.ca_secret is None:
        return []
    namespace, name = facts.install.ca_secret
    ref = Ref("Secret", namespace, name)
    if facts.absent(Kind.SECRET, name, namespace):
        return [seen(ref, "metadata.name", "not found")]
    secret = _secret(facts)
    if secret is None:
        return []
    allowed = fields.text(secret.body, "metadata", "annotations", constants.ALLOW_DIRECT_INJECTION) == "true"
    found = [seen(ref, "metadata.managedFields", "last written", _updated(secret))]
    if not allowed:
        found.append(seen(ref, f"metadata.annotations[{constants.ALLOW_DIRECT_INJECTION}]", "not true"))
    return found


def _secret(facts: Facts) -> KubeObject | None:
    key = facts.install.ca_secret
    return facts.snapshot.get(Kind.SECRET, key[1], key[0]) if key else None


def _configurations(facts: Facts) -> list[KubeObject]:
    refs = {(e.entry.kind, e.entry.configuration.name) for e in facts.entries}
    found = (facts.snapshot.get(kind, name) for kind, name in sorted(refs, key=lambda r: (r[0].name, r[1])))
    return [f for f in found if f is not None]


def _updated(found: KubeObject | None) -> float | None:
    if found is None:
        return None
    times = [fields.moment(m, "time") for m in fields.items(found.body, "metadata", "managedFields")]
    times.append(fields.moment(found.body, "metadata", "creationTimestamp"))
    return max((t for t in times if t is not None), default=None)


def _injected(configuration: KubeObject) -> float | None:
    entries = fields.items(configuration.body, "metadata", "managedFields")
    times = [fields.moment(m, "time") for m in entries if fields.flag(m, "ownsCaBundle")]
    return max((t for t in times if t is not None), default=None)


def _secret_is_newer(facts: Facts) -> bool:
    """Whether the Secret was written after the caBundle: then the bundle holds the authority before."""
    written = _updated(_secret(facts))
    injected = [i for c in _configurations(facts) if (i := _injected(c)) is not None]
    return written is not None and bool(injected) and written > min(injected)


def _ends_soon(facts: Facts) -> Iterator[Judgement]:
    for entry in facts.entries:
        ends = max((c.not_after for c in entry.bundle.certificates), default=None)
        if ends is not None and 0 <= ends - facts.cluster_now < _ENDS_SOON:
            days = int((ends - facts.cluster_now) // 86_400)
            yield judge("CD0807", f"The webhook's authority ends in {days} days", _evidence([entry]))
            return
