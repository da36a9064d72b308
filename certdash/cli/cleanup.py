"""`certdash cleanup`: shows what it will remove, asks, removes it, and says what became of each object."""

import asyncio
import os
import signal
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from certdash import __version__
from certdash.actions.cleanup import Cleanup, CleanupPlan
from certdash.actions.cluster_view import ClusterView
from certdash.actions.inventory import Inventory, take_inventory
from certdash.actions.issuance_test import new_run
from certdash.actions.journal import FILE_NAME, Journal
from certdash.certmanager.leftovers.leftover import Leftover
from certdash.cli import exit_codes
from certdash.cli.arguments import Invocation
from certdash.cli.crash_log import state_folder
from certdash.cli.parser import UsageError
from certdash.cli.scope import connection_options
from certdash.cli.streams import say, write_out
from certdash.kube.access import ClusterAccess, load_cluster_access
from certdash.kube.clock import read_clock
from certdash.kube.errors import AccessError
from certdash.kube.reader import Reader
from certdash.kube.session import Session
from certdash.model.connection import Target
from certdash.model.issuance import Removal, RemovalResult
from certdash.present.document import to_json, to_yaml
from certdash.present.leftovers import cleanup_document, operand, preview_lines, removal_line, step_document
from certdash.present.text import sanitise

_AGREEMENT = "remove"


@dataclass(frozen=True, slots=True)
class Choice:
    """What is to go: removed whole, or freed of its finalizers."""

    removed: tuple[Leftover, ...]
    freed: tuple[Leftover, ...]


@dataclass(frozen=True, slots=True)
class Cleaned:
    """How a cleanup ended. `reason` is one line on why it did not do what was asked, "" otherwise."""

    code: int
    reason: str = ""
    plan: CleanupPlan | None = None
    removals: tuple[Removal, ...] = ()
    at: float = 0.0


def cleanup_command(invocation: Invocation, environ: Mapping[str, str]) -> int:
    """Remove what was chosen and answer the exit code. Raises UsageError."""
    _check_consent(invocation)
    target = None
    try:
        access = load_cluster_access(connection_options(invocation), environ)
        target = access.target
        cleaned = asyncio.run(_clean(invocation, environ, access))
    except AccessError as error:
        cleaned = Cleaned(exit_codes.COULD_NOT_TELL, f"could not tell: {error}")
    if cleaned.reason and not invocation.value("--quiet"):
        say(f"{invocation.program}: {sanitise(cleaned.reason)}")
    text = "" if invocation.value("--quiet") else _rendered(invocation, target, cleaned)
    return write_out(text, cleaned.code) if text else cleaned.code


def _check_consent(invocation: Invocation) -> None:
    value = invocation.value
    if value("--readonly"):
        raise UsageError("--readonly removes nothing: certdash leftovers lists what there is")
    if value("--remove-finalizers") and not invocation.operands:
        raise UsageError("--remove-finalizers needs the names of the objects to take them from")
    terminal = all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))
    if not value("--yes") and not value("--dry-run") and not terminal:
        raise UsageError("without a terminal, --yes says that objects are to be removed, --dry-run shows which")


def choose(inventory: Inventory, names: Iterable[str], *, finalizers: bool, older_than: float | None) -> Choice:
    """What was named, or without names our own expired objects. Raises UsageError for what is not to be removed."""
    wanted = tuple(dict.fromkeys(names))
    if not wanted:
        chosen = [found for found in inventory.leftovers if found.expired_own(inventory.at) and not found.kept]
        return Choice(tuple(found for found in chosen if _old_enough(found, inventory.at, older_than)), ())
    listed = {operand(found): found for found in inventory.leftovers}
    chosen = []
    for name in wanted:
        kind, slash, rest = name.partition("/")
        found = listed.get(f"{kind.lower()}/{rest}") if slash else None
        if found is None:
            raise UsageError(f"{name!r} is not on the list of leftovers: certdash leftovers names what is")
        if not _old_enough(found, inventory.at, older_than):
            raise UsageError(f"{name} is younger than --older-than")
        if found.finalizers and not finalizers:
            held = ", ".join(found.finalizers)
            raise UsageError(f"{name} is deleted already and waits for {held}: --remove-finalizers takes it away")
        if found.kept and not found.finalizers:
            raise UsageError(f"{name} is not removed: {found.kept}")
        if finalizers and not found.finalizers:
            raise UsageError(f"{name} waits for no finalizer: leave --remove-finalizers out")
        chosen.append(found)
    return Choice((), tuple(chosen)) if finalizers else Choice(tuple(chosen), ())


def _old_enough(found: Leftover, now: float, older_than: float | None) -> bool:
    return older_than is None or (found.created is not None and now - found.created >= older_than)


