"""Every key does what the help says."""

import pytest
from textual.pilot import Pilot

from certdash.engine.source import LookResult
from certdash.model.diagnosis import Status
from certdash.model.resource import Ref
from certdash.present.view_model import PanelId
from certdash.tui.commands import COMMON, CommandSet
from certdash.tui.screens.dashboard import DashboardScreen
from certdash.tui.screens.demo import DemoDashboard
from certdash.tui.screens.detail import DetailScreen
from certdash.tui.screens.findings import FindingsScreen
from certdash.tui.screens.help import HelpScreen
from certdash.tui.screens.reading import ReadingScreen
from certdash.tui.screens.replay import ReplayDashboard
from certdash.tui.widgets.lines_view import LinesView
from certdash.tui.widgets.panel import Panel
from certdash.tui.widgets.scroll_lines import ScrollLines
from tests.tui.screen_text import screen_text
from tests.tui.scripted import ObservedApp, ScriptedSource, app_for, assessment_of, entry
from tests.unit import scenarios


def scripted(name: str = "healthy") -> ScriptedSource:
    timeline = tuple(entry(i, Status.OK, f"change {i}") for i in range(80, 0, -1))
    return ScriptedSource(assessment_of(scenarios.SCENARIOS[name](), timeline=timeline))


def dashboard(app: ObservedApp) -> DashboardScreen:
    screen = app.screen_stack[0]
    assert isinstance(screen, DashboardScreen)
    return screen


def panel(app: ObservedApp, which: PanelId) -> Panel:
    return dashboard(app).query_one(f"#{which.value}", Panel)


def footer(app: ObservedApp) -> str:
    return dashboard(app).query_one("#footer", LinesView).text


async def started(app: ObservedApp, pilot: Pilot[None]) -> None:
    await app.shows(1)
    await pilot.pause()


async def test_digits_and_tab_go_through_the_panels() -> None:
    app = app_for(scripted())
    async with app.run_test(size=(120, 40)) as pilot:
        await started(app, pilot)
        for number, which in enumerate(PanelId, start=1):
            await pilot.press(str(number))
            assert dashboard(app).selected_panel is which
            assert dashboard(app).focused is panel(app, which)
        await pilot.press("tab")
        assert dashboard(app).selected_panel is PanelId.CRDS
        await pilot.press("shift+tab", "shift+tab")
        assert dashboard(app).selected_panel is PanelId.PROBE


@pytest.mark.parametrize("size", [(80, 24), (60, 16)])
async def test_small_screens_show_the_chosen_panel(size: tuple[int, int]) -> None:
    app = app_for(scripted())
    async with app.run_test(size=size) as pilot:
        await started(app, pilot)
        await pilot.press("6")
        assert panel(app, PanelId.PROBE).display
        assert not panel(app, PanelId.CRDS).display
        assert "stamped with alice" in screen_text(app)


async def test_the_cursor_moves_by_arrows_and_letters() -> None:
    app = app_for(scripted())
    async with app.run_test(size=(120, 40)) as pilot:
        await started(app, pilot)
        await pilot.press("7")
        timeline = panel(app, PanelId.TIMELINE)

        def at() -> int:
            assert timeline.row is not None
            assert timeline.view is not None
            return timeline.view.rows.index(timeline.row)

        await pilot.press("j", "down", "j")
        assert at() == 3
        await pilot.press("k", "up")
        assert at() == 1
        await pilot.press("G")
        assert at() == 79
        assert timeline.scroll_offset.y > 0
        await pilot.press("pageup")
        assert at() < 79
        await pilot.press("g")
        assert at() == 0
        assert timeline.scroll_offset.y == 0


async def test_enter_opens_an_object_and_escape_returns() -> None:
    source = scripted("rolling upgrade")
    app = app_for(source)
    async with app.run_test(size=(120, 40)) as pilot:
        await started(app, pilot)
        await pilot.press("2", "j", "enter")
        assert isinstance(app.screen, DetailScreen)
        text = app.screen.query_one("#text", ScrollLines)
        assert "ReplicaSet" in screen_text(app).splitlines()[0]
        assert "name" in text.text
        await pilot.press("tab")
        assert app.screen.tab == "conditions"
        await pilot.press("shift+tab", "shift+tab")
        assert app.screen.tab == "events"
        await pilot.press("w", "j", "k", "G", "g", "pagedown", "space", "left", "right")
        await pilot.press("escape")
        assert len(app.screen_stack) == 1
        assert source.looks == []


