"""The six CustomResourceDefinitions."""

from collections.abc import Iterator

from certdash.diagnosis.envelope import OutcomeKind
from certdash.diagnosis.facts import CrdFact, Facts
from certdash.diagnosis.judgement import Judgement, judge, said, seen
from certdash.diagnosis.remedies import Remedies
from certdash.model.resource import Kind, Ref
from certdash.model.stream import StreamPhase

# Several API servers wait 5 s before they call a CRD established; creates sleep for 2 s after that.
_ESTABLISHING = 7.0
# Until every API server serves a new CRD.
_SERVING = 10.0
_DISCOVERY_ANSWERS = 10.0


def check_crds(facts: Facts, remedies: Remedies) -> Iterator[Judgement]:
    """Whether all six are there and served."""
    missing = [c for c in facts.crds if c.view is None and c.served is False]
    if missing:
        yield _missing(facts, missing, remedies)
    for crd in facts.crds:
        if crd.view is not None and not crd.view.served:
            yield _not_served(facts, crd, remedies)
    yield from _answers(facts, remedies)
    if any(c.served is None for c in facts.crds):
        yield _unknown(facts, remedies)
    yield from _stored_versions(facts)


def _ref(name: str) -> Ref:
    return Ref("CustomResourceDefinition", "", name)


def _missing(facts: Facts, missing: list[CrdFact], remedies: Remedies) -> Judgement:
    evidence = [seen(_ref(c.name), "metadata.name" if c.readable else "discovery", "not found") for c in missing]
    if len(missing) == len(facts.crds):
        summary = "None of cert-manager's six CRDs is installed"
        fix = remedies.reapply_crds() if facts.installed else remedies.install_anew(crds=True)
        return judge("CD0301", summary, evidence, fix)
    names = ", ".join(c.name for c in missing)
    return judge(
        "CD0302", f"{'CRDs' if len(missing) > 1 else 'CRD'} missing: {names}", evidence, remedies.reapply_crds()
    )


def _not_served(facts: Facts, crd: CrdFact, remedies: Remedies) -> Judgement:
    view = crd.view
    assert view is not None
    show = remedies.look("See its conditions", remedies.kubectl("get", "crd", crd.name, "-o", "jsonpath={.status}"))
    if view.terminating:
        evidence = [seen(view.ref, "metadata.deletionTimestamp", "set")]
        return judge("CD0305", f"CRD {crd.name} is being deleted", evidence, [show])
    if not view.serves_v1:
        evidence = [seen(view.ref, "spec.versions", "v1 is not served")]
        return judge("CD0306", f"CRD {crd.name} does not serve v1", evidence, remedies.reapply_crds())
    names = view.names_accepted
    if names is not None and names.status == "False":
        evidence = [seen(view.ref, "status.conditions[NamesAccepted]", f"{names.reason}: {names.message}", names.since)]
        return judge("CD0304", f"The names of CRD {crd.name} are taken: {names.message}", evidence, [show])
    established = view.established
    why = f"{established.status} {established.reason}: {established.message}" if established else "not reported"
    evidence = [seen(view.ref, "status.conditions[Established]", why, established.since if established else None)]
    heals = facts.remaining(view.created, _ESTABLISHING)
    return judge("CD0303", f"CRD {crd.name} is not established", evidence, [show], heals=heals)


def _answers(facts: Facts, remedies: Remedies) -> Iterator[Judgement]:
    known_broken = any(c.served is False for c in facts.crds)
    reported = set()
    for name, outcome in facts.outcomes.items():
        if outcome.kind in reported:
            continue
        reported.add(outcome.kind)
        words = [said(facts.answers[name])]
        if outcome.kind is OutcomeKind.CRD_MISSING and not known_broken:
            summary = f"The API server does not serve the resource of the {name.value}"
            heals = _just_established(facts)
            yield judge("CD0308", summary, words, remedies.reapply_crds(), heals=heals, passing=facts.answers_pass)
        elif outcome.kind is OutcomeKind.CRD_TERMINATING and not known_broken:
            show = remedies.look("See which", remedies.kubectl("get", "crds"))
            yield judge("CD0305", "A CRD is being deleted", words, [show], passing=facts.answers_pass)
        elif outcome.kind is OutcomeKind.CONVERSION:
            yield judge("CD0307", "Conversion of stored objects fails", words, remedies.reapply_crds())
        elif outcome.kind is OutcomeKind.SCHEMA:
            yield judge("CD0310", f"The schema refuses the {name.value}", words, remedies.reapply_crds())


def _just_established(facts: Facts) -> float:
    moments = [c.view.established.since for c in facts.crds if c.view and c.view.established]
    return max((facts.remaining(m, _SERVING) for m in moments), default=0.0)


def _unknown(facts: Facts, remedies: Remedies) -> Judgement:
    names = [c.name for c in facts.crds if c.served is None]
    # Discovery is asked only once the CRDs turn out not to be readable.
    states = [s for n in names for s in facts.snapshot.streams_for(Kind.CRD, n)]
    connecting = not states or any(s.phase is StreamPhase.CONNECTING for s in states)
    waiting = connecting or facts.snapshot.server.served is None
    connected = facts.now.seconds_since(facts.snapshot.connection.since)
    heals = max(0.0, _DISCOVERY_ANSWERS - connected) if waiting else 0.0
    evidence = [seen(_ref(n), "status.conditions[Established]", "not known") for n in names]
    show = remedies.look("See what is served", remedies.kubectl("api-resources", "--api-group=cert-manager.io"))
    return judge(
        "CD0309", "It is not known whether all six CRDs are served", evidence, [show], heals=heals, others=True
    )


def _stored_versions(facts: Facts) -> Iterator[Judgement]:
    old = [c.view for c in facts.crds if c.view and set(c.view.stored_versions) - {"v1"}]
    if old:
        evidence = [seen(v.ref, "status.storedVersions", ", ".join(v.stored_versions)) for v in old]
        yield judge("CD0311", f"{len(old)} CRDs still list old stored versions", evidence)
