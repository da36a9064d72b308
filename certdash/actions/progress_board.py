"""Keeps the picture of a running issuance test, and hands out each new state of it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

from certdash.certmanager.issuance.plan import Plan
from certdash.certmanager.issuance.stages import LINK_STAGES
from certdash.model.instant import Instant
from certdash.model.issuance import IssuanceProgress, Phase, Stage, StageName, StageState


class ProgressBoard:
    """One test's stages. Every change makes a new frozen picture and wakes whoever waits for one."""

    def __init__(self, plan: Plan, clock: Callable[[], Instant]) -> None:
        self._clock = clock
        self._began = self._marked = clock()
        self._news = asyncio.Event()
        self.progress = IssuanceProgress(0, plan.marks.run, plan.namespace, Phase.LOOKING, _stages(plan), 0.0)

    def change(self, **changes: object) -> None:
        """Publish a picture with these fields changed."""
        now = self._clock()
        version, elapsed = self.progress.version + 1, now.seconds_since(self._began)
        self.progress = replace(self.progress, **{"version": version, "elapsed": elapsed, **changes})  # type: ignore[arg-type]
        news, self._news = self._news, asyncio.Event()
        news.set()

    async def next_progress(self, after: int) -> IssuanceProgress:
        """Wait for a picture newer than `after`."""
        while self.progress.version <= after:
            await self._news.wait()
        return self.progress

    async def follow(self) -> AsyncIterator[IssuanceProgress]:
        """Every picture from now to the end; a slow reader misses some, never the last."""
        version = -1
        while True:
            picture = await self.next_progress(version)
            version = picture.version
            yield picture
            if picture.phase is Phase.ENDED:
                return

    def start(self, name: StageName, certificate: str = "") -> None:
        """A stage begins: the clock of its duration runs."""
        self._marked = self._clock()
        self._set(name, certificate, state=StageState.RUNNING)

    def reach(
        self,
        name: StageName,
        certificate: str = "",
        *,
        at: float | None = None,
        detail: str = "",
        state: StageState = StageState.DONE,
    ) -> None:
        """A stage is behind us; what it took counts from the stage before. Saying so again changes nothing."""
        stage = self.stage(name, certificate)
        if stage is None or stage.state in (StageState.DONE, StageState.UNSEEN, StageState.FAILED):
            return
        now = self._clock()
        seconds, self._marked = now.seconds_since(self._marked), now
        self._set(name, certificate, state=state, seconds=seconds, at=at, detail=detail)

    def fail(self, name: StageName, certificate: str = "", detail: str = "") -> None:
        """A stage is not reached, and will not be."""
        self.reach(name, certificate, detail=detail, state=StageState.FAILED)

    def fail_running(self, detail: str) -> None:
        """Whatever is under way will not be reached."""
        for stage in self.progress.stages:
            if stage.state is StageState.RUNNING:
                self.fail(stage.name, stage.certificate, detail)

    def stage(self, name: StageName, certificate: str = "") -> Stage | None:
        """A stage as it stands, None when this test has no such stage."""
        found = (s for s in self.progress.stages if s.name is name and s.certificate == certificate)
        return next(found, None)

    def _set(self, name: StageName, certificate: str, **changes: object) -> None:
        stages = tuple(
            replace(stage, **changes) if stage.name is name and stage.certificate == certificate else stage  # type: ignore[arg-type]
            for stage in self.progress.stages
        )
        self.change(stages=stages)


def _stages(plan: Plan) -> tuple[Stage, ...]:
    common = [Stage(StageName.NAMESPACE)] if plan.temporary is not None else []
    common.append(Stage(StageName.DENIAL))
    links = [Stage(name, link.label) for link in plan.links for name in (*LINK_STAGES, StageName.VERIFIED)]
    return (*common, *links)
