"""Green now, red soon: what does not keep the API from accepting resources today."""

from collections.abc import Iterator

from certdash.certmanager import constants
from certdash.certmanager.rollout import PodTrouble, Rollout, RolloutPhase
from certdash.certmanager.versions import version_key
from certdash.diagnosis.checks.workloads import pod_evidence
from certdash.diagnosis.facts import Facts
from certdash.diagnosis.judgement import Judgement, judge, seen
from certdash.diagnosis.leadership import leadership
from certdash.diagnosis.remedies import Remedies
from certdash.model.resource import Ref

_HOPELESS = frozenset(
    {PodTrouble.IMAGE, PodTrouble.CRASHING, PodTrouble.CONFIG, PodTrouble.UNSCHEDULED, PodTrouble.FAILED}
)
_CODES = {constants.CONTROLLER: ("CD0722", "CD0723"), constants.CAINJECTOR: ("CD0724", "CD0725")}


def check_upkeep(facts: Facts, remedies: Remedies) -> Iterator[Judgement]:
    """The controller, the cainjector, rollouts that are stuck, versions that differ."""
    if not facts.installed:
        return
    yield from _component(facts, constants.CONTROLLER, remedies)
    if facts.install.injected or constants.CAINJECTOR in facts.rollouts:
        yield from _component(facts, constants.CAINJECTOR, remedies)
    for component, rollout in facts.rollouts.items():
        yield from _stuck(facts, component, rollout, remedies)
    yield from _versions(facts)


def why_not_running(rollout: Rollout) -> str:
    """Why a Deployment has no Pod that runs, "" when it has one."""
    if rollout.phase is RolloutPhase.SCALED_TO_ZERO:
        return "scaled to 0"
    if any(p.ready for p in rollout.pods) or rollout.available > 0:
        return ""
    pod = rollout.troubled_pod
    return (pod.reason or pod.trouble.value) if pod else rollout.failed_create or "no Pod"


def _component(facts: Facts, component: str, remedies: Remedies) -> Iterator[Judgement]:
    absent_code, leaderless_code = _CODES[component]
    rollout = facts.rollouts.get(component)
    if rollout is None:
        if facts.deployment_absent(component):
            ref = Ref("Deployment", facts.install.namespace, facts.install.deployment_name(component))
            evidence = [seen(ref, "metadata.name", "not found")]
            yield judge(
                absent_code, f"Deployment {ref.name} is missing", evidence, remedies.reapply(f"the {component}")
            )
        return
    why = why_not_running(rollout)
    if why:
        pod = rollout.troubled_pod
        evidence = pod_evidence(facts, pod) if pod else [seen(rollout.ref, "spec.replicas", rollout.replicas)]
        scaled = rollout.phase is RolloutPhase.SCALED_TO_ZERO
        fix = remedies.scale_up(component) if scaled else (remedies.pods(component),)
        yield judge(absent_code, f"The {component} is not running: {why}", evidence, fix)
        return
    led = leadership(facts, component)
    if led.leading is False:
        lease = facts.leases.get(component)
        evidence = [seen(lease.ref, "spec.renewTime", lease.holder, lease.renewed)] if lease else []
        fix = (remedies.logs(component),)
        yield judge(leaderless_code, f"No {component} leads: {led.reason}", evidence, fix, until=led.until)


def _stuck(facts: Facts, component: str, rollout: Rollout, remedies: Remedies) -> Iterator[Judgement]:
    if why_not_running(rollout) or (
        component == constants.WEBHOOK and facts.endpoints_readable and not facts.ready_endpoints
    ):
        return  # that is said for itself, and as the cause where it is the webhook
    pod = rollout.troubled_pod
    hopeless = pod is not None and pod.current and pod.trouble in _HOPELESS
    if rollout.phase is not RolloutPhase.STALLED and not (hopeless and rollout.phase is RolloutPhase.ROLLING):
        return
    why = (pod.reason or pod.trouble.value) if pod else rollout.reason
    evidence = [seen(rollout.ref, "status.conditions[Progressing]", rollout.reason, rollout.since)]
    evidence += pod_evidence(facts, pod) if pod else []
    undo = remedies.in_namespace("rollout", "undo", f"deployment/{rollout.ref.name}")
    fix = (remedies.pods(component), remedies.look("Go back to what ran before, if need be", undo))
    yield judge("CD0721", f"The rollout of {rollout.ref.name} is stuck: {why}", evidence, fix)


def _versions(facts: Facts) -> Iterator[Judgement]:
    if any(r.phase is RolloutPhase.ROLLING for r in facts.rollouts.values()):
        return
    running = {r.ref: r.version for r in facts.rollouts.values() if version_key(r.version) > (0, 0, 0)}
    defined = {c.view.ref: c.view.version for c in facts.crds if c.view and version_key(c.view.version) > (0, 0, 0)}
    told = {**running, **defined}
    if len({version_key(v) for v in told.values()}) > 1:
        evidence = [seen(ref, "version", version) for ref, version in sorted(told.items())]
        names = ", ".join(sorted(set(told.values()), key=version_key))
        yield judge("CD0726", f"Releases differ: {names}", evidence)
