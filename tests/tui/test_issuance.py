"""The issuance test from the dashboard: announced, asked, watched, stopped; what came of it stays on the screen."""

from dataclasses import replace

import pytest
from textual.pilot import Pilot

from certdash.kube.errors import AccessError
from certdash.model.finding import Evidence
from certdash.model.issuance import (
    Removal,
    RemovalResult,
    StageState,
    Stall,
)
from certdash.model.resource import Ref
from certdash.tui.screens.issuance import IssuanceScreen
from certdash.tui.widgets.lines_view import LinesView
from certdash.tui.widgets.scroll_lines import ScrollLines
from tests.tui.screen_text import screen_text
from tests.tui.scripted import ObservedApp, ScriptedSource, StandingClock, app_for, assessment_of
from tests.tui.scripted_issuance import ISSUED, STAGES, STALLED, ScriptedRun, ScriptedTests
from tests.tui.scripted_playback import ScriptedPlayback
from tests.tui.test_hostile import HOSTILE
from tests.unit import scenarios
from tests.unit.scenario_cluster import NOW


def app_on(run: ScriptedRun | Exception, clock: StandingClock | None = None) -> ObservedApp:
    return app_for(ScriptedSource(assessment_of(scenarios.healthy())), clock, issuance=ScriptedTests(run))


def text(app: ObservedApp) -> str:
    return app.screen.query_one("#text", ScrollLines).text


async def opened(app: ObservedApp, pilot: Pilot[None]) -> None:
    await app.shows(1)
    await pilot.pause()
    await pilot.press("i")
    await pilot.pause()
    assert isinstance(app.screen, IssuanceScreen)


async def test_nothing_runs_before_it_was_agreed_to() -> None:
    run = ScriptedRun()
    app = app_on(run)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot)
        assert "This creates in prod:" in text(app)
        assert "Press y to create this" in text(app)
        await pilot.press("enter", "s", "space")
        assert not run.ran
        await pilot.press("escape")
        await pilot.pause()
        assert run.discarded
        assert not run.ran


async def test_the_stages_are_shown_live_and_the_proof_stays_on_the_dashboard() -> None:
    run, clock = ScriptedRun(), StandingClock()
    app = app_on(run, clock)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot)
        await pilot.press("y")
        await pilot.pause()
        assert "✔ leaf: Issuer ready" in text(app)
        assert "… leaf: signed" in text(app)
        assert "under way" in text(app)
        run.may_end.set()
        await pilot.pause()
        await pilot.pause()
        assert "✔ ISSUANCE PROVEN" in text(app)
        assert "a.example, issued by CN=issuer.example, valid until 1970-01-02 00:00:00Z" in text(app)
        assert "certdash-test-run · removed" in text(app)
        await pilot.press("escape")
        clock.passed = 720.0
        app._tick()
        assert "proven 12m ago" in screen_text(app)


@pytest.mark.parametrize("size", [(60, 16), (80, 24)])
async def test_the_proof_of_issuance_shows_on_small_screens(size: tuple[int, int]) -> None:
    run = ScriptedRun()
    run.may_end.set()
    app = app_on(run)
    async with app.run_test(size=size) as pilot:
        await opened(app, pilot)
        await pilot.press("y")
        await pilot.pause()
        await pilot.press("escape")
        await pilot.pause()
        assert "proven 0s ago" in screen_text(app)


async def test_a_stall_is_explained_and_what_was_left_is_named() -> None:
    run = ScriptedRun(STALLED)
    run.may_end.set()
    app = app_on(run)
    async with app.run_test(size=(120, 60)) as pilot:
        await opened(app, pilot)
        await pilot.press("y")
        await pilot.pause()
        shown = text(app)
        assert "✗ ISSUANCE FAILED" in shown
        assert "the Issuer is not ready" in shown
        assert "CD1112" in shown
        assert "status = odd" in shown
        assert "controller says so" in shown
        assert "left behind · namespace is stuck" in shown
        await pilot.press("escape")
        await pilot.pause()
        assert "proven" not in screen_text(app).replace("unproven", "")


