"""The Textual app: paints at once from what the kubeconfig tells, then shows what the engine publishes."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path, PurePath
from types import FrameType
from typing import TYPE_CHECKING, Any, ClassVar

from textual import work
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.filter import LineFilter
from textual.screen import Screen
from textual.worker import WorkerFailed

from certdash.engine.source import LookResult, Source
from certdash.kube.errors import AccessError, TransportError
from certdash.model.assessment import Assessment
from certdash.model.connection import Target
from certdash.model.diagnosis import Verdict
from certdash.model.instant import Instant
from certdash.model.resource import Ref
from certdash.present.banner import banner_view
from certdash.present.text import sanitise
from certdash.tui.commands import CommandSet
from certdash.tui.exit_guard import ExitGuard
from certdash.tui.screens.dashboard import DashboardScreen
from certdash.tui.screens.detail import DetailScreen
from certdash.tui.screens.findings import FindingsScreen
from certdash.tui.screens.help import HelpScreen
from certdash.tui.screens.reading import ReadingScreen
from certdash.tui.terminal import set_title, terminal_is_there
from certdash.tui.theme import THEMES, VARIABLE_DEFAULTS, WithoutColour
from certdash.tui.widgets.painted import ASCII_CLASS

if TYPE_CHECKING:
    # What not every dashboard has is not loaded before it is needed.
    from certdash.engine.playback import Playback, RecordingState
    from certdash.tui.demo_control import DemoControl
    from certdash.tui.issuance_desk import IssuanceDesk, IssuanceTests
    from certdash.tui.recording_control import RecordingControl

PULL_EVERY = 0.125
CLOSE_WITHIN = 0.5
EXIT_COULD_NOT_TELL = 3
EXIT_INTERNAL_ERROR = 70
_SCREENS = Path(__file__).parent / "screens"
_SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


class CertdashApp(App[None]):
    """The dashboard.

    `connect` makes the engine; it is awaited after the first frame and may import what it needs. An AccessError or
    TransportError of it ends the app with one line and exit code 3. After an error of our own `run` raises it, with
    the terminal restored, so that the caller decides how to report it. Exit codes: 0 after q, 130, 129 and 143 after
    ctrl-c or a signal. With `demo` the cluster can be broken; with `playback` the source is a recording and `clock`
    that of the recording. Recordings begun by key go to the folder `recordings`; `issuance` plans issuance tests.
    """

    TITLE = "certdash"
    # The default screen's own CSS_PATH would not be read before the first frame.
    CSS_PATH: ClassVar[list[str | PurePath]] = [_SCREENS / "dashboard.tcss", _SCREENS / "reading.tcss"]
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+c", "leave(130)", "quit", show=False, priority=True)]

    def __init__(
        self,
        connect: Callable[[], Awaitable[Source]],
        target: Target,
        *,
        clock: Callable[[], Instant],
        demo: "DemoControl | None" = None,
        playback: "Playback | None" = None,
        recordings: Path = Path(),
        issuance: "IssuanceTests | None" = None,
        bell: bool = False,
        ascii: bool = False,  # noqa: A002 - as the flag
        no_color: bool | None = None,
    ) -> None:
        super().__init__()
        for theme in THEMES:
            self.register_theme(theme)
        # An empty NO_COLOR means nothing, says no-color.org.
        self.no_color = bool(os.environ.get("NO_COLOR")) if no_color is None else no_color
        self.theme = "ansi-dark" if self.no_color else _wanted_theme(self)
        self.set_class(ascii, ASCII_CLASS)
        self._connect = connect
        self._demo = demo
        self._playback = playback
        self._target = target
        self._clock = clock
        self._recordings = recordings
        self._recorder: RecordingControl | None = None
        self._ring = bell
        self._ascii = ascii
        self._issuance = issuance
        self._proven_before: Instant | None = None
        self._desk: IssuanceDesk | None = None
        self._source: Source | None = None
        self._assessment: Assessment | None = None
        self._verdict: Verdict | None = None
        self._leaving = False
        self._leave_after: int | None = None
        self._guard = ExitGuard()
        self._loop_of_signals: asyncio.AbstractEventLoop | None = None
        self.failure: Exception | None = None

    # Life.

    def get_default_screen(self) -> Screen[None]:
        """The dashboard is there from the first frame."""
        if self._demo is not None:
            from certdash.tui.screens.demo import DemoDashboard

            return DemoDashboard(self, self._target, self._clock(), self._demo, ascii=self._ascii)
        if self._playback is not None:
            from certdash.tui.screens.replay import ReplayDashboard

            return ReplayDashboard(self, self._target, self._clock(), self._playback, ascii=self._ascii)
        return DashboardScreen(self, self._target, self._clock(), ascii=self._ascii)

    @property
    def _mark(self) -> str:
        """What must not be overlooked about the cluster."""
        return self.screen_stack[0].MARK if isinstance(self.screen_stack[0], DashboardScreen) else ""

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Colours that themes of others lack."""
        return VARIABLE_DEFAULTS

    def get_line_filters(self) -> list[LineFilter]:
        """Without colour nothing else may colour either."""
        return [WithoutColour()] if self.no_color else list(super().get_line_filters())

    def on_mount(self) -> None:
        """Take the signals, then connect once the first frame is out."""
        if not self.is_headless:
            self._loop_of_signals = asyncio.get_running_loop()
            for number in _SIGNALS:
                # Not the loop's own handlers: those wait for a loop that may itself wait for a stalled terminal.
                signal.signal(number, self._signalled)
        self.set_interval(1.0, self._tick, name="age")
        self.call_after_refresh(self._follow)

    def _signalled(self, number: int, frame: FrameType | None) -> None:
        del frame
        if not terminal_is_there():
            # Nothing to restore, and Textual's writer waits for ever on a terminal that is gone.
            os._exit(128 + number)
        self._guard.arm(128 + number)
        if self._loop_of_signals is not None:
            self._loop_of_signals.call_soon_threadsafe(self.call_later, self.action_leave, 128 + number)

    async def action_leave(self, code: int) -> None:
        """Close the engine, but not for longer than a moment, and quit."""
        if self._leaving or self._clears_up_first(code):
            return
        self._leaving = True
        if not self.is_headless:
            self._guard.arm(code)
        if self._source is not None:
            await asyncio.wait([asyncio.ensure_future(self._source.close())], timeout=CLOSE_WITHIN)
        set_title(self, "")
        self.exit(return_code=code)

    def _clears_up_first(self, code: int) -> bool:
        """Whether a running test must end before we leave; asked a second time we leave it to the next run."""
        desk = self._desk
        if desk is None or not desk.running or self._leave_after is not None:
            return False
        self._leave_after = code
        desk.stop()
        if isinstance(self.screen, DashboardScreen):
            self.screen.say("clearing up the issuance test; once more leaves that to the next one")
        return True

    async def action_quit(self) -> None:
        """Quit, as Textual's own commands ask for it."""
        await self.action_leave(0)

    def run(self, *args: Any, **kwargs: Any) -> None:
        """Run until the user leaves. Raises what went wrong within, when the terminal is restored."""
        try:
            super().run(*args, **kwargs)
        finally:
            self._guard.disarm()
        if self.failure is not None:
            raise self.failure

    def _fatal_error(self) -> None:
        """In place of a traceback on the user's screen: keep the error for the caller of `run`."""
        raised = self._exception
        # Of a worker's error it is the error itself that tells where it comes from.
        error = raised.error if isinstance(raised, WorkerFailed) else raised
        self.failure = self.failure or (error if isinstance(error, Exception) else RuntimeError("unknown error"))
        self._return_code = EXIT_INTERNAL_ERROR
        self._close_messages_no_wait()

    # What the engine publishes.

    @work(exclusive=True, group="source")
    async def _follow(self) -> None:
        try:
            self._source = await self._connect()
        except (AccessError, TransportError) as error:
            self.exit(return_code=EXIT_COULD_NOT_TELL, message=f"certdash: could not tell: {sanitise(str(error))}")
            return
        self._proven_before = self._last_proven()
        assessment = self._source.assessment
        while True:
            self._show(assessment)
            assessment = await self._next(self._source, assessment.version)

    async def _next(self, source: Source, after: int) -> Assessment:
        """The next assessment to paint: a burst becomes one, but a new verdict comes at once."""
        loop = asyncio.get_running_loop()
        painted = loop.time()
        newest = await source.next_assessment(after)
        while newest.diagnosis.verdict is self._verdict:
            left = painted + PULL_EVERY - loop.time()
            if left <= 0:
                break
            try:
                # Not asyncio.wait_for: in Python 3.11 it may swallow the cancellation that ends the app.
                async with asyncio.timeout(left):
                    newest = await source.next_assessment(newest.version)
            except TimeoutError:
                break
        return newest

    def _show(self, assessment: Assessment) -> None:
        now = self._clock()
        self._assessment = assessment
        with self.batch_update():
            for screen in self._living_screens():
                screen.show_assessment(assessment, now)
        verdict = assessment.diagnosis.verdict
        if verdict is not self._verdict:
            if self._verdict is not None and self._ring:
                self.bell()
            self._verdict = verdict
            sign = banner_view(assessment, self._ascii).mark
            words = (self._mark, sign, verdict.value, sanitise(self._target.context, 60), "certdash")
            set_title(self, " ".join(word for word in words if word))

    def _tick(self) -> None:
        now = self._clock()
        for screen in self._living_screens():
            screen.tick(now)

    def _living_screens(self) -> list[DashboardScreen | ReadingScreen]:
        """Ours, unless they are just being taken down."""
        ours = [s for s in self.screen_stack if isinstance(s, DashboardScreen | ReadingScreen)]
        return [s for s in ours if s.is_running]

    # What the screens ask for.

    def probe_now(self) -> None:
        """Start a probe round."""
        if self._source is not None:
            self._source.probe_now()

    @property
    def recording(self) -> "RecordingState | None":
        """What is being recorded."""
        return self._recorder.state if self._recorder is not None else None

    async def toggle_recording(self, file: str) -> str:
        """Record what comes in, or stop it; answers what to say."""
        if self._source is None:
            return "nothing to record yet"
        if self._recorder is None:
            from certdash.tui.recording_control import RecordingControl

            self._recorder = RecordingControl(self._source, self._recordings, self._target.context)
        return await self._recorder.toggle(file, self._clock())

    def open_object(self, ref: Ref, tab: str) -> None:
        """Show one object whole."""
        self._open(DetailScreen(ref, tab, self._look, mark=self._mark, ascii=self._ascii))

    def show_findings(self) -> None:
        """Show every finding."""
        self._open(FindingsScreen(mark=self._mark, ascii=self._ascii))

    def show_help(self, commands: CommandSet) -> None:
        """Show what all keys do."""
        self._open(HelpScreen(commands, mark=self._mark, ascii=self._ascii))

    @property
    def issuance_proven(self) -> Instant | None:
        """When a test last had a certificate issued."""
        newest = self._desk.proven if self._desk is not None else None
        return newest or self._proven_before

    def _last_proven(self) -> Instant | None:
        wall = self._issuance.last_proven() if self._issuance is not None else None
        if wall is None:
            return None
        now = self._clock()
        return Instant(now.steady - max(now.wall - wall, 0.0), wall)

    def show_issuance(self) -> str:
        """Show the issuance test, planning one where there is none; answers what to say."""
        if self._issuance is None:
            return "--readonly creates nothing"
        from certdash.tui.issuance_desk import IssuanceDesk
        from certdash.tui.screens.issuance import IssuanceScreen

        if self._desk is None:
            self._desk = IssuanceDesk(self._issuance, self._clock, self._issuance_changed)
        if self._desk.empty:
            self._prepare_issuance()
        screen = IssuanceScreen(
            self._desk, self._begin_issuance, self._prepare_issuance, mark=self._mark, ascii=self._ascii
        )
        self._open(screen)
        return ""

    def _prepare_issuance(self) -> None:
        if self._desk is not None:
            self.run_worker(self._desk.prepare(), group="issuance")

    def _begin_issuance(self) -> None:
        if self._desk is not None and self._desk.begin():
            self.run_worker(self._desk.watch(), group="issuance")
            self.run_worker(self._desk.run(), group="issuance")

    def _issuance_changed(self) -> None:
        for screen in self._living_screens():
            if isinstance(screen, ReadingScreen):
                screen.paint()
        if self._desk is None or not self._desk.ended:
            return
        self._tick()
        if self._leave_after is not None:
            self.call_later(self.action_leave, self._leave_after)

    def _open(self, screen: ReadingScreen) -> None:
        if self._assessment is not None:
            screen.show_assessment(self._assessment, self._clock())
        self.push_screen(screen)

    async def _look(self, ref: Ref) -> LookResult:
        if self._source is None:
            return LookResult(ref, error="not connected yet")
        return await self._source.look(ref)

    def copy_fix(self) -> str:
        """Send the fix to the terminal's clipboard; answers what was sent."""
        if self._assessment is None:
            return "nothing to copy yet"
        fix = banner_view(self._assessment).fix
        if not fix:
            return "there is no command to copy"
        self.copy_to_clipboard(fix)
        return f"sent to the terminal's clipboard: {fix}"

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """What the palette offers: our commands, and the theme."""
        if isinstance(screen, DashboardScreen):
            for title, about, action in screen.palette_commands():
                yield SystemCommand(title, about, _runner(screen, action))
        yield SystemCommand("Theme", "Choose colours", self.action_change_theme)


def _runner(screen: Screen[Any], action: str) -> Callable[[], Awaitable[None]]:
    async def run() -> None:
        await screen.run_action(action)

    return run


def _wanted_theme(app: App[Any]) -> str:
    """$TEXTUAL_THEME where it names one, else ours."""
    asked = os.environ.get("TEXTUAL_THEME", "")
    return asked if asked in app.available_themes else THEMES[0].name
