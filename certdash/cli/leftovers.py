"""`certdash leftovers`: lists what earlier tests and installs left in the cluster. It changes nothing."""

import asyncio
from collections.abc import Mapping

from certdash import __version__
from certdash.actions.cluster_view import ClusterView
from certdash.actions.inventory import Inventory, take_inventory
from certdash.cli import exit_codes
from certdash.cli.arguments import Invocation
from certdash.cli.scope import connection_options
from certdash.cli.streams import say, write_out
from certdash.kube.access import ClusterAccess, load_cluster_access
from certdash.kube.clock import read_clock
from certdash.kube.errors import AccessError
from certdash.kube.reader import Reader
from certdash.kube.session import Session
from certdash.model.connection import Target
from certdash.present.document import to_json, to_yaml
from certdash.present.leftovers import inventory_report, leftovers_document
from certdash.present.text import sanitise


def leftovers_command(invocation: Invocation, environ: Mapping[str, str]) -> int:
    """Print the inventory. Exit code 0: nothing is left over, 1: something is, 3: not everything could be looked at."""
    target = None
    try:
        access = load_cluster_access(connection_options(invocation), environ)
        target = access.target
        inventory = asyncio.run(_look(invocation, environ, access))
    except AccessError as error:
        inventory = Inventory(read_clock().wall, (), failure=str(error))
    code = _code(inventory)
    if inventory.failure and not invocation.value("--quiet"):
        say(f"{invocation.program}: could not tell: {sanitise(inventory.failure)}")
    text = "" if invocation.value("--quiet") else _rendered(invocation, target, inventory, code)
    return write_out(text, code) if text else code


async def _look(invocation: Invocation, environ: Mapping[str, str], access: ClusterAccess) -> Inventory:
    session = Session(access, f"certdash/{__version__}", read_clock, environ)
    try:
        await session.open()
        view = ClusterView(Reader(session))
        return await take_inventory(view, read_clock, secrets=invocation.value("--secrets"))
    finally:
        await session.close()


def _code(inventory: Inventory) -> int:
    if inventory.leftovers:
        return exit_codes.NOT_READY
    return exit_codes.COULD_NOT_TELL if inventory.failure or inventory.unread else exit_codes.READY


def _rendered(invocation: Invocation, target: Target | None, inventory: Inventory, code: int) -> str:
    shape = invocation.value("--output")
    if shape in ("json", "yaml"):
        document = leftovers_document(
            inventory.leftovers, inventory.unread, inventory.at, code, target, reason=inventory.failure
        )
        return to_yaml(document) if shape == "yaml" else to_json(document, indent=2)
    if inventory.failure:
        return ""
    return inventory_report(
        inventory.leftovers,
        inventory.unread,
        inventory.at,
        readonly=invocation.value("--readonly"),
        ascii=invocation.value("--ascii"),
    )
