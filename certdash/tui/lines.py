"""Lines of written text before they meet a width, and how they are fitted into one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from certdash.present.text import cell_width, shorten
from certdash.tui.theme import Ink, Palette

Span: TypeAlias = tuple[str, Ink]
"""Sanitised text and its ink."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line: the left part gives way, the right part keeps its room at the edge."""

    left: tuple[Span, ...] = ()
    right: tuple[Span, ...] = ()


def line(*spans: Span | str, right: Iterable[Span | str] = ()) -> Line:
    """A line of spans; a bare string is plain."""
    return Line(tuple(_span(s) for s in spans), tuple(_span(s) for s in right))


def _span(span: Span | str) -> Span:
    return (span, Ink.PLAIN) if isinstance(span, str) else span


def spans_width(spans: Iterable[Span]) -> int:
    """Cells that the spans take."""
    return sum(cell_width(text) for text, _ in spans)


def cut(spans: Iterable[Span], width: int) -> tuple[Span, ...]:
    """The spans in at most `width` cells; what had to go is shown by an ellipsis."""
    kept: list[Span] = []
    left = width
    todo = list(spans)
    for position, (text, ink) in enumerate(todo):
        room = cell_width(text)
        rest = spans_width(todo[position + 1 :])
        if room + min(rest, 1) <= left or (room <= left and not rest):
            kept.append((text, ink))
            left -= room
            continue
        if room <= left and rest:
            text += " "
        short = shorten(text, left)
        if short:
            kept.append((short, ink))
        break
    return tuple(kept)


def fitted(written: Line, width: int) -> tuple[Span, ...]:
    """The line in exactly `width` cells."""
    right = cut(written.right, width)
    room = width - spans_width(right)
    left = cut(written.left, room - 1 if right and room > 0 else room)
    gap = room - spans_width(left)
    return (*left, (" " * gap, Ink.PLAIN), *right) if gap else (*left, *right)


def strip_of(spans: Iterable[Span], width: int, palette: Palette, base: Style, over: Style | None = None) -> Strip:
    """The spans painted: the widget's own style under them, `over` (the cursor) above."""
    styles = palette.styles
    segments = [
        Segment(palette.folded(text), base + styles[ink] + over if over else base + styles[ink]) for text, ink in spans
    ]
    return Strip(segments, width)


def wrapped(text: str, width: int, limit: int) -> list[str]:
    """The text in at most `limit` lines of `width` cells, broken at spaces where there are any near the end."""
    return wrapped_to(text, [width] * limit)


def wrapped_to(text: str, widths: Sequence[int]) -> list[str]:
    """The text in lines of these widths; what does not fit the last ends with an ellipsis."""
    lines: list[str] = []
    rest = text
    for width in widths[:-1]:
        if cell_width(rest) <= width or width <= 0:
            break
        head = shorten(rest, width + 1)[:-1] if cell_width(rest) > width + 1 else rest[:width]
        space = head.rfind(" ")
        end = space if space > len(head) // 2 else len(head)
        if end <= 0:
            break
        lines.append(rest[:end])
        rest = rest[end:].lstrip(" ")
    if rest and len(lines) < len(widths):
        lines.append(shorten(rest, widths[len(lines)]))
    return lines
