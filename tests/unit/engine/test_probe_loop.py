"""The probe loop: never two rounds at once, gives up a hanging round when its ground moves."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from certdash.certmanager.probe_objects import probe_requests
from certdash.engine.cadence import Plan
from certdash.engine.probe_loop import IMPATIENT_TIMEOUT, REQUEST_TIMEOUT, ProbeLoop
from certdash.kube.clock import read_clock
from certdash.kube.dry_runner import CreateAnswer
from certdash.model.inputs import Input, RoundBegan, RoundEnded
from certdash.model.probe import ProbeName, ProbeRound
from certdash.model.snapshot import Scope

NEVER = 3600.0


SLOW = CreateAnswer(status=500, latency=10.0, message="TLS handshake timeout")
UNANSWERED = CreateAnswer(status=None, latency=3.0, timed_out=True, transport_error="did not answer in time")


class Script:
    """Stands in for the API server and for the engine: answers when told to, plans what it is told."""

    def __init__(self) -> None:
        self.plans = [Plan(0.0, None, 10.0)]
        self.gate = asyncio.Event()
        self.running = 0
        self.most_running = 0
        self.generation = 1
        self.inputs: list[Input] = []
        self.ended = asyncio.Event()
        self.began = asyncio.Event()
        self.all_asked = asyncio.Event()
        self.answers: list[CreateAnswer] = []
        self.timeouts: list[float] = []

    def plan(self) -> Plan:
        return self.plans[0] if self.plans else Plan(NEVER, None, 10.0)

    def basis_generation(self) -> int:
        return self.generation

    def emit(self, event: Input) -> None:
        self.inputs.append(event)
        if isinstance(event, RoundBegan):
            self.began.set()
            self.plans = self.plans[1:]
        if isinstance(event, RoundEnded):
            self.ended.set()

    async def create(
        self, path: str, body: Mapping[str, Any], *, timeout: float, fresh_connection: bool = False
    ) -> CreateAnswer:
        assert path
        assert body
        assert timeout > 0
        assert fresh_connection
        self.timeouts.append(timeout)
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        if self.running == len(ProbeName):
            self.all_asked.set()
        try:
            await self.gate.wait()
        finally:
            self.running -= 1
        if self.answers:
            return self.answers.pop(0)
        return CreateAnswer(status=201, latency=0.01, body={"kind": "Certificate", "spec": {"username": "somebody"}})

    @property
    def rounds(self) -> list[ProbeRound]:
        return [event.round for event in self.inputs if isinstance(event, RoundEnded)]


@asynccontextmanager
async def running(script: Script) -> AsyncIterator[ProbeLoop]:
    requests = probe_requests(Scope())
    loop = ProbeLoop(script, lambda: requests, "default", script, script.emit, read_clock)
    task = asyncio.create_task(loop.run())
    try:
        yield loop
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_full_round_asks_all_three_at_once() -> None:
    script = Script()
    async with running(script):
        await script.all_asked.wait()
        script.gate.set()
        await script.ended.wait()
    (done,) = script.rounds
    assert done.full
    assert {answer.probe for answer in done.answers} == set(ProbeName)
    identity = done.answer(ProbeName.IDENTITY)
    assert identity is not None
    assert identity.stamped_username == "somebody"
    assert script.most_running == 3


async def test_a_scout_asks_one() -> None:
    script = Script()
    script.plans = [Plan(0.0, ProbeName.INVALID, 10.0)]
    script.gate.set()
    async with running(script):
        await script.ended.wait()
    (done,) = script.rounds
    assert not done.full
    assert [answer.probe for answer in done.answers] == [ProbeName.INVALID]


async def test_probe_now_waits_for_the_running_round_and_is_full() -> None:
    script = Script()
    script.plans = [Plan(0.0, ProbeName.INVALID, 10.0)]
    async with running(script) as loop:
        await script.began.wait()
        loop.probe_now()
        assert script.most_running <= 1
        script.gate.set()
        await script.ended.wait()
        script.ended.clear()
        await script.ended.wait()
    assert [done.full for done in script.rounds] == [False, True]


async def test_a_round_that_hangs_is_given_up_when_the_basis_changes() -> None:
    script = Script()
    script.plans = [Plan(0.0, None, 10.0), Plan(0.0, None, 10.0)]
    async with running(script) as loop:
        await script.began.wait()
        begun = read_clock()
        while read_clock().seconds_since(begun) < 0.35:
            loop.basis_changed()
            await asyncio.sleep(0)
        await script.ended.wait()
        assert script.rounds[0].cancelled
        script.ended.clear()
        script.gate.set()
        await script.ended.wait()
    assert script.rounds[1].full
    assert not script.rounds[1].cancelled


async def test_a_round_notes_the_basis_at_both_ends() -> None:
    script = Script()
    async with running(script):
        await script.began.wait()
        script.generation = 2
        script.gate.set()
        await script.ended.wait()
    (done,) = script.rounds
    assert (done.basis_begun, done.basis_ended) == (1, 2)


async def test_cancelling_the_loop_cancels_the_round() -> None:
    script = Script()
    async with running(script):
        await script.all_asked.wait()
    assert script.running == 0
    assert script.rounds == []


async def test_a_slow_failure_is_explained_once_and_then_asked_impatiently() -> None:
    script = Script()
    script.plans = [Plan(0.0, ProbeName.IDENTITY, 10.0)] * 2
    script.answers = [SLOW, UNANSWERED]
    script.gate.set()
    async with running(script) as loop:
        await script.ended.wait()
        script.ended.clear()
        await script.ended.wait()
        assert [done.cancelled for done in script.rounds] == [False, True]
        assert script.timeouts == [REQUEST_TIMEOUT, IMPATIENT_TIMEOUT]
        script.ended.clear()
        loop.basis_changed()
        loop.probe_now()
        await script.ended.wait()
    assert script.timeouts[2:] == [REQUEST_TIMEOUT] * 3


async def test_a_page_instead_of_an_object_admits_nothing() -> None:
    script = Script()
    script.plans = [Plan(0.0, ProbeName.VALID, 10.0)]
    script.answers = [CreateAnswer(status=200, latency=0.01, message="<html>welcome</html>")]
    script.gate.set()
    async with running(script):
        await script.ended.wait()
    answer = script.rounds[0].answer(ProbeName.VALID)
    assert answer is not None
    assert not answer.admitted
    assert "without a Kubernetes object" in answer.transport_error
