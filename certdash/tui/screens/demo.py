"""The dashboard on the demo cluster: what is broken now, and keys that break and heal."""

from collections.abc import Awaitable, Callable, Iterable
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.geometry import Region

from certdash.model.connection import Target
from certdash.model.instant import Instant
from certdash.tui.board import Board
from certdash.tui.commands import COMMON, Command, CommandSet, bindings
from certdash.tui.demo_control import DemoControl, DemoError, DemoFault
from certdash.tui.demo_lines import MARK, Doing, bar_line
from certdash.tui.intents import Intents
from certdash.tui.screens.dashboard import DashboardScreen
from certdash.tui.widgets.fault_list import FaultList
from certdash.tui.widgets.lines_view import LinesView

_FRAME = 2
# Seconds after which the API server certainly knows what a fault changed.
_SEEN_AFTER = 1.0
DEMO_COMMANDS = (
    Command(
        "break",
        "b",
        "break",
        "Break the demo: a list, or by letter",
        "break",
        ("break",),
        argument="LETTER",
        opens=True,
    ),
    Command("heal", "B", "heal", "Heal everything, or the fault of a letter", "heal", ("heal",), argument="LETTER"),
)


class DemoDashboard(DashboardScreen):
    """A dashboard that can't be taken for one on a real cluster."""

    MARK = MARK
    COMMAND_SET: ClassVar[CommandSet] = COMMON.with_group("Demo", DEMO_COMMANDS)
    BAR_ROWS = 1
    BINDINGS: ClassVar[list[BindingType]] = list(bindings(DEMO_COMMANDS))

    def __init__(
        self,
        intents: Intents,
        target: Target,
        now: Instant,
        control: DemoControl,
        *,
        ascii: bool = False,  # noqa: A002
    ) -> None:
        super().__init__(intents, target, now, ascii=ascii)
        self._control = control
        self._doing = Doing()

    def compose_own(self) -> ComposeResult:
        """The bar, and the list of faults, which is closed."""
        yield LinesView(id="bar")
        yield FaultList(self._control.faults, id="faults")

    def on_mount(self) -> None:
        """Follow the cluster's news."""
        self._faults.border_title = Content("break the demo cluster: press a letter")
        self._faults.border_subtitle = Content("B heals all · esc closes")
        self._paint_bar()
        self._follow_control()

    @property
    def _faults(self) -> FaultList:
        return self.query_one("#faults", FaultList)

    @work(group="demo")
    async def _follow_control(self) -> None:
        state = self._control.state
        while True:
            self._paint_bar()
            state = await self._control.next_state(state.version)

    def _paint_bar(self) -> None:
        state = self._control.state
        self.query_one("#bar", LinesView).show([bar_line(state, self._doing)])
        self._faults.show_broken(state.broken)

    def arrange_own(self, board: Board | None) -> None:
        """The bar above the footer, the list above the bar."""
        width, height = self.size
        if board is None:
            self.place("#bar", None)
            self.place("#faults", None)
            return
        bar = Region(0, height - 2, width, 1)
        self.place("#bar", bar)
        room = bar.y - board.banner.bottom - _FRAME
        rows = self._faults.lay(width - _FRAME, room)
        tall = min(rows, room) + _FRAME
        self.place("#faults", Region(0, bar.y - tall, width, tall), show=False)

    @property
    def something_is_open(self) -> bool:
        """The list of faults."""
        return bool(self._faults.display)

    # What keys do.

    def action_show_panel(self, name: str) -> None:
        """Put the focus on a panel; the list gives way."""
        self._faults.display = False
        super().action_show_panel(name)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While the list is open its keys are its own."""
        if action in ("break", "prompt") and self.something_is_open:
            return False
        return super().check_action(action, parameters)

    def action_break(self, letter: str = "") -> None:
        """Open the list, or break what has the letter."""
        if letter:
            self._by_letter(letter, self._toggle)
        else:
            self._faults.display = True
            self.focus_now(self._faults)

    def action_heal(self, letter: str = "") -> None:
        """Heal all, or what has the letter."""
        if letter:
            self._by_letter(letter, self._heal)
        elif self._control.state.broken:
            self._run("healing everything", self._control.heal)
        else:
            self.say("nothing is broken")

    def _by_letter(self, letter: str, act: Callable[[DemoFault], None]) -> None:
        fault = next((fault for fault in self._control.faults if fault.key == letter), None)
        if fault is None:
            self.say(f"no fault has the letter {letter!r}; b lists them")
        else:
            act(fault)

    def _toggle(self, fault: DemoFault) -> None:
        if fault.label in self._control.state.broken:
            self._heal(fault)
        else:
            self._run(f"breaking: {fault.label}", lambda: self._control.perform(fault))

    def _heal(self, fault: DemoFault) -> None:
        self._run(f"healing: {fault.label}", lambda: self._control.heal(fault))

    def _run(self, text: str, act: Callable[[], Awaitable[None]]) -> None:
        if self._doing.text:
            self.say(f"wait, still {self._doing.text}")
            return
        self._doing = Doing(text)
        self._paint_bar()
        self._perform(act)

    @work(group="demo-verb")
    async def _perform(self, act: Callable[[], Awaitable[None]]) -> None:
        try:
            await act()
        except DemoError as error:
            self._doing = Doing(error=str(error))
        else:
            self._doing = Doing()
            # Not everything that breaks is watched, and nobody should wait ten seconds for the next probe.
            self.set_timer(_SEEN_AFTER, self._intents.probe_now)
        self._paint_bar()

    def on_fault_list_chosen(self, message: FaultList.Chosen) -> None:
        """Break or heal it; the list makes room for what then happens."""
        self._close()
        self._toggle(message.fault)

    def on_fault_list_heal_all(self) -> None:
        """As the key does."""
        self._close()
        self.action_heal()

    def on_fault_list_unknown(self, message: FaultList.Unknown) -> None:
        """Say so; the list stays."""
        self.say(f"no fault has the letter {message.key!r}")

    def on_fault_list_closed(self) -> None:
        """Back to the panels."""
        self._close()

    def _close(self) -> None:
        if self.something_is_open:
            self._faults.display = False
            self.focus_panel()

    def palette_commands(self) -> Iterable[tuple[str, str, str]]:
        """Every fault by name, too."""
        yield from super().palette_commands()
        for fault in self._control.faults:
            yield f"Break: {fault.label}", fault.about, f"break({fault.key!r})"