async def test_it_goes_on_when_the_screen_is_left_and_another_can_follow() -> None:
    run = ScriptedRun()
    app = app_on(run)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot)
        await pilot.press("y")
        await pilot.pause()
        await pilot.press("escape", "i")
        await pilot.pause()
        assert "under way" in text(app)
        assert not run.discarded
        run.may_end.set()
        await pilot.pause()
        await pilot.pause()
        assert "ISSUANCE PROVEN" in text(app)
        await pilot.press("n")
        await pilot.pause()
        assert "Press y to create this" in text(app)


async def test_s_stops_it() -> None:
    run = ScriptedRun()
    app = app_on(run)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot)
        await pilot.press("y")
        await pilot.pause()
        await pilot.press("s")
        assert run.stopped
        assert "stopping; what was created is being removed" in text(app)
        run.may_end.set()
        await pilot.pause()
        await pilot.pause()
        assert "INTERRUPTED" in text(app)


async def test_quitting_waits_until_it_has_cleared_up() -> None:
    run = ScriptedRun()
    app = app_on(run)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot)
        await pilot.press("y")
        await pilot.pause()
        await pilot.press("escape", "q")
        await pilot.pause()
        assert run.stopped
        assert "clearing up the issuance test" in app.screen.query_one("#footer", LinesView).text
        assert app.return_code is None
        run.may_end.set()
        await pilot.pause()
    assert app.return_code == 0


async def test_asked_twice_quitting_waits_for_nothing() -> None:
    run = ScriptedRun()
    app = app_on(run)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot)
        await pilot.press("y")
        await pilot.pause()
        await pilot.press("ctrl+c", "ctrl+c")
    assert app.return_code == 130


async def test_what_can_t_be_prepared_is_said_and_tried_again() -> None:
    app = app_on(AccessError("no credentials"))
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(app, pilot)
        assert "could not tell: no credentials" in text(app)
        await pilot.press("y", "n")
        await pilot.pause()
        assert "could not tell: no credentials" in text(app)


async def test_without_a_cluster_to_test_nothing_opens() -> None:
    for playback, said in ((None, "--readonly creates nothing"), (ScriptedPlayback(), "this is a recording")):
        app = app_for(ScriptedSource(assessment_of(scenarios.healthy())), playback=playback)
        async with app.run_test(size=(120, 40)) as pilot:
            await app.shows(1)
            await pilot.press("i")
            await pilot.pause()
            assert said in app.screen.query_one("#footer", LinesView).text


@pytest.mark.parametrize("hostile", HOSTILE)
async def test_hostile_words_are_only_text(hostile: str) -> None:
    ref = Ref("Pod", hostile, hostile)
    last = replace(
        STALLED,
        reason=hostile,
        namespace=hostile,
        stages=tuple(replace(stage, state=StageState.FAILED, detail=hostile) for stage in STAGES),
        stall=Stall("CD1112", hostile, (Evidence(ref, hostile, hostile, None),)),
        log=(hostile,),
        certificates=(replace(ISSUED, fault=hostile), replace(ISSUED, names=(hostile,), issuer=hostile)),
        removals=(Removal(ref, "u", RemovalResult.LEFT, hostile),),
    )
    run = ScriptedRun(last)
    run.may_end.set()
    app = app_on(run)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        await pilot.press("y")
        await pilot.pause()
        shown = screen_text(app)
        assert len(shown.splitlines()) == 24
        assert "\x1b" not in shown
        assert "\u202e" not in shown


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_an_earlier_proof_counts_from_when_it_was(size: tuple[int, int]) -> None:
    tests = ScriptedTests(proven=NOW.wall - 3 * 3600)
    app = app_for(ScriptedSource(assessment_of(scenarios.healthy())), issuance=tests)
    async with app.run_test(size=size) as pilot:
        await app.shows(1)
        await pilot.pause()
        assert "proven 3h ago" in screen_text(app)