async def _clean(invocation: Invocation, environ: Mapping[str, str], access: ClusterAccess) -> Cleaned:
    value = invocation.value
    session = Session(access, f"certdash/{__version__}", read_clock, environ)
    journal = Journal(state_folder(environ) / FILE_NAME, access.target.server)
    try:
        await session.open()
        view = ClusterView(Reader(session))
        inventory = await take_inventory(view, read_clock, secrets=_asks_for_secrets(invocation))
        if inventory.failure:
            return Cleaned(exit_codes.COULD_NOT_TELL, f"could not tell: {inventory.failure}")
        names, finalizers = invocation.operands, value("--remove-finalizers")
        choice = choose(inventory, names, finalizers=finalizers, older_than=value("--older-than"))
        cleanup = Cleanup(session, journal, read_clock)
        plan = await cleanup.plan(choice.removed, choice.freed)
        if not value("--quiet"):
            _show(invocation, plan)
        ended = await _carry_out(invocation, cleanup, plan, inventory)
    finally:
        await session.close()
    if journal.failure and not value("--quiet"):
        say(f"{invocation.program}: the log of what was done is incomplete: {journal.failure}")
    return ended


def _asks_for_secrets(invocation: Invocation) -> bool:
    named = any(name.lower().startswith("secret/") for name in invocation.operands)
    return bool(invocation.value("--secrets")) or named


async def _carry_out(invocation: Invocation, cleanup: Cleanup, plan: CleanupPlan, inventory: Inventory) -> Cleaned:
    value, at = invocation.value, inventory.at
    if plan.refused and invocation.operands:
        # Nothing half done: what was named goes together or not at all.
        return Cleaned(exit_codes.NOT_READY, "nothing was removed: the dry run was refused", plan, at=at)
    if not plan.steps or value("--dry-run"):
        blind = not plan.steps and inventory.unread
        reason = f"could not tell: {inventory.unread[0][0]}: {inventory.unread[0][1]}" if blind else ""
        code = exit_codes.COULD_NOT_TELL if blind else exit_codes.NOT_READY if plan.refused else exit_codes.READY
        return Cleaned(code, reason, plan, at=at)
    if not value("--yes") and not await _agreed(len(plan.steps)):
        return Cleaned(exit_codes.USAGE, "nothing was removed: not agreed to", plan, at=at)
    signals = _Signals(cleanup)
    removals = []
    async for removal in cleanup.run(plan, f"cleanup-{new_run()}"):
        removals.append(removal)
        if not value("--quiet"):
            say(removal_line(removal, plain=value("--ascii")))
    stayed = any(removal.result in (RemovalResult.LEFT, RemovalResult.REPLACED) for removal in removals)
    code = signals.code or (exit_codes.NOT_READY if stayed else exit_codes.READY)
    return Cleaned(code, "", plan, tuple(removals), at)


def _show(invocation: Invocation, plan: CleanupPlan) -> None:
    if not plan.steps:
        say("nothing to remove")
    for step in plan.steps:
        for line in preview_lines(
            step.leftover,
            step.goes_with_it,
            step.refused,
            finalizers=step.finalizers,
            exact=invocation.value("--verbose"),
            plain=invocation.value("--ascii"),
        ):
            say(line)


async def _agreed(count: int) -> bool:
    objects = "this object" if count == 1 else f"these {count} objects"
    sys.stderr.write(f"Type {_AGREEMENT!r} to remove {objects}: ")
    sys.stderr.flush()
    loop = asyncio.get_running_loop()
    typed = asyncio.Event()
    # A thread that reads could not be interrupted, and ctrl-c would wait for a line.
    loop.add_reader(sys.stdin.fileno(), typed.set)
    try:
        await typed.wait()
    finally:
        loop.remove_reader(sys.stdin.fileno())
    return sys.stdin.readline().strip().lower() == _AGREEMENT


class _Signals:
    """Ends the cleanup between two objects, and the process on the next signal. `code` is the exit code, 0 without."""

    def __init__(self, cleanup: Cleanup) -> None:
        self.code = 0
        self._cleanup = cleanup
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._take, number)

    def _take(self, number: int) -> None:
        if self.code:
            os._exit(128 + number)
        self.code = 128 + number
        self._cleanup.stop()


def _rendered(invocation: Invocation, target: Target | None, cleaned: Cleaned) -> str:
    shape = invocation.value("--output")
    if shape not in ("json", "yaml"):
        return ""
    steps = [
        step_document(step.leftover, step.goes_with_it, step.refused, finalizers=step.finalizers, now=cleaned.at)
        for step in (cleaned.plan.steps if cleaned.plan else ())
    ]
    document = cleanup_document(
        steps,
        cleaned.removals,
        cleaned.code,
        target,
        dry_run=invocation.value("--dry-run"),
        reason=cleaned.reason,
    )
    return to_yaml(document) if shape == "yaml" else to_json(document, indent=2)
