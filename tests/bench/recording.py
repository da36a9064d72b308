"""A churning hour, recorded and played back: the file's size, the time to get anywhere in it, the speed of reading.

python -m tests.bench.recording [--hours=N]

The hour: five object events a second (restarting Pods of an install with many, their EndpointSlice, renewed leases,
Events), what 19 streams say of being alive, a probe round every 10 s, and an upgrade in the middle.
"""

import argparse
import asyncio
import copy
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from certdash.certmanager import constants as c
from certdash.engine.cursor import Course, Cursor
from certdash.engine.recorder import Recorder
from certdash.engine.replay import ReplayEngine, assessment_at
from certdash.model.inputs import Change, ChangeType, ObjectsChanged, StreamChanged
from certdash.model.resource import Kind
from certdash.model.stream import StreamPhase, StreamState
from certdash.recording.reader import Recording
from tests.bench.figures import Figure, Outcome, Series, figure_table, number
from tests.unit.recording.story import Story, spec_of
from tests.unit.scenario_answers import failed_answers, good_answers
from tests.unit.scenario_chart import NS
from tests.unit.scenario_cluster import Body, stamp
from tests.unit.scenario_workloads import add_pod
from tests.unit.scenarios import healthy, rolling_upgrade

EVENTS_PER_SECOND = 5
HEARD_EVERY = 5
ROUND_EVERY = 10
PODS = 12
UPGRADE_LASTS = 90
MIB = 1 << 20


class Hour:
    """The made-up install, whose objects change all the time."""

    def __init__(self, seed: int = 7) -> None:
        self._random = random.Random(seed)
        self.cluster = healthy()
        for index in range(PODS):
            add_pod(self.cluster, c.CONTROLLER, f"cert-manager-7d4b5c9f6-extra{index}", ip=f"10.244.1.{index}")
        self.story = Story(self.cluster)
        self.story.become(self.cluster)
        self._version = 1000

    def second(self, number_of_second: int) -> None:
        """One second of it."""
        for _ in range(EVENTS_PER_SECOND):
            self.story.wait(1 / EVENTS_PER_SECOND)
            kind, body = self._event()
            self._version += 1
            body["metadata"]["resourceVersion"] = str(self._version)
            changed = Change(ChangeType.MODIFIED, copy.deepcopy(body))
            self.story.take(ObjectsChanged(self.story.now, spec_of(kind), (changed,)))
            self.story.settle()
        if number_of_second % HEARD_EVERY == 0:
            self._heard()
        if number_of_second % ROUND_EVERY == 0:
            self.story.probe(tuple(replace(a, latency=self._random.random() / 9) for a in good_answers()))

    def upgrade(self) -> None:
        """The webhook goes to a new version, and the first Pod of it does not come up at once."""
        self.story.become(rolling_upgrade())
        self.story.settle()
        self.story.probe(failed_answers("dial tcp 10.96.55.51:443: connect: connection refused"))

    def _event(self) -> tuple[Kind, Body]:
        kinds = (Kind.POD, Kind.ENDPOINTSLICE, Kind.LEASE, Kind.DEPLOYMENT, Kind.EVENT)
        kind = self._random.choices(kinds, (5, 2, 1, 1, 1))[0]
        if kind is Kind.EVENT:
            return kind, self._new_event()
        bodies = [body for (found, _, _), body in self.cluster.bodies.items() if found is kind]
        body = self._random.choice(bodies)
        now = stamp(self.story.now.wall)
        if kind is Kind.LEASE:
            body["spec"]["renewTime"] = now
        elif kind is Kind.POD:
            self._restart(body, now)
        elif kind is Kind.DEPLOYMENT:
            body["status"]["conditions"][1]["lastUpdateTime"] = now
        else:
            for endpoint in body["endpoints"]:
                endpoint["conditions"]["serving"] = self._random.random() < 0.5
        return kind, body

    def _new_event(self) -> Body:
        pod = f"cert-manager-7d4b5c9f6-extra{self._random.randrange(PODS)}"
        uid, now = f"{self._random.getrandbits(128):032x}", stamp(self.story.now.wall)
        return {
            "metadata": {"name": f"{pod}.{uid[:16]}", "namespace": NS, "uid": uid, "creationTimestamp": now},
            "involvedObject": {"kind": "Pod", "namespace": NS, "name": pod},
            "reason": "BackOff",
            "message": f"Back-off restarting failed container cert-manager-controller in pod {pod}({uid})",
            "type": "Warning",
            "count": self._random.randrange(99),
            "firstTimestamp": now,
            "lastTimestamp": now,
        }

    def _restart(self, body: Body, now: str) -> None:
        status = body["status"]["containerStatuses"][0]
        status["restartCount"] += 1
        status["lastState"] = {"terminated": {"exitCode": 1, "reason": "Error", "finishedAt": now}}
        status["state"] = {"running": {"startedAt": now}}
        for condition in body["status"]["conditions"][2:]:
            condition["lastTransitionTime"] = now

    def _heard(self) -> None:
        now = self.story.now
        for spec in self.cluster.streams():
            state = StreamState(StreamPhase.SYNCED, self.story.now, now, True)
            self.story.take(StreamChanged(now, spec, state))


