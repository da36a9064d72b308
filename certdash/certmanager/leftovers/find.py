"""Every leftover in the cluster, except certdash's own, whose marks tell all."""

from certdash.certmanager.leftovers.facts import Facts
from certdash.certmanager.leftovers.install_remains import hook_remains, orphan_crds, orphan_leases, orphan_roles
from certdash.certmanager.leftovers.issued_secrets import orphan_secrets
from certdash.certmanager.leftovers.leftover import Leftover, Patience
from certdash.certmanager.leftovers.solvers import orphan_solvers
from certdash.certmanager.leftovers.stuck import stuck_objects
from certdash.certmanager.leftovers.verification_guide import guide_leftovers
from certdash.certmanager.leftovers.webhook_configurations import orphan_configurations


def find_leftovers(facts: Facts, patience: Patience) -> tuple[Leftover, ...]:
    """What does harm first; each object once."""
    found = (
        *orphan_configurations(facts, patience),
        *stuck_objects(facts, patience),
        *guide_leftovers(facts, patience),
        *hook_remains(facts, patience),
        *orphan_roles(facts, patience),
        *orphan_leases(facts),
        *orphan_solvers(facts, patience),
        *orphan_secrets(facts, patience),
        *orphan_crds(facts),
    )
    once: dict[str, Leftover] = {}
    for each in found:
        once.setdefault(each.uid, each)
    return tuple(once.values())
