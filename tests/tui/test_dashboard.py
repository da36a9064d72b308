"""The dashboard on scripted assessments: what is shown, where, and what stays when things change."""

import asyncio
import gc
from dataclasses import replace

import pytest
from textual.pilot import Pilot

from certdash.model.connection import Connection, ConnectionPhase
from certdash.model.diagnosis import Status, Verdict
from certdash.model.resource import Kind
from certdash.model.stream import StreamPhase
from certdash.present.view_model import PanelId
from certdash.tui.app import CertdashApp
from certdash.tui.screens.dashboard import DashboardScreen
from certdash.tui.widgets.lines_view import LinesView
from certdash.tui.widgets.panel import Panel
from tests.tui.screen_text import screen_text
from tests.tui.scripted import ObservedApp, ScriptedSource, StandingClock, app_for, assessment_of, entry, verdict_entry
from tests.unit import scenarios
from tests.unit.scenario_answers import good_round
from tests.unit.scenario_chart import CAINJECTOR_POD
from tests.unit.scenario_cluster import Cluster, at

SIZES = [(60, 16), (80, 24), (100, 30), (120, 40), (140, 50), (200, 60), (300, 100)]


async def settled(pilot: Pilot[None]) -> None:
    """Wait until everything that was sent has been painted."""
    await pilot.pause()
    await pilot.pause()


async def published(source: ScriptedSource, pilot: Pilot[None], cluster: Cluster) -> None:
    """Publish, and wait until the app shows that very version."""
    source.publish(assessment_of(cluster))
    app = pilot.app
    assert isinstance(app, ObservedApp)
    await app.shows(source.assessment.version)
    await settled(pilot)


def dashboard(app: CertdashApp) -> DashboardScreen:
    screen = app.screen_stack[0]
    assert isinstance(screen, DashboardScreen)
    return screen


def panel(app: CertdashApp, which: PanelId) -> Panel:
    return dashboard(app).query_one(f"#{which.value}", Panel)


def banner(app: CertdashApp) -> str:
    return "\n".join(dashboard(app).query_one(f"#{part}", LinesView).text for part in ("banner", "proof"))


@pytest.mark.parametrize("name", list(scenarios.SCENARIOS))
@pytest.mark.parametrize("size", SIZES)
async def test_every_scenario_fits_every_size(name: str, size: tuple[int, int]) -> None:
    source = ScriptedSource(assessment_of(scenarios.SCENARIOS[name]()))
    app = app_for(source)
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        text = screen_text(app)
        assert source.assessment.diagnosis.verdict.value in text
        assert "prod" in text.splitlines()[0]
        assert len(text.splitlines()) == size[1]


async def test_the_first_frame_tells_where_we_look() -> None:
    never: asyncio.Future[ScriptedSource] = asyncio.get_running_loop().create_future()

    async def connect() -> ScriptedSource:
        return await never

    app = CertdashApp(connect, scenarios.healthy().target, clock=StandingClock())
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        text = screen_text(app)
        assert "https://10.0.0.10:6443" in text
        assert "alice" in text
        assert "connecting" in text


async def test_too_small_says_so_and_recovers() -> None:
    app = app_for(ScriptedSource(assessment_of(scenarios.healthy())))
    async with app.run_test(size=(20, 5)) as pilot:
        await settled(pilot)
        assert "too small" in screen_text(app)
        assert "60x16" in screen_text(app)
        await pilot.resize_terminal(120, 40)
        await settled(pilot)
        assert "READY" in screen_text(app)
        assert "too small" not in screen_text(app)
        await pilot.resize_terminal(59, 16)
        await settled(pilot)
        assert "too small" in screen_text(app)


async def test_the_selected_row_stays_selected_while_others_come_and_go() -> None:
    source = ScriptedSource(assessment_of(scenarios.healthy()))
    app = app_for(source)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("2", "G")
        row = panel(app, PanelId.WORKLOADS).row
        assert row is not None
        assert row.key == f"pod/{CAINJECTOR_POD}"
        await published(source, pilot, scenarios.rolling_upgrade())
        row = panel(app, PanelId.WORKLOADS).row
        assert row is not None
        assert row.key == f"pod/{CAINJECTOR_POD}"
        gone = scenarios.healthy()
        gone.remove(Kind.POD)
        await published(source, pilot, gone)
        assert panel(app, PanelId.WORKLOADS).row is not None


