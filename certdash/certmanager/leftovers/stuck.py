"""Objects that are marked for deletion and stay, because of a finalizer of cert-manager's."""

from collections.abc import Iterator

from certdash.certmanager import constants, fields
from certdash.certmanager.issuance.resources import (
    CERTIFICATES,
    CHALLENGES,
    CLUSTER_ISSUERS,
    ISSUERS,
    NAMESPACES,
    ORDERS,
    REQUESTS,
)
from certdash.certmanager.leftovers.facts import Body, Facts
from certdash.certmanager.leftovers.leftover import Leftover, Origin, Patience, Sureness, leftover

STUCK_KINDS = (CHALLENGES, ORDERS, REQUESTS, CERTIFICATES, ISSUERS, CLUSTER_ISSUERS)


def own_finalizers(body: Body) -> tuple[str, ...]:
    """Those of the object's finalizers that are cert-manager's: `acme.cert-manager.io/finalizer`, and as older releases
    wrote it `finalizer.acme.cert-manager.io`."""
    return tuple(f for f in fields.texts(body, "metadata", "finalizers") if constants.GROUP in f.partition("/")[0])


def stuck_objects(facts: Facts, patience: Patience) -> Iterator[Leftover]:
    """Objects that nobody finishes deleting, and namespaces that wait for them."""
    for resource in STUCK_KINDS:
        for body in facts.of(resource):
            deleted = fields.moment(body, "metadata", "deletionTimestamp")
            finalizers = own_finalizers(body)
            if deleted is None or not finalizers or facts.now - deleted < patience.install:
                continue
            yield leftover(
                resource,
                body,
                Origin.STUCK,
                Sureness.LIKELY,
                (f"it was deleted, and still waits for {', '.join(finalizers)}", _who_should(facts)),
                "its namespace can't be deleted" if resource.namespaced else "nothing",
                kept="deleted already: only its finalizer holds it, and without that what it made elsewhere (DNS "
                "records, solver Pods) may stay",
                finalizers=finalizers,
                finalizers_kept=tuple(
                    other for other in fields.texts(body, "metadata", "finalizers") if other not in finalizers
                ),
            )
    for body in facts.of(NAMESPACES):
        told = _waits_for_cert_manager(body)
        if told:
            yield leftover(
                NAMESPACES,
                body,
                Origin.STUCK,
                Sureness.LIKELY,
                ("it is being deleted", told),
                "nothing can be created in it",
                kept="deleted already: it goes with what it waits for",
            )


def _who_should(facts: Facts) -> str:
    controllers = [found for found in facts.installs if found.component == constants.CONTROLLER]
    if not controllers and facts.installs_known:
        return "no controller of cert-manager's is there that could take it away"
    return "the controller has not taken it away: see its log, the issuer and its credentials"


def _waits_for_cert_manager(body: Body) -> str:
    if not fields.text(body, "metadata", "deletionTimestamp"):
        return ""
    for condition in fields.items(body, "status", "conditions"):
        message = fields.text(condition, "message")
        if condition.get("status") == "True" and constants.GROUP in message:
            return message
    return ""
