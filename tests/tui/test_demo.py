"""The dashboard on a demo cluster: the mark, the bar, the list of faults, every key."""

import asyncio

import pytest
from textual import events
from textual.pilot import Pilot

from certdash.tui.demo_control import DEMO_FAULTS
from certdash.tui.screens.demo import DemoDashboard
from certdash.tui.screens.help import HelpScreen
from certdash.tui.widgets.lines_view import LinesView
from certdash.tui.widgets.scroll_lines import ScrollLines
from tests.tui.screen_text import screen_text
from tests.tui.scripted import ObservedApp, ScriptedSource, app_for, assessment_of
from tests.tui.scripted_demo import ScriptedDemo
from tests.tui.test_hostile import HOSTILE
from tests.unit import scenarios


def demo_app(control: ScriptedDemo, scenario: str = "healthy") -> ObservedApp:
    return app_for(ScriptedSource(assessment_of(scenarios.SCENARIOS[scenario]())), demo=control)


def dashboard(app: ObservedApp) -> DemoDashboard:
    screen = app.screen_stack[0]
    assert isinstance(screen, DemoDashboard)
    return screen


def bar(app: ObservedApp) -> str:
    return dashboard(app).query_one("#bar", LinesView).text


def footer(app: ObservedApp) -> str:
    return dashboard(app).query_one("#footer", LinesView).text


def listed(app: ObservedApp) -> bool:
    return dashboard(app).something_is_open


async def started(app: ObservedApp, pilot: Pilot[None]) -> None:
    await app.shows(1)
    await pilot.pause()


def test_every_fault_has_a_letter_of_its_own() -> None:
    keys = [fault.key for fault in DEMO_FAULTS]
    assert len(set(keys)) == len(keys)
    assert not {"b", "B", "q"} & set(keys)
    assert all(len(key) == 1 and key.isprintable() for key in keys)
    labels = [fault.label for fault in DEMO_FAULTS]
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize("size", [(60, 17), (80, 24), (120, 40), (200, 60)])
async def test_the_mark_and_the_hint_are_always_there(size: tuple[int, int]) -> None:
    app = demo_app(ScriptedDemo())
    async with app.run_test(size=size) as pilot:
        await started(app, pilot)
        rows = screen_text(app).splitlines()
        assert len(rows) == size[1]
        assert rows[0].startswith(" certdash  DEMO ")
        assert rows[-2].startswith(" DEMO  nothing is broken: press b")
        await pilot.press("0")
        assert " DEMO " in screen_text(app).splitlines()[0]


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_the_open_list_shows_every_fault_and_leaves_the_verdict_visible(size: tuple[int, int]) -> None:
    app = demo_app(ScriptedDemo(), "webhook crashing")
    async with app.run_test(size=size) as pilot:
        await started(app, pilot)
        await pilot.press("b")
        text = screen_text(app)
        for fault in DEMO_FAULTS:
            assert f" {fault.key} {fault.about}" in text
        assert "NOT READY" in text
        assert "issuance" in text
        await pilot.press("escape")
        assert DEMO_FAULTS[0].about not in screen_text(app)


@pytest.mark.parametrize("fault", DEMO_FAULTS, ids=[f.verb + "-" + f.key for f in DEMO_FAULTS])
async def test_the_letter_of_a_fault_breaks_it_and_heals_it_again(fault: object) -> None:
    control = ScriptedDemo()
    app = demo_app(control)
    chosen = next(f for f in DEMO_FAULTS if f is fault)
    async with app.run_test(size=(120, 40)) as pilot:
        await started(app, pilot)
        await pilot.press("b", chosen.key)
        await pilot.pause()
        assert control.asked == [f"break {chosen.key}"]
        assert not listed(app)
        assert f"broken: {chosen.label}" in bar(app)
        await pilot.press("b")
        assert f"✗ {chosen.key} {chosen.label}: {chosen.key} heals it" in screen_text(app)
        await pilot.press(chosen.key)
        await pilot.pause()
        assert control.asked[-1] == f"heal {chosen.key}"
        assert "nothing is broken" in bar(app)


async def test_heal_all_from_the_dashboard_and_from_the_list() -> None:
    control = ScriptedDemo()
    app = demo_app(control)
    async with app.run_test(size=(120, 40)) as pilot:
        await started(app, pilot)
        await pilot.press("B")
        assert control.asked == []
        assert "nothing is broken" in footer(app)
        for keys in (("B",), ("b", "B")):
            control.tell("webhook at 0 Pods", "policy denies")
            await pilot.pause()
            assert "broken: policy denies, webhook at 0 Pods" in bar(app)
            await pilot.press(*keys)
            await pilot.pause()
            assert control.asked.pop() == "heal"
            assert "nothing is broken" in bar(app)


async def test_while_one_fault_is_made_it_is_said_and_no_other_begins() -> None:
    control = ScriptedDemo()
    control.gate = asyncio.Event()
    app = demo_app(control)
    async with app.run_test(size=(120, 40)) as pilot:
        await started(app, pilot)
        await pilot.press("b", "w")
        await pilot.pause()
        assert "breaking: webhook at 0 Pods" in bar(app)
        await pilot.press("b", "d")
        assert "wait, still breaking: webhook at 0 Pods" in footer(app)
        control.gate.set()
        await pilot.pause()
        assert control.asked == ["break w"]
        assert "breaking" not in bar(app)


