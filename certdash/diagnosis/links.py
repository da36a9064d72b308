"""The chain: each link with its own state, whatever the root cause is."""

from collections.abc import Sequence

from certdash.certmanager import fields
from certdash.diagnosis.facts import Facts
from certdash.diagnosis.proof import streak
from certdash.model.connection import ConnectionPhase
from certdash.model.diagnosis import ChainLink, InstallLine, InstallPhase, Status
from certdash.model.finding import Component, Finding, Severity
from certdash.model.resource import Kind

_OF_INSTALL = {
    InstallPhase.COMPLETE: Status.OK,
    InstallPhase.ROLLING: Status.WAITING,
    InstallPhase.DEGRADED: Status.WARN,
    InstallPhase.ABSENT: Status.FAIL,
    InstallPhase.NOT_VISIBLE: Status.UNKNOWN,
}
# Of two findings about one link the worse tells.
_ORDER = (Status.FAIL, Status.WAITING, Status.UNKNOWN, Status.WARN)


def chain(facts: Facts, findings: Sequence[Finding], install: InstallLine) -> tuple[ChainLink, ...]:
    """All links in the order in which the API server needs them."""
    links = (component for component in Component if component is not Component.ISSUANCE)
    return tuple(_link(facts, component, findings, install) for component in links)


def _link(facts: Facts, component: Component, findings: Sequence[Finding], install: InstallLine) -> ChainLink:
    plain = _plain(facts, component, install)
    about = [(_status(f), f) for f in findings if f.component is component and f.severity is not Severity.INFO]
    for status in _ORDER:
        for found, finding in about:
            if found is status and (status is not Status.WARN or plain.status is not Status.FAIL):
                return ChainLink(component, status, finding.summary)
    return plain


def _status(finding: Finding) -> Status:
    if finding.severity is Severity.WARNING:
        return Status.WARN
    if finding.heals_itself:
        return Status.WAITING
    return Status.UNKNOWN if finding.blames_others else Status.FAIL


def _plain(facts: Facts, component: Component, install: InstallLine) -> ChainLink:
    """The link's state when no finding is about it."""
    if component is Component.CRDS:
        return _crds(facts)
    if component is Component.WORKLOADS:
        return ChainLink(component, _OF_INSTALL[install.phase], install.summary)
    if component is Component.SERVICE:
        return _service(facts)
    if component is Component.WEBHOOKS:
        return _configurations(facts)
    if component is Component.CA_BUNDLE:
        return _ca_bundle(facts)
    if component is Component.PROBE_NAMESPACE:
        return _namespace(facts)
    if component is Component.CONNECTION:
        connected = facts.snapshot.connection.phase in (ConnectionPhase.CONNECTED, ConnectionPhase.DEGRADED)
        phase = facts.snapshot.connection.phase
        status = Status.OK if phase is ConnectionPhase.CONNECTED else Status.WARN if connected else Status.UNKNOWN
        return ChainLink(component, status, phase.value)
    return _proven(facts, component)


def _crds(facts: Facts) -> ChainLink:
    served = sum(1 for c in facts.crds if c.served)
    unknown = sum(1 for c in facts.crds if c.served is None)
    status = Status.OK if served == len(facts.crds) else Status.UNKNOWN if unknown else Status.FAIL
    return ChainLink(Component.CRDS, status, f"{served} of {len(facts.crds)} served")


def _service(facts: Facts) -> ChainLink:
    target = facts.install.service
    if target is None:
        return ChainLink(Component.SERVICE, Status.OK, "not used: the configurations hold a URL")
    ready = len(facts.ready_endpoints)
    if ready:
        return ChainLink(Component.SERVICE, Status.OK, f"{ready} ready endpoint{'s' if ready > 1 else ''}")
    if facts.absent(Kind.SERVICE, target[1], target[0]):
        return ChainLink(Component.SERVICE, Status.FAIL, f"Service {target[1]} is missing")
    if facts.endpoints_readable and facts.service is not None:
        return ChainLink(Component.SERVICE, Status.FAIL, "no ready endpoint")
    return ChainLink(Component.SERVICE, Status.UNKNOWN, "can't be read")


def _configurations(facts: Facts) -> ChainLink:
    kinds = {e.entry.kind for e in facts.entries}
    if len(kinds) == 2:
        return ChainLink(Component.WEBHOOKS, Status.OK, "validating and mutating")
    if facts.configurations_readable:
        return ChainLink(Component.WEBHOOKS, Status.FAIL, "missing")
    return ChainLink(Component.WEBHOOKS, Status.UNKNOWN, "can't be read")


def _ca_bundle(facts: Facts) -> ChainLink:
    if not facts.entries:
        status = Status.FAIL if facts.configurations_readable else Status.UNKNOWN
        return ChainLink(Component.CA_BUNDLE, status, "no webhook configuration to hold one")
    count = len({c.fingerprint for e in facts.entries for c in e.bundle.certificates})
    return ChainLink(Component.CA_BUNDLE, Status.OK, f"{count} authorit{'y' if count == 1 else 'ies'}")


def _namespace(facts: Facts) -> ChainLink:
    name = facts.snapshot.scope.probe_namespace
    if facts.namespace is None:
        status = Status.OK if facts.proof else Status.UNKNOWN
        return ChainLink(Component.PROBE_NAMESPACE, status, f"{name}: {'usable' if facts.proof else 'not read'}")
    phase = fields.text(facts.namespace.body, "status", "phase") or "Active"
    return ChainLink(Component.PROBE_NAMESPACE, Status.OK, f"{name}: {phase}")


def _proven(facts: Facts, component: Component) -> ChainLink:
    """Links that only the probe can tell of."""
    if facts.proof is not None:
        count = streak(facts.snapshot.probe)
        words = {
            Component.API_SERVER: facts.snapshot.server.version or "answers",
            Component.NETWORK: "the API server reaches the webhook",
        }.get(component, f"{count} good round{'' if count == 1 else 's'} in a row")
        return ChainLink(component, Status.OK, words)
    if component is Component.API_SERVER and facts.answers:
        return ChainLink(component, Status.OK, facts.snapshot.server.version or "answers")
    if component is Component.PROBE and facts.answers:
        failed = "; ".join(sorted({o.kind.value for o in facts.outcomes.values()}))
        return ChainLink(component, Status.FAIL, f"no proof: {failed}")
    silent = facts.snapshot.probe.in_flight is not None and not facts.answers
    return ChainLink(component, Status.WAITING if silent else Status.UNKNOWN, "not proven")
