"""The record key: what is written where, how it shows, and what happens when it fails."""

from pathlib import Path

import pytest
from textual.pilot import Pilot

from certdash.engine.playback import RecordingState
from certdash.model.assessment import Assessment
from certdash.recording.errors import RecordingError
from certdash.tui.recording_control import RecordingControl
from certdash.tui.recording_lines import size_text
from certdash.tui.screens.dashboard import DashboardScreen
from certdash.tui.widgets.lines_view import LinesView
from tests.tui.screen_text import screen_text
from tests.tui.scripted import ObservedApp, ScriptedSource, StandingClock, app_for, assessment_of
from tests.tui.test_hostile import HOSTILE
from tests.unit import scenarios
from tests.unit.scenario_cluster import NOW


class RecordableSource(ScriptedSource):
    """Notes what it is to record."""

    def __init__(self, first: Assessment) -> None:
        super().__init__(first)
        self._state: RecordingState | None = None
        self.refusal: Exception | None = None
        self.begun: list[Path] = []

    @property
    def recording(self) -> RecordingState | None:
        """As scripted."""
        return self._state

    def start_recording(self, path: Path) -> None:
        """Begin, or refuse."""
        if self.refusal is not None:
            raise self.refusal
        self.begun.append(path)
        self._state = RecordingState(path, 0, NOW)

    async def stop_recording(self) -> RecordingState | None:
        """End."""
        state, self._state = self._state, None
        return state

    def grow(self, size: int, error: str = "") -> None:
        """More was written, or it failed."""
        assert self._state is not None
        self._state = RecordingState(self._state.path, size, NOW, error)


def recordable() -> RecordableSource:
    return RecordableSource(assessment_of(scenarios.healthy()))


def header(app: ObservedApp) -> str:
    return app.screen.query_one("#header", LinesView).text


def footer(app: ObservedApp) -> str:
    return app.screen.query_one("#footer", LinesView).text


async def started(app: ObservedApp, pilot: Pilot[None]) -> None:
    await app.shows(1)
    await pilot.pause()


def tick(app: ObservedApp) -> None:
    assert isinstance(app.screen, DashboardScreen)
    app.screen.tick(NOW)


async def test_r_records_to_a_named_file_and_r_stops(tmp_path: Path) -> None:
    source = recordable()
    folder = tmp_path / "state" / "recordings"
    app = app_for(source, recordings=folder)
    async with app.run_test(size=(200, 60)) as pilot:
        await started(app, pilot)
        await pilot.press("r")
        await pilot.pause()
        path = folder / "prod-20261123-200000.certdash"
        assert source.begun == [path]
        assert folder.stat().st_mode & 0o777 == 0o700
        assert f"recording to {path}"[:60] in footer(app)
        assert "REC 0 B" in header(app)
        source.grow(1_500_000)
        tick(app)
        assert "REC 1.4 MiB" in header(app)
        await pilot.press("r")
        await pilot.pause()
        assert "recorded 1.4 MiB to" in footer(app)
        assert "REC" not in header(app)


@pytest.mark.parametrize("size", [(60, 16), (80, 24)])
async def test_the_mark_shows_on_small_screens(size: tuple[int, int], tmp_path: Path) -> None:
    source = recordable()
    app = app_for(source, recordings=tmp_path)
    async with app.run_test(size=size) as pilot:
        await started(app, pilot)
        await pilot.press("r")
        await pilot.pause()
        assert "REC 0 B" in header(app)
        assert "connected" in header(app)


async def test_a_file_of_ones_own(tmp_path: Path) -> None:
    source = recordable()
    app = app_for(source, recordings=tmp_path)
    async with app.run_test(size=(200, 60)) as pilot:
        await started(app, pilot)
        await pilot.press("colon", *f"record {tmp_path}/mine.certdash", "enter")
        await pilot.pause()
        assert source.begun == [tmp_path / "mine.certdash"]
        await pilot.press("colon", *"record other", "enter")
        await pilot.pause()
        assert "already recording to" in footer(app)
        assert len(source.begun) == 1


async def test_an_error_while_recording_is_said_once_and_the_dashboard_goes_on(tmp_path: Path) -> None:
    source = recordable()
    app = app_for(source, recordings=tmp_path)
    async with app.run_test(size=(200, 60)) as pilot:
        await started(app, pilot)
        await pilot.press("r")
        await pilot.pause()
        source.grow(4096, "no space left on device")
        tick(app)
        assert "recording stopped: no space left on device" in footer(app)
        assert "REC failed" in header(app)
        await pilot.press("z")
        tick(app)
        assert "panels frozen" in footer(app)
        await pilot.press("r")
        await pilot.pause()
        assert len(source.begun) == 2
        assert "REC 0 B" in header(app)


@pytest.mark.parametrize(
    "refusal",
    [
        RecordingError("x.certdash is not a recording"),
        PermissionError(13, "Permission denied", "/x"),
        *map(RecordingError, HOSTILE),
    ],
    ids=str,
)
async def test_what_can_t_be_written_is_said(refusal: Exception, tmp_path: Path) -> None:
    source = recordable()
    source.refusal = refusal
    app = app_for(source, recordings=tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await started(app, pilot)
        await pilot.press("r")
        await pilot.pause()
        assert "can't record" in footer(app)
        assert "REC" not in header(app)
        assert len(screen_text(app).splitlines()) == 40


async def test_a_folder_that_can_t_be_made_is_said(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    source = recordable()
    app = app_for(source, recordings=blocked / "recordings")
    async with app.run_test(size=(200, 60)) as pilot:
        await started(app, pilot)
        await pilot.press("r")
        await pilot.pause()
        assert "can't record to" in footer(app)
        assert "Not a directory" in footer(app)
        assert source.begun == []


async def test_what_can_t_be_recorded_says_so() -> None:
    app = app_for(ScriptedSource(assessment_of(scenarios.healthy())))
    async with app.run_test(size=(120, 40)) as pilot:
        await started(app, pilot)
        await pilot.press("r")
        await pilot.pause()
        assert "nothing to record" in footer(app)


@pytest.mark.parametrize("context", ["arn:aws:eks:eu-1:1:cluster/x", "../../etc", "", "ä/ö\x1b", "x" * 500])
async def test_no_context_leads_out_of_the_folder(context: str, tmp_path: Path) -> None:
    source = recordable()
    control = RecordingControl(source, tmp_path, context)
    said = await control.toggle("", StandingClock()())
    assert said.startswith("recording to")
    assert source.begun[0].parent == tmp_path
    assert len(source.begun[0].name) < 100


def test_sizes_for_people() -> None:
    sizes = (0, 1023, 1024, 1_572_864, 5 * 1024**3, 4000 * 1024**3)
    assert [size_text(n) for n in sizes] == ["0 B", "1023 B", "1.0 KiB", "1.5 MiB", "5.0 GiB", "4000.0 GiB"]
