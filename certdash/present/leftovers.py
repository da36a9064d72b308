"""Leftovers for people and for scripts: the inventory, what a cleanup would do, and what became of it."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from certdash.certmanager.leftovers.leftover import Leftover
from certdash.model.connection import Target
from certdash.model.diagnosis import Status
from certdash.model.issuance import Removal, RemovalResult
from certdash.model.resource import Ref, Resource
from certdash.present.text import age, glyph, quote_command, sanitise

REMOVAL_STATUS = {
    RemovalResult.REMOVED: Status.OK,
    RemovalResult.ALREADY_GONE: Status.OK,
    RemovalResult.REPLACED: Status.WARN,
    RemovalResult.LEFT: Status.FAIL,
}
"""How each end of a removal is marked and coloured."""


def operand(found: Leftover) -> str:
    """How a leftover is named on the command line: kind, namespace where it has one, and name."""
    where = f"{found.namespace}/" if found.namespace else ""
    return f"{found.resource.kind.lower()}/{where}{found.name}"


def kubectl_delete(found: Leftover) -> tuple[str, ...]:
    """What a person would type. It asks for no preconditions: kubectl has no flags for them."""
    where = ("-n", found.namespace) if found.namespace else ()
    return ("kubectl", "delete", kubectl_type(found.resource), found.name, *where, "--cascade=background")


def kubectl_type(resource: Resource) -> str:
    """The kind as kubectl takes it without doubt."""
    return f"{resource.plural}.{resource.group}" if resource.group else resource.plural


def kubectl_delete_exactly(found: Leftover) -> str:
    """The request that is sent, for a shell: with the object's uid and resourceVersion as preconditions."""
    preconditions = {"uid": found.uid, "resourceVersion": found.resource_version}
    options = {
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "preconditions": preconditions,
        "propagationPolicy": "Background",
    }
    said = quote_command(("printf", "%s", json.dumps(options, separators=(",", ":"))))
    return f"{said} | {quote_command(('kubectl', 'delete', '--raw', found.path, '-f', '-'))}"


def kubectl_free(found: Leftover) -> tuple[str, ...]:
    """The patch that takes cert-manager's finalizers from a stuck object, only as it was looked at."""
    patch = {
        "metadata": {
            "uid": found.uid,
            "resourceVersion": found.resource_version,
            "finalizers": list(found.finalizers_kept) or None,
        }
    }
    where = ("-n", found.namespace) if found.namespace else ()
    body = json.dumps(patch, separators=(",", ":"))
    return ("kubectl", "patch", kubectl_type(found.resource), found.name, *where, "--type=merge", "-p", body)


def inventory_report(
    leftovers: Sequence[Leftover],
    unread: Iterable[tuple[str, str]],
    now: float,
    *,
    readonly: bool = False,
    ascii: bool = False,  # noqa: A002 - as the flag
) -> str:
    """Everything that was found, each with why, how sure, what it does, and whether it may be removed."""
    return "\n".join([*_inventory_lines(leftovers, tuple(unread), now, readonly, ascii), ""])


def _inventory_lines(
    leftovers: Sequence[Leftover], unread: tuple[tuple[str, str], ...], now: float, readonly: bool, plain: bool
) -> Iterator[str]:
    if not leftovers:
        yield f"{glyph(Status.UNKNOWN if unread else Status.OK, plain)} no leftovers found"
    for found in leftovers:
        old = age(now - found.created) if found.created is not None else "?"
        mark = glyph(Status.UNKNOWN if found.kept else Status.WARN, plain)
        of = f", by {sanitise(found.owner, 60)}" if found.owner else ""
        yield f"{mark} {sanitise(operand(found))}  {old} old{of}"
        yield f"    left by    {found.origin.value} ({found.sureness.value})"
        for heading, told in zip(("because", *[""] * len(found.why)), found.why, strict=False):
            yield f"    {heading:<10} {sanitise(told)}"
        yield f"    does       {sanitise(found.effect)}"
        if found.kept:
            yield f"    kept       {sanitise(found.kept)}"
        if found.finalizers and not readonly:
            yield f"    finalizer  certdash cleanup --remove-finalizers {sanitise(operand(found))}"
        if found.goes_with_it:
            yield f"    with it    {_refs(found.goes_with_it)}"
    for what, why in unread:
        yield f"{glyph(Status.UNKNOWN, plain)} not looked at: {sanitise(what)}: {sanitise(why, 200)}"
    removable = [found for found in leftovers if not found.kept]
    if removable and not readonly:
        expired = sum(found.expired_own(now) for found in removable)
        yield ""
        yield f"Remove them by name: certdash cleanup {sanitise(operand(removable[-1]))}"
        if expired:
            yield f"{expired} of certdash's own tests expired: certdash cleanup removes them without a name."


def _refs(refs: Sequence[Ref]) -> str:
    shown = ", ".join(f"{ref.kind} {sanitise(ref.name)}" for ref in refs[:6])
    return f"{shown} and {len(refs) - 6} more" if len(refs) > 6 else shown


