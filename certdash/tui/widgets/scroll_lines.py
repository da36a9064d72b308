"""Many lines to read: scrolls, wraps, changes in place."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from certdash.present.text import fit
from certdash.tui.lines import Line, Span, fitted, spans_width, strip_of, wrapped
from certdash.tui.theme import Ink
from certdash.tui.widgets.painted import PaletteCache

_WRAP_LIMIT = 200


class ScrollLines(ScrollView, can_focus=True):
    """Shows lines; long ones go on beyond the edge, or wrap."""

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_up", "up", show=False),
        Binding("down,j", "scroll_down", "down", show=False),
        Binding("left,h", "scroll_left", "left", show=False),
        Binding("right,l", "scroll_right", "right", show=False),
        Binding("pageup", "page_up", "page up", show=False),
        Binding("pagedown,space", "page_down", "page down", show=False),
        Binding("g,home", "scroll_home", "top", show=False),
        Binding("G,end", "scroll_end", "bottom", show=False),
    ]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - as in Widget
        super().__init__(id=id)
        self._lines: tuple[Line, ...] = ()
        self._rows: list[tuple[Span, ...]] = []
        self._width = 0
        self._wrap = True
        self._palettes = PaletteCache()

    @property
    def text(self) -> str:
        """All lines as plain text."""
        return "\n".join("".join(text for text, _ in row).rstrip() for row in self._rows)

    @property
    def wrap(self) -> bool:
        """Whether long lines wrap."""
        return self._wrap

    def set_wrap(self, wrap: bool) -> None:
        """Wrap long lines, or let them go on beyond the edge."""
        self._wrap = wrap
        self._lay()

    def show(self, lines: Sequence[Line]) -> None:
        """Replace the lines; the place that is read stays."""
        if tuple(lines) != self._lines:
            self._lines = tuple(lines)
            self._lay()

    def on_resize(self) -> None:
        """Lay out for the new width."""
        self._lay()

    def _lay(self) -> None:
        self._width = self.scrollable_content_region.width
        if not self._width:
            return
        self._rows = [row for written in self._lines for row in self._laid(written)]
        widest = self._width if self._wrap else max((spans_width(r) for r in self._rows), default=0)
        self.virtual_size = Size(max(widest, 1), len(self._rows))
        self.refresh()

    def _laid(self, written: Line) -> list[tuple[Span, ...]]:
        if not self._wrap or spans_width(written.left) <= self._width or not written.left:
            return [written.left]
        *head, (text, ink) = written.left
        indent = spans_width(head)
        room = self._width - indent
        if room < 10:
            return [fitted(written, self._width)]
        parts = wrapped(text, room, _WRAP_LIMIT)
        first: tuple[Span, ...] = (*head, (parts[0], ink))
        return [first, *((((" " * indent), Ink.PLAIN), (part, ink)) for part in parts[1:])]

    def render_line(self, y: int) -> Strip:
        """One line of the visible part."""
        width = self.scrollable_content_region.width
        x, top = self.scroll_offset
        base = self.rich_style
        if width != self._width:
            self._lay()
        if not 0 <= y + top < len(self._rows):
            return Strip.blank(width, base)
        spans = self._rows[y + top]
        strip = strip_of(spans, spans_width(spans), self._palettes.of(self), base)
        return strip.crop_extend(x, x + width, base)


def labelled_lines(sections: Sequence[tuple[str, Sequence[tuple[str, str, Ink]]]], empty: str) -> list[Line]:
    """Titled groups of labelled values; `empty` when there is none."""
    if not sections:
        return [Line(((f" {empty}", Ink.DIM),))]
    width = min(max((len(label) for _, facts in sections for label, _, _ in facts), default=0) + 2, 44)
    lines: list[Line] = []
    for title, facts in sections:
        lines.append(Line(((f" {title}", Ink.STRONG),)))
        for label, value, ink in facts:
            shown = f"   {fit(label, width)}" if len(label) <= width else f"   {label}  "
            lines.append(Line(((shown, Ink.DIM), (value, ink))))
        lines.append(Line())
    return lines