async def test_what_could_not_be_done_is_said_and_the_next_may_be_tried() -> None:
    control = ScriptedDemo()
    control.error = "pods of webhook gone: not within 20 s"
    app = demo_app(control)
    async with app.run_test(size=(120, 40)) as pilot:
        await started(app, pilot)
        await pilot.press("b", "w")
        await pilot.pause()
        assert "not done: pods of webhook gone: not within 20 s" in bar(app)
        control.error = ""
        await pilot.press("b", "d")
        await pilot.pause()
        assert "broken: a CRD gone" in bar(app)
        assert "not done" not in bar(app)


async def test_a_letter_without_a_fault_says_so_and_the_list_stays() -> None:
    control = ScriptedDemo()
    app = demo_app(control)
    async with app.run_test(size=(120, 40)) as pilot:
        await started(app, pilot)
        await pilot.press("b", "Z", "7")
        assert "no fault has the letter '7'" in footer(app)
        assert listed(app)
        assert control.asked == []
        await pilot.press("b")
        assert not listed(app)


@pytest.mark.parametrize("key", ["tab", "escape", "q", "enter"])
async def test_the_list_closes_without_quitting(key: str) -> None:
    app = demo_app(ScriptedDemo())
    async with app.run_test(size=(120, 40)) as pilot:
        await started(app, pilot)
        await pilot.press("b", key)
        await pilot.pause()
        assert not listed(app)
        assert app.return_code is None
        assert dashboard(app).focused is not None


async def test_faults_by_word_and_by_palette() -> None:
    control = ScriptedDemo()
    app = demo_app(control)
    async with app.run_test(size=(120, 40)) as pilot:
        await started(app, pilot)
        await pilot.press("colon", *"break w", "enter")
        await pilot.pause()
        await pilot.press("colon", *"heal w", "enter")
        await pilot.pause()
        await pilot.press("colon", *"heal Z", "enter")
        await pilot.pause()
        assert "no fault has the letter 'Z'" in footer(app)
        await pilot.press("colon", *"break", "enter")
        await pilot.pause()
        assert listed(app)
        await pilot.press("escape")
        offered = {command.title: command for command in app.get_system_commands(app.screen)}
        await offered["Break: policy denies"].callback()
        await pilot.pause()
        assert control.asked == ["break w", "heal w", "break y"]


async def test_a_click_on_a_line_of_the_list_breaks_it() -> None:
    control = ScriptedDemo()
    app = demo_app(control)
    async with app.run_test(size=(120, 40)) as pilot:
        await started(app, pilot)
        await pilot.press("b")
        await pilot.click("#faults", offset=(8, 1))
        await pilot.pause()
        assert control.asked == [f"break {DEMO_FAULTS[0].key}"]


async def test_the_help_names_the_keys_of_the_demo() -> None:
    app = demo_app(ScriptedDemo())
    async with app.run_test(size=(120, 60)) as pilot:
        await started(app, pilot)
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpScreen)
        text = app.screen.query_one("#text", ScrollLines).text
        assert "(:break LETTER)" in text
        assert "(:heal LETTER)" in text


async def test_the_story_of_a_script_is_told() -> None:
    control = ScriptedDemo()
    app = demo_app(control)
    async with app.run_test(size=(120, 40)) as pilot:
        await started(app, pilot)
        control.tell(story="10:03:12 helm applies the new Deployment")
        await pilot.pause()
        assert "10:03:12 helm applies the new Deployment" in bar(app)
        assert "nothing is broken" not in bar(app)


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_news_are_only_text(text: str) -> None:
    control = ScriptedDemo()
    control.error = text
    app = demo_app(control)
    async with app.run_test(size=(80, 24)) as pilot:
        await started(app, pilot)
        control.tell(text, story=text)
        await pilot.pause()
        await pilot.press("b", "w")
        await pilot.pause()
        shown = screen_text(app)
        assert len(shown.splitlines()) == 24
        assert "\x1b" not in shown
        assert "\u202e" not in shown


async def test_the_demo_does_not_come_without_its_cluster() -> None:
    app = app_for(ScriptedSource(assessment_of(scenarios.healthy())))
    async with app.run_test(size=(120, 40)) as pilot:
        await started(app, pilot)
        await pilot.press("b", "B", "colon", *"break", "enter")
        await pilot.pause()
        text = screen_text(app)
        assert "DEMO" not in text
        assert "no command 'break'" in text


@pytest.mark.parametrize("keys", [("b", "w"), ("colon", "b", "r", "e", "a", "k", "space", "w", "enter")])
async def test_keys_that_come_in_one_go_reach_what_was_opened(keys: tuple[str, ...]) -> None:
    control = ScriptedDemo()
    app = demo_app(control)
    async with app.run_test(size=(120, 40)) as pilot:
        await started(app, pilot)
        for key in keys:
            app.post_message(events.Key(key, key if len(key) == 1 else " " if key == "space" else None))
        await pilot.pause()
        await pilot.pause()
        assert control.asked == ["break w"]
