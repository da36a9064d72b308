"""The inventory: everything in the cluster that seems to be left over, as it stands at one moment."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from certdash.actions.cluster_view import REQUEST_TIMEOUT, ClusterView
from certdash.actions.inventory_reads import FactReader
from certdash.actions.own_objects import OwnObject, find_own
from certdash.certmanager import fields
from certdash.certmanager.issuance.resources import CERTIFICATES, NAMESPACES, SECRETS
from certdash.certmanager.leftovers.find import find_leftovers
from certdash.certmanager.leftovers.leftover import Leftover, Origin, Patience, Sureness, leftover
from certdash.certmanager.run_marks import RUN_LABEL
from certdash.kube.errors import TransportError
from certdash.model.instant import Instant
from certdash.model.resource import Ref, Resource


@dataclass(frozen=True, slots=True)
class Inventory:
    """All leftovers at `at`, the server's time in Unix seconds, what does harm first.

    `unread` names what could not be looked at, with the reason. `failure` is why nothing at all is known, "" otherwise.
    """

    at: float
    leftovers: tuple[Leftover, ...]
    unread: tuple[tuple[str, str], ...] = ()
    failure: str = ""


async def take_inventory(
    view: ClusterView, clock: Callable[[], Instant], *, secrets: bool = False, patience: Patience | None = None
) -> Inventory:
    """Look at the whole cluster. Secrets are listed (as metadata, by label) only with `secrets`.

    Never raises for what the server or the network does.
    """
    try:
        answer = await view.reader.get("/version", timeout=REQUEST_TIMEOUT)
    except TransportError as error:
        return Inventory(clock().wall, (), failure=str(error))
    view.take_date(answer.headers.get("Date"), clock().wall)
    if answer.status == 401:
        return Inventory(clock().wall, (), failure="the API server does not accept the credentials (401)")
    now = view.server_time(clock().wall)
    reader = FactReader(view)
    facts, own = await asyncio.gather(reader.read(now, secrets=secrets), find_own(view))
    ours = await asyncio.gather(*(_own_leftover(view, reader, each, now) for each in own))
    found = (*(each for each in ours if each is not None), *find_leftovers(facts, patience or Patience()))
    once = {each.uid: each for each in reversed(found)}
    ordered = tuple(each for each in found if once.get(each.uid) is each)
    return Inventory(now, ordered, tuple(sorted(reader.unread.items())))


async def _own_leftover(view: ClusterView, reader: FactReader, own: OwnObject, now: float) -> Leftover | None:
    """One of our objects as it stands; None when it is gone meanwhile."""
    target, marks = own.target, own.marks
    found = await view.get(target.path, metadata_only=True)
    if fields.text(found.body, "metadata", "uid") != target.uid:
        return None
    over = own.expired(now)
    kept = ""
    along: tuple[Ref, ...] = ()
    if target.resource is NAMESPACES:
        contents = await reader.namespaces.contents(target.name, _of_run(marks.run, marks.name))
        kept, along = contents.kept, contents.known
    if over:
        told = "its time is over"
    else:
        told = f"its time is over in {max(marks.expires - now, 0):.0f} s: its test may still be running"
    return leftover(
        target.resource,
        found.body,
        Origin.OWN,
        Sureness.CERTAIN if over else Sureness.POSSIBLE,
        (f"it bears the label, the name and the expiry of run {marks.run}", told),
        "its Certificate is renewed until it goes" if target.resource is CERTIFICATES else "nothing",
        owner="certdash",
        expires=marks.expires,
        kept=kept,
        goes_with_it=along,
    )


def _of_run(run: str, name: str) -> Callable[[Resource, Mapping[str, Any]], bool]:
    """Whether an object in a run's own namespace is of that run, or was made by cert-manager for it."""

    def known(resource: Resource, body: Mapping[str, Any]) -> bool:
        if fields.text(body, "metadata", "labels", RUN_LABEL) == run:
            return True
        of = fields.text(body, "metadata", "annotations", "cert-manager.io/certificate-name")
        return resource.plural == SECRETS.plural and bool(of) and of.startswith(name)

    return known
