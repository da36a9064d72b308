"""`certdash rbac`: the ClusterRole that certdash needs, to be piped into kubectl."""

from collections.abc import Iterator, Sequence

from certdash.certmanager.permissions import ISSUANCE_RULES, PolicyRule, policy_rules
from certdash.cli.arguments import Invocation

_WITH_PROBES = (
    "# Everything that certdash asks for. RBAC can't limit create to dry runs: who has this role may also create",
    "# Certificates and CertificateRequests. certdash itself sends every create with dryRun=All.",
    "# Without that permission (certdash rbac --without-probes) the objects are shown, and the verdict is never READY.",
)
_WITHOUT_PROBES = (
    "# Everything that certdash reads, and no create: causes are named, but nothing is proven, so the verdict is",
    "# never READY. certdash rbac prints the role with the probes' permission.",
)
_WITH_ISSUANCE_TEST = (
    "# The issuance test creates and removes a namespace, an Issuer and a Certificate. With --probe-namespace a Role",
    "# in that namespace does for all but the namespaces, which are not needed then.",
)


def rbac_text(invocation: Invocation) -> str:
    """The manifest with what there is to know about it."""
    probes = not invocation.value("--without-probes")
    name = "certdash" if probes else "certdash-without-probes"
    rules = policy_rules(probes=probes)
    told = _WITH_PROBES if probes else _WITHOUT_PROBES
    if invocation.value("--with-issuance-test"):
        name, rules, told = f"{name}-with-issuance-test", (*rules, *ISSUANCE_RULES), (*told, *_WITH_ISSUANCE_TEST)
    return "\n".join([*_lines(name, rules, told), ""])


def _lines(name: str, rules: Sequence[PolicyRule], told: Sequence[str]) -> Iterator[str]:
    yield from told
    yield f"# Bind it: kubectl create clusterrolebinding {name} --clusterrole={name} --user=NAME"
    yield "apiVersion: rbac.authorization.k8s.io/v1"
    yield "kind: ClusterRole"
    yield f"metadata: {{name: {name}}}"
    yield "rules:"
    yield from (f"- {_rule(rule)}" for rule in rules)


def _rule(rule: PolicyRule) -> str:
    parts = [f"apiGroups: {_list(rule.groups)}", f"resources: {_list(rule.resources)}"]
    if rule.names:
        parts.append(f"resourceNames: {_list(rule.names)}")
    parts.append(f"verbs: {_list(rule.verbs)}")
    seen_as = "  # read as metadata only" if "secrets" in rule.resources else ""
    return f"{{{', '.join(parts)}}}{seen_as}"


def _list(words: Sequence[str]) -> str:
    return "[" + ", ".join(word or '""' for word in words) + "]"
