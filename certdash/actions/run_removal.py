"""Removes what one run created, with what cert-manager made of it, as far as the server lets us."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

from certdash.actions.cluster_view import ClusterView
from certdash.actions.own_objects import OwnObject, find_in_namespace, kept_because, remove_all
from certdash.actions.removal import Remover, Target
from certdash.certmanager import fields
from certdash.certmanager.issuance.plan import Plan, PlannedObject
from certdash.certmanager.issuance.resources import CERTIFICATES, ISSUERS
from certdash.certmanager.run_marks import RUN_LABEL
from certdash.kube.writer import Writer
from certdash.model.instant import Instant
from certdash.model.issuance import Removal, RemovalResult
from certdash.model.resource import Resource

_RETRY = 0.5
# A controller that was about to write the Secret when its Certificate went does so within this time.
_LATE_WRITE = 1.0


class RunRemoval:
    """Clears up after one run. `created` holds the uid of each path that a create was sent for, "" when no answer
    came: then it may exist or not."""

    def __init__(
        self,
        view: ClusterView,
        writer: Writer,
        remover: Remover,
        plan: Plan,
        created: Mapping[str, str],
        clock: Callable[[], Instant],
    ) -> None:
        self._view = view
        self._writer = writer
        self._remover = remover
        self._plan = plan
        self._created = created
        self._clock = clock

    async def run(self, *, until: float, in_flight: bool) -> AsyncIterator[Removal]:
        """Remove everything until the steady clock says `until`; says of each object what became of it.

        `in_flight`: the Secret may still be about to be written.
        """
        namespace = self._plan.temporary
        if namespace is not None:
            async for removal in self._remove_planned(namespace, until):
                yield removal
                if removal.result is not RemovalResult.LEFT:
                    return
            if namespace.path not in self._created:
                return
        async for removal in self._remove_inside(until, in_flight=in_flight):
            yield removal

    async def _remove_inside(self, until: float, *, in_flight: bool) -> AsyncIterator[Removal]:
        left: set[Resource] = set()
        for part in (
            self._remove_kind(CERTIFICATES, left, until),
            self._remove_made(left, until, in_flight=in_flight),
            self._remove_kind(ISSUERS, left, until),
        ):
            async for removal in part:
                yield removal

    async def _remove_kind(self, resource: Resource, left: set[Resource], until: float) -> AsyncIterator[Removal]:
        for planned in self._plan.objects():
            if planned.resource is not resource or planned.path not in self._created:
                continue
            if reason := kept_because(resource, left):
                yield Removal(planned.ref, self._created[planned.path], RemovalResult.LEFT, reason)
                continue
            async for removal in self._remove_planned(planned, until):
                if removal.result is RemovalResult.LEFT:
                    left.add(resource)
                yield removal

    async def _remove_made(self, left: set[Resource], until: float, *, in_flight: bool) -> AsyncIterator[Removal]:
        """What cert-manager made: requests, Secrets, keys under way. Looked for again while more may come."""
        patience = self._clock().steady + (_LATE_WRITE if in_flight else 0.0)
        while True:
            found = await find_in_namespace(self._view, self._plan.namespace, self._plan.marks)
            for own in found:
                if reason := kept_because(own.target.resource, left):
                    yield Removal(own.target.ref, own.target.uid, RemovalResult.LEFT, reason)
                    continue
                async for removal in remove_all((own,), self._writer, self._remover, until=until, swept=False):
                    if removal.result is RemovalResult.LEFT:
                        left.add(own.target.resource)
                    yield removal
            now = self._clock().steady
            if left or now >= until or (not found and now >= patience):
                return
            if not found:
                await asyncio.sleep(0.1)

    async def _remove_planned(self, planned: PlannedObject, until: float) -> AsyncIterator[Removal]:
        if planned.path not in self._created:
            return
        uid, problem = await self._locate(planned, until)
        if problem:
            yield Removal(planned.ref, uid, RemovalResult.LEFT, problem)
        elif uid:
            target = Target(planned.resource, planned.namespace, planned.name, uid)
            own = OwnObject(target, self._plan.marks)
            async for removal in remove_all((own,), self._writer, self._remover, until=until, swept=False):
                yield removal

    async def _locate(self, planned: PlannedObject, until: float) -> tuple[str, str]:
        """The uid of our object ("" when it is not there), and what keeps us from knowing."""
        known = self._created[planned.path]
        while True:
            found = await self._view.get(planned.path, metadata_only=True)
            if found.status == 404:
                return "", ""
            if found.status == 200:
                ours = fields.text(found.body, "metadata", "labels", RUN_LABEL) == self._plan.marks.run
                return (fields.text(found.body, "metadata", "uid"), "") if ours else ("", "")
            if found.refused and known:
                return known, ""
            if self._clock().steady >= until:
                return known, found.message or "the API server does not answer"
            await asyncio.sleep(_RETRY)