async def test_yaml_is_fetched_when_asked_for() -> None:
    source = scripted()
    app = app_for(source)
    async with app.run_test(size=(120, 40)) as pilot:
        await started(app, pilot)
        await pilot.press("3", "y")
        await app.workers.wait_for_complete(w for w in app.workers if w.group == "look")
        await pilot.pause()
        assert source.looks == [Ref("Service", "cert-manager", "cert-manager-webhook")]
        assert "apiVersion: v1" in screen_text(app)
        source.answer = lambda ref: LookResult(ref, error="\x1b[31mnot found")
        await pilot.press("ctrl+r")
        await app.workers.wait_for_complete(w for w in app.workers if w.group == "look")
        await pilot.pause()
        assert "[31mnot found" in screen_text(app)


@pytest.mark.parametrize(("key", "tab"), [("d", "facts"), ("e", "events"), ("y", "yaml")])
async def test_describe_events_and_yaml_open_at_their_tab(key: str, tab: str) -> None:
    app = app_for(scripted())
    async with app.run_test(size=(120, 40)) as pilot:
        await started(app, pilot)
        await pilot.press("1", key)
        assert isinstance(app.screen, DetailScreen)
        assert app.screen.tab == tab


async def test_a_row_without_an_object_says_so() -> None:
    app = app_for(scripted())
    async with app.run_test(size=(120, 40)) as pilot:
        await started(app, pilot)
        await pilot.press("6", "enter")
        assert "not an object" in footer(app)
        await pilot.press("y")
        assert app.screen is dashboard(app)


async def test_the_filter_keeps_and_hides_rows() -> None:
    app = app_for(scripted())
    async with app.run_test(size=(120, 40)) as pilot:
        await started(app, pilot)
        await pilot.press("slash", *"acme")
        crds = panel(app, PanelId.CRDS)
        assert crds.text.count("acme.cert-manager.io") == 2
        assert "issuers" not in crds.text
        await pilot.press("enter")
        assert "filter: acme" in footer(app)
        assert dashboard(app).focused is panel(app, dashboard(app).selected_panel)
        await pilot.press("escape")
        assert "issuers" in crds.text
        await pilot.press("slash", *"!acme", "enter")
        assert "acme" not in crds.text
        await pilot.press("slash", "escape")
        assert "acme" in crds.text


async def test_ctrl_r_probes_now() -> None:
    source = scripted()
    app = app_for(source)
    async with app.run_test(size=(120, 40)) as pilot:
        await started(app, pilot)
        await pilot.press("ctrl+r")
        assert source.probes == 1


async def test_frozen_panels_stand_while_the_verdict_goes_on() -> None:
    source = scripted()
    app = app_for(source)
    async with app.run_test(size=(120, 40)) as pilot:
        await started(app, pilot)
        await pilot.press("z")
        assert "FROZEN" in screen_text(app).splitlines()[0]
        source.publish(assessment_of(scenarios.webhook_crashing()))
        await app.shows(source.assessment.version)
        await pilot.pause()
        assert "NOT READY" in screen_text(app)
        assert "CrashLoop" not in panel(app, PanelId.WORKLOADS).text
        await pilot.press("z")
        assert "FROZEN" not in screen_text(app)
        assert "CrashLoop" in panel(app, PanelId.WORKLOADS).text


async def test_c_copies_the_whole_fix_and_says_what_was_sent() -> None:
    app = app_for(scripted("crds only"))
    async with app.run_test(size=(120, 40)) as pilot:
        await started(app, pilot)
        await pilot.press("c")
        assert app.clipboard.startswith("helm --kube-context prod install cert-manager ")
        assert "sent to the terminal" in footer(app)


async def test_c_without_a_fix_says_so() -> None:
    app = app_for(scripted())
    async with app.run_test(size=(120, 40)) as pilot:
        await started(app, pilot)
        await pilot.press("c")
        assert "no command to copy" in footer(app)
        assert app.clipboard == ""


async def test_help_names_every_command_and_0_every_finding() -> None:
    app = app_for(scripted("webhook crashing"))
    async with app.run_test(size=(200, 60)) as pilot:
        await started(app, pilot)
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpScreen)
        text = app.screen.query_one("#text", ScrollLines).text
        for command in COMMON:
            assert command.about in text
        await pilot.press("q", "0")
        assert isinstance(app.screen, FindingsScreen)
        text = app.screen.query_one("#text", ScrollLines).text
        for finding in app._assessment.diagnosis.findings if app._assessment else ():
            assert finding.code in text
        await pilot.press("escape")


