"""The dashboard on a recording: the mark, the clock of then, every key of the replay."""

import asyncio

import pytest
from textual.pilot import Pilot

from certdash.recording.errors import RecordingError
from certdash.tui.screens.replay import ReplayDashboard
from certdash.tui.widgets.lines_view import LinesView
from tests.tui.screen_text import screen_text
from tests.tui.scripted import ObservedApp, ScriptedSource, app_for, assessment_of
from tests.tui.scripted_playback import ScriptedPlayback
from tests.tui.test_hostile import HOSTILE
from tests.unit import scenarios


def replay_app(playback: ScriptedPlayback, source: ScriptedSource | None = None) -> ObservedApp:
    source = source or ScriptedSource(assessment_of(scenarios.healthy()))
    return app_for(source, playback=playback)


def dashboard(app: ObservedApp) -> ReplayDashboard:
    screen = app.screen_stack[0]
    assert isinstance(screen, ReplayDashboard)
    return screen


def bar(app: ObservedApp) -> str:
    return dashboard(app).query_one("#bar", LinesView).text


def footer(app: ObservedApp) -> str:
    return dashboard(app).query_one("#footer", LinesView).text


async def started(app: ObservedApp, pilot: Pilot[None]) -> None:
    await app.shows(1)
    await pilot.pause()


async def typed(pilot: Pilot[None], text: str) -> None:
    await pilot.press("colon", *text, "enter")
    await pilot.pause()


@pytest.mark.parametrize("size", [(60, 17), (80, 24), (120, 40), (200, 60)])
async def test_mark_time_position_and_verdict_are_always_there(size: tuple[int, int]) -> None:
    app = replay_app(ScriptedPlayback())
    async with app.run_test(size=size) as pilot:
        await started(app, pilot)
        rows = screen_text(app).splitlines()
        assert len(rows) == size[1]
        assert rows[0].startswith(" certdash  REPLAY 2026-11-23 19:10:00Z ")
        assert "was connected" in rows[0]
        assert rows[-2].startswith(" REPLAY  ■ paused 1x  0:10:00 / 1:00:00")
        assert "READY" in screen_text(app)
        await pilot.press("0")
        assert " REPLAY " in screen_text(app).splitlines()[0]


async def test_space_plays_and_pauses() -> None:
    playback = ScriptedPlayback()
    app = replay_app(playback)
    async with app.run_test(size=(120, 40)) as pilot:
        await started(app, pilot)
        await pilot.press("space")
        assert "▸ playing" in bar(app)
        await pilot.press("space")
        assert "■ paused" in bar(app)
        playback.change(position=3600.0)
        await typed(pilot, "seek 100%")
        assert "■ end" in bar(app)


@pytest.mark.parametrize(
    ("key", "asked"),
    [
        ("full_stop", "step 1"),
        ("comma", "step -1"),
        ("n", "verdict 1"),
        ("N", "verdict -1"),
        ("right", "seek 610"),
        ("left", "seek 590"),
        ("shift+right", "seek 660"),
        ("shift+left", "seek 540"),
        ("right_square_bracket", "seek 660"),
        ("left_square_bracket", "seek 540"),
    ],
)
async def test_keys_go_through_time(key: str, asked: str) -> None:
    playback = ScriptedPlayback()
    app = replay_app(playback)
    async with app.run_test(size=(120, 40)) as pilot:
        await started(app, pilot)
        await pilot.press(key)
        await pilot.pause()
        assert playback.asked == [asked]


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("12m", 720),
        ("12:30", 750),
        ("1:00:00", 3600),
        ("+30s", 630),
        ("-1m", 540),
        ("50%", 1800),
        ("2h", 3600),
        ("90", 90),
    ],
)
async def test_typed_places(text: str, position: float) -> None:
    playback = ScriptedPlayback()
    app = replay_app(playback)
    async with app.run_test(size=(120, 40)) as pilot:
        await started(app, pilot)
        await typed(pilot, f"seek {text}")
        assert playback.asked == [f"seek {position:g}"]
        assert playback.playhead.position == position


