"""Stories: how a person writes one, what is wrong with one, and that they play."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from certdash.demo.chart.components import VERSION
from certdash.demo.faults.verbs import check_call
from certdash.demo.pace import Pace
from certdash.demo.scenarios import SCENARIOS
from certdash.demo.script import INSTALL, SCRIPTS, ScriptError, Step, find_script, parse_script, play
from certdash.tui.demo_control import DEMO_FAULTS

STORY = """\
begin v1.20.3
# a line of words alone says nothing
5    scale webhook 0      # The webhook goes
0.5s heal

2                         # All is well
"""


def test_a_story_is_read_as_it_is_written() -> None:
    story = parse_script(STORY, "mine")
    assert story.installed == "v1.20.3"
    assert story.steps == (
        Step(5, "The webhook goes", "scale webhook 0"),
        Step(0.5, "heal", "heal"),
        Step(2, "All is well"),
    )


def test_without_a_beginning_the_newest_version_is_there() -> None:
    assert parse_script("1 heal", "mine").installed == VERSION
    assert parse_script("begin empty\n1 install v1.21.1", "mine").installed == ""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "mine has no step"),
        ("5 heal\nsoon heal", "mine, line 2: 'soon' is no number of seconds"),
        ("-1 heal", "mine, line 1: '-1' is no number"),
        ("5 scal webhook 0", "mine, line 1: no verb 'scal'"),
        ("\n\n5 scale webhook", "mine, line 3: usage: scale COMPONENT REPLICAS"),
        ("begin yesterday\n5 heal", "mine, line 1: `begin` takes a version"),
        ("5 install latest", "mine, line 1: `install` takes a version"),
        ("5 heal\nbegin empty", "mine, line 2: 'begin' is no number"),
    ],
)
def test_a_malformed_story_is_refused_by_its_line(text: str, told: str) -> None:
    with pytest.raises(ScriptError, match=told):
        parse_script(text, "mine")


def test_a_file_that_is_none(tmp_path: Path) -> None:
    picture = tmp_path / "picture"
    picture.write_bytes(b"\xff\xfe\x00")
    for name, told in (
        (str(tmp_path / "nothing"), "no file to read: No such file"),
        (str(tmp_path), "Is a directory"),
        (str(picture), "is not a text file"),
    ):
        with pytest.raises(ScriptError, match=told):
            find_script(name)


def test_every_verb_of_scripts_scenarios_and_keys_can_be_performed() -> None:
    actions = [step.action for script in SCRIPTS.values() for step in script.steps]
    actions += [verb for scenario in SCENARIOS.values() for verb in scenario.verbs]
    actions += [" ".join((fault.verb, *fault.arguments)) for fault in DEMO_FAULTS]
    for action in actions:
        name, *arguments = action.split() or ["heal"]
        if name not in (INSTALL, "heal"):
            check_call(name, arguments)


def test_each_key_is_one_faults() -> None:
    keys = [fault.key for fault in DEMO_FAULTS]
    assert len(set(keys)) == len(keys)
    assert len({fault.label for fault in DEMO_FAULTS}) == len(keys)


class Stage:
    """Where nothing happens, but is written down."""

    def __init__(self) -> None:
        self.pace = Pace(1000)
        self.done: list[str] = []

    async def install(self, version: str) -> None:
        self.done.append(f"install {version}")

    async def perform(self, verb: str, arguments: Sequence[str]) -> None:
        self.done.append(" ".join((verb, *arguments)))
        if verb == "crash_loop":
            raise OSError("nobody answers")


async def test_a_story_plays_to_its_end_whatever_a_step_meets() -> None:
    stage, told = Stage(), list[str]()
    story = parse_script("1 install v1.21.1 # in\n1 crash_loop webhook # crash\n1 # rest\n1 heal", "mine")
    await play(story, stage, stage.perform, told.append)
    assert stage.done == ["install v1.21.1", "crash_loop webhook", "heal"]
    assert told == ["in", "crash", "crash: nobody answers", "rest", "heal"]
