"""Start, failure and end: one line instead of a traceback, the right code, nothing left running."""

import asyncio

import pytest
from textual.widget import Widget

from certdash.engine.source import Source
from certdash.kube.errors import AccessError, TransportError
from certdash.tui.app import CertdashApp
from certdash.tui.theme import LIGHT, THEMES
from tests.tui.screen_text import screen_text
from tests.tui.scripted import ObservedApp, ScriptedSource, StandingClock, app_for, assessment_of
from tests.unit import scenarios


def app_that_fails(error: Exception) -> CertdashApp:
    async def connect() -> Source:
        await asyncio.sleep(0)
        raise error

    return CertdashApp(connect, scenarios.healthy().target, clock=StandingClock())


async def run_until_it_ends(app: CertdashApp) -> None:
    """Run without a terminal until the app ends by itself."""
    async with asyncio.timeout(5):
        await app.run_async(headless=True, size=(120, 40))


@pytest.mark.parametrize("error", [AccessError("no context \x1b[31m"), TransportError("refused")])
async def test_a_refused_connection_ends_with_one_line(error: Exception) -> None:
    app = app_that_fails(error)
    await run_until_it_ends(app)
    assert app.return_code == 3
    assert app.failure is None


class BugError(RuntimeError):
    """Something that ought not to happen."""


async def test_an_error_of_our_own_is_kept_for_the_caller() -> None:
    app = app_that_fails(BugError("boom"))
    await run_until_it_ends(app)
    assert isinstance(app.failure, BugError)
    assert app.return_code == 70


def test_run_raises_the_error_when_the_terminal_is_restored(capsys: pytest.CaptureFixture[str]) -> None:
    app = app_that_fails(BugError("boom"))
    with pytest.raises(BugError, match="boom"):
        app.run(headless=True, size=(120, 40))
    shown = capsys.readouterr()
    assert "Traceback" not in shown.out + shown.err


async def test_a_source_that_does_not_close_does_not_hold_the_user() -> None:
    source = ScriptedSource(assessment_of(scenarios.healthy()))

    async def close() -> None:
        await asyncio.get_running_loop().create_future()

    source.close = close  # type: ignore[method-assign]
    app = app_for(source)
    loop = asyncio.get_running_loop()
    async with app.run_test(size=(120, 40)) as pilot:
        await app.shows(1)
        begun = loop.time()
        await pilot.press("q")
    assert loop.time() - begun < 2.0
    assert app.return_code == 0


async def test_quitting_while_connecting() -> None:
    async def connect() -> Source:
        never: asyncio.Future[Source] = asyncio.get_running_loop().create_future()
        return await never

    app = CertdashApp(connect, scenarios.healthy().target, clock=StandingClock())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        await pilot.press("q")
    assert app.return_code == 0


async def test_the_bell_rings_for_a_new_verdict_only(monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[bool] = []
    monkeypatch.setattr(ObservedApp, "bell", lambda _: rung.append(True))
    source = ScriptedSource(assessment_of(scenarios.healthy()))
    app = app_for(source, bell=True)
    async with app.run_test(size=(120, 40)):
        await app.shows(1)
        assert rung == []
        source.publish(assessment_of(scenarios.crds_only()))
        await app.shows(source.assessment.version)
        source.publish(assessment_of(scenarios.crds_only()))
        await app.shows(source.assessment.version)
    assert rung == [True]


async def test_without_colour_nothing_is_coloured() -> None:
    app = app_for(ScriptedSource(assessment_of(scenarios.webhook_crashing())), no_color=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await app.shows(1)
        await pilot.press("2", "j")
        for keys in ((), ("question_mark",), ("escape", "d"), ("escape", "slash")):
            await pilot.press(*keys)
            for widget in app.screen.walk_children(Widget):
                for y in range(min(widget.size.height, 3)):
                    for segment in widget.render_line(y).apply_filter(
                        app.get_line_filters()[0], widget.background_colors[0]
                    ):
                        assert segment.style is None or segment.style.color is None
                        assert segment.style is None or segment.style.bgcolor is None
        assert "NOT READY" in screen_text(app) or "filter" in screen_text(app)


@pytest.mark.parametrize(("value", "expected"), [("1", True), ("", False), (None, False)])
async def test_no_color_counts_when_it_is_not_empty(
    value: str | None, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if value is None:
        monkeypatch.delenv("NO_COLOR", raising=False)
    else:
        monkeypatch.setenv("NO_COLOR", value)
    app = app_for(ScriptedSource(assessment_of(scenarios.healthy())))
    assert app.no_color is expected


@pytest.mark.parametrize("theme", [t.name for t in THEMES] + ["ansi-dark", "ansi-light", "nord", "textual-light"])
async def test_every_theme_paints(theme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEXTUAL_THEME", theme)
    app = app_for(ScriptedSource(assessment_of(scenarios.rolling_upgrade())))
    async with app.run_test(size=(120, 40)) as pilot:
        await app.shows(1)
        assert app.theme == theme
        await pilot.press("2", "j")
        assert "READY" in screen_text(app)
        app.theme = LIGHT.name
        await pilot.pause()
        assert "READY" in screen_text(app)
