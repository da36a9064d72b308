"""A replay shows what was live: the same diagnosis at any moment and from any keyframe, and each change of verdict."""

import asyncio
from bisect import bisect_right
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certdash.diagnosis.diagnose import diagnose
from certdash.engine.cursor import Course, Cursor
from certdash.engine.recorder import Recorder
from certdash.engine.replay import ReplayEngine, assessment_at
from certdash.model.assessment import TimelineTopic
from certdash.model.connection import Connection, ConnectionPhase
from certdash.model.diagnosis import Verdict
from certdash.model.inputs import Change, ChangeType, ConnectionChanged, IntervalChanged, ObjectsChanged, ProofsVoided
from certdash.model.instant import Instant
from certdash.model.resource import Kind, Ref
from certdash.model.snapshot import Snapshot
from certdash.recording.reader import Recording
from tests.unit.recording.story import Story, Tape, spec_of
from tests.unit.scenario_answers import failed_answers, good_answers, open_answers
from tests.unit.scenarios import SCENARIOS, crds_only, healthy, webhook_crashing

REFUSED = "dial tcp 10.96.55.51:443: connect: connection refused"
ANSWERS = (good_answers(), open_answers(), failed_answers(REFUSED), failed_answers("EOF")[:1])


@dataclass
class Told:
    """A recorded life, and what was known live at each moment that the engine looked. Where more came in at that very
    moment, it is what a replay shows, and the look does not count."""

    path: Path
    begun: Instant
    looks: dict[Instant, Snapshot] = field(default_factory=dict)


def live_and_recorded(path: Path, acts: list[tuple[str, int, float]]) -> Told:
    """Live through the acts and record them. Each is what happens, which one, and how long it lasts."""
    names = sorted(SCENARIOS)
    story = Story(SCENARIOS["healthy"]())
    tape = Tape(path, story)
    told = Told(path, story.now)
    for act, which, seconds in acts:
        if act not in ("look", "member"):
            told.looks.pop(story.now, None)
        if act == "become":
            story.become(SCENARIOS[names[which % len(names)]]())
        elif act == "probe":
            story.probe(ANSWERS[which % len(ANSWERS)], seconds=0.04)
        elif act == "void":
            story.take(ProofsVoided(story.now, "the machine slept"))
        elif act == "interval":
            story.every((10.0, 60.0)[which % 2])
        elif act == "lose":
            story.take(ConnectionChanged(story.now, Connection(ConnectionPhase.LOST, story.now, story.now, "EOF")))
        elif act == "look":
            told.looks[story.now] = story.assessor.snapshot(story.now)
        else:
            tape.begin_member()
        story.wait(seconds)
    tape.begin_member()
    tape.writer.close()
    return told


acts = st.lists(
    st.tuples(
        st.sampled_from(["become", "probe", "probe", "look", "look", "look", "void", "interval", "lose", "member"]),
        st.integers(0, 9),
        st.sampled_from([0.0, 0.000001, 0.3, 1.2, 4.0, 9.9, 20.0, 61.0]),
    ),
    min_size=3,
    max_size=25,
)


