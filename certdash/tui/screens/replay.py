"""The dashboard on a recording: the same panels, a clock of their own, and keys that go through time."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.geometry import Region

from certdash.engine.playback import FASTEST, SLOWEST, Playback
from certdash.model.connection import Target
from certdash.model.instant import Instant
from certdash.present.position import parse_position
from certdash.present.view_model import HeaderView
from certdash.recording.errors import RecordingError
from certdash.tui.board import Board
from certdash.tui.commands import COMMON, Command, CommandSet, bindings
from certdash.tui.intents import Intents
from certdash.tui.replay_lines import MARK, bar_line, faster, replay_mark, slower
from certdash.tui.screens.dashboard import DashboardScreen
from certdash.tui.widgets.lines_view import LinesView

_PAINT_EVERY = 0.25
REPLAY_COMMANDS = (
    Command("play", "space", "play", "Pause, or go on", "play", ("play", "pause"), key_label="space"),
    Command("step", "full_stop", "step", "Go to the next change", "step(1)", ("step",), key_label="."),
    Command("step-back", "comma", "step back", "Go to the change before", "step(-1)", key_label=","),
    Command("later", "right", "later", "10 s later", "skip(10)", key_label="→", in_palette=False),
    Command("earlier", "left", "earlier", "10 s earlier", "skip(-10)", key_label="←", in_palette=False),
    Command(
        "much-later",
        "shift+right,right_square_bracket",
        "1 min later",
        "A minute later",
        "skip(60)",
        key_label="shift-→ ]",
        in_palette=False,
    ),
    Command(
        "much-earlier",
        "shift+left,left_square_bracket",
        "1 min earlier",
        "A minute earlier",
        "skip(-60)",
        key_label="shift-← [",
        in_palette=False,
    ),
    Command("next-verdict", "n", "next verdict", "Go to the next change of the verdict", "verdict(1)", ("next",)),
    Command("previous-verdict", "N", "previous verdict", "Go to the one before", "verdict(-1)", ("previous",)),
    Command("faster", "plus,greater_than_sign,equals_sign", "faster", "Play faster", "faster", key_label="+ >"),
    Command("slower", "minus,less_than_sign", "slower", "Play slower", "slower", key_label="- <"),
    Command(
        "seek", "", "", "Go to a place: 12m, 12:30, +10s, 50%", "seek", ("seek",), in_palette=False, argument="PLACE"
    ),
    Command(
        "speed", "", "", "Play at a speed from 0.5 to 100", "speed", ("speed",), in_palette=False, argument="FACTOR"
    ),
)


class ReplayDashboard(DashboardScreen):
    """A dashboard that can't be taken for a live one."""

    MARK = MARK
    COMMAND_SET: ClassVar[CommandSet] = COMMON.with_group("Replay", REPLAY_COMMANDS)
    BAR_ROWS = 1
    BINDINGS: ClassVar[list[BindingType]] = list(bindings(REPLAY_COMMANDS))

    def __init__(
        self,
        intents: Intents,
        target: Target,
        now: Instant,
        playback: Playback,
        *,
        ascii: bool = False,  # noqa: A002
    ) -> None:
        super().__init__(intents, target, now, ascii=ascii)
        self._playback = playback
        self._aim: float | None = None
        self._going = False
        self._waiting: Callable[[], Awaitable[str]] | None = None

    def compose_own(self) -> ComposeResult:
        """The bar."""
        yield LinesView(id="bar")

    def on_mount(self) -> None:
        """The bar follows the replay's own clock."""
        self.set_interval(_PAINT_EVERY, self._paint_bar)

    def arrange_own(self, board: Board | None) -> None:
        """The bar above the footer."""
        width, height = self.size
        self.place("#bar", Region(0, height - 2, width, 1) if board else None)
        self._paint_bar()

    @property
    def header_mark(self) -> str:
        """With the recording's own time."""
        return replay_mark(self._playback.playhead)

    def header_of(self, view: HeaderView) -> HeaderView:
        """The connection is that of then."""
        return replace(view, connection=f"was {view.connection}")

    def _paint_bar(self) -> None:
        head = self._playback.playhead
        self.query_one("#bar", LinesView).show([bar_line(head, self.size.width, ascii=self.ascii)])
        self.paint_header()

    # What keys do.

    def action_play(self) -> None:
        """Pause, or go on."""
        if self._playback.playhead.playing:
            self._playback.pause()
        else:
            self._playback.play()
        self._paint_bar()

    def action_faster(self) -> None:
        """The next speed above."""
        self._set_speed(faster(self._playback.playhead.speed))

    def action_slower(self) -> None:
        """The next speed below."""
        self._set_speed(slower(self._playback.playhead.speed))

    def action_speed(self, text: str) -> None:
        """A speed as typed."""
        try:
            factor = float(text.casefold().removesuffix("x"))
        except ValueError:
            factor = 0.0
        if SLOWEST <= factor <= FASTEST:
            self._set_speed(factor)
        else:
            self.say(f"a speed is a number from {SLOWEST:g} to {FASTEST:g}")

    def _set_speed(self, factor: float) -> None:
        self._playback.set_speed(factor)
        self._paint_bar()

    def action_seek(self, text: str) -> None:
        """Go to a place as typed."""
        head = self._playback.playhead
        try:
            self._seek(parse_position(text, head.position, head.length))
        except ValueError as error:
            self.say(str(error))

    def action_skip(self, seconds: float) -> None:
        """So many seconds on from here, or from where we are going."""
        self._seek((self._aim if self._aim is not None else self._playback.playhead.position) + seconds)

    def _seek(self, position: float) -> None:
        aim = min(max(position, 0.0), self._playback.playhead.length)
        self._aim = aim

        async def seek() -> str:
            await self._playback.seek(aim)
            return ""

        self._go(seek)

    def action_step(self, direction: int) -> None:
        """To the next change, or the one before."""

        async def step() -> str:
            moved = await self._playback.step(direction)
            return "" if moved else f"no {_side(direction)} change"

        self._go(step)

    def action_verdict(self, direction: int) -> None:
        """To the next change of the verdict, or the one before."""

        async def jump() -> str:
            moved = await self._playback.next_verdict(direction)
            return "" if moved else f"no {_side(direction)} change of the verdict"

        self._go(jump)

    def _go(self, move: Callable[[], Awaitable[str]]) -> None:
        """One move after the other; of those that come while one is under way only the last counts."""
        self.say("")
        self._waiting = move
        if not self._going:
            self._going = True
            self._move()

    @work(group="playback")
    async def _move(self) -> None:
        while (move := self._waiting) is not None:
            self._waiting = None
            try:
                if said := await move():
                    self.say(said)
            except RecordingError as error:
                self.say(str(error))
            self._paint_bar()
        self._going, self._aim = False, None

    def action_probe(self) -> None:
        """Nothing is asked of anybody."""
        self.say("this is a recording: nothing is probed")

    def action_issuance(self) -> None:
        """Nothing is created."""
        self.say("this is a recording: nothing is tested")

    async def action_record(self, file: str = "") -> None:
        """Nothing comes in."""
        del file
        self.say("this is a recording already")

    def action_context(self) -> None:
        """Say where it was recorded."""
        header = self.header_view
        self.say(f"recorded from context {header.context}, {header.server}, user {header.user}")


def _side(direction: int) -> str:
    return "later" if direction > 0 else "earlier"
