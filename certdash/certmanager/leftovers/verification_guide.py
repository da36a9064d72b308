"""The objects of cert-manager's published verification guide, which clusterctl and others make by the same names."""

from collections.abc import Iterator

from certdash.certmanager import fields
from certdash.certmanager.issuance.resources import CERTIFICATES, ISSUERS, NAMESPACES, SECRETS
from certdash.certmanager.leftovers.facts import Body, Facts
from certdash.certmanager.leftovers.leftover import Leftover, Origin, Patience, Sureness, age_of, leftover
from certdash.model.resource import Resource

NAMESPACE = "cert-manager-test"
ISSUER = "test-selfsigned"
CERTIFICATE = "selfsigned-cert"
SECRET = "selfsigned-cert-tls"
OBJECTS: tuple[tuple[Resource, str], ...] = ((CERTIFICATES, CERTIFICATE), (SECRETS, SECRET), (ISSUERS, ISSUER))
_NAMED = "it is named as in cert-manager's verification guide"


def guide_leftovers(facts: Facts, patience: Patience) -> Iterator[Leftover]:
    """The guide's namespace where it holds nothing else; otherwise its objects one by one, where they are as told."""
    named = (b for b in facts.of(NAMESPACES) if fields.text(b, "metadata", "name") == NAMESPACE)
    namespace = next(named, None)
    if namespace is None:
        return
    found = [(resource, body) for resource, _ in OBJECTS if (body := facts.guide.get(resource)) is not None]
    fitting = [(resource, body) for resource, body in found if _as_told(resource, body)]
    contents = facts.contents.get(NAMESPACE)
    other = contents.kept if contents is not None else "what it holds was not looked at"
    if len(fitting) < len(found):
        other = other or "its objects are not as the guide has them"
    young = age_of(namespace, facts.now) < patience.guide
    kept = "it was made within the last minutes: a check may be running" if young else ""
    goes_along = contents.known if contents is not None and not other else ()
    yield leftover(
        NAMESPACES,
        namespace,
        Origin.GUIDE,
        Sureness.LIKELY if not other else Sureness.POSSIBLE,
        (_NAMED, "it holds what the guide creates, and nothing else" if not other else f"but {other}"),
        "its Certificate is renewed for ever" if found else "nothing: it is empty",
        kept=other or kept,
        goes_with_it=goes_along,
    )
    if not other:
        return
    for resource, body in fitting:
        yield leftover(
            resource,
            body,
            Origin.GUIDE,
            Sureness.LIKELY,
            (_NAMED, "its content is the guide's"),
            "it is renewed for ever" if resource is CERTIFICATES else "nothing",
            kept=kept or _users(facts, resource),
        )


def _as_told(resource: Resource, body: Body) -> bool:
    """Whether the object is what the guide creates; a Secret is known by the Certificate that it says it is of."""
    if resource is ISSUERS:
        return fields.value(body, "spec", "selfSigned") == {} and set(fields.mapping(body, "spec")) == {"selfSigned"}
    if resource is CERTIFICATES:
        spec = fields.mapping(body, "spec")
        issuer = fields.text(spec, "issuerRef", "name")
        told = fields.texts(spec, "dnsNames"), fields.text(spec, "secretName"), issuer
        return told == (("example.com",), SECRET, ISSUER)
    return fields.text(body, "metadata", "annotations", "cert-manager.io/certificate-name") == CERTIFICATE


def _users(facts: Facts, resource: Resource) -> str:
    if resource is not SECRETS:
        return ""
    if unread := facts.users_unread.get(NAMESPACE):
        return f"whether something uses it can't be told: {unread}"
    users = facts.users_of.get((NAMESPACE, SECRET), ())
    return f"{users[0].kind} {users[0].name} uses it" if users else ""
