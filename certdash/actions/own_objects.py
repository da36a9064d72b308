"""Finds what runs of certdash have left in the cluster, and removes what has expired."""

import asyncio
from collections.abc import AsyncIterator, Container, Iterable
from dataclasses import dataclass

from certdash.actions.cluster_view import ClusterView
from certdash.actions.removal import Remover, Target
from certdash.certmanager import fields
from certdash.certmanager.issuance.plan import ROOT
from certdash.certmanager.issuance.resources import CERTIFICATES, ISSUERS, NAMESPACES, REQUESTS, SECRETS
from certdash.certmanager.run_marks import RUN_LABEL, RunMarks, read_marks
from certdash.kube.writer import Writer
from certdash.model.issuance import Removal, RemovalResult
from certdash.model.resource import Resource

_NEXT_KEY_LABEL = "cert-manager.io/next-private-key=true"
# A Secret outlives its Certificate and is written again while that exists. The Issuer goes last: it stands for the
# namespace in which the rest has to be looked for.
REMOVAL_ORDER = (NAMESPACES, CERTIFICATES, REQUESTS, SECRETS, ISSUERS)


@dataclass(frozen=True, slots=True)
class OwnObject:
    """One object of a run of certdash."""

    target: Target
    marks: RunMarks

    def expired(self, now: float) -> bool:
        """Whether nobody has any use for it at `now`, the server's time in Unix seconds."""
        return now >= self.marks.expires


async def find_own(view: ClusterView, namespace: str = "") -> tuple[OwnObject, ...]:
    """All objects with our marks, in the order in which they are to be removed.

    Issuers and Certificates are looked for in all namespaces, or in `namespace` where that is all we may read. Secrets
    only where one of the others was found, and in `namespace`: no list of Secrets goes over the whole cluster.
    """
    wide = (NAMESPACES, CERTIFICATES, REQUESTS, ISSUERS)
    lists = (_marked(view, resource, "", RUN_LABEL, fallback=namespace) for resource in wide)
    found = dict(zip(wide, await asyncio.gather(*lists), strict=True))
    # A namespace of ours goes as a whole.
    whole = {own.target.name for own in found[NAMESPACES]}
    inside = {own.target.namespace for own in (*found[CERTIFICATES], *found[ISSUERS])} | ({namespace} - {""})
    marks = {own.marks.run: own.marks for owned in found.values() for own in owned}
    found[SECRETS] = []
    for each in sorted(inside - whole):
        found[SECRETS] += await _marked(view, SECRETS, each, RUN_LABEL)
        found[SECRETS] += await _private_keys(view, each, marks.values())
    ordered = (own for resource in REMOVAL_ORDER for own in found[resource])
    return tuple(own for own in ordered if own.target.namespace not in whole)


async def find_in_namespace(view: ClusterView, namespace: str, marks: RunMarks) -> tuple[OwnObject, ...]:
    """What cert-manager has made of one run's Certificates in a namespace: requests, Secrets, keys under way."""
    selector = f"{RUN_LABEL}={marks.run}"
    requests, secrets, keys = await asyncio.gather(
        _marked(view, REQUESTS, namespace, selector),
        _marked(view, SECRETS, namespace, selector),
        _private_keys(view, namespace, (marks,)),
    )
    return (*requests, *secrets, *keys)


async def _marked(
    view: ClusterView, resource: Resource, namespace: str, selector: str, *, fallback: str = ""
) -> list[OwnObject]:
    answer = await view.labelled(resource, namespace, selector)
    if answer.refused and fallback and resource.namespaced:
        answer = await view.labelled(resource, fallback, selector)
    return [_own(resource, body, marks) for body in answer.items if (marks := read_marks(body)) is not None]


async def _private_keys(view: ClusterView, namespace: str, runs: Iterable[RunMarks]) -> list[OwnObject]:
    """The Secrets in which cert-manager keeps a key until the certificate is there. They bear none of our labels, but
    are named after our Certificate and owned by it."""
    answer = await view.labelled(SECRETS, namespace, _NEXT_KEY_LABEL)
    by_name = {marks.name: marks for marks in runs}
    found = []
    for body in answer.items:
        owners = fields.items(body, "metadata", "ownerReferences")
        names = [fields.text(owner, "name") for owner in owners if owner.get("kind") == "Certificate"]
        marks = next((by_name[base] for name in names if (base := name.removesuffix(f"-{ROOT}")) in by_name), None)
        if marks is not None:
            found.append(_own(SECRETS, body, marks))
    return found


def _own(resource: Resource, body: dict[str, object], marks: RunMarks) -> OwnObject:
    namespace, name, uid = (fields.text(body, "metadata", key) for key in ("namespace", "name", "uid"))
    return OwnObject(Target(resource, namespace, name, uid), marks)


async def remove_all(
    objects: Iterable[OwnObject], writer: Writer, remover: Remover, *, until: float, swept: bool
) -> AsyncIterator[Removal]:
    """Remove them one after the other, and say of each what became of it.

    What is left behind keeps its run's Issuer: it shows the next run where to look. A Certificate that stays keeps all
    that was made of it: it would be made anew.
    """
    stuck: dict[str, set[Resource]] = {}
    for own in objects:
        left = stuck.setdefault(own.marks.run, set())
        if reason := kept_because(own.target.resource, left):
            yield Removal(own.target.ref, own.target.uid, RemovalResult.LEFT, reason, swept=swept)
            continue
        writer.announce(own.target.path)
        removal = await remover.remove(own.target, run=own.marks.run, until=until, swept=swept)
        if removal.result is RemovalResult.LEFT:
            left.add(own.target.resource)
        yield removal


def kept_because(resource: Resource, left: Container[Resource]) -> str:
    """Why an object is not removed while others of its run, of the kinds in `left`, could not be; "" when it is."""
    if resource in (REQUESTS, SECRETS) and CERTIFICATES in left:
        return "kept with its Certificate, which would only have it made anew"
    if resource is ISSUERS and any(kind in left for kind in (CERTIFICATES, REQUESTS, SECRETS)):
        return "kept, so that the next run finds what is left beside it"
    return ""
