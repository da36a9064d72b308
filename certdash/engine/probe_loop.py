"""Asks the API server again and again, never two rounds at once."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from certdash.certmanager.probe_objects import ProbeRequest
from certdash.engine.cadence import Plan
from certdash.kube.dry_runner import CreateAnswer
from certdash.model.inputs import Input, IntervalChanged, RoundBegan, RoundEnded
from certdash.model.instant import Instant
from certdash.model.probe import ProbeAnswer, ProbeName, ProbeRound

# The API server's own limit for a create is 34 s; its error text is worth the wait.
REQUEST_TIMEOUT = 35.0
# Once a slow failure has told its text, the next attempts are given up sooner: a way that opens again is seen at once
# only by a request that is sent after it opened. Every so often the text is asked for anew.
IMPATIENT_TIMEOUT = 3.0
TEXT_LASTS = 60.0
# A round that still runs after this when its basis changes is asking about a world that is gone.
HANGING_AFTER = 0.3


class World(Protocol):
    """What the loop needs to know of the engine."""

    def plan(self) -> Plan:
        """The next probe, as of now."""
        ...

    def basis_generation(self) -> int:
        """The generation of what the proof rests on, with everything folded in that has arrived."""
        ...


class Creates(Protocol):
    """What the loop needs of kube's DryRunner."""

    async def create(
        self, path: str, body: Mapping[str, Any], *, timeout: float, fresh_connection: bool = False
    ) -> CreateAnswer:
        """Ask for one create as a dry run."""
        ...


class ProbeLoop:
    """Runs rounds as planned; `wake` makes it plan anew, `probe_now` asks for a full round at once."""

    def __init__(
        self,
        dry_runner: Creates,
        requests: Callable[[], Mapping[ProbeName, ProbeRequest]],
        namespace: str,
        world: World,
        emit: Callable[[Input], None],
        clock: Callable[[], Instant],
    ) -> None:
        self._dry_runner = dry_runner
        self._requests = requests
        self._namespace = namespace
        self._world = world
        self._emit = emit
        self._clock = clock
        self._wake = asyncio.Event()
        self._forced = False
        self._number = 0
        self._interval = 0.0
        self._running: asyncio.Task[tuple[ProbeAnswer, ...]] | None = None
        self._begun: Instant | None = None
        self._slow_text_at: Instant | None = None

    def wake(self) -> None:
        """Something changed: plan anew."""
        self._wake.set()

    def basis_changed(self) -> None:
        """What the proof rests on changed: plan anew, and give up a round that hangs."""
        self.wake()
        self._slow_text_at = None
        running, begun = self._running, self._begun
        if running is not None and begun is not None and self._clock().seconds_since(begun) > HANGING_AFTER:
            running.cancel()

    def probe_now(self) -> None:
        """Run a full round now, or right after the one that runs."""
        self._forced = True
        self.wake()

    async def run(self) -> None:
        """Probe until cancelled."""
        while True:
            await self._wait_for_turn()
            plan = self._world.plan()
            names = (plan.scout,) if plan.scout is not None and not self._forced else tuple(ProbeName)
            self._forced = False
            await self._round(names)

    async def _wait_for_turn(self) -> None:
        ended = self._clock()
        while not self._forced:
            self._wake.clear()
            plan = self._world.plan()
            self._announce(plan.interval)
            remaining = plan.delay - self._clock().seconds_since(ended)
            if remaining <= 0:
                return
            try:
                # Not asyncio.wait_for: in Python 3.11 it swallows a cancellation that comes along with the wake.
                async with asyncio.timeout(remaining):
                    await self._wake.wait()
            except TimeoutError:
                return

    def _announce(self, interval: float) -> None:
        if interval != self._interval:
            self._interval = interval
            self._emit(IntervalChanged(self._clock(), interval))

    async def _round(self, names: tuple[ProbeName, ...]) -> None:
        self._number += 1
        basis = self._world.basis_generation()
        begun = self._begun = self._clock()
        self._emit(RoundBegan(begun))
        self._running = asyncio.ensure_future(self._ask(names))
        cancelled = False
        answers: tuple[ProbeAnswer, ...] = ()
        try:
            answers = await self._running
        except asyncio.CancelledError:
            self._running.cancel()
            if not self._cancelled_by_wake():
                raise
            cancelled = True
        finally:
            self._running = self._begun = None
        ended = self._clock()
        if self._impatient(begun) and any(_given_up(answer) for answer in answers):
            answers, cancelled = (), True
        elif not cancelled:
            slow = any(answer.latency > IMPATIENT_TIMEOUT for answer in answers)
            self._slow_text_at = ended if slow else None
        done = ProbeRound(
            number=self._number,
            begun=begun,
            ended=ended,
            namespace=self._namespace,
            answers=answers,
            full=len(names) == len(ProbeName),
            basis_begun=basis,
            basis_ended=self._world.basis_generation(),
            cancelled=cancelled,
        )
        self._emit(RoundEnded(ended, done))

    def _impatient(self, now: Instant) -> bool:
        return self._slow_text_at is not None and now.seconds_since(self._slow_text_at) < TEXT_LASTS

    def _cancelled_by_wake(self) -> bool:
        task = asyncio.current_task()
        return task is not None and task.cancelling() == 0

    async def _ask(self, names: Iterable[ProbeName]) -> tuple[ProbeAnswer, ...]:
        requests = self._requests()
        answers = await asyncio.gather(*(self._create(name, requests[name]) for name in names))
        return tuple(answers)

    async def _create(self, name: ProbeName, request: ProbeRequest) -> ProbeAnswer:
        timeout = IMPATIENT_TIMEOUT if self._impatient(self._clock()) else REQUEST_TIMEOUT
        answer = await self._dry_runner.create(request.path, request.body, timeout=timeout, fresh_connection=True)
        return _probe_answer(name, answer)


def _probe_answer(name: ProbeName, answer: CreateAnswer) -> ProbeAnswer:
    if answer.status in (200, 201) and not (answer.body or {}).get("kind"):
        # Whatever answers so (a portal, a proxy's page) is no API server: nothing was admitted.
        words = f"HTTP {answer.status} without a Kubernetes object: is the server's URL that of an API server?"
        return ProbeAnswer(probe=name, status=None, latency=answer.latency, transport_error=words)
    return ProbeAnswer(
        probe=name,
        status=answer.status,
        latency=answer.latency,
        is_status=answer.is_status,
        reason=answer.reason,
        message=answer.message,
        causes=answer.causes,
        details_kind=answer.details_kind,
        stamped_username=_username(answer) if name is ProbeName.IDENTITY else None,
        transport_error=answer.transport_error,
        timed_out=answer.timed_out,
        retry_after=answer.retry_after,
        warnings=answer.warnings,
        audit_id=answer.audit_id,
    )


def _given_up(answer: ProbeAnswer) -> bool:
    """Whether our own short deadline ended it, here or (504, or cut short) in the API server."""
    return answer.timed_out or (answer.status in (None, 504) and answer.latency >= IMPATIENT_TIMEOUT / 3)


def _username(answer: CreateAnswer) -> str | None:
    spec = (answer.body or {}).get("spec")
    username = spec.get("username") if isinstance(spec, dict) else None
    return username if isinstance(username, str) else None
