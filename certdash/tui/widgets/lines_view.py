"""A few lines of text that change in place: only the cells that differ are painted again."""

from collections.abc import Sequence

from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from certdash.present.text import cell_width
from certdash.tui.lines import Line, Span, fitted, strip_of
from certdash.tui.widgets.painted import PaletteCache


class LinesView(Widget):
    """Shows lines, one for each row of its content."""

    ALLOW_SELECT = False

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - as in Widget
        super().__init__(id=id, classes=classes)
        self._lines: tuple[Line, ...] = ()
        self._rows: list[tuple[Span, ...]] = []
        self._width = 0
        self._palettes = PaletteCache()

    def show(self, lines: Sequence[Line]) -> None:
        """Replace the lines; repaints what differs."""
        new = tuple(lines)
        if new == self._lines:
            return
        self._lines = new
        self._fit(self._width)

    @property
    def text(self) -> str:
        """What is shown, as plain text."""
        return "\n".join("".join(text for text, _ in row).rstrip() for row in self._rows)

    def _fit(self, width: int) -> None:
        if not width:
            return
        rows = [fitted(written, width) for written in self._lines]
        old, self._rows, self._width = self._rows, rows, width
        if len(old) != len(rows):
            self.refresh()
            return
        for y, (before, after) in enumerate(zip(old, rows, strict=True)):
            if before != after:
                self._repaint(y, before, after)

    def _repaint(self, y: int, before: tuple[Span, ...], after: tuple[Span, ...]) -> None:
        """Refresh the row from the first span that differs to the last."""
        same = 0
        for one, other in zip(before, after, strict=False):
            if one != other:
                break
            same += cell_width(one[0])
        tail = 0
        for one, other in zip(reversed(before), reversed(after), strict=False):
            if one != other or same + tail + cell_width(one[0]) > self._width:
                break
            tail += cell_width(one[0])
        self.refresh(Region(same, y, max(self._width - same - tail, 1), 1))

    def render_line(self, y: int) -> Strip:
        """One row of the content."""
        width = self.content_size.width
        if width != self._width:
            self._rows = [fitted(written, width) for written in self._lines]
            self._width = width
        base = self.rich_style
        if y >= len(self._rows):
            return Strip.blank(width, base)
        return strip_of(self._rows[y], width, self._palettes.of(self), base)
