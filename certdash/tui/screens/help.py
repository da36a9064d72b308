"""All keys, from the same declaration that binds them."""

from collections.abc import Sequence

from certdash.tui.commands import MOVING_IN_PANELS, Command, CommandSet
from certdash.tui.lines import Line, Span
from certdash.tui.screens.reading import ReadingScreen
from certdash.tui.theme import Ink
from certdash.tui.widgets.scroll_lines import labelled_lines

_STATES = (
    ("✔ READY", "proven just now: a valid Certificate was admitted, an invalid one denied, a requester stamped"),
    ("… PROGRESSING", "not yet, but something moves towards it within its own deadline"),
    ("✗ NOT READY", "a named cause stands in the way"),
    ("? UNKNOWN", "can't be told: no connection, no permission, or somebody else's webhook is in the way"),
)


class HelpScreen(ReadingScreen):
    """Keys, commands, and what the verdicts mean."""

    def __init__(self, commands: CommandSet, *, mark: str = "", ascii: bool = False) -> None:  # noqa: A002
        super().__init__(mark=mark, ascii=ascii)
        self._commands = commands

    def heading(self) -> Sequence[Span]:
        """Help."""
        return ((" help", Ink.STRONG),)

    def text_lines(self) -> list[Line]:
        """Every group of commands, then the verdicts."""
        groups = []
        for title, commands in self._commands.groups:
            rows = [(c.key_text, c.about + _typed_as(c), Ink.PLAIN) for c in commands if c.key_text or c.words]
            if title == "Moving":
                rows += [(key, about, Ink.PLAIN) for key, about in MOVING_IN_PANELS]
            groups.append((title, rows))
        groups.append(("Verdicts", [(word, about, Ink.PLAIN) for word, about in _STATES]))
        return labelled_lines(groups, "")


def _typed_as(command: Command) -> str:
    if not command.words:
        return ""
    return f"  (:{command.words[0]}{' ' if command.argument else ''}{command.argument})"
