"""The two lines beside the verdict: how far the install is, and whether certificates can be signed."""

from dataclasses import dataclass

from certdash.certmanager import constants
from certdash.certmanager.rollout import Rollout, RolloutPhase
from certdash.certmanager.versions import version_key
from certdash.diagnosis.checks.upkeep import why_not_running
from certdash.diagnosis.facts import Facts
from certdash.diagnosis.leadership import leadership
from certdash.model.diagnosis import InstallLine, InstallPhase, IssuanceLine, IssuancePhase
from certdash.model.resource import Kind


@dataclass(frozen=True, slots=True)
class IssuanceState:
    """The issuance line, and in how many seconds it changes by time alone."""

    line: IssuanceLine
    until: float | None = None


def install_line(facts: Facts) -> InstallLine:
    """The three Deployments together."""
    namespace = facts.install.namespace
    versions = _versions(facts)
    version = versions[0] if len(versions) == 1 else ""

    def line(phase: InstallPhase, summary: str) -> InstallLine:
        return InstallLine(phase, summary, version, versions, namespace)

    if not facts.rollouts:
        if facts.snapshot.readable(Kind.DEPLOYMENT, namespace=namespace):
            return line(InstallPhase.ABSENT, f"no Deployment of cert-manager in {namespace}")
        return line(InstallPhase.NOT_VISIBLE, f"Deployments in {namespace} can't be read")
    broken = [told for component in constants.COMPONENTS if (told := _broken(facts, component))]
    if broken:
        return line(InstallPhase.DEGRADED, "; ".join(broken))
    rolling = [r for r in facts.rollouts.values() if r.phase in (RolloutPhase.ROLLING, RolloutPhase.PAUSED)]
    if rolling:
        total = sum(max(r.total, r.replicas) for r in rolling)
        # While old Pods are there the question is how many are new, afterwards how many of the new are available.
        done = sum(r.updated if r.total > r.updated else min(r.updated, r.available) for r in rolling)
        names = ", ".join(r.ref.name for r in rolling)
        old = sum(r.old_pods_serving for r in rolling)
        serving = f", {old} old {'Pod serves' if old == 1 else 'Pods serve'}" if old else ""
        return line(InstallPhase.ROLLING, f"rolling {done}/{total}: {names}{serving}")
    return line(InstallPhase.COMPLETE, "complete")


def _broken(facts: Facts, component: str) -> str:
    """What is wrong with a component, "" when it is rolled out or on its way."""
    rollout = facts.rollouts.get(component)
    if rollout is None:
        needed = component != constants.CAINJECTOR or facts.install.injected
        name = facts.install.deployment_name(component)
        return f"{name} is missing" if needed and facts.deployment_absent(component) else ""
    if rollout.phase is RolloutPhase.SCALED_TO_ZERO:
        return f"{rollout.ref.name} is scaled to 0"
    if rollout.phase is RolloutPhase.STALLED:
        return f"{rollout.ref.name} is stuck: {_reason(rollout)}"
    if rollout.phase is RolloutPhase.COMPLETE:
        return ""
    pod = rollout.troubled_pod
    if pod is not None and pod.current and pod.trouble.value not in ("starting", "not ready"):
        return f"{rollout.ref.name}: {pod.reason or pod.trouble.value}"
    if rollout.deadline is None and why_not_running(rollout) and _observed(facts, rollout):
        return f"{rollout.ref.name}: {why_not_running(rollout)}"
    return ""


def _observed(facts: Facts, rollout: Rollout) -> bool:
    found = facts.snapshot.get(Kind.DEPLOYMENT, rollout.ref.name, rollout.ref.namespace)
    body = found.body if found else {}
    status, metadata = body.get("status"), body.get("metadata")
    if not isinstance(status, dict) or not isinstance(metadata, dict):
        return True
    return bool(status.get("observedGeneration") == metadata.get("generation"))


def _reason(rollout: Rollout) -> str:
    pod = rollout.troubled_pod
    return (pod.reason or pod.trouble.value) if pod else rollout.reason


def _versions(facts: Facts) -> tuple[str, ...]:
    found = set()
    for rollout in facts.rollouts.values():
        running = {p.version for p in rollout.pods if p.ready and p.version}
        found |= running or ({rollout.version} if rollout.version else set())
    return tuple(sorted(found, key=lambda v: (version_key(v), v)))


def issuance_state(facts: Facts) -> IssuanceState:
    """Whether the controller is alive and leads."""
    rollout = facts.rollouts.get(constants.CONTROLLER)
    if rollout is None:
        if facts.deployment_absent(constants.CONTROLLER):
            return _state(IssuancePhase.NOT_RUNNING, "no controller is installed")
        return _state(IssuancePhase.NOT_VISIBLE, "the controller can't be read")
    why = why_not_running(rollout)
    if why:
        return _state(IssuancePhase.NOT_RUNNING, f"the controller is not running: {why}")
    led = leadership(facts, constants.CONTROLLER)
    if led.leading is None:
        return _state(IssuancePhase.NOT_VISIBLE, f"the controller runs; {led.reason}")
    if led.leading:
        return _state(IssuancePhase.RUNNING, led.reason, led.until)
    taking = " (a takeover is due)" if led.taking_over else ""
    return _state(IssuancePhase.NOT_RUNNING, f"{led.reason}{taking}", led.until)


def _state(phase: IssuancePhase, summary: str, until: float | None = None) -> IssuanceState:
    return IssuanceState(IssuanceLine(phase, summary), until)