def preview_lines(
    found: Leftover, goes_with_it: Sequence[Ref], refused: str, *, finalizers: bool, exact: bool, plain: bool
) -> Iterator[str]:
    """One step of a cleanup before it is done: the object, what goes with it, what kubectl would do the same by."""
    mark = glyph(Status.FAIL if refused else Status.WARN, plain)
    deed = "takes the finalizers from" if finalizers else "removes"
    exactly = f"uid {sanitise(found.uid)}, resourceVersion {sanitise(found.resource_version)}"
    yield f"{mark} {deed} {sanitise(operand(found))}  ({exactly})"
    yield f"    {found.origin.value}: {sanitise('; '.join(found.why))}"
    if finalizers:
        yield f"    {sanitise(found.kept)}"
        yield f"    {sanitise(quote_command(kubectl_free(found)))}"
    else:
        yield from (f"    with it: {ref.kind} {sanitise(ref.name)}" for ref in goes_with_it)
        yield f"    {sanitise(quote_command(kubectl_delete(found)))}"
        if exact:
            yield f"    {sanitise(kubectl_delete_exactly(found))}"
    if refused:
        yield f"    refused by the dry run: {sanitise(refused)}"


def removal_line(removal: Removal, *, plain: bool) -> str:
    """What became of one object."""
    where = f"{sanitise(removal.ref.namespace)}/" if removal.ref.namespace else ""
    reason = f": {sanitise(removal.reason)}" if removal.reason else ""
    mark = glyph(REMOVAL_STATUS[removal.result], plain)
    return f"{mark} {removal.result.value:<20} {removal.ref.kind} {where}{sanitise(removal.ref.name)}{reason}"


def leftovers_document(
    leftovers: Iterable[Leftover],
    unread: Iterable[tuple[str, str]],
    now: float,
    exit_code: int,
    target: Target | None,
    *,
    reason: str = "",
) -> dict[str, Any]:
    """The document of `leftovers -o json`: always whole."""
    return {
        "apiVersion": "certdash/v1",
        "kind": "Leftovers",
        "result": {"exitCode": exit_code, "reason": reason},
        "target": _target(target),
        "at": _time(now),
        "leftovers": [_leftover(found, now) for found in leftovers],
        "unread": [{"what": what, "reason": why} for what, why in unread],
    }


def cleanup_document(
    steps: Iterable[dict[str, Any]],
    removals: Iterable[Removal],
    exit_code: int,
    target: Target | None,
    *,
    dry_run: bool,
    reason: str = "",
) -> dict[str, Any]:
    """The document of `cleanup -o json`: what was planned, and what became of it."""
    return {
        "apiVersion": "certdash/v1",
        "kind": "Cleanup",
        "result": {"exitCode": exit_code, "reason": reason, "dryRun": dry_run},
        "target": _target(target),
        "plan": list(steps),
        "removals": [_removal(removal) for removal in removals],
    }


def step_document(
    found: Leftover, goes_with_it: Iterable[Ref], refused: str, *, finalizers: bool, now: float
) -> dict[str, Any]:
    """One step of a cleanup."""
    command = quote_command(kubectl_free(found)) if finalizers else kubectl_delete_exactly(found)
    return {
        **_leftover(found, now),
        "removesFinalizersOnly": finalizers,
        "goesWithIt": [_ref(ref) for ref in goes_with_it],
        "refused": refused or None,
        "exactCommand": command,
    }


def _leftover(found: Leftover, now: float) -> dict[str, Any]:
    return {
        "object": {"apiVersion": found.resource.api_version, **_ref(found.ref)},
        "uid": found.uid,
        "resourceVersion": found.resource_version,
        "origin": found.origin.value,
        "sureness": found.sureness.value,
        "why": list(found.why),
        "effect": found.effect,
        "owner": found.owner or None,
        "created": _time(found.created),
        "expires": _time(found.expires),
        "expired": found.expired_own(now),
        "kept": found.kept or None,
        "finalizers": list(found.finalizers),
        "goesWithIt": [_ref(ref) for ref in found.goes_with_it],
        "named": operand(found),
        "command": quote_command(kubectl_delete(found)),
    }


def _removal(removal: Removal) -> dict[str, Any]:
    return {
        "object": _ref(removal.ref),
        "uid": removal.uid,
        "result": removal.result.value,
        "reason": removal.reason,
        "seconds": round(removal.seconds, 3),
    }


def _ref(ref: Ref) -> dict[str, str]:
    return {"kind": ref.kind, "namespace": ref.namespace, "name": ref.name}


def _target(target: Target | None) -> dict[str, str] | None:
    if target is None:
        return None
    return {"context": target.context, "cluster": target.cluster, "user": target.user, "server": target.server}


def _time(wall: float | None) -> str | None:
    return None if wall is None else datetime.fromtimestamp(wall, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
