"""The supervisor keeps the running streams equal to the wanted ones, and a failure is one stream's own."""

import asyncio

from certdash.engine.supervisor import Supervisor
from certdash.kube.clock import read_clock
from certdash.model.inputs import Input, StreamChanged
from certdash.model.resource import Kind
from certdash.model.stream import StreamPhase, StreamSpec

PODS = StreamSpec(Kind.POD, "cert-manager")
SERVICES = StreamSpec(Kind.SERVICE, "cert-manager")


class Stream:
    def __init__(self, fails: bool) -> None:
        self.fails = fails
        self.retried = 0
        self.began = asyncio.Event()

    async def run(self) -> None:
        self.began.set()
        if self.fails:
            raise RuntimeError("a fault")
        await asyncio.Event().wait()

    def retry_now(self) -> None:
        self.retried += 1


class Bench:
    def __init__(self, *failing: StreamSpec) -> None:
        self.streams: dict[StreamSpec, Stream] = {}
        self.inputs: list[Input] = []
        self.news = asyncio.Event()
        self.failing = failing
        self.supervisor = Supervisor(self.make, self.emit, read_clock)

    def make(self, spec: StreamSpec) -> Stream:
        self.streams[spec] = Stream(spec in self.failing)
        return self.streams[spec]

    def emit(self, event: Input) -> None:
        self.inputs.append(event)
        self.news.set()


async def test_it_starts_what_is_wanted_and_stops_what_is_not() -> None:
    bench = Bench()
    bench.supervisor.settle(frozenset({PODS, SERVICES}))
    await bench.streams[PODS].began.wait()
    kept = bench.streams[SERVICES]
    bench.supervisor.settle(frozenset({SERVICES}))
    assert bench.supervisor.specs == {SERVICES}
    assert bench.streams[SERVICES] is kept
    (gone,) = bench.inputs
    assert isinstance(gone, StreamChanged)
    assert (gone.spec, gone.state) == (PODS, None)
    await bench.supervisor.stop()


async def test_a_stream_that_fails_says_so_and_the_others_go_on() -> None:
    bench = Bench(PODS)
    bench.supervisor.settle(frozenset({PODS, SERVICES}))
    await bench.news.wait()
    (broken,) = bench.inputs
    assert isinstance(broken, StreamChanged)
    assert broken.state is not None
    assert (broken.spec, broken.state.phase) == (PODS, StreamPhase.BROKEN)
    assert "a fault" in broken.state.error
    bench.supervisor.retry_now()
    assert bench.streams[SERVICES].retried == 1
    await bench.supervisor.stop()


async def test_stopping_is_no_failure() -> None:
    bench = Bench()
    bench.supervisor.settle(frozenset({PODS}))
    await bench.supervisor.stop()
    assert bench.inputs == []
