"""Secrets with a certificate whose Certificate is gone, and the CA Secret of a webhook that is gone."""

from collections.abc import Iterator

from certdash.certmanager import constants, fields
from certdash.certmanager.issuance.resources import CERTIFICATES, SECRETS
from certdash.certmanager.leftovers.facts import Body, Facts
from certdash.certmanager.leftovers.leftover import Leftover, Origin, Patience, Sureness, age_of, leftover
from certdash.certmanager.run_marks import RUN_LABEL
from certdash.model.resource import Key

ISSUED_LABEL = "controller.cert-manager.io/fao=true"
CERTIFICATE_NAME = "cert-manager.io/certificate-name"


def orphan_secrets(facts: Facts, patience: Patience) -> Iterator[Leftover]:
    """Looked for only when somebody asks: what a Secret is for, its labels hardly tell."""
    if not facts.secrets_asked or not facts.read(CERTIFICATES) or not facts.installs_known:
        return
    certificates = {_key(body) for body in facts.of(CERTIFICATES)}
    webhooks = any(found.component == constants.WEBHOOK for found in facts.installs)
    for body in facts.of(SECRETS):
        namespace, name = _key(body)
        annotations = fields.string_map(body, "metadata", "annotations")
        certificate = annotations.get(CERTIFICATE_NAME, "")
        if fields.text(body, "metadata", "labels", RUN_LABEL) or age_of(body, facts.now) < patience.install:
            continue
        if certificate and (namespace, certificate) not in certificates:
            why = (
                f"it says that it is of Certificate {certificate}, which is gone",
                "it is labelled as made by cert-manager",
            )
            effect = "it holds a private key and a certificate that nobody renews"
            origin = Origin.ISSUED
        elif not certificate and constants.ALLOW_DIRECT_INJECTION in annotations and not webhooks:
            why = ("it is a webhook's CA by name and annotation", "there is no Deployment of cert-manager's webhook")
            effect, origin = "nothing: a new install uses it again", Origin.INSTALL
        else:
            continue
        used = _users(facts, (namespace, name))
        yield leftover(SECRETS, body, origin, Sureness.POSSIBLE, why, effect, kept=used)


def _users(facts: Facts, secret: Key) -> str:
    if unread := facts.users_unread.get(secret[0]):
        return f"whether something uses it can't be told: {unread}"
    users = facts.users_of.get(secret, ())
    return f"{users[0].kind} {users[0].name} uses it" if users else ""


def _key(body: Body) -> Key:
    return fields.text(body, "metadata", "namespace"), fields.text(body, "metadata", "name")
