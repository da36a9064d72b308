"""What certdash must be allowed to do, as RBAC rules."""

from dataclasses import dataclass

from certdash.certmanager import constants
from certdash.model.resource import Kind

_READ = ("get", "list", "watch")


@dataclass(frozen=True, slots=True)
class PolicyRule:
    """One rule of a ClusterRole. `names` limits it to objects of these names."""

    groups: tuple[str, ...]
    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    names: tuple[str, ...] = ()


PROBE_RULE = PolicyRule((constants.GROUP,), ("certificates", "certificaterequests"), ("create",))
"""The proof. RBAC can't say "as a dry run only"."""

ISSUANCE_RULES = (
    PolicyRule(("",), ("namespaces",), ("create", "delete")),
    PolicyRule((constants.GROUP,), ("certificates", "issuers"), (*_READ, "create", "delete")),
    PolicyRule((constants.GROUP,), ("certificaterequests",), (*_READ, "delete")),
    PolicyRule(("",), ("secrets",), (*_READ, "delete")),
    # Only to say why an issuance stalls.
    PolicyRule((constants.GROUP,), ("clusterissuers",), ("get", "list", "watch")),
    PolicyRule((constants.ACME_GROUP,), ("orders", "challenges"), ("get", "list")),
    PolicyRule(("",), ("pods/log",), ("get",)),
)
"""What the issuance test needs beside the rest. Secrets are read as metadata only; with --probe-namespace a Role in
that namespace does, and namespaces are not created."""

# Read as metadata only, but RBAC can't say that either: the name at least keeps every other Secret out of reach.
_CA_SECRET_RULE = PolicyRule(("",), ("secrets",), _READ, (f"{constants.DEFAULT_FULLNAME}-webhook-ca",))


def policy_rules(*, probes: bool) -> tuple[PolicyRule, ...]:
    """The rules that let certdash see everything it looks at, and with `probes` prove it, too."""
    plurals: dict[str, list[str]] = {}
    for kind in Kind:
        if kind is not Kind.SECRET:
            plurals.setdefault(kind.resource.group, []).append(kind.resource.plural)
    looks = tuple(PolicyRule((group,), tuple(names), _READ) for group, names in plurals.items())
    return (*((PROBE_RULE,) if probes else ()), *looks, _CA_SECRET_RULE)
