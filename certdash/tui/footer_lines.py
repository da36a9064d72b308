"""The footer: the keys that matter here."""

from collections.abc import Iterable

from certdash.tui.commands import Command
from certdash.tui.lines import Line, Span, line, spans_width
from certdash.tui.theme import Ink


def footer_line(commands: Iterable[Command], width: int, note: str = "") -> Line:
    """As many hints as fit; `note` at the right edge goes before all of them."""
    right: list[Span] = [(f"{note} ", Ink.STRONG)] if note else []
    room = width - spans_width(right) - 1
    spans: list[Span] = []
    for command in commands:
        if not command.shown:
            continue
        hint: list[Span] = [(f" {command.key_text}", Ink.ACCENT), (f" {command.label} ", Ink.DIM)]
        if spans_width(spans) + spans_width(hint) > room:
            break
        spans += hint
    return line(*spans, right=right)
