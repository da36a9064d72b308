"""The line at the bottom: a filter after `/`, a command after `:`."""

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

LIMIT = 200


class Prompt(Input):
    """Asks for one line; tells every edit and the end."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "give_up", "close", show=False)]

    @dataclass
    class Edited(Message):
        """The text changed."""

        sign: str
        text: str

    @dataclass
    class Closed(Message):
        """The line was finished with enter (`accepted`) or given up."""

        sign: str
        text: str
        accepted: bool

    def __init__(self, *, id: str) -> None:  # noqa: A002 - as in Widget
        super().__init__(id=id, compact=True, max_length=LIMIT, select_on_focus=False)
        self.cursor_blink = False
        self._sign = ""

    @property
    def sign(self) -> str:
        """`/` or `:`, "" while closed."""
        return self._sign

    def ask(self, sign: str, text: str) -> None:
        """Open with a text to start from; the focus is the caller's to give."""
        self._sign = sign
        self.placeholder = "filter rows, !text hides them" if sign == "/" else "command: a panel, probe, ctx, why, q"
        self.value = text
        self.cursor_position = len(text)
        self.display = True

    def on_input_changed(self, event: Input.Changed) -> None:
        """Tell the edit."""
        event.stop()
        if self._sign:
            self.post_message(self.Edited(self._sign, event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter."""
        event.stop()
        self._close(accepted=True)

    def action_give_up(self) -> None:
        """Escape."""
        self._close(accepted=False)

    def on_blur(self) -> None:
        """The focus went elsewhere: keep what was typed."""
        if self._sign:
            self._close(accepted=self._sign == "/")

    def _close(self, *, accepted: bool) -> None:
        sign, self._sign = self._sign, ""
        self.display = False
        self.post_message(self.Closed(sign, self.value, accepted))
