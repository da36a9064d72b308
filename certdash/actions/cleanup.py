"""Removes chosen leftovers: tried as a dry run first, and each only while it is exactly what was looked at."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, replace

from certdash.actions.cluster_view import REQUEST_TIMEOUT, ClusterView
from certdash.actions.journal import Journal
from certdash.actions.listing import Listing
from certdash.actions.removal import Remover, Target
from certdash.certmanager import fields
from certdash.certmanager.issuance.resources import (
    CERTIFICATES,
    CHALLENGES,
    ISSUERS,
    NAMESPACES,
    ORDERS,
    PODS,
    REQUESTS,
    SECRETS,
)
from certdash.certmanager.leftovers.leftover import Leftover
from certdash.certmanager.leftovers.resources import INGRESSES, JOBS
from certdash.kube.reader import Reader
from certdash.kube.session import Session
from certdash.kube.writer import WriteAnswer, Writer
from certdash.model.instant import Instant
from certdash.model.issuance import Removal, RemovalResult
from certdash.model.resource import Kind, Ref, Resource

REMOVAL_LIMIT = 60.0
"""How long the removal of one object may take, in seconds, until it is really gone."""

# What the garbage collector takes along: the children that each kind may have here.
_CHILDREN: dict[Resource, tuple[Resource, ...]] = {
    CERTIFICATES: (REQUESTS, SECRETS),
    REQUESTS: (ORDERS,),
    ORDERS: (CHALLENGES,),
    CHALLENGES: (PODS, Kind.SERVICE.resource, INGRESSES),
    JOBS: (PODS,),
}
# A configuration that blocks others goes first, a Secret after the Certificate that would write it again.
_ORDER = (Kind.VALIDATING.resource, Kind.MUTATING.resource, NAMESPACES, JOBS, CERTIFICATES, REQUESTS, SECRETS, ISSUERS)


@dataclass(frozen=True, slots=True)
class Step:
    """One object to remove, or (`finalizers`) whose finalizers are to be taken away.

    `goes_with_it` are its dependents. `refused` says why it can't be done, by the server's own dry run or because it
    changed; "" when it can.
    """

    leftover: Leftover
    finalizers: bool = False
    goes_with_it: tuple[Ref, ...] = ()
    refused: str = ""

    @property
    def target(self) -> Target:
        """What is written, with its preconditions."""
        found = self.leftover
        return Target(found.resource, found.namespace, found.name, found.uid, found.resource_version)


@dataclass(frozen=True, slots=True)
class CleanupPlan:
    """What will be removed, in this order. Nothing of it was done yet."""

    steps: tuple[Step, ...]

    @property
    def refused(self) -> tuple[Step, ...]:
        """The steps that would not succeed."""
        return tuple(step for step in self.steps if step.refused)


def removal_order(chosen: Iterable[Leftover]) -> tuple[Leftover, ...]:
    """The leftovers in the order in which they have to go."""
    ranks = {resource: rank for rank, resource in enumerate(_ORDER)}
    return tuple(sorted(chosen, key=lambda each: (ranks.get(each.resource, len(ranks)), each.ref)))


class Cleanup:
    """Plans and removes. Its writes go through the one writer, and each is announced by the plan that holds it."""

    def __init__(self, session: Session, journal: Journal, clock: Callable[[], Instant]) -> None:
        self._view = ClusterView(Reader(session))
        self._writer = Writer(session)
        self._journal = journal
        self._clock = clock
        self._remover = Remover(self._view, self._writer, journal, clock)
        self._stopped = False

    def stop(self) -> None:
        """Begin no further removal. The one under way is not called back."""
        self._stopped = True

    async def plan(self, chosen: Iterable[Leftover], finalizers: Iterable[Leftover] = ()) -> CleanupPlan:
        """Ask the server about each, as a dry run with the preconditions of the real request.

        `finalizers` are the stuck objects whose finalizers are to be taken away. Raises ValueError for a leftover that
        must be kept.
        """
        steps = [Step(each) for each in removal_order(chosen)]
        steps += [Step(each, finalizers=True) for each in removal_order(finalizers)]
        for step in steps:
            if step.leftover.kept and not step.finalizers:
                raise ValueError(f"{step.leftover.ref.kind} {step.leftover.name} is not removed: {step.leftover.kept}")
            self._writer.announce(step.leftover.path)
        return CleanupPlan(tuple(await asyncio.gather(*(self._tried(step) for step in steps))))

    async def run(self, plan: CleanupPlan, run: str) -> AsyncIterator[Removal]:
        """Do it step by step, and say of each object what became of it. `run` names this cleanup in the log."""
        for step in plan.steps:
            if self._stopped:
                yield Removal(step.leftover.ref, step.leftover.uid, RemovalResult.LEFT, "interrupted before it")
            elif step.refused:
                yield Removal(step.leftover.ref, step.leftover.uid, RemovalResult.LEFT, step.refused)
            elif step.finalizers:
                yield await self._free(step, run)
            else:
                yield await self._remover.remove(step.target, run=run, until=self._clock().steady + REMOVAL_LIMIT)

    async def _tried(self, step: Step) -> Step:
        answer = await self._finalizers(step, dry_run=True) if step.finalizers else await self._dry_delete(step)
        dependents = step.leftover.goes_with_it or await self._dependents(step.leftover)
        refused = "" if answer.done else _words(answer)
        return replace(step, goes_with_it=dependents, refused=refused)

    async def _dry_delete(self, step: Step) -> WriteAnswer:
        target = step.target
        return await self._writer.delete(
            target.path,
            uid=target.uid,
            resource_version=target.resource_version,
            dry_run=True,
            timeout=REQUEST_TIMEOUT,
        )

    async def _finalizers(self, step: Step, *, dry_run: bool) -> WriteAnswer:
        found = step.leftover
        return await self._writer.keep_finalizers(
            found.path,
            found.finalizers_kept,
            uid=found.uid,
            resource_version=found.resource_version,
            dry_run=dry_run,
            timeout=REQUEST_TIMEOUT,
        )

    async def _free(self, step: Step, run: str) -> Removal:
        """Take its finalizers away, then see whether it goes."""
        found, begun = step.leftover, self._clock()
        answer = await self._finalizers(step, dry_run=False)
        result = "freed" if answer.done else "unknown" if answer.status is None else "refused"
        self._journal.wrote(
            "remove finalizers",
            found.ref,
            found.uid,
            result,
            run=run,
            at=self._clock().wall,
            reason=", ".join(found.finalizers) if answer.done else answer.message,
        )
        if not answer.done:
            return Removal(found.ref, found.uid, RemovalResult.LEFT, _words(answer))
        outcome, reason = await self._remover.wait_gone(step.target, begun.steady + REMOVAL_LIMIT)
        return Removal(found.ref, found.uid, outcome, reason, self._clock().seconds_since(begun))

    async def _dependents(self, found: Leftover) -> tuple[Ref, ...]:
        """What the garbage collector will take along, children's children included."""
        listing = Listing(self._view.reader)
        along: list[Ref] = []
        level = [(found.resource, found.uid)]
        while level:
            kinds = {
                child: {uid for parent, uid in level if child in _CHILDREN.get(parent, ())} for child in _every(level)
            }
            level = []
            for child, uids in kinds.items():
                for body in await listing.all(child, found.namespace) or ():
                    owners = {fields.text(owner, "uid") for owner in fields.items(body, "metadata", "ownerReferences")}
                    if owners & uids:
                        along.append(Ref(child.kind, found.namespace, fields.text(body, "metadata", "name")))
                        level.append((child, fields.text(body, "metadata", "uid")))
        return tuple(along)


def _every(level: Iterable[tuple[Resource, str]]) -> tuple[Resource, ...]:
    return tuple(dict.fromkeys(child for parent, _ in level for child in _CHILDREN.get(parent, ())))


def _words(answer: WriteAnswer) -> str:
    if answer.status == 404:
        return "it is gone already"
    if answer.status == 409:
        return f"it changed since it was looked at: {answer.message}"
    return answer.message or f"the API server answered {answer.status}"
