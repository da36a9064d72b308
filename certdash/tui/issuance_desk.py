"""An issuance test from the dashboard: prepared, begun, watched, stopped; what came of it is remembered."""

from collections.abc import AsyncIterator, Callable
from enum import Enum
from typing import Protocol

from certdash.kube.errors import AccessError, TransportError
from certdash.model.instant import Instant
from certdash.model.issuance import IssuanceProgress, Outcome


class IssuanceRun(Protocol):
    """One test. Nothing is created before `run`."""

    @property
    def announcement(self) -> str:
        """What it will create and where, in sanitised lines."""
        ...

    def follow(self) -> AsyncIterator[IssuanceProgress]:
        """Every picture to the end."""
        ...

    async def run(self) -> IssuanceProgress:
        """Prove it and clear up; the last picture."""
        ...

    def stop(self) -> None:
        """End it early; `run` then clears up all the same."""
        ...

    async def discard(self) -> None:
        """It is not to be run."""
        ...


class IssuanceTests(Protocol):
    """Where tests come from."""

    async def prepare(self) -> IssuanceRun:
        """Plan a test. Raises AccessError or TransportError."""
        ...

    def last_proven(self) -> float | None:
        """When a test of whatever run last proved issuance on this cluster, UTC in Unix seconds."""
        ...


class DeskState(Enum):
    """Where the test stands."""

    EMPTY = "empty"
    PREPARING = "preparing"
    PLANNED = "planned"
    RUNNING = "running"
    ENDED = "ended"


class IssuanceDesk:
    """One test at a time. `changed` is called whenever there is something new to show."""

    def __init__(self, tests: IssuanceTests, clock: Callable[[], Instant], changed: Callable[[], None]) -> None:
        self._tests = tests
        self._clock = clock
        self._changed = changed
        self._run: IssuanceRun | None = None
        self.state = DeskState.EMPTY
        self.progress: IssuanceProgress | None = None
        self.stopping = False
        self.error = ""
        self.proven: Instant | None = None

    @property
    def empty(self) -> bool:
        """Whether there is no test at all."""
        return self.state is DeskState.EMPTY

    @property
    def running(self) -> bool:
        """Whether a test is under way."""
        return self.state is DeskState.RUNNING

    @property
    def ended(self) -> bool:
        """Whether a test is over, and its end can be read."""
        return self.state is DeskState.ENDED

    @property
    def announcement(self) -> str:
        """What the planned test will create."""
        return self._run.announcement if self._run is not None else ""

    async def prepare(self) -> None:
        """Plan a new test, unless one is planned or under way."""
        if self.state not in (DeskState.EMPTY, DeskState.ENDED):
            return
        self._set(DeskState.PREPARING)
        self.progress, self.error, self.stopping = None, "", False
        try:
            self._run = await self._tests.prepare()
        except (AccessError, TransportError) as error:
            self.error = str(error)
            self._set(DeskState.EMPTY)
        else:
            self._set(DeskState.PLANNED)

    async def discard(self) -> None:
        """Drop the planned test."""
        if self.state is DeskState.PLANNED and self._run is not None:
            run, self._run = self._run, None
            self._set(DeskState.EMPTY)
            await run.discard()

    def begin(self) -> bool:
        """Claim the planned test for `run`; False when there is none."""
        if self.state is not DeskState.PLANNED:
            return False
        self._set(DeskState.RUNNING)
        return True

    async def run(self) -> None:
        """Run the test that `begin` claimed to its end."""
        run = self._run
        if run is None:
            return
        try:
            self.progress = await run.run()
            if self.progress.outcome is Outcome.PROVEN:
                self.proven = self._clock()
        finally:
            self._run = None
            self._set(DeskState.ENDED)

    async def watch(self) -> None:
        """Show each picture of the running test, to the end."""
        if self._run is None:
            return
        async for picture in self._run.follow():
            self.progress = picture
            self._changed()

    def stop(self) -> None:
        """End the running test early; it still clears up."""
        if self.running and self._run is not None and not self.stopping:
            self.stopping = True
            self._run.stop()
            self._changed()

    def _set(self, state: DeskState) -> None:
        self.state = state
        self._changed()
