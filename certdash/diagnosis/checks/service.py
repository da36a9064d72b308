"""The webhook's Service and what stands behind it."""

from collections.abc import Iterator

from certdash.certmanager import constants, fields
from certdash.certmanager.rollout import argument
from certdash.certmanager.selection import failing_requirement
from certdash.diagnosis.facts import Facts
from certdash.diagnosis.judgement import Judgement, judge, seen
from certdash.diagnosis.remedies import Remedies
from certdash.model.resource import Key, Kind, KubeObject, Ref

# Until EndpointSlices and every node's rules follow a Pod that became ready.
ENDPOINT_LAG = 30.0


def check_service(facts: Facts, remedies: Remedies) -> Iterator[Judgement]:
    """Whether a call of the Service can arrive at a ready Pod."""
    target = facts.install.service
    if target is None or not (facts.entries or constants.WEBHOOK in facts.rollouts):
        return
    if facts.service is None:
        if facts.absent(Kind.SERVICE, target[1], target[0]):
            yield _missing(facts, target, remedies)
        return
    spec = fields.mapping(facts.service.body, "spec")
    if fields.text(spec, "type") == "ExternalName" or fields.text(spec, "clusterIP") == "None":
        shown = fields.text(spec, "type") if fields.text(spec, "type") == "ExternalName" else "clusterIP None"
        evidence = [seen(facts.service.ref, "spec", shown)]
        yield judge(
            "CD0603", f"Service {target[1]} can't be called: {shown}", evidence, remedies.reapply("the Service")
        )
    elif facts.service_port is None:
        yield _no_port(facts, facts.service, remedies)
    else:
        yield from _behind(facts, facts.service, remedies)


def _missing(facts: Facts, target: Key, remedies: Remedies) -> Judgement:
    if facts.absent(Kind.NAMESPACE, target[0]):
        evidence = [seen(Ref("Namespace", "", target[0]), "metadata.name", "not found")]
        evidence += [seen(e.entry.configuration, "clientConfig.service", e.entry.target) for e in facts.entries]
        fix = remedies.install_anew(crds=False)
        return judge("CD0710", f"Namespace {target[0]}, where the webhook is called, does not exist", evidence, fix)
    evidence = [seen(Ref("Service", *target), "metadata.name", "not found")]
    return judge("CD0601", f"Service {target[1]} is missing in {target[0]}", evidence, remedies.reapply("the Service"))


def _no_port(facts: Facts, service: KubeObject, remedies: Remedies) -> Judgement:
    wanted = facts.entries[0].entry.port if facts.entries else 443
    ports = ", ".join(str(fields.number(p, "port")) for p in fields.items(service.body, "spec", "ports"))
    evidence = [seen(service.ref, "spec.ports[].port", ports or "none")]
    evidence += [seen(e.entry.configuration, "clientConfig.service.port", e.entry.port) for e in facts.entries[:1]]
    summary = f"Service {service.name} has no port {wanted}, which the webhook configuration calls"
    return judge("CD0602", summary, evidence, remedies.reapply("the Service"))


def _behind(facts: Facts, service: KubeObject, remedies: Remedies) -> Iterator[Judgement]:
    rollout = facts.rollouts.get(constants.WEBHOOK)
    deployment = facts.snapshot.get(Kind.DEPLOYMENT, facts.install.webhook, facts.install.namespace)
    selector = fields.mapping(service.body, "spec", "selector")
    if deployment is not None:
        labels = fields.string_map(deployment.body, "spec", "template", "metadata", "labels")
        failing = failing_requirement({"matchLabels": selector}, labels)
        if failing and not facts.ready_endpoints:
            evidence = [seen(service.ref, "spec.selector", failing)]
            summary = f"Service {service.name} selects {failing}, which the webhook's Pods do not carry"
            yield judge("CD0604", summary, evidence, remedies.reapply("the Service"))
            return
    wrong = _wrong_port(facts, deployment)
    if wrong:
        assert facts.service_port is not None
        evidence = [seen(service.ref, "spec.ports[].targetPort", facts.service_port.target or facts.service_port.port)]
        yield judge("CD0606", f"Service {service.name} leads to {wrong}", evidence, remedies.reapply("the Service"))
    elif facts.endpoints_readable and not facts.ready_endpoints:
        pods = rollout.pods if rollout else ()
        ready = [p for p in pods if p.ready]
        heals = max((facts.remaining(p.ready_since, ENDPOINT_LAG) for p in ready), default=0.0)
        evidence = [seen(service.ref, "endpoints", "none is ready")]
        summary = f"Service {service.name} has no ready endpoint"
        yield judge("CD0605", summary, evidence, [remedies.endpoint_slices()], heals=heals)


def _wrong_port(facts: Facts, deployment: KubeObject | None) -> str:
    """Where the Service leads instead of the webhook's port, "" when it leads there or that is not known."""
    if any(e.ready and not e.port for e in facts.endpoints) and not facts.ready_endpoints:
        assert facts.service_port is not None
        return f"the port {facts.service_port.target or facts.service_port.port}, which the Pods do not have"
    rollout = facts.rollouts.get(constants.WEBHOOK)
    if deployment is None or rollout is None or not facts.ready_endpoints:
        return ""
    told = argument(rollout.args, "secure-port")
    listening = {int(told)} if told.isascii() and told.isdigit() and len(told) < 6 else set()
    if not listening:
        containers = fields.items(deployment.body, "spec", "template", "spec", "containers")
        ports = [p for c in containers for p in fields.items(c, "ports")]
        listening = {
            fields.number(p, "containerPort") for p in ports if fields.text(p, "name") == constants.WEBHOOK_PORT_NAME
        }
    called = {e.port for e in facts.ready_endpoints}
    if not listening or called & listening:
        return ""
    return f"port {min(called)}, but the webhook listens on {min(listening)}"
