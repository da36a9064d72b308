"""Pods, Services and Ingresses that solved an ACME challenge which is gone."""

from collections.abc import Iterator

from certdash.certmanager import fields
from certdash.certmanager.issuance.resources import CHALLENGES, PODS
from certdash.certmanager.leftovers.facts import Facts
from certdash.certmanager.leftovers.leftover import Leftover, Origin, Patience, Sureness, age_of, leftover
from certdash.certmanager.leftovers.resources import INGRESSES
from certdash.model.resource import Kind

SOLVER_LABEL = "acme.cert-manager.io/http01-solver"
SOLVER_KINDS = (PODS, Kind.SERVICE.resource, INGRESSES)
_NAME = "cm-acme-http-solver-"


def orphan_solvers(facts: Facts, patience: Patience) -> Iterator[Leftover]:
    """Those whose Challenge is gone. A running challenge's look the same: it must be known not to be there."""
    if not facts.read(CHALLENGES):
        return
    there = {fields.text(body, "metadata", "uid") for body in facts.of(CHALLENGES)}
    for resource in SOLVER_KINDS:
        for body in facts.of(resource):
            owners = fields.items(body, "metadata", "ownerReferences")
            of_challenge = [fields.text(owner, "uid") for owner in owners if owner.get("kind") == "Challenge"]
            named = fields.text(body, "metadata", "name").startswith(_NAME)
            old = age_of(body, facts.now) >= patience.guide
            if not named or not of_challenge or any(uid in there for uid in of_challenge) or not old:
                continue
            yield leftover(
                resource,
                body,
                Origin.ACME,
                Sureness.CERTAIN,
                (f"it is labelled {SOLVER_LABEL}", "the Challenge that owns it is gone"),
                "it goes on answering for a challenge that nobody asks about",
            )
