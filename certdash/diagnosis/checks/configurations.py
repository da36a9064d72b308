"""The validating and the mutating webhook configuration: there, leading to this install, selecting the probe."""

from collections.abc import Iterator, Sequence

from certdash.certmanager import constants, fields
from certdash.certmanager.selection import Selection
from certdash.certmanager.views import WebhookEntry
from certdash.diagnosis.facts import EntryFact, Facts
from certdash.diagnosis.judgement import Judgement, judge, seen
from certdash.diagnosis.remedies import Remedies
from certdash.model.finding import Evidence, Remedy
from certdash.model.probe import ProbeName
from certdash.model.resource import Kind, Ref

_BY_FIELD = {"rules": "CD0505", "namespaceSelector": "CD0506", "objectSelector": "CD0507"}


def check_configurations(facts: Facts, remedies: Remedies) -> Iterator[Judgement]:
    """Whether the API server would ask this install about each probe."""
    yield from _missing(facts, remedies)
    for kind in (Kind.VALIDATING, Kind.MUTATING):
        yield from _unselected(facts, [e for e in facts.entries if e.entry.kind is kind], remedies)
    yield from _ignoring(facts, remedies)
    yield from _elsewhere(facts, remedies)


def _missing(facts: Facts, remedies: Remedies) -> Iterator[Judgement]:
    present = {e.entry.kind for e in facts.entries}
    name = f"{facts.install.fullname}-webhook"
    gone = [k for k in (Kind.VALIDATING, Kind.MUTATING) if k not in present and facts.snapshot.readable(k)]
    evidence = [seen(Ref(k.resource.kind, "", name), "metadata.name", "not found") for k in gone]
    if len(gone) == 2:
        if not facts.installed and not facts.stale_entries:
            crds = not any(c.served for c in facts.crds)
            summary = "Nothing of cert-manager is installed" + ("" if crds else " but its CRDs: everything is admitted")
            absent = Ref("Deployment", facts.install.namespace, facts.install.webhook)
            if facts.deployment_absent(constants.WEBHOOK):
                evidence.append(seen(absent, "metadata.name", "not found"))
            yield judge("CD0501", summary, evidence, remedies.install_anew(crds=crds))
            return
        summary = "Both webhook configurations are missing, so cert-manager is never asked"
        yield judge("CD0502", summary, evidence, remedies.reapply("the webhook configurations"))
    elif gone:
        validating = gone[0] is Kind.VALIDATING
        summary = f"{gone[0].resource.kind} {name} is missing"
        fix = remedies.reapply(f"the {'validating' if validating else 'mutating'} webhook configuration")
        yield judge("CD0503" if validating else "CD0504", summary, evidence, fix)


def _unselected(facts: Facts, entries: Sequence[EntryFact], remedies: Remedies) -> Iterator[Judgement]:
    """What excludes a probe, where no entry of the kind selects it."""
    reported = set()
    for probe in ProbeName:
        told = [(e, e.selections[probe]) for e in entries if probe in e.selections]
        if not told or any(s.selection is not Selection.NO for _, s in told):
            continue
        entry, result = told[0]
        code = _BY_FIELD[result.field]
        if code in reported:
            continue
        reported.add(code)
        configuration = entry.entry.configuration
        evidence = [seen(configuration, f"webhooks[].{result.field}", result.term)]
        yield _excluded(facts, code, configuration, probe, evidence, remedies)


def _excluded(
    facts: Facts, code: str, configuration: Ref, probe: ProbeName, evidence: list[Evidence], remedies: Remedies
) -> Judgement:
    restore = remedies.reapply("the webhook configuration")
    if code == "CD0505":
        return judge(
            code,
            f"The rules of {configuration.kind} {configuration.name} leave out the {probe.value}",
            evidence,
            restore,
        )
    if code == "CD0507":
        return judge(
            code,
            f"The objectSelector of {configuration.kind} {configuration.name} leaves out the probe",
            evidence,
            restore,
        )
    name = facts.snapshot.scope.probe_namespace
    term = evidence[0].value
    if term.startswith(constants.DISABLE_VALIDATION):
        relabel = remedies.kubectl("label", "namespace", name, f"{constants.DISABLE_VALIDATION}-")
        restore = (Remedy(f"Let namespace {name} be validated, or use another --probe-namespace", (relabel,)),)
    else:
        restore = (Remedy("Use another --probe-namespace, or change the namespaceSelector"), *restore)
    if facts.namespace is not None:
        labels = fields.string_map(facts.namespace.body, "metadata", "labels")
        shown = ", ".join(f"{k}={v}" for k, v in sorted(labels.items()))
        evidence.append(seen(facts.namespace.ref, "metadata.labels", shown))
    summary = f"Namespace {name} is excluded from {configuration.kind} {configuration.name}: it requires {term}"
    return judge(code, summary, evidence, restore)


def _ignoring(facts: Facts, remedies: Remedies) -> Iterator[Judgement]:
    ignoring = [e.entry.configuration for e in facts.entries if e.entry.failure_policy == "Ignore"]
    if ignoring:
        evidence = [seen(ref, "webhooks[].failurePolicy", "Ignore") for ref in ignoring]
        summary = f"failurePolicy is Ignore in {', '.join(sorted({r.kind for r in ignoring}))}"
        yield judge("CD0509", summary, evidence, remedies.reapply("failurePolicy Fail"))


def _elsewhere(facts: Facts, remedies: Remedies) -> Iterator[Judgement]:
    """Configurations of cert-manager's that lead to something else than this install."""
    dead: list[WebhookEntry] = []
    alive: list[WebhookEntry] = []
    for entry in facts.stale_entries:
        gone = entry.service is not None and facts.absent(Kind.SERVICE, entry.service[1], entry.service[0])
        (dead if gone and entry.failure_policy != "Ignore" else alive).append(entry)
    if dead:
        evidence = [seen(e.configuration, "webhooks[].clientConfig.service", f"{e.target} not found") for e in dead]
        names = sorted({e.configuration for e in dead})
        commands = tuple(remedies.kubectl("delete", ref.kind.lower(), ref.name) for ref in names)
        summary = f"{names[0].kind} {names[0].name} is left over and leads to a Service that is gone: {dead[0].target}"
        fix = Remedy("Delete what is left over, after a look at it", commands)
        yield judge("CD0510", summary, evidence, [fix])
    if alive:
        evidence = [seen(e.configuration, "webhooks[].clientConfig", e.target) for e in alive]
        yield judge("CD0511", f"A second install is registered at {alive[0].target}", evidence)
