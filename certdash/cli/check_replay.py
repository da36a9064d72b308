"""`certdash check --replay`: the check as of a moment of a recording."""

from collections.abc import Mapping
from pathlib import Path

from certdash.cli.arguments import Invocation
from certdash.cli.check import Ending, finish
from certdash.cli.check_output import output_for
from certdash.cli.goal import Aim, Goal, Hopeless, judge
from certdash.cli.parser import UsageError
from certdash.cli.streams import say
from certdash.cli.values import Moment
from certdash.engine.cursor import Course
from certdash.engine.replay import assessment_at
from certdash.kube.clock import read_clock
from certdash.model.assessment import Assessment
from certdash.present.position import position_text
from certdash.present.text import date_time
from certdash.recording.errors import RecordingError
from certdash.recording.reader import Recording


def check_recording(invocation: Invocation, goal: Goal, environ: Mapping[str, str]) -> int:
    """Check what the recording tells, and answer the exit code. Raises UsageError."""
    _refuse_contradictions(invocation, goal)
    path = Path(invocation.value("--replay"))
    try:
        recording = Recording(path)
        try:
            assessment = _assessment(recording, invocation.value("--at"))
        finally:
            recording.close()
    except RecordingError as error:
        output = output_for(invocation, goal, environ, read_clock())
        return finish(output, Ending(None, Hopeless(str(error))), read_clock)
    if recording.damage and not invocation.value("--quiet"):
        say(f"{invocation.program}: {path}: {recording.damage}")
    output = output_for(invocation, goal, environ, assessment.at)
    output.target = assessment.snapshot.target
    return finish(output, Ending(assessment, judge(assessment, goal)), lambda: assessment.at)


def _refuse_contradictions(invocation: Invocation, goal: Goal) -> None:
    if not invocation.value("--replay"):
        raise UsageError("--at needs --replay: the past is in a recording only")
    if invocation.value("--wait") is not None:
        raise UsageError("--wait and --replay exclude each other: what is over changes no more")
    if goal.aim is Aim.ISSUANCE:
        raise UsageError("--for=issuance and --replay exclude each other: nothing can be issued in a recording")


def _assessment(recording: Recording, moment: Moment | None) -> Assessment:
    """What was known at the moment asked for, by default the last. Raises RecordingError, and UsageError for a moment
    outside of the recording."""
    course = Course(recording)
    position = course.length if moment is None else _position(course, moment)
    if position is None:
        first, last = course.members[0].begun, course.members[-1].ended
        raise UsageError(
            f"--at lies outside of {recording.path}: that is {position_text(course.length)} long, "
            f"from {date_time(first.wall)} to {date_time(last.wall)}"
        )
    return assessment_at(recording, position)


def _position(course: Course, moment: Moment) -> float | None:
    if moment.wall is not None:
        return course.position_at_wall(moment.wall)
    return moment.offset if moment.offset <= course.length else None
