"""The running engine on a live cluster: streams, probe loop and diagnosis around one store."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from certdash import __version__
from certdash.certmanager.probe_objects import probe_requests
from certdash.certmanager.streams import desired_streams
from certdash.certmanager.trust import load_decoder
from certdash.engine.assessor import Assessor
from certdash.engine.cadence import Circumstances, Plan, plan_next
from certdash.engine.connection_watch import ConnectionWatch
from certdash.engine.look import look_at
from certdash.engine.pace import sleep
from certdash.engine.playback import RecordingState
from certdash.engine.probe_loop import ProbeLoop
from certdash.engine.publication import Publication
from certdash.engine.server_look import ServerLook
from certdash.engine.source import LookResult
from certdash.engine.store import Store
from certdash.engine.supervisor import Supervisor
from certdash.kube.access import ClusterAccess
from certdash.kube.clock import read_clock
from certdash.kube.dry_runner import DryRunner
from certdash.kube.reader import Reader
from certdash.kube.reflector import Reflector, WatchListSupport
from certdash.kube.session import Session
from certdash.model.assessment import Assessment
from certdash.model.inputs import Input, ProofsVoided, RoundBegan, RoundEnded, StreamChanged
from certdash.model.instant import Instant
from certdash.model.resource import Ref
from certdash.model.snapshot import Scope, Snapshot
from certdash.model.stream import StreamPhase
from certdash.recording.errors import RecordingError

if TYPE_CHECKING:
    from certdash.engine.recorder import Recorder

# A burst of events becomes one diagnosis: the first is diagnosed at once, the rest after this many seconds. A screen
# is not painted more often; whoever waits for a verdict wants it sooner, and does not wait for long.
COALESCE = 0.1
COALESCE_URGENT = 0.02
TICK = 0.5
# A round asked before the streams brought what the proof rests on would have to be asked again at once.
SETTLE = 0.5
# The loop stood still, or the machine slept, when a tick comes later than this.
LAG_LIMIT = 5.0
# A disk that hangs must not hold up the end.
RECORDING_ENDS_WITHIN = 0.3


class LiveEngine:
    """One cluster, watched and probed. Implements `Source` and `Recordable`."""

    def __init__(
        self,
        session: Session,
        scope: Scope,
        *,
        urgent: bool = False,
        streak_wanted: int = 1,
        clock: Callable[[], Instant] = read_clock,
    ) -> None:
        now = clock()
        self._clock = clock
        self._session = session
        self._urgent = urgent
        self._streak_wanted = streak_wanted
        self._stirred = self._started = now
        reader = Reader(session)
        self._reader = reader
        self._store = Store(session.target, scope, now)
        self._assessor = Assessor(self._store)
        self._publication = Publication(self._store.snapshot(now), now)
        watch_list = WatchListSupport()
        self._supervisor = Supervisor(
            lambda spec: Reflector(reader, spec, self._take, clock, watch_list=watch_list), self._take, clock
        )
        self._server = ServerLook(reader, self._snapshot, self._take, clock)
        self._connection = ConnectionWatch(self, self._snapshot, self._take, clock, self._on_return)
        self._probe = ProbeLoop(
            DryRunner(session), lambda: probe_requests(scope), scope.probe_namespace, self, self._take, clock
        )
        self._tasks: list[asyncio.Task[None]] = []
        self._recorder: Recorder | None = None
        self._pending: asyncio.TimerHandle | asyncio.Handle | None = None
        self._expiry: asyncio.TimerHandle | None = None
        self._later: asyncio.TimerHandle | None = None
        self._assessed_at = now.steady - 1.0
        # Others take snapshots, too, so only what was assessed counts as seen.
        self._unassessed = False

    # What screens and commands ask for.

    @property
    def assessment(self) -> Assessment:
        """The newest assessment."""
        return self._publication.assessment

    async def next_assessment(self, after: int) -> Assessment:
        """Wait for an assessment newer than `after`. Raises what went wrong in the engine itself, if anything did."""
        return await self._publication.next_assessment(after)

    def probe_now(self) -> None:
        """Run a full round at once."""
        self._stirred = self._clock()
        self._probe.probe_now()

    async def look(self, ref: Ref) -> LookResult:
        """Fetch one object whole."""
        self._stirred = self._clock()
        return await look_at(self._reader, ref)

    @property
    def recording(self) -> RecordingState | None:
        """What is being written, if anything."""
        return self._recorder.state if self._recorder is not None else None

    def start_recording(self, path: Path, *, max_size: int | None = None, replace_names: bool = False) -> None:
        """Record to that file from now on, beyond `max_size` bytes to a new one of that name. Raises RecordingError."""
        # Whoever does not record needs none of it.
        from certdash.engine.recorder import DEFAULT_MAX_SIZE, Recorder

        if self._recorder is not None and not self._recorder.state.error:
            raise RecordingError(f"already recording to {self._recorder.state.path}: stop that first")
        self._assessor.snapshot(self._clock())
        self._recorder = Recorder(
            path, self._assessor, self._clock, max_size=max_size or DEFAULT_MAX_SIZE, replace_names=replace_names
        )

    async def stop_recording(self) -> RecordingState | None:
        """Complete the file."""
        recorder, self._recorder = self._recorder, None
        return await recorder.stop() if recorder is not None else None

    async def close(self) -> None:
        """Stop everything."""
        if self._recorder is not None:
            await self._recorder.stop(within=RECORDING_ENDS_WITHIN)
        for handle in (self._pending, self._expiry, self._later):
            if handle is not None:
                handle.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._supervisor.stop()
        await self._session.close()

    def start(self) -> None:
        """Start streams, probes and looks on the running loop."""
        self._supervisor.settle(desired_streams(self._snapshot()))
        runs = (self._server.run(), self._connection.run(), self._probe.run(), self._watch_the_clock())
        self._tasks = [asyncio.create_task(run) for run in runs]
        for task in self._tasks:
            task.add_done_callback(self._ended)
        # By then the first picture stands, and whoever wanted only that is gone.
        self._later = asyncio.get_running_loop().call_later(1.0, load_decoder)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._publication.fail(error)

    # What the parts ask for.

    @property
    def last_answer(self) -> Instant | None:
        """When the server last answered anything."""
        return self._session.last_answer

    async def ping(self) -> str:
        """Ask the server for something cheap; "" when it answered."""
        return await self._server.ping()

    def plan(self) -> Plan:
        """The next probe, as of now."""
        circumstances = Circumstances(
            self._store.moved, self._stirred, self._urgent, self._streak_wanted, self._settling()
        )
        return plan_next(self._snapshot().probe, self.assessment.diagnosis, circumstances, self._clock())

    def _settling(self) -> float:
        """For how many seconds more the first round had better wait for the streams."""
        states = self._snapshot().streams.values()
        if states and not any(state.phase is StreamPhase.CONNECTING for state in states):
            return 0.0
        return max(SETTLE - self._clock().seconds_since(self._started), 0.0)

    def basis_generation(self) -> int:
        """The generation of what the proof rests on."""
        return self._snapshot().probe.basis_generation

    # The way of the data.

    def _snapshot(self) -> Snapshot:
        return self._assessor.snapshot(self._clock())

    def _take(self, event: Input) -> None:
        self._assessor.take(event)
        self._unassessed = True
        if isinstance(event, RoundEnded):
            self._assess_now()
        elif not isinstance(event, RoundBegan) and self._pending is None:
            self._schedule()
        if isinstance(event, StreamChanged) and not self.assessment.snapshot.probe.rounds:
            self._probe.wake()

    def _schedule(self) -> None:
        loop = asyncio.get_running_loop()
        coalesce = COALESCE_URGENT if self._urgent else COALESCE
        wait = coalesce - (self._clock().steady - self._assessed_at)
        act = self._assess_when_due
        self._pending = loop.call_later(wait, act) if wait > 0 else loop.call_soon(act)

    def _assess_when_due(self) -> None:
        try:
            self._assess_now()
        except Exception as error:  # noqa: BLE001 - no caller would hear of it: the loop only logs what a timer raises
            self._publication.fail(error)

    def _assess_now(self) -> None:
        if self._pending is not None:
            self._pending.cancel()
            self._pending = None
        if not self._unassessed:
            return
        self._unassessed = False
        now = self._clock()
        self._assessed_at = now.steady
        before = self.assessment
        after = self._assessor.assessment_after(before, now)
        snapshot = after.snapshot
        self._publication.publish(after)
        self._arm_expiry(now)
        self._supervisor.settle(desired_streams(snapshot))
        if before.snapshot.streams is not snapshot.streams:
            self._connection.settle()
        if before.snapshot.probe.basis_generation != snapshot.probe.basis_generation:
            self._stirred = now
            self._probe.basis_changed()
            self._server.look_again()
        elif before.snapshot.probe.voided != snapshot.probe.voided or self._store.moved.steady >= before.at.steady:
            self._probe.wake()

    def _arm_expiry(self, now: Instant) -> None:
        if self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None
        valid_until = self.assessment.diagnosis.valid_until
        if valid_until is not None:
            wait = max(valid_until.seconds_since(now), 0.0) + 0.001
            self._expiry = asyncio.get_running_loop().call_later(wait, self._expire)

    def _expire(self) -> None:
        """The answer may have changed by time alone."""
        self._unassessed = True
        self._assess_when_due()
        self._probe.wake()

    def _on_return(self) -> None:
        """The server answers again: whatever was backing off may go on."""
        self._supervisor.retry_now()
        self._server.look_again()
        self._probe.wake()

    async def _watch_the_clock(self) -> None:
        while True:
            before = self._clock()
            await sleep(TICK)
            gap = self._clock().seconds_since(before) - TICK
            if gap > LAG_LIMIT:
                self._take(ProofsVoided(self._clock(), f"nothing ran for {gap:.0f} s: the machine slept or was busy"))
                self._on_return()


async def start(
    access: ClusterAccess,
    scope: Scope,
    *,
    urgent: bool = False,
    streak_wanted: int = 1,
    clock: Callable[[], Instant] = read_clock,
) -> LiveEngine:
    """Open the session and start the engine. Raises AccessError when the credentials can't be had."""
    session = Session(access, f"certdash/{__version__}", clock)
    await session.open()
    engine = LiveEngine(session, scope, urgent=urgent, streak_wanted=streak_wanted, clock=clock)
    engine.start()
    return engine