async def test_an_equal_assessment_paints_nothing_again() -> None:
    source = ScriptedSource(assessment_of(scenarios.healthy()))
    app = app_for(source)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        workloads = panel(app, PanelId.WORKLOADS)
        refreshed: list[object] = []
        workloads.refresh = lambda *regions, **_: refreshed.append(regions)  # type: ignore[method-assign,assignment]
        await published(source, pilot, scenarios.healthy())
        assert refreshed == []


async def test_a_new_verdict_is_painted_at_once() -> None:
    source = ScriptedSource(assessment_of(scenarios.webhook_starting()))
    app = app_for(source)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        assert "PROGRESSING" in banner(app)
        begun = asyncio.get_running_loop().time()
        await published(source, pilot, scenarios.healthy())
        assert "READY" in banner(app)
        assert asyncio.get_running_loop().time() - begun < 1.0


async def test_a_burst_is_painted_less_often_and_ends_with_the_newest() -> None:
    source = ScriptedSource(assessment_of(scenarios.healthy()))
    app = app_for(source)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        before = len(app.shown)
        for _ in range(50):
            source.publish(assessment_of(scenarios.healthy()))
            await asyncio.sleep(0)
        await app.shows(source.assessment.version)
        assert len(app.shown) - before < 10


async def test_the_age_of_the_proof_goes_on_by_itself() -> None:
    clock = StandingClock()
    app = app_for(ScriptedSource(assessment_of(scenarios.healthy())), clock)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        assert "proof 2s ago" in banner(app)
        clock.passed = 5
        app._tick()
        assert "proof 7s ago" in banner(app)


async def test_a_lost_connection_keeps_the_last_truth_with_its_age() -> None:
    cluster = scenarios.connection_lost()
    timeline = (
        verdict_entry(600, Status.OK, "API READY"),
        verdict_entry(40, Status.UNKNOWN, "API UNKNOWN: No connection to the API server"),
    )
    clock = StandingClock()
    app = app_for(ScriptedSource(assessment_of(cluster, timeline=timeline)), clock)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        assert "UNKNOWN" in banner(app)
        assert "connection lost 42s ago" in banner(app)
        assert "before   API READY" in banner(app)
        assert "lost 42s ago" in screen_text(app).splitlines()[0]
        assert "certificates.cert-manager.io" in screen_text(app)
        for which in list(PanelId)[:-1]:
            view = panel(app, which).view
            assert view is not None
            assert (view.status, view.summary) == (Status.UNKNOWN, "as of 52s ago")
        clock.passed = 60
        app._tick()
        assert "connection lost 102s ago" in banner(app)


@pytest.mark.parametrize(
    ("kind", "which"),
    [
        (Kind.CRD, PanelId.CRDS),
        (Kind.DEPLOYMENT, PanelId.WORKLOADS),
        (Kind.SERVICE, PanelId.SERVICE),
        (Kind.ENDPOINTSLICE, PanelId.SERVICE),
        (Kind.VALIDATING, PanelId.WEBHOOKS),
        (Kind.MUTATING, PanelId.WEBHOOKS),
        (Kind.SECRET, PanelId.CA_BUNDLE),
    ],
)
@pytest.mark.parametrize("phase", [StreamPhase.FORBIDDEN, StreamPhase.BROKEN, StreamPhase.CONNECTING])
async def test_what_cannot_be_read_is_never_called_missing(kind: Kind, which: PanelId, phase: StreamPhase) -> None:
    cluster = scenarios.healthy()
    cluster.stream(kind, phase)
    app = app_for(ScriptedSource(assessment_of(cluster)))
    async with app.run_test(size=(200, 60)) as pilot:
        await settled(pilot)
        text = panel(app, which).text
        view = panel(app, which).view
        assert view is not None
        words = {
            StreamPhase.FORBIDDEN: "forbidden",
            StreamPhase.BROKEN: "unread for 10m",
            StreamPhase.CONNECTING: "reading",
        }
        assert words[phase] in text or "discovery" in text
        assert "missing" not in text
        assert "no Deployment" not in text
        if phase is not StreamPhase.CONNECTING:
            assert f"{phase.value} 10m" in view.note


