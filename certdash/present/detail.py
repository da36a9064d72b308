"""One object opened: facts, conditions and events as finished strings, and the findings that point at it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from certdash.certmanager import fields
from certdash.certmanager.discovery import discover
from certdash.certmanager.trust import decode_bundle
from certdash.certmanager.views import webhook_entries
from certdash.model.assessment import Assessment
from certdash.model.diagnosis import Status
from certdash.model.instant import Instant
from certdash.model.resource import Kind, KubeObject, Ref
from certdash.present.panels.parts import PanelInput, absence, tone_of
from certdash.present.text import date_time, glyph, sanitise
from certdash.present.view_model import Tone

_VALUE_LIMIT = 2000


@dataclass(frozen=True, slots=True)
class Fact:
    """One labelled value; an empty label continues the one before."""

    label: str
    value: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class Section:
    """Facts that belong together."""

    title: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class DetailView:
    """An object for people. `gone` says why there is nothing to show, "" when there is."""

    title: str
    gone: str
    facts: tuple[Section, ...]
    conditions: tuple[Section, ...]
    events: tuple[Section, ...]


def kind_of(ref: Ref) -> Kind | None:
    """The kind that a Ref names, None for kinds that are not watched."""
    return next((kind for kind in Kind if kind.resource.kind == ref.kind), None)


def detail_view(assessment: Assessment, ref: Ref, now: Instant, *, ascii: bool = False) -> DetailView:  # noqa: A002
    """What is known of the object now."""
    source = PanelInput(assessment, discover(assessment.snapshot), now, ascii)
    place = f"{sanitise(ref.namespace)}/" if ref.namespace else ""
    title = f"{sanitise(ref.kind)} {place}{sanitise(ref.name)}"
    kind = kind_of(ref)
    found = assessment.snapshot.get(kind, ref.name, ref.namespace) if kind else None
    events = tuple(_events(source, ref))
    if found is None:
        gone = absence(source, kind, ref.name, ref.namespace).text if kind else "not watched"
        return DetailView(title, gone, tuple(_findings(source, ref)), (), events)
    facts = (*_findings(source, ref), *_facts(source, found))
    return DetailView(title, "", facts, tuple(_conditions(source, found)), events)


def _fact(label: str, value: object, tone: Tone = Tone.PLAIN) -> Fact:
    return Fact(sanitise(label, 200), sanitise(str(value), _VALUE_LIMIT), tone)


def _findings(source: PanelInput, ref: Ref) -> Iterator[Section]:
    for finding in source.assessment.diagnosis.findings:
        seen = [e for e in finding.evidence if e.ref == ref]
        if seen:
            facts = [_fact("finding", f"{finding.code}: {finding.summary or finding.title}", Tone.STRONG)]
            facts += [_fact(e.field, e.value) for e in seen]
            yield Section(sanitise(finding.title), tuple(facts))


def _facts(source: PanelInput, item: KubeObject) -> Iterator[Section]:
    body = item.body
    created = fields.moment(body, "metadata", "creationTimestamp")
    general = [_fact("name", item.name, Tone.STRONG)]
    if item.namespace:
        general.append(_fact("namespace", item.namespace))
    if created is not None:
        general.append(_fact("created", f"{date_time(created)} ({source.since_server_time(created)} ago)"))
    deleted = fields.text(body, "metadata", "deletionTimestamp")
    if deleted:
        general.append(_fact("deleted", deleted, Tone.FAIL))
    general += [
        _fact("owned by", f"{fields.text(o, 'kind')} {fields.text(o, 'name')}")
        for o in fields.items(body, "metadata", "ownerReferences")
    ]
    general += [_fact("finalizer", f) for f in fields.texts(body, "metadata", "finalizers")]
    yield Section("Object", tuple(general))
    if item.kind in (Kind.VALIDATING, Kind.MUTATING):
        yield from _entries(item)
    for part in ("spec", "status"):
        flat = tuple(_flat(fields.mapping(body, part)))
        if flat:
            yield Section(part.capitalize(), flat)
    for part in ("labels", "annotations"):
        texts = fields.string_map(body, "metadata", part)
        if texts:
            yield Section(part.capitalize(), tuple(_fact(k, v) for k, v in sorted(texts.items())))


_TOLD_ELSEWHERE = frozenset({"conditions", "webhooks"})
_DEPTH = 6


def _flat(body: Mapping[str, Any], prefix: str = "", depth: int = 0) -> Iterator[Fact]:
    """Every scalar below, by its path; what has a tab of its own is left out."""
    for key, found in body.items():
        path = f"{prefix}{key}"
        if depth == 0 and key in _TOLD_ELSEWHERE:
            continue
        if isinstance(found, Mapping) and found and depth < _DEPTH:
            yield from _flat(found, f"{path}.", depth + 1)
        elif isinstance(found, (list, tuple)) and found and depth < _DEPTH:
            for i, one in enumerate(found):
                if isinstance(one, Mapping):
                    yield from _flat(one, f"{path}[{i}].", depth + 1)
                else:
                    yield _fact(f"{path}[{i}]", one)
        elif found not in (None, {}, []):
            yield _fact(path, found)


def _entries(item: KubeObject) -> Iterator[Section]:
    for entry in webhook_entries(item):
        bundle = decode_bundle(entry.ca_bundle)
        facts = [
            _fact("leads to", f"{entry.target}{entry.path}"),
            _fact("failure policy", entry.failure_policy, Tone.PLAIN if entry.failure_policy == "Fail" else Tone.WARN),
            _fact("timeout", f"{entry.timeout}s"),
        ]
        facts += [_fact("rule", _rule(rule)) for rule in entry.rules]
        for label, selector in (("namespaces", entry.namespace_selector), ("objects", entry.object_selector)):
            facts += [Fact(label, f"{f.label} {f.value}") for f in _flat(selector)]
        if entry.match_conditions:
            facts.append(_fact("match conditions", entry.match_conditions))
        if bundle.empty or bundle.error:
            facts.append(_fact("caBundle", bundle.error or "empty", Tone.FAIL))
        for certificate in bundle.certificates:
            facts.append(_fact("trusts", certificate.subject))
            facts.append(_fact("", f"until {date_time(certificate.not_after)}"))
            facts.append(_fact("", f"sha256 {certificate.fingerprint}"))
        yield Section(f"Webhook {sanitise(entry.name)}", tuple(facts))


def _rule(rule: Mapping[str, Any]) -> str:
    resources = ", ".join(fields.texts(rule, "resources"))
    groups = ", ".join(fields.texts(rule, "apiGroups"))
    versions = ", ".join(fields.texts(rule, "apiVersions"))
    operations = ", ".join(fields.texts(rule, "operations"))
    return f"{operations} of {resources} in {groups} {versions}"


_GOOD_WHEN_FALSE = frozenset(
    {"ReplicaFailure", "Terminating", "NonStructuralSchema", "KubernetesAPIApprovalPolicyConformant"}
)


def _conditions(source: PanelInput, item: KubeObject) -> Iterator[Section]:
    for condition in fields.items(item.body, "status", "conditions"):
        kind, state = fields.text(condition, "type"), fields.text(condition, "status")
        good = (state == "True") is not (kind in _GOOD_WHEN_FALSE)
        status = Status.UNKNOWN if state not in ("True", "False") else (Status.OK if good else Status.FAIL)
        mark = glyph(status, ascii=source.ascii)
        facts = [_fact("status", f"{mark} {state}", tone_of(status))]
        facts += [_fact(n, t) for n in ("reason", "message") if (t := fields.text(condition, n))]
        since = fields.moment(condition, "lastTransitionTime")
        if since is not None:
            facts.append(_fact("since", f"{date_time(since)} ({source.since_server_time(since)} ago)"))
        yield Section(sanitise(kind), tuple(facts))


def _events(source: PanelInput, ref: Ref) -> Iterator[Section]:
    found = [
        (_last_seen(e.body), e.body)
        for e in source.snapshot.of(Kind.EVENT).values()
        if fields.text(e.body, "involvedObject", "name") == ref.name
        and fields.text(e.body, "involvedObject", "kind") == ref.kind
        and fields.text(e.body, "involvedObject", "namespace") == ref.namespace
    ]
    for moment, body in sorted(found, key=lambda pair: -pair[0]):
        warning = fields.text(body, "type") == "Warning"
        count = fields.number(body, "count", default=1)
        times = f", {count} times" if count > 1 else ""
        status = Status.WARN if warning else Status.OK
        mark = glyph(status, ascii=source.ascii)
        when = f"{source.since_server_time(moment)} ago" if moment else "time unknown"
        facts = (
            _fact("when", f"{when}{times}", Tone.DIM),
            _fact("message", fields.text(body, "message")),
        )
        yield Section(f"{mark} {sanitise(fields.text(body, 'reason'))}", facts)


def _last_seen(body: Mapping[str, Any]) -> float:
    moments = (
        fields.moment(body, "series", "lastObservedTime"),
        fields.moment(body, "lastTimestamp"),
        fields.moment(body, "eventTime"),
        fields.moment(body, "firstTimestamp"),
    )
    return next((m for m in moments if m is not None), 0.0)
