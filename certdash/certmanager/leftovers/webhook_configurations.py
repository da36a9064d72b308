"""Webhook configurations of cert-manager's that lead to a Service which is gone."""

from collections.abc import Iterator

from certdash.certmanager import constants, fields
from certdash.certmanager.discovery import is_cert_manager_entry
from certdash.certmanager.leftovers.facts import Body, Facts, as_object, release_keeps
from certdash.certmanager.leftovers.leftover import Leftover, Origin, Patience, Sureness, age_of, leftover
from certdash.certmanager.ownership import Owner, ownership
from certdash.certmanager.views import WebhookEntry, webhook_entries
from certdash.model.resource import Key, Kind

_SERVICES = Kind.SERVICE.resource


def cert_manager_entries(kind: Kind, body: Body) -> tuple[WebhookEntry, ...]:
    """The configuration's entries that are cert-manager's own."""
    labels = fields.string_map(body, "metadata", "labels")
    return tuple(e for e in webhook_entries(as_object(kind, body)) if is_cert_manager_entry(e, labels))


def orphan_configurations(facts: Facts, patience: Patience) -> Iterator[Leftover]:
    """Configurations none of whose webhooks can be reached, and that belong to no install that we see."""
    if not facts.installs_known:
        return
    for kind in (Kind.VALIDATING, Kind.MUTATING):
        for body in facts.of(kind.resource):
            entries = cert_manager_entries(kind, body)
            services = {entry.service for entry in entries if entry.service}
            if not entries or (services and not _all_gone(facts, services)):
                continue
            if any(_belongs(facts, body, service) for service in services):
                continue
            if not services and facts.installs:
                continue
            yield leftover(
                kind.resource,
                body,
                Origin.INSTALL,
                Sureness.CERTAIN if services else Sureness.POSSIBLE,
                _why(services),
                _effect(kind, entries),
                kept=_kept(facts, kind, body, entries, patience),
            )


def _all_gone(facts: Facts, services: set[Key]) -> bool:
    return all((_SERVICES, service) in facts.absent for service in services)


def _belongs(facts: Facts, body: Body, service: Key) -> bool:
    """Whether an install that stands there is merely without its Service: that is for the diagnosis."""
    instance = fields.text(body, "metadata", "labels", constants.LABEL_INSTANCE)
    return any(
        found.namespace == service[0]
        and (found.name == service[1] or (found.component == constants.WEBHOOK and found.instance == instance))
        for found in facts.installs
    )


def _why(services: set[Key]) -> tuple[str, ...]:
    if not services:
        return ("it calls a URL, and there is no Deployment of cert-manager's",)
    gone = tuple(f"it leads to Service {ns}/{name}, which is gone" for ns, name in sorted(services))
    return (*gone, "no Deployment of cert-manager's stands behind it")


def _effect(kind: Kind, entries: tuple[WebhookEntry, ...]) -> str:
    if all(entry.failure_policy == "Ignore" for entry in entries):
        return "it delays what it is asked about; failurePolicy Ignore lets it pass"
    if kind is Kind.MUTATING:
        return "failurePolicy Fail: it blocks the creation of what it is asked about, CertificateRequests at least"
    return (
        "failurePolicy Fail: it blocks every create and update of cert-manager's objects, and with the updates the "
        "removal of finalizers"
    )


def _kept(facts: Facts, kind: Kind, body: Body, entries: tuple[WebhookEntry, ...], patience: Patience) -> str:
    if any(not entry.service for entry in entries):
        return "it calls a URL: what answers there can't be seen from here"
    if len(entries) < len(webhook_entries(as_object(kind, body))):
        return "it also holds webhooks that are not cert-manager's"
    if owners := fields.items(body, "metadata", "ownerReferences"):
        return f"it is owned by {fields.text(owners[0], 'kind')} {fields.text(owners[0], 'name')}"
    owner = ownership((as_object(kind, body),))
    if owner.owner not in (Owner.PLAIN, Owner.HELM):
        return f"{owner.owner.value} put it there and would put it back: remove it there"
    if told := release_keeps(facts, body):
        return told
    if age_of(body, facts.now) < patience.install:
        return "it was made just now: an install may be under way"
    homes = {entry.service[0] for entry in entries if entry.service}
    instance = fields.text(body, "metadata", "labels", constants.LABEL_INSTANCE)
    moving = next(
        (w for w in facts.installs if w.moving and (w.namespace in homes or w.instance == instance)),
        None,
    )
    return f"Deployment {moving.namespace}/{moving.name} is moving: wait until its rollout ends" if moving else ""
