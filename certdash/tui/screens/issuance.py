"""The issuance test: what it will create, the question, its stages live, and what came of it."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from certdash.present.issuance_sections import issuance_sections
from certdash.present.text import sanitise
from certdash.tui.issuance_desk import DeskState, IssuanceDesk
from certdash.tui.lines import Line, Span, line
from certdash.tui.screens.reading import ReadingScreen, section_lines
from certdash.tui.theme import Ink

_QUESTION = "Press y to create this and to have it issued. Nothing was sent so far; esc leaves it at that."


class IssuanceScreen(ReadingScreen):
    """Shows the test. It goes on when the screen is left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "begin", "begin", show=False),
        Binding("s", "stop", "stop", show=False),
        Binding("n", "again", "new", show=False),
    ]

    def __init__(
        self,
        desk: IssuanceDesk,
        begin: Callable[[], None],
        prepare: Callable[[], None],
        *,
        mark: str = "",
        ascii: bool = False,  # noqa: A002 - as the flag
    ) -> None:
        super().__init__(mark=mark, ascii=ascii)
        self._desk = desk
        self._begin = begin
        self._prepare = prepare

    def heading(self) -> Sequence[Span]:
        """What this is."""
        return ((" issuance test", Ink.STRONG),)

    def hints(self) -> Sequence[tuple[str, str]]:
        """What the test allows now."""
        desk = self._desk
        if desk.state is DeskState.PLANNED:
            return (("y", "begin"), ("esc", "leave it at that"))
        if desk.running:
            return (("s", "stop and clear up"), *self.HINTS)
        return (("n", "new test"), *self.HINTS)

    def text_lines(self) -> list[Line]:
        """As far as the test has come."""
        desk = self._desk
        if desk.error:
            return [line((f" could not tell: {sanitise(desk.error)}", Ink.FAIL)), line(" n tries again")]
        if desk.state is DeskState.PLANNED:
            planned = [line(f" {text}") for text in desk.announcement.splitlines()]
            return [*planned, line(), line((f" {_QUESTION}", Ink.STRONG))]
        if desk.progress is None:
            return [line(" preparing")]
        lines = section_lines(issuance_sections(desk.progress, ascii=self._ascii), "")
        if desk.stopping and desk.running:
            lines = [line((" stopping; what was created is being removed", Ink.WAITING)), line(), *lines]
        return lines

    def action_leave(self) -> None:
        """Back; a test that was not agreed to is dropped."""
        self.app.run_worker(self._desk.discard(), group="issuance")
        self.dismiss()

    def action_begin(self) -> None:
        """Yes."""
        self._begin()

    def action_stop(self) -> None:
        """End it early."""
        self._desk.stop()

    def action_again(self) -> None:
        """Plan a new one."""
        self._prepare()
