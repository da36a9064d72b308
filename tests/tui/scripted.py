"""A Source that does what the test says, a clock that stands still, and assessments of the shared scenarios."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from certdash.diagnosis.diagnose import diagnose
from certdash.engine.source import LookResult
from certdash.model.assessment import Assessment, TimelineEntry, TimelineTopic
from certdash.model.diagnosis import Diagnosis, Status
from certdash.model.instant import Instant
from certdash.model.resource import Ref
from certdash.tui.app import CertdashApp
from tests.unit.scenario_cluster import NOW, Cluster, at

YAML = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: webhook\n  labels:\n    app: webhook\n"


class ScriptedSource:
    """Publishes what it is given."""

    def __init__(self, first: Assessment) -> None:
        self._assessment = first
        self._published = asyncio.Event()
        self.probes = 0
        self.looks: list[Ref] = []
        self.closed = False
        self.answer: Callable[[Ref], LookResult] = lambda ref: LookResult(ref, yaml=YAML)

    @property
    def assessment(self) -> Assessment:
        """The newest."""
        return self._assessment

    def publish(self, assessment: Assessment) -> None:
        """Make this the newest; its version is set here."""
        self._assessment = replace(assessment, version=self._assessment.version + 1)
        published, self._published = self._published, asyncio.Event()
        published.set()

    async def next_assessment(self, after: int) -> Assessment:
        """Wait for one newer than `after`."""
        while self._assessment.version <= after:
            await self._published.wait()
        return self._assessment

    def probe_now(self) -> None:
        """Count."""
        self.probes += 1

    async def look(self, ref: Ref) -> LookResult:
        """Answer as scripted."""
        self.looks.append(ref)
        return self.answer(ref)

    async def close(self) -> None:
        """Remember."""
        self.closed = True


class StandingClock:
    """Shows NOW until it is moved."""

    def __init__(self) -> None:
        self.passed = 0.0

    def __call__(self) -> Instant:
        return at(-self.passed)


def assessment_of(
    cluster: Cluster, diagnosis: Diagnosis | None = None, timeline: tuple[TimelineEntry, ...] = ()
) -> Assessment:
    """The assessment of a cluster, with its diagnosis unless one is given."""
    snapshot = cluster.snapshot()
    return Assessment(1, NOW, snapshot, diagnosis or diagnose(snapshot, NOW), timeline)


def entry(seconds_ago: float, status: Status, text: str, ref: Ref | None = None) -> TimelineEntry:
    """A timeline entry about an object."""
    return TimelineEntry(at(seconds_ago), TimelineTopic.OBJECT, status, text, ref)


def verdict_entry(seconds_ago: float, status: Status, text: str) -> TimelineEntry:
    """A timeline entry about the verdict."""
    return TimelineEntry(at(seconds_ago), TimelineTopic.VERDICT, status, text)


class ObservedApp(CertdashApp):
    """The app, and which assessments it has shown."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.shown: list[int] = []
        self._showed = asyncio.Event()

    def _show(self, assessment: Assessment) -> None:
        super()._show(assessment)
        self.shown.append(assessment.version)
        showed, self._showed = self._showed, asyncio.Event()
        showed.set()

    async def shows(self, version: int) -> None:
        """Wait until an assessment of at least that version was shown."""
        async with asyncio.timeout(5):
            while not self.shown or self.shown[-1] < version:
                await self._showed.wait()


def app_for(source: ScriptedSource, clock: StandingClock | None = None, **options: Any) -> ObservedApp:
    """The app on a scripted source."""

    async def connect() -> ScriptedSource:
        return source

    target = source.assessment.snapshot.target
    return ObservedApp(connect, target, clock=clock or StandingClock(), **options)
