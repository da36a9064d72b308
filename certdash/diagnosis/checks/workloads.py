"""Why no Pod of the webhook serves."""

from collections.abc import Iterator

from certdash.certmanager import constants, fields
from certdash.certmanager.rollout import PodTrouble, PodView, Rollout, RolloutPhase
from certdash.diagnosis.facts import Facts
from certdash.diagnosis.judgement import Judgement, judge, seen
from certdash.diagnosis.remedies import Remedies
from certdash.model.finding import Evidence, Remedy
from certdash.model.resource import Kind, Ref

# A Pod that is replaced outside of a rollout has no deadline of its own. The webhook's readiness check begins after
# 5 s and fails for good after three times 5 s; its container may take longer to come.
_STARTS_WITHIN = {PodTrouble.STARTING: 60.0, PodTrouble.NOT_READY: 30.0}
# A container that has crashed before counts as crashing until it has run for so long.
_PROVES_ITSELF = 20.0
_CRASHED_BEFORE = 2
_BY_TROUBLE = {
    PodTrouble.IMAGE: ("CD0703", "can't pull its image"),
    PodTrouble.CRASHING: ("CD0704", "crashes"),
    PodTrouble.FAILED: ("CD0704", "has failed"),
    PodTrouble.UNSCHEDULED: ("CD0705", "can't be scheduled"),
    PodTrouble.CONFIG: ("CD0708", "can't create its container"),
}


def check_webhook_workload(facts: Facts, remedies: Remedies) -> Iterator[Judgement]:
    """What keeps the webhook's Pods from serving, where none does."""
    if _serves(facts) or not facts.installed:
        return
    rollout = facts.rollouts.get(constants.WEBHOOK)
    if rollout is None:
        if facts.deployment_absent(constants.WEBHOOK):
            ref = Ref("Deployment", facts.install.namespace, facts.install.webhook)
            evidence = [seen(ref, "metadata.name", "not found")]
            summary = f"Deployment {ref.name} is missing in {ref.namespace}"
            yield judge("CD0701", summary, evidence, remedies.reapply("the webhook's Deployment"))
        return
    if rollout.phase is RolloutPhase.SCALED_TO_ZERO:
        evidence = [seen(rollout.ref, "spec.replicas", "0")]
        fix = remedies.scale_up(constants.WEBHOOK)
        yield judge("CD0702", f"Deployment {rollout.ref.name} is scaled to 0", evidence, fix)
    elif rollout.failed_create:
        evidence = [seen(rollout.ref, "status.conditions[ReplicaFailure]", rollout.failed_create)]
        yield judge(
            "CD0709", f"No Pod can be made: {rollout.failed_create}", evidence, [remedies.pods(constants.WEBHOOK)]
        )
    elif not any(p.ready for p in rollout.pods):
        yield _not_serving(facts, rollout, remedies)


def _serves(facts: Facts) -> bool:
    """Whether a Pod serves, or that can't be known."""
    if facts.ready_endpoints:
        return True
    if facts.endpoints_readable and facts.service is not None:
        return False
    rollout = facts.rollouts.get(constants.WEBHOOK)
    if rollout is None:
        return not facts.deployment_absent(constants.WEBHOOK)
    return any(p.ready for p in rollout.pods) or rollout.available > 0


