"""The three Deployments, their ReplicaSets old and new, and the Pods with what keeps them."""

from collections.abc import Iterator

from certdash.certmanager import fields
from certdash.certmanager.constants import COMPONENTS, WEBHOOK
from certdash.certmanager.rollout import PodTrouble, PodView, Rollout, RolloutPhase, owner_name, replicasets, rollout
from certdash.certmanager.versions import image_version
from certdash.model.diagnosis import Status
from certdash.model.resource import Kind, KubeObject
from certdash.present.panels.parts import PanelInput, absence, name_cell, stale_state, state_cell, text_cell
from certdash.present.view_model import Cell, Column, RowView, Tone

COLUMNS = (
    Column("WORKLOAD"),
    Column("READY", right=True),
    Column("STATE", flexible=True),
    Column("AGE", right=True, optional=True),
)
_PHASES = {
    RolloutPhase.COMPLETE: Status.OK,
    RolloutPhase.ROLLING: Status.WAITING,
    RolloutPhase.STALLED: Status.FAIL,
    RolloutPhase.PAUSED: Status.WARN,
    RolloutPhase.SCALED_TO_ZERO: Status.FAIL,
}
_TROUBLES = {
    PodTrouble.NONE: Status.OK,
    PodTrouble.STARTING: Status.WAITING,
    PodTrouble.NOT_READY: Status.WAITING,
    PodTrouble.TERMINATING: Status.WAITING,
}


def workload_rows(source: PanelInput) -> tuple[RowView, ...]:
    """Each component's Deployment, under it its ReplicaSets in use, under those their Pods."""
    rows: list[RowView] = []
    for component in COMPONENTS:
        name = source.install.deployment_name(component)
        deployment = source.snapshot.get(Kind.DEPLOYMENT, name, source.install.namespace)
        rows.extend(_deployment_rows(source, deployment) if deployment else (_absent(source, component, name),))
    return tuple(rows)


def _absent(source: PanelInput, component: str, name: str) -> RowView:
    namespace = source.install.namespace
    gone = absence(source, Kind.DEPLOYMENT, name, namespace)
    # Without the other two the API still accepts resources; without the webhook it can't.
    status = Status.WARN if gone.status is Status.FAIL and component != WEBHOOK else gone.status
    text = f"no Deployment in {namespace}" if gone.text == "missing" else gone.text
    cells = (name_cell(name, Tone.STRONG), Cell(""), state_cell(status, text), Cell(""))
    return source.row(f"deployment/{name}", status, cells)


def _deployment_rows(source: PanelInput, deployment: KubeObject) -> Iterator[RowView]:
    state = rollout(source.snapshot, deployment)
    sets = [r for r in replicasets(source.snapshot, deployment.key) if _in_use(r)]
    yield _deployment_row(source, deployment, state)
    shown: set[str] = set()
    for position, replicaset in enumerate(sets):
        word = ("new" if position == 0 else "old") if len(sets) > 1 else ""
        yield _replicaset_row(source, replicaset, deployment, word)
        for pod in state.pods:
            body = _body(source, pod)
            if body is not None and owner_name(body.body, "ReplicaSet") == replicaset.name:
                shown.add(pod.ref.name)
                yield _pod_row(source, pod, body, replicaset.name)
    # Pods whose ReplicaSet can't be read, or is already scaled down.
    for pod in state.pods:
        body = _body(source, pod)
        if body is not None and pod.ref.name not in shown:
            yield _pod_row(source, pod, body, deployment.name)


def _body(source: PanelInput, pod: PodView) -> KubeObject | None:
    return source.snapshot.get(Kind.POD, pod.ref.name, pod.ref.namespace)


def _in_use(replicaset: KubeObject) -> bool:
    wanted = fields.number(replicaset.body, "spec", "replicas")
    return wanted > 0 or fields.number(replicaset.body, "status", "replicas") > 0


def _deployment_row(source: PanelInput, deployment: KubeObject, state: Rollout) -> RowView:
    template = fields.items(deployment.body, "spec", "template", "spec", "containers")
    version = next((v for c in template if (v := image_version(fields.text(c, "image")))), state.version)
    told = f"{version} {rollout_text(state)}".strip()
    status, text = stale_state(source, deployment, _PHASES[state.phase], told)
    cells = (
        name_cell(deployment.name, Tone.STRONG),
        Cell(f"{state.ready}/{state.replicas}"),
        state_cell(status, text),
        Cell(source.object_age(deployment.body), Tone.DIM),
    )
    return source.row(f"deployment/{deployment.name}", status, cells, deployment.ref)


def rollout_text(state: Rollout) -> str:
    """The rollout in words."""
    if state.failed_create:
        return f"can't create Pods: {state.failed_create}"
    if state.phase is RolloutPhase.COMPLETE:
        return "rolled out"
    if state.phase is RolloutPhase.STALLED:
        return f"stuck: {state.reason}"
    if state.phase is RolloutPhase.ROLLING:
        return f"rolling {sum(pod.ready and pod.current for pod in state.pods)}/{state.replicas}"
    return state.phase.value


def _replicaset_row(source: PanelInput, replicaset: KubeObject, deployment: KubeObject, word: str) -> RowView:
    body = replicaset.body
    wanted = fields.number(body, "spec", "replicas")
    ready = fields.number(body, "status", "readyReplicas")
    containers = fields.items(body, "spec", "template", "spec", "containers")
    version = next((v for c in containers if (v := image_version(fields.text(c, "image")))), "")
    calm, text = (Status.OK if ready >= wanted else Status.WAITING), (f"{word} {version}" if word else "ReplicaSet")
    status, text = stale_state(source, replicaset, calm, text)
    cells = (
        name_cell(f" └ {suffix(replicaset.name, deployment.name)}", Tone.DIM),
        Cell(f"{ready}/{wanted}", Tone.DIM),
        text_cell(text, Tone.PLAIN if word else Tone.DIM),
        Cell(source.object_age(body), Tone.DIM),
    )
    return source.row(f"replicaset/{replicaset.name}", status, cells, replicaset.ref)


def suffix(name: str, owner: str) -> str:
    """What a child's name adds to its owner's, the whole name when it is not built from it."""
    return name[len(owner) + 1 :] if name.startswith(f"{owner}-") else name


def _pod_row(source: PanelInput, pod: PodView, item: KubeObject, parent: str) -> RowView:
    status, text = stale_state(source, item, _TROUBLES.get(pod.trouble, Status.FAIL), pod_text(pod, item))
    statuses = fields.items(item.body, "status", "containerStatuses")
    ready = sum(fields.flag(s, "ready") for s in statuses)
    containers = len(fields.items(item.body, "spec", "containers")) or len(statuses)
    cells = (
        name_cell(f"   └ {suffix(item.name, parent)}"),
        Cell(f"{ready}/{containers}", Tone.DIM),
        state_cell(status, text),
        Cell(source.object_age(item.body), Tone.DIM),
    )
    return source.row(f"pod/{item.name}", status, cells, item.ref)


def pod_text(pod: PodView, item: KubeObject) -> str:
    """The Pod's state as kubectl's STATUS column tells it, with restarts and the reason's message."""
    restarts = f", {pod.restarts} restart{'s' if pod.restarts > 1 else ''}" if pod.restarts else ""
    phase = fields.text(item.body, "status", "phase") or "Unknown"
    if pod.trouble is PodTrouble.NONE:
        return f"{phase}{restarts}"
    if pod.trouble is PodTrouble.NOT_READY:
        return f"{phase}, not ready{restarts}"
    reason = pod.reason or phase
    return f"{reason}{restarts}" + (f": {pod.message}" if pod.message else "")