async def test_a_place_that_is_none_is_refused_in_words() -> None:
    playback = ScriptedPlayback()
    app = replay_app(playback)
    async with app.run_test(size=(120, 40)) as pilot:
        await started(app, pilot)
        for text in ("seek soon", "seek", "seek 12x"):
            await typed(pilot, text)
            assert "is no place: say it as 12m30s" in footer(app)
        assert playback.asked == []


async def test_seeks_add_up_while_one_is_under_way() -> None:
    playback = ScriptedPlayback()
    playback.gate = asyncio.Event()
    app = replay_app(playback)
    async with app.run_test(size=(120, 40)) as pilot:
        await started(app, pilot)
        await pilot.press("right", "right", "right", "right")
        playback.gate.set()
        await pilot.pause()
        assert playback.asked == ["seek 610", "seek 640"]
        assert playback.playhead.position == 640
        await pilot.press(*["shift+left"] * 20)
        await pilot.pause()
        assert playback.playhead.position == 0


async def test_speeds_by_key_and_by_word() -> None:
    playback = ScriptedPlayback()
    app = replay_app(playback)
    async with app.run_test(size=(120, 40)) as pilot:
        await started(app, pilot)
        for key, speed in [("plus", 2.0), ("greater_than_sign", 5.0), ("minus", 2.0), ("less_than_sign", 1.0)]:
            await pilot.press(key)
            assert playback.playhead.speed == speed
        await pilot.press("minus", "minus", "minus")
        assert playback.playhead.speed == 0.5
        await pilot.press(*["plus"] * 12)
        assert playback.playhead.speed == 100
        await typed(pilot, "speed 3.5")
        assert "3.5x" in bar(app)
        for text in ("speed 0", "speed 101", "speed fast", "speed nan"):
            await typed(pilot, text)
            assert "a speed is a number from 0.5 to 100" in footer(app)
        assert playback.playhead.speed == 3.5


async def test_where_there_is_no_more_it_is_said() -> None:
    playback = ScriptedPlayback()
    playback.there_is_more = False
    app = replay_app(playback)
    async with app.run_test(size=(120, 40)) as pilot:
        await started(app, pilot)
        for key, said in [
            ("n", "no later change of the verdict"),
            ("N", "no earlier change of the verdict"),
            ("full_stop", "no later change"),
            ("comma", "no earlier change"),
        ]:
            await pilot.press(key)
            await pilot.pause()
            assert said in footer(app)


async def test_nothing_is_probed_in_a_recording() -> None:
    source = ScriptedSource(assessment_of(scenarios.healthy()))
    app = replay_app(ScriptedPlayback(), source)
    async with app.run_test(size=(120, 40)) as pilot:
        await started(app, pilot)
        await pilot.press("ctrl+r")
        assert source.probes == 0
        assert "this is a recording" in footer(app)
        await typed(pilot, "ctx")
        assert "recorded from context prod" in footer(app)


@pytest.mark.parametrize("text", HOSTILE)
async def test_damage_is_said_as_text(text: str) -> None:
    playback = ScriptedPlayback()
    playback.change(damage=f"unreadable from 0:31:00 on {text}")
    app = replay_app(playback)
    async with app.run_test(size=(120, 40)) as pilot:
        await started(app, pilot)
        assert "damaged: unreadable from 0:31:00 on" in bar(app)
        playback.error = RecordingError(text)
        await pilot.press("n")
        await pilot.pause()
        shown = screen_text(app)
        assert len(shown.splitlines()) == 40
        assert "\x1b" not in shown


async def test_an_empty_recording_has_a_bar_too() -> None:
    playback = ScriptedPlayback(position=0.0, length=0.0)
    app = replay_app(playback)
    async with app.run_test(size=(80, 24)) as pilot:
        await started(app, pilot)
        await pilot.press("right", "left", "space")
        await pilot.pause()
        assert "0:00 / 0:00" in bar(app)


async def test_the_arrows_move_the_cursor_of_the_typed_line_first() -> None:
    playback = ScriptedPlayback()
    app = replay_app(playback)
    async with app.run_test(size=(120, 40)) as pilot:
        await started(app, pilot)
        await pilot.press("colon", *"sek 5m", "left", "left", "left", "left", "e", "enter")
        await pilot.pause()
        assert playback.asked == ["seek 300"]