def _not_serving(facts: Facts, rollout: Rollout, remedies: Remedies) -> Judgement:
    pod = rollout.troubled_pod
    if pod is None:
        heals = _rollout_heals(facts, rollout)
        evidence = [seen(rollout.ref, "status.conditions[Progressing]", rollout.reason or "not reported")]
        code = "CD0707" if heals else "CD0706"
        summary = f"Deployment {rollout.ref.name} has no Pod yet"
        return judge(code, summary, evidence, [remedies.pods(constants.WEBHOOK)], heals=heals)
    evidence = pod_evidence(facts, pod)
    if _between_crashes(facts, pod):
        fix = [remedies.logs(constants.WEBHOOK, previous=True), remedies.pods(constants.WEBHOOK)]
        until = facts.remaining(pod.running_since, _PROVES_ITSELF)
        return judge("CD0704", f"The webhook's Pod crashes: {pod.last_words}", evidence, fix, until=until)
    if pod.trouble in _BY_TROUBLE:
        code, what = _BY_TROUBLE[pod.trouble]
        fix = _fix(pod, remedies)
        return judge(code, f"The webhook's Pod {what}: {pod.reason}", evidence, fix)
    if pod.restarts >= _CRASHED_BEFORE:
        summary = f"The webhook's Pod is not ready after {pod.restarts} restarts: {pod.last_words or pod.reason}"
        fix = [remedies.logs(constants.WEBHOOK, previous=True), remedies.pods(constants.WEBHOOK)]
        return judge("CD0706", summary, evidence, fix)
    heals = max(_rollout_heals(facts, rollout), facts.remaining(pod.started, _STARTS_WITHIN.get(pod.trouble, 0.0)))
    if heals:
        summary = f"The webhook is starting: {pod.reason or pod.trouble.value}"
        return judge("CD0707", summary, evidence, [remedies.pods(constants.WEBHOOK)], heals=heals)
    summary = f"The webhook's Pod is not ready: {pod.message or pod.reason or pod.trouble.value}"
    return judge("CD0706", summary, evidence, [remedies.logs(constants.WEBHOOK), remedies.pods(constants.WEBHOOK)])


def _between_crashes(facts: Facts, pod: PodView) -> bool:
    """Between two crashes a container runs for a moment, or waits for a moment without a reason."""
    waiting = pod.running_since is None and pod.trouble is PodTrouble.NOT_READY
    young = facts.remaining(pod.running_since, _PROVES_ITSELF) > 0
    crashed = pod.restarts >= _CRASHED_BEFORE and bool(pod.last_words)
    return crashed and pod.trouble is PodTrouble.NOT_READY and (waiting or young)


def _rollout_heals(facts: Facts, rollout: Rollout) -> float:
    if rollout.phase is not RolloutPhase.ROLLING or rollout.deadline is None:
        return 0.0
    return max(0.0, rollout.deadline - facts.cluster_now)


def _fix(pod: PodView, remedies: Remedies) -> list[Remedy]:
    if pod.trouble in (PodTrouble.CRASHING, PodTrouble.FAILED):
        return [remedies.logs(constants.WEBHOOK, previous=True), remedies.pods(constants.WEBHOOK)]
    if pod.trouble is PodTrouble.IMAGE:
        return [remedies.pods(constants.WEBHOOK), *remedies.reapply("the image")]
    return [remedies.pods(constants.WEBHOOK)]


def pod_evidence(facts: Facts, pod: PodView) -> list[Evidence]:
    """What tells of a Pod's trouble: its state, its image or restarts, and the last warning about it."""
    told = f"{pod.reason}: {pod.message}" if pod.message else pod.reason or pod.trouble.value
    evidence = [seen(pod.ref, "status", told, pod.since)]
    if pod.trouble is PodTrouble.IMAGE:
        evidence.append(seen(pod.ref, "spec.containers[].image", pod.image))
    if pod.restarts:
        evidence.append(seen(pod.ref, "status.containerStatuses[].restartCount", pod.restarts))
    warning = last_warning(facts, pod.ref)
    return [*evidence, warning] if warning else evidence


def last_warning(facts: Facts, ref: Ref) -> Evidence | None:
    """The newest Warning event about an object."""
    found = []
    for event in facts.snapshot.of(Kind.EVENT).values():
        about = fields.mapping(event.body, "involvedObject")
        same = fields.text(about, "name") == ref.name and fields.text(about, "kind") == ref.kind
        if same and event.namespace == ref.namespace and fields.text(event.body, "type") == "Warning":
            times = (fields.moment(event.body, k) for k in ("lastTimestamp", "eventTime", "firstTimestamp"))
            when = next((t for t in times if t is not None), 0.0)
            words = f"{fields.text(event.body, 'reason')}: {fields.text(event.body, 'message')}"
            found.append((when, event.name, words))
    if not found:
        return None
    when, _, words = max(found)
    return seen(ref, "event", words, when or None)