async def test_what_is_open_follows_changes() -> None:
    source = scripted()
    app = app_for(source)
    async with app.run_test(size=(120, 40)) as pilot:
        await started(app, pilot)
        await pilot.press("0")
        assert isinstance(app.screen, ReadingScreen)
        source.publish(assessment_of(scenarios.webhook_crashing()))
        await app.shows(source.assessment.version)
        await pilot.pause()
        assert "NOT READY" in screen_text(app).splitlines()[0]
        assert "CrashLoopBackOff" in screen_text(app)


async def test_full_screen_and_back() -> None:
    app = app_for(scripted())
    async with app.run_test(size=(120, 40)) as pilot:
        await started(app, pilot)
        await pilot.press("4", "f")
        assert panel(app, PanelId.WEBHOOKS).size.width > 100
        assert not panel(app, PanelId.CRDS).display
        await pilot.press("escape")
        assert panel(app, PanelId.CRDS).display


async def test_wrap_shows_long_texts_whole() -> None:
    app = app_for(scripted("webhook crashing"))
    async with app.run_test(size=(120, 40)) as pilot:
        await started(app, pilot)
        before = panel(app, PanelId.PROBE).text
        await pilot.press("w")
        after = panel(app, PanelId.PROBE).text
        assert "…" in before
        assert "…" not in after
        assert "refused" in after


@pytest.mark.parametrize(
    ("words", "expected"),
    [("workloads", PanelId.WORKLOADS), ("ca", PanelId.CA_BUNDLE), ("6", PanelId.PROBE), ("time", PanelId.TIMELINE)],
)
async def test_a_typed_panel_is_shown(words: str, expected: PanelId) -> None:
    app = app_for(scripted())
    async with app.run_test(size=(120, 40)) as pilot:
        await started(app, pilot)
        await pilot.press("colon", *words, "enter")
        await pilot.pause()
        assert dashboard(app).selected_panel is expected


async def test_typed_commands() -> None:
    source = scripted()
    app = app_for(source)
    async with app.run_test(size=(200, 60)) as pilot:
        await started(app, pilot)
        await pilot.press("colon", *"probe", "enter")
        await pilot.pause()
        assert source.probes == 1
        await pilot.press("colon", *"ctx", "enter")
        await pilot.pause()
        assert "context prod" in footer(app)
        await pilot.press("colon", *"nonsense", "enter")
        await pilot.pause()
        assert "no command 'nonsense'" in footer(app)
        await pilot.press("colon", "escape", "colon", *"q", "enter")
    assert app.return_code == 0
    assert source.closed


@pytest.mark.parametrize("commands", [COMMON, DemoDashboard.COMMAND_SET, ReplayDashboard.COMMAND_SET])
def test_every_typed_word_and_key_means_one_thing(commands: CommandSet) -> None:
    words = [word for command in commands for word in command.words]
    assert len(words) == len(set(words))
    assert commands.typed("") is None
    keys = [key for command in commands for key in command.keys.split(",") if key]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(("key", "code"), [("q", 0), ("ctrl+c", 130)])
async def test_quitting_closes_the_source(key: str, code: int) -> None:
    source = scripted()
    app = app_for(source)
    async with app.run_test(size=(120, 40)) as pilot:
        await started(app, pilot)
        await pilot.press(key)
    assert app.return_code == code
    assert source.closed


async def test_the_palette_offers_the_commands() -> None:
    app = app_for(scripted())
    async with app.run_test(size=(120, 40)) as pilot:
        await started(app, pilot)
        titles = [command.title for command in app.get_system_commands(app.screen)]
        assert "Probe" in titles
        assert "Theme" in titles
        await pilot.press("ctrl+p")
        await pilot.press("escape")


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_a_click_selects_and_a_double_click_opens(size: tuple[int, int]) -> None:
    app = app_for(scripted())
    async with app.run_test(size=size) as pilot:
        await started(app, pilot)
        await pilot.click("#crds", offset=(10, 3))
        row = panel(app, PanelId.CRDS).row
        assert row is not None
        assert row.ref is not None
        await pilot.click("#crds", offset=(10, 3), times=2)
        assert isinstance(app.screen, DetailScreen)