async def write(path: Path, hours: float) -> int:
    """Record the hours; answers how many inputs there were."""
    hour = Hour()
    recorder = Recorder(path, hour.story.assessor, lambda: hour.story.now)
    count = 0
    for second in range(1, round(3600 * hours) + 1):
        if second == round(1800 * hours):
            hour.upgrade()
        elif second == round(1800 * hours) + UPGRADE_LASTS:
            hour.story.become(hour.cluster)
        hour.second(second)
        recorder.flush()
        if second % 60 == 0:
            await asyncio.sleep(0)
    state = await recorder.stop(within=60)
    if state.error:
        raise OSError(state.error)
    opened = Recording(path)
    count = sum(1 for member in opened.members for _ in opened.read(member))
    opened.close()
    return count


def seeks(path: Path, times: int = 60) -> Iterator[float]:
    """Seconds from asking for a moment to its diagnosis."""
    recording = Recording(path)
    course = Course(recording)
    chance = random.Random(3)
    for _ in range(times):
        position = chance.random() * course.length
        begun = time.perf_counter()
        assessment_at(recording, position)
        yield time.perf_counter() - begun
    recording.close()


def full_speed(path: Path) -> float:
    """Seconds to fold every record of the file into the store."""
    recording = Recording(path)
    begun = time.perf_counter()
    cursor = Cursor(Course(recording))
    while cursor.next_position is not None:
        cursor.apply_next()
    passed = time.perf_counter() - begun
    recording.close()
    return passed


async def all_verdicts(path: Path) -> tuple[float, int]:
    """Seconds to find every change of the verdict, and how many there are."""
    engine = ReplayEngine(path)
    engine.start()
    begun, found = time.perf_counter(), 0
    while await engine.next_verdict(1):
        found += 1
    passed = time.perf_counter() - begun
    await engine.close()
    return passed, found


def measure(hours: float = 1.0) -> Outcome:
    """All figures."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hour.certdash"
        begun = time.perf_counter()
        count = asyncio.run(write(path, hours))
        written_in = time.perf_counter() - begun
        recording = Recording(path)
        members = len(recording.members)
        recording.close()
        seek = Series("seek to any moment, with its diagnosis", "s", tuple(seeks(path)))
        reader = [sys.executable, "-m", "tests.bench.recording", "--read", str(path)]
        read = json.loads(subprocess.run(reader, capture_output=True, text=True, check=True).stdout)
        size = path.stat().st_size / MIB
    speed = f"{count / read['fold']:.0f} records/s, {read['peak']:.0f} MiB"
    return Outcome(
        "A churning hour, recorded and played back",
        (seek,),
        (
            Figure(
                f"recording of {hours:g} h, 5 object events a second", f"**{size:.1f} MiB**", "–", "≤ 5 MiB an hour"
            ),
            Figure("seek to any moment of it, p95", f"**{number(seek.p95)} s** (n={len(seek.values)})", "–", "≤ 0.3 s"),
            Figure("all of it folded into the store at full speed; peak memory", f"**{speed}**", "–", "–"),
        ),
        (
            f"{count} records in {members} members, written in {number(written_in)} s, the made-up cluster included",
            f"all {read['verdicts']} changes of the verdict found in {number(read['search'])} s",
        ),
    )


def read_back(path: Path) -> None:
    """In a process of its own, for the sake of its memory: print how long reading took."""
    fold = full_speed(path)
    search, verdicts = asyncio.run(all_verdicts(path))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"fold": fold, "search": search, "verdicts": verdicts, "peak": peak}))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.recording", description=__doc__)
    parser.add_argument("--hours", type=float, default=1.0)
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.read:
        read_back(arguments.read)
        return
    outcome = measure(arguments.hours)
    print(outcome.text())
    print(figure_table(outcome.figures))


if __name__ == "__main__":
    main()
