"""An issuance test that goes as the test says."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

from certdash.model.finding import Evidence
from certdash.model.issuance import (
    IssuanceProgress,
    IssuedCertificate,
    Outcome,
    Phase,
    Removal,
    RemovalResult,
    Stage,
    StageName,
    StageState,
    Stall,
)
from certdash.model.resource import Ref

STAGES = (
    Stage(StageName.DENIAL, state=StageState.DONE, seconds=0.018),
    Stage(StageName.ISSUER, "leaf", StageState.DONE, 0.057),
    Stage(StageName.SIGNED, "leaf", StageState.RUNNING),
    Stage(StageName.SECRET, "leaf"),
)
BEGUN = IssuanceProgress(1, "run", "certdash-test-run", Phase.ISSUING, STAGES, 0.2)
NAMESPACE = Ref("Namespace", "", "certdash-test-run")
ISSUED = IssuedCertificate("leaf", "CN=x", "CN=issuer.example", ("a.example",), 0.0, 86_400.0, "ab", 1)
PROVEN = replace(
    BEGUN,
    version=2,
    phase=Phase.ENDED,
    outcome=Outcome.PROVEN,
    stages=tuple(replace(stage, state=StageState.DONE, seconds=0.1) for stage in STAGES),
    certificates=(ISSUED,),
    removals=(Removal(NAMESPACE, "u", RemovalResult.REMOVED),),
)
STOPPED = replace(BEGUN, version=2, phase=Phase.ENDED, outcome=Outcome.INTERRUPTED, reason="interrupted")
STALLED = replace(
    PROVEN,
    outcome=Outcome.FAILED,
    reason="the Issuer is not ready",
    stall=Stall("CD1112", "the Issuer is not ready", (Evidence(NAMESPACE, "status", "odd", None),), final=True),
    log=("E1124 controller says so",),
    removals=(Removal(NAMESPACE, "u", RemovalResult.LEFT, "namespace is stuck"),),
)


class ScriptedRun:
    """Runs until the test lets it end."""

    def __init__(self, last: IssuanceProgress = PROVEN) -> None:
        self.last = last
        self.may_end = asyncio.Event()
        self.picture = BEGUN
        self.ran = self.discarded = self.stopped = False
        self.announcement = "This creates in prod:\n  Namespace certdash-test-run"

    async def follow(self) -> AsyncIterator[IssuanceProgress]:
        """The first picture, then the last."""
        yield self.picture
        await self.may_end.wait()
        yield self.last

    async def run(self) -> IssuanceProgress:
        """Wait for the script."""
        self.ran = True
        await self.may_end.wait()
        return self.last

    def stop(self) -> None:
        """Note it; ending is the script's."""
        self.stopped = True
        self.last = STOPPED

    async def discard(self) -> None:
        """Note it."""
        self.discarded = True


class ScriptedTests:
    """Gives out one run, or fails; `proven` is when the log of earlier runs has one."""

    def __init__(self, run: ScriptedRun | Exception | None = None, proven: float | None = None) -> None:
        self._run = run or ScriptedRun()
        self._proven = proven

    async def prepare(self) -> ScriptedRun:
        """The run."""
        await asyncio.sleep(0)
        if isinstance(self._run, Exception):
            raise self._run
        return self._run

    def last_proven(self) -> float | None:
        """As told."""
        return self._proven