def without_empty(snapshot: Snapshot) -> Snapshot:
    """A kind whose last object is gone is as one that never had any."""
    return replace(snapshot, objects={kind: held for kind, held in snapshot.objects.items() if held})


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(acts)
def test_the_diagnosis_at_any_moment_is_that_of_the_live_one(
    tmp_path_factory: pytest.TempPathFactory, lived: list[tuple[str, int, float]]
) -> None:
    told = live_and_recorded(tmp_path_factory.mktemp("r") / "r", lived)
    recording = Recording(told.path)
    course = Course(recording)
    for moment, snapshot in told.looks.items():
        cursor = Cursor(course)
        cursor.seek(moment.steady - told.begun.steady)
        assert without_empty(cursor.snapshot()) == without_empty(snapshot)
        assert diagnose(cursor.snapshot(), moment) == diagnose(snapshot, moment)
        assert cursor.now.steady == pytest.approx(moment.steady, abs=1e-6)
    recording.close()


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Ready for 60 s, then the webhook crashes for 30 s, then ready again for 30 s; two members."""
    story = Story(healthy())
    tape = Tape(tmp_path / "r", story)
    story.become(healthy())
    for _ in range(6):
        story.probe(good_answers(), 0.5)
        story.wait(9.5)
    story.become(webhook_crashing())
    story.settle()
    for _ in range(3):
        story.probe(failed_answers(REFUSED), 0.5)
        story.wait(9.5)
    tape.begin_member()
    story.become(healthy())
    for _ in range(3):
        story.probe(good_answers(), 0.5)
        story.wait(9.5)
    story.probe(good_answers(), 0.5)
    tape.writer.close()
    return tmp_path / "r"


@asynccontextmanager
async def replaying(path: Path) -> AsyncIterator[ReplayEngine]:
    engine = ReplayEngine(path)
    engine.start()
    try:
        async with asyncio.timeout(60):
            yield engine
    finally:
        await engine.close()


def verdict(engine: ReplayEngine) -> Verdict:
    return engine.assessment.diagnosis.verdict


async def test_it_stands_still_at_the_beginning(recording: Path) -> None:
    async with replaying(recording) as engine:
        assert engine.playhead.position == 0.0
        assert not engine.playhead.playing
        assert engine.playhead.length == pytest.approx(120.5, abs=0.01)
        assert engine.target.context == "prod"
        assert verdict(engine) is Verdict.UNKNOWN


async def test_seeking_leads_to_what_was_then(recording: Path) -> None:
    async with replaying(recording) as engine:
        moments = ((30, Verdict.READY), (75, Verdict.NOT_READY), (115, Verdict.READY), (9, Verdict.READY))
        for position, expected in moments:
            version = engine.assessment.version
            await engine.seek(position)
            assert verdict(engine) is expected
            assert engine.assessment.version > version
            assert engine.clock().wall == pytest.approx(engine.assessment.at.wall, abs=0.001)
        await engine.seek(1e9)
        assert engine.playhead.position == engine.playhead.length
        await engine.seek(-5)
        assert engine.playhead.position == 0.0


async def test_a_proof_grows_old_by_the_clock_of_the_recording(tmp_path: Path) -> None:
    story = Story(healthy())
    tape = Tape(tmp_path / "r", story)
    story.become(healthy())
    story.probe(good_answers())
    story.wait(60)
    tape.begin_member()
    tape.writer.close()
    async with replaying(tmp_path / "r") as engine:
        await engine.seek(15)
        assert verdict(engine) is Verdict.READY
        await engine.seek(45)
        assert verdict(engine) is not Verdict.READY


async def test_playing_shows_what_comes_and_ends_at_the_end(recording: Path) -> None:
    async with replaying(recording) as engine:
        engine.set_speed(100)
        engine.play()
        seen: list[Verdict] = []
        while engine.playhead.playing or engine.assessment.version == 0:
            assessment = await engine.next_assessment(engine.assessment.version)
            if not seen or seen[-1] is not assessment.diagnosis.verdict:
                seen.append(assessment.diagnosis.verdict)
        assert Verdict.NOT_READY in seen
        assert seen[-1] is Verdict.READY
        assert engine.playhead.position == engine.playhead.length
        engine.play()
        assert engine.playhead.position < 30


async def test_the_speed_is_held_within_its_limits(recording: Path) -> None:
    async with replaying(recording) as engine:
        engine.set_speed(1000)
        assert engine.playhead.speed == 100
        engine.set_speed(0)
        assert engine.playhead.speed == 0.5


async def test_going_from_verdict_to_verdict_and_back(recording: Path) -> None:
    async with replaying(recording) as engine:
        forward = []
        while await engine.next_verdict(1):
            forward.append((engine.playhead.position, verdict(engine)))
        assert not engine.playhead.playing
        known = [v for _, v in forward]
        assert known.index(Verdict.READY) < known.index(Verdict.NOT_READY) < len(known) - 1
        assert known[-1] is Verdict.READY
        crash = next(p for p, v in forward if v is Verdict.NOT_READY)
        assert crash == pytest.approx(60, abs=1.1)
        back = []
        while await engine.next_verdict(-1):
            back.append((engine.playhead.position, verdict(engine)))
        # At the very beginning nothing was known, and that ended at once: there only the way back leads.
        assert back[:-1] == forward[-2::-1]
        assert back[-1][0] == 0.0


async def test_stepping_goes_through_all_that_is_to_be_seen(recording: Path) -> None:
    async with replaying(recording) as engine:
        await engine.seek(58)
        assert await engine.step(1)
        assert engine.playhead.position == pytest.approx(60)
        assert not engine.playhead.playing
        assert await engine.step(-1)
        assert engine.playhead.position == pytest.approx(50.5)
        await engine.seek(0)
        assert not await engine.step(-1)
        await engine.seek(1e9)
        assert not await engine.step(1)
        steps = 0
        while await engine.step(-1):
            steps += 1
        # Thirteen rounds, three changes of the cluster.
        assert steps == 15
        assert engine.playhead.position == 0.0


async def test_the_timeline_tells_of_everything_up_to_now(recording: Path) -> None:
    async with replaying(recording) as engine:
        while await engine.next_verdict(1):
            pass
        await engine.seek(1e9)
        whole = engine.assessment.timeline
        verdicts = [entry for entry in whole if entry.topic is TimelineTopic.VERDICT]
        assert any("NOT READY" in entry.text for entry in verdicts)
        assert any(entry.topic is TimelineTopic.OBJECT for entry in whole)
        await engine.seek(30)
        before = engine.assessment.timeline
        moments = [entry.at.steady for entry in whole]
        assert before == whole[: bisect_right(moments, engine.clock().steady)]


async def test_an_object_is_shown_as_it_was(recording: Path) -> None:
    ref = Ref("Deployment", "cert-manager", "cert-manager-webhook")
    async with replaying(recording) as engine:
        await engine.seek(30)
        assert "readyReplicas: 1" in (await engine.look(ref)).yaml
        await engine.seek(75)
        assert "readyReplicas: 0" in (await engine.look(ref)).yaml
        assert "kind: Deployment" in (await engine.look(ref)).yaml
        missing = await engine.look(Ref("Pod", "nowhere", "none"))
        assert missing.error == "Pod none is not in the recording at this moment"


async def test_a_second_session_follows_the_first_without_the_time_between(tmp_path: Path) -> None:
    for day, (cluster, answers) in enumerate(((crds_only(), open_answers()), (healthy(), good_answers()))):
        story = Story(cluster)
        # Another boot of the machine: its steady clock began anew.
        story.now = Instant(1000.0 - 900 * day, story.now.wall + 86_400 * day)
        tape = Tape(tmp_path / "r", story)
        story.become(cluster)
        story.wait(2)
        story.probe(answers)
        story.wait(8)
        tape.begin_member()
        tape.writer.close()
    async with replaying(tmp_path / "r") as engine:
        assert engine.playhead.length == pytest.approx(20.08, abs=0.01)
        await engine.seek(9)
        first = engine.clock()
        assert verdict(engine) is Verdict.NOT_READY
        await engine.seek(19)
        assert verdict(engine) is Verdict.READY
        assert engine.clock().wall - first.wall == pytest.approx(86_400 + 10 - 10.04, abs=0.1)


def test_a_moment_by_the_wall_clock(recording: Path) -> None:
    opened = Recording(recording)
    course = Course(opened)
    begun = opened.members[0].begun.wall
    assert course.position_at_wall(begun + 75) == pytest.approx(75)
    assert course.position_at_wall(begun + 95) == pytest.approx(95)
    assert course.position_at_wall(begun - 5) is None
    assert course.position_at_wall(begun + 500) is None
    assert assessment_at(opened, 75).diagnosis.verdict is Verdict.NOT_READY
    opened.close()


def ticking(story: Story) -> Callable[[], Instant]:
    return lambda: story.now


async def test_the_recorder_writes_what_the_assessor_is_told(tmp_path: Path) -> None:
    story = Story(healthy())
    recorder = Recorder(tmp_path / "r", story.assessor, ticking(story))
    story.become(healthy())
    story.wait(2)
    story.probe(good_answers())
    story.wait(8)
    state = await recorder.stop()
    assert (state.error, state.size) == ("", (tmp_path / "r").stat().st_size)
    assert story.assessor.tap is None
    opened = Recording(tmp_path / "r")
    course = Course(opened)
    assert course.length == pytest.approx(10.04, abs=0.001)
    assert assessment_at(opened, course.length).snapshot == story.assessor.snapshot(story.now)
    opened.close()


async def test_a_recording_that_can_not_go_on_says_so_and_stops_only_itself(tmp_path: Path) -> None:
    story = Story(healthy())
    recorder = Recorder(tmp_path / "r", story.assessor, ticking(story))

    def full(*args: object, **named: object) -> None:
        del args, named
        raise OSError(28, "No space left on device")

    recorder._writer._write = full  # type: ignore[method-assign]
    story.become(healthy())
    async with asyncio.timeout(20):
        while not recorder.state.error:  # noqa: ASYNC110 - told by a thread, at the loop's next turn
            await asyncio.sleep(0.05)
    assert recorder.state.error == f"can't write {tmp_path / 'r'}: No space left on device"
    assert story.assessor.tap is None
    story.probe(good_answers())
    assert (await recorder.stop()).error


async def test_an_object_that_can_not_be_encoded_stops_the_recording_alone(tmp_path: Path) -> None:
    story = Story(healthy())
    recorder = Recorder(tmp_path / "r", story.assessor, ticking(story))
    story.become(healthy())
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]
    body = {"metadata": {"name": "deep"}, "webhooks": deep}
    changed = Change(ChangeType.ADDED, body)
    story.take(ObjectsChanged(story.now, spec_of(Kind.VALIDATING), (changed,)))
    state = await recorder.stop()
    assert state.error.startswith("can't record what came in: RecursionError")
    opened = Recording(tmp_path / "r")
    assert assessment_at(opened, 0.0).snapshot.target.context == "prod"
    opened.close()


@pytest.mark.parametrize("fraction", [0.0000001, 0.0000004, 0.0000005, 0.0000009, 0.123456789])
def test_the_end_holds_the_last_input_whatever_the_clock_reads(tmp_path: Path, fraction: float) -> None:
    story = Story(healthy())
    # A clock has more digits than are kept.
    story.now = Instant(8326.1735618 + fraction, story.now.wall + fraction)
    tape = Tape(tmp_path / "r", story)
    for number in range(1, 4):
        story.now = Instant(story.now.steady + 1 / 3, story.now.wall + 1 / 3)
        story.take(IntervalChanged(story.now, float(number)))
        if number == 2:
            tape.begin_member()
    tape.writer.close()
    opened = Recording(tmp_path / "r")
    assert assessment_at(opened, Course(opened).length).snapshot.probe.interval == 3.0
    opened.close()