async def test_stale_objects_say_since_when() -> None:
    cluster = scenarios.healthy()
    assessment = assessment_of(cluster)
    cluster.stream(Kind.DEPLOYMENT, StreamPhase.BROKEN)
    stale = Cluster.streams(cluster)
    snapshot = assessment.snapshot
    app = app_for(ScriptedSource(replace(assessment, snapshot=replace(snapshot, streams=stale))))
    async with app.run_test(size=(200, 60)) as pilot:
        await settled(pilot)
        rows = panel(app, PanelId.WORKLOADS).view
        assert rows is not None
        assert "v1.21.1 rolled out, stale 0s" in [cell.text for row in rows.rows for cell in row.cells]


async def test_an_unauthenticated_connection_is_said() -> None:
    cluster = scenarios.healthy()
    cluster.connection = Connection(ConnectionPhase.UNAUTHENTICATED, at(5), at(5), "401 Unauthorized")
    app = app_for(ScriptedSource(assessment_of(cluster)))
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        assert "unauthenticated" in screen_text(app).splitlines()[0]
        assert "UNKNOWN" in banner(app)


async def test_nothing_grows_over_many_updates() -> None:
    source = ScriptedSource(assessment_of(scenarios.healthy()))
    app = app_for(source)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        clusters = [
            scenarios.healthy(),
            scenarios.rolling_upgrade(),
            scenarios.webhook_crashing(),
            scenarios.crds_only(),
        ]
        assessments = [
            assessment_of(c, timeline=tuple(entry(i, Status.OK, f"change {i}") for i in range(60))) for c in clusters
        ]
        for assessment in assessments:  # scrollbars come with the first long table, and stay
            app._show(assessment)
            await settled(pilot)
        gc.collect()
        widgets, tasks = len(list(app.screen.walk_children())), len(asyncio.all_tasks())
        for i in range(200):
            source.publish(assessments[i % len(assessments)])
            app._show(source.assessment)
            if i % 20 == 0:
                app._tick()
                await pilot.pause()
        await settled(pilot)
        assert len(list(app.screen.walk_children())) == widgets
        assert len(asyncio.all_tasks()) <= tasks


async def test_the_cause_points_at_its_panel_until_one_is_chosen() -> None:
    source = ScriptedSource(assessment_of(scenarios.webhook_crashing()))
    app = app_for(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert dashboard(app).selected_panel is PanelId.WORKLOADS
        await pilot.press("1")
        await published(source, pilot, scenarios.bundle_empty())
        assert dashboard(app).selected_panel is PanelId.CRDS


async def test_verdicts_are_words_and_marks_not_colours_alone() -> None:
    for name, verdict in (("healthy", Verdict.READY), ("crds only", Verdict.NOT_READY), ("forbidden", Verdict.UNKNOWN)):
        app = app_for(ScriptedSource(assessment_of(scenarios.SCENARIOS[name]())), ascii=True)
        async with app.run_test(size=(120, 40)) as pilot:
            await settled(pilot)
            text = screen_text(app)
            assert verdict.value in text
            assert text.isascii(), sorted({c for c in text if ord(c) > 127})


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (60, 16)])
async def test_a_probe_that_hangs_is_said_while_the_last_proof_still_counts(size: tuple[int, int]) -> None:
    cluster = scenarios.healthy()
    cluster.probed(good_round(seconds_ago=9), in_flight=at(4))
    app = app_for(ScriptedSource(assessment_of(cluster)))
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        assert "✔ READY" in banner(app)
        assert "no answer for 4s, still waiting" in banner(app)
