"""certdash's engine on a real cluster, in a thread of its own: a test breaks things and waits for what it says."""

import asyncio
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from certdash.engine.live import LiveEngine, start
from certdash.kube.access import load_cluster_access
from certdash.kube.clock import read_clock
from certdash.kube.options import ConnectionOptions
from certdash.model.assessment import Assessment
from certdash.model.diagnosis import Verdict
from certdash.model.instant import Instant
from certdash.model.snapshot import Scope

PATIENCE = 60.0


class Watcher:
    """Watches one cluster. `history` holds every assessment since the last `forget`."""

    def __init__(
        self,
        kubeconfig: Path,
        scope: Scope | None = None,
        *,
        urgent: bool = True,
        clock: Callable[[], Instant] = read_clock,
    ) -> None:
        self._options = ConnectionOptions(kubeconfig=str(kubeconfig))
        self._scope = scope or Scope()
        self._urgent = urgent
        self._clock = clock
        self._news = threading.Condition()
        self._stop: asyncio.Event
        self._loop: asyncio.AbstractEventLoop
        self._engine: LiveEngine
        self._failure: BaseException | None = None
        self._up = threading.Event()
        self.history: list[Assessment] = []
        self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._up.wait(PATIENCE)
        if self._failure is not None:
            raise self._failure
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive(), "the engine did not stop"

    def _run(self) -> None:
        try:
            asyncio.run(self._watch())
        except BaseException as failure:  # noqa: BLE001 - carried over to the test's thread
            self._failure = failure
        finally:
            self._up.set()

    async def _watch(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        access = load_cluster_access(self._options, environment())
        self._engine = await start(access, self._scope, urgent=self._urgent, clock=self._clock)
        follower = asyncio.create_task(self._follow())
        self._up.set()
        await self._stop.wait()
        follower.cancel()
        await self._engine.close()

    async def _follow(self) -> None:
        version = 0
        while True:
            assessment = await self._engine.next_assessment(version)
            version = assessment.version
            with self._news:
                self.history.append(assessment)
                self._news.notify_all()

    @property
    def now(self) -> Assessment:
        """The newest assessment."""
        return self._engine.assessment

    def probe_now(self) -> None:
        """What the dashboard's key for it does."""
        self._loop.call_soon_threadsafe(self._engine.probe_now)

    def forget(self) -> None:
        """Begin a new history."""
        with self._news:
            self.history = [self.history[-1]] if self.history else []

    def wait_for(self, wanted: Callable[[Assessment], bool], what: str, seconds: float = PATIENCE) -> Assessment:
        """Wait until an assessment fits. Raises AssertionError with what was said instead."""
        with self._news:
            fits = self._news.wait_for(lambda: bool(self.history) and wanted(self.history[-1]), seconds)
            if fits:
                return self.history[-1]
        raise AssertionError(f"never came: {what}; said instead: {self.said()}")

    def wait_ready(self, seconds: float = PATIENCE) -> Assessment:
        """Wait for READY."""
        return self.wait_for(lambda a: a.diagnosis.verdict is Verdict.READY, "READY", seconds)

    def said(self) -> list[str]:
        """The verdicts and causes of the history, repeats left out."""
        lines: list[str] = []
        for assessment in self.history:
            diagnosis = assessment.diagnosis
            cause = f" {diagnosis.cause.code} {diagnosis.cause.summary}" if diagnosis.cause else ""
            line = f"{diagnosis.verdict.value}{cause}"
            if not lines or lines[-1] != line:
                lines.append(line)
        return lines


def environment() -> Mapping[str, str]:
    """An environment in which only the kubeconfig that is named counts."""
    return {"HOME": "/nonexistent"}
