"""The dashboard's keys and commands: what each of them does."""

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType

from certdash.present.view_model import PanelId
from certdash.tui.commands import COMMON, bindings
from certdash.tui.prompt import Prompt
from certdash.tui.screens.board_screen import BoardScreen
from certdash.tui.widgets.live_table import LiveTable


class DashboardScreen(BoardScreen):
    """The board with its keys, and the lines for a filter and for a command."""

    BINDINGS: ClassVar[list[BindingType]] = list(bindings(COMMON))

    # What keys do.

    def action_next_panel(self, step: int) -> None:
        """The panel after, or before."""
        order = list(PanelId)
        self.action_show_panel(order[(order.index(self._selected) + step) % len(order)].value)

    def action_show_panel(self, name: str) -> None:
        """Put the focus on a panel."""
        self._steered = True
        self._choose(PanelId(name))

    def on_live_table_opened(self, message: LiveTable.Opened) -> None:
        """Enter on a row."""
        if message.row.ref is not None:
            self._intents.open_object(message.row.ref, "facts")
        else:
            self.say("this row is not an object")

    def action_open(self, tab: str) -> None:
        """Open the object under the cursor."""
        ref = self._panel(self._selected).selected
        if ref is None:
            self.say("this row is not an object")
        else:
            self._intents.open_object(ref, tab)

    def action_why(self) -> None:
        """All findings."""
        self._intents.show_findings()

    def action_help(self) -> None:
        """All keys."""
        self._intents.show_help(self.COMMAND_SET)

    def action_probe(self) -> None:
        """Probe now."""
        self._intents.probe_now()
        self.say("probing")

    def action_copy(self) -> None:
        """Copy the fix."""
        self.say(self._intents.copy_fix())

    def action_issuance(self) -> None:
        """The issuance test."""
        self.say(self._intents.show_issuance())

    async def action_record(self, file: str = "") -> None:
        """Record, or stop it."""
        self.say(await self._intents.toggle_recording(file))
        self.paint_header()

    def action_context(self) -> None:
        """Say which cluster this is; switching is a new start."""
        header = self._header
        self.say(f"context {header.context}, {header.server}, user {header.user} (start anew with --context to switch)")

    def action_freeze(self) -> None:
        """Freeze the panels, or let them go on."""
        self._frozen = not self._frozen
        self.say("panels frozen, the verdict goes on" if self._frozen else "")
        self._refresh_view()

    def action_full(self) -> None:
        """Give the panel the whole screen, or take it back."""
        self._full = not self._full
        self._arrange()
        self.focus_panel()

    def action_wrap(self) -> None:
        """Long texts whole, or one line for each row."""
        self._wrap = not self._wrap
        for panel in PanelId:
            self._panel(panel).set_wrap(self._wrap)

    def action_back(self) -> None:
        """Undo, one after the other: what was said, the filter, full screen."""
        if self._full:
            self.action_full()
        elif self._filter:
            self.set_filter("")
        self.say("")

    # Filter and command line.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What is typed into the open line is no key."""
        if action in self._opening and self.query_one("#prompt", Prompt).sign:
            return False
        return super().check_action(action, parameters)

    @property
    def _opening(self) -> set[str]:
        return {command.action.partition("(")[0] for command in self.COMMAND_SET if command.opens}

    def action_prompt(self, sign: str) -> None:
        """Open the line at the bottom, for a filter or a command."""
        prompt = self.query_one("#prompt", Prompt)
        prompt.ask(sign, self._filter if sign == "/" else "")
        self.focus_now(prompt)

    def set_filter(self, text: str) -> None:
        """Show only rows that contain the text."""
        self._filter = text
        if self._view is not None and self._frozen and self._assessment is not None:
            self._frozen = False
        self._refresh_view()
        self._paint_footer()

    def on_prompt_edited(self, message: Prompt.Edited) -> None:
        """Filter while it is typed."""
        if message.sign == "/":
            self.set_filter(message.text)

    async def on_prompt_closed(self, message: Prompt.Closed) -> None:
        """The line was finished or given up."""
        self.focus_panel()
        if message.sign == "/":
            self.set_filter(message.text if message.accepted else "")
        elif message.accepted and message.text.strip():
            await self._run_typed(message.text.strip())

    async def _run_typed(self, text: str) -> None:
        meant = self.COMMAND_SET.typed(text)
        if meant is None:
            self.say(f"no command {text!r}; ? shows all")
        elif meant.command.argument:
            await self.app.run_action(("", meant.command.action, (meant.argument,)), self)
        else:
            await self.run_action(meant.command.action)

    def palette_commands(self) -> Iterable[tuple[str, str, str]]:
        """What the palette offers here: title, explanation, action."""
        for command in self.COMMAND_SET:
            if command.in_palette:
                yield command.label.capitalize() or command.words[0], command.about, command.action
