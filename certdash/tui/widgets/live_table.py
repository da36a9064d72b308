"""A table that changes in place: rows are painted by themselves, the selected one is kept by its key."""

from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from certdash.model.resource import Ref
from certdash.present.view_model import Column, RowView
from certdash.tui.lines import Span, strip_of
from certdash.tui.widgets.painted import PaletteCache
from certdash.tui.widgets.table_layout import (
    TableLayout,
    header_spans,
    row_spans,
    table_layout,
    wrapped_row_spans,
)


class LiveTable(ScrollView, can_focus=True, inherit_bindings=False):
    """Rows of a panel with a cursor. What did not change is not painted again."""

    ALLOW_SELECT = False
    ALLOW_MAXIMIZE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "up", show=False),
        Binding("down,j", "move(1)", "down", show=False),
        Binding("pageup", "page(-1)", "page up", show=False),
        Binding("pagedown", "page(1)", "page down", show=False),
        Binding("g,home", "edge(False)", "first", show=False),
        Binding("G,end", "edge(True)", "last", show=False),
        Binding("enter", "open", "open", show=False),
    ]

    @dataclass
    class Opened(Message):
        """The row under the cursor was opened."""

        table: "LiveTable"
        row: RowView

    @dataclass
    class Moved(Message):
        """The cursor stands on another row, or the row says something else."""

        table: "LiveTable"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - as in Widget
        super().__init__(id=id, classes=classes)
        self._columns: tuple[Column, ...] = ()
        self._rows: tuple[RowView, ...] = ()
        self._layout = TableLayout((), 0)
        self._header: tuple[Span, ...] | None = None
        self._lines: list[tuple[int, tuple[Span, ...]]] = []
        self._starts: list[int] = []
        self._strips: dict[int, Strip] = {}
        self._strips_for: tuple[object, ...] = ()
        self._cursor = 0
        self._wrap = False
        self._with_header = True
        self._palettes = PaletteCache()

    # What the outside sees and sets.

    @property
    def row(self) -> RowView | None:
        """The row under the cursor."""
        return self._rows[self._cursor] if self._rows else None

    @property
    def selected(self) -> Ref | None:
        """The object of the row under the cursor."""
        return self.row.ref if self.row else None

    @property
    def text(self) -> str:
        """What the table holds, as plain text: every line, shown or scrolled away."""
        lines = [self._header] if self._header else []
        lines += [spans for _, spans in self._lines]
        return "\n".join("".join(text for text, _ in spans).rstrip() for spans in lines)

    def show(self, columns: tuple[Column, ...], rows: tuple[RowView, ...], *, with_header: bool = True) -> None:
        """Replace the rows. The cursor stays on its row as long as that has the same key."""
        if (columns, rows, with_header) == (self._columns, self._rows, self._with_header):
            return
        key = self.row.key if self.row else ""
        self._columns, self._rows, self._with_header = columns, rows, with_header
        # Nobody chose the first row by standing on it: there the newest is looked for.
        at = next((i for i, row in enumerate(rows) if row.key == key), None) if self._cursor else 0
        moved = at is not None and at != self._cursor
        self._cursor = at if at is not None else min(self._cursor, max(len(rows) - 1, 0))
        self._arrange()
        if moved:
            self._reveal()
        if self.has_focus:
            self.post_message(self.Moved(self))

    def set_wrap(self, wrap: bool) -> None:
        """Show long texts over several lines, or one line for each row."""
        if wrap != self._wrap:
            self._wrap = wrap
            self._arrange()
            self._reveal()

    def select(self, key: str) -> None:
        """Put the cursor on the row of that key, if there is one."""
        at = next((i for i, row in enumerate(self._rows) if row.key == key), None)
        if at is not None:
            self._go(at)

    # Layout and painting.

    @property
    def _header_height(self) -> int:
        return 1 if self._header else 0

    def _arrange(self) -> None:
        """Lay the rows out anew and repaint the lines that came out different."""
        width = self.scrollable_content_region.width
        if not width:
            return
        self._layout = table_layout(self._columns, self._rows, width)
        old_lines, old_header = self._lines, self._header
        self._header = header_spans(self._columns, self._layout) if self._with_header and self._rows else None
        self._lines, self._starts = [], []
        for position, row in enumerate(self._rows):
            self._starts.append(len(self._lines))
            several = self._wrap and wrapped_row_spans(self._columns, row, self._layout)
            for spans in several or (row_spans(self._columns, row, self._layout),):
                self._lines.append((position, spans))
        size = Size(width, len(self._lines) + self._header_height)
        if size != self.virtual_size:
            self.virtual_size = size
        if len(old_lines) != len(self._lines) or old_header != self._header:
            self._strips.clear()
            self.refresh()
            return
        for y, (before, after) in enumerate(zip(old_lines, self._lines, strict=True)):
            if before != after:
                self._repaint(y)

    def _repaint(self, line: int) -> None:
        self._strips.pop(line, None)
        y = line - self.scroll_offset.y + self._header_height
        inner = self.scrollable_content_region
        if self._header_height <= y < inner.height:
            self.refresh(Region(0, y, inner.width, 1))

    def _repaint_row(self, position: int) -> None:
        for y, (owner, _) in enumerate(self._lines):
            if owner == position:
                self._repaint(y)

    def render_line(self, y: int) -> Strip:
        """One line of the visible part."""
        width = self.scrollable_content_region.width
        if width != self._layout.width:
            self._arrange()
        palette, base = self._palettes.of(self), self.rich_style
        if self._strips_for != (palette, base, width):
            self._strips.clear()
            self._strips_for = (palette, base, width)
        if self._header and y == 0:
            return strip_of(self._header, width, palette, base)
        at = y - self._header_height + self.scroll_offset.y
        if not 0 <= at < len(self._lines):
            return Strip.blank(width, base)
        strip = self._strips.get(at)
        if strip is None:
            owner, spans = self._lines[at]
            over = palette.cursor if owner == self._cursor and self.has_focus else None
            strip = self._strips[at] = strip_of(spans, width, palette, base, over)
        return strip

    def on_resize(self) -> None:
        """Lay out for the new width."""
        self.settle()

    def settle(self) -> None:
        """Fit everything to the present size."""
        self._arrange()

    def on_focus(self) -> None:
        """Show the cursor."""
        self._repaint_row(self._cursor)
        self.post_message(self.Moved(self))

    def on_blur(self) -> None:
        """Hide the cursor."""
        self._repaint_row(self._cursor)

    # Moving.

    def _go(self, position: int) -> None:
        position = max(0, min(position, len(self._rows) - 1))
        if not self._rows or position == self._cursor:
            return
        old, self._cursor = self._cursor, position
        self._repaint_row(old)
        self._repaint_row(position)
        self._reveal()
        self.post_message(self.Moved(self))

    def _reveal(self) -> None:
        """Scroll so far that the whole row under the cursor can be seen."""
        if not self._starts:
            return
        first = self._starts[self._cursor]
        last = (self._starts[self._cursor + 1] if self._cursor + 1 < len(self._starts) else len(self._lines)) - 1
        room = max(self.scrollable_content_region.height - self._header_height, 1)
        top = self.scroll_offset.y
        if first < top:
            self.scroll_to(y=first, animate=False, force=True)
        elif last >= top + room:
            self.scroll_to(y=min(first, last - room + 1), animate=False, force=True)

    def action_move(self, step: int) -> None:
        """One row up or down."""
        self._go(self._cursor + step)

    def action_page(self, step: int) -> None:
        """A page up or down."""
        self._go(self._cursor + step * max(self.scrollable_content_region.height - 2, 1))

    def action_edge(self, last: bool) -> None:
        """To the first or the last row."""
        self._go(len(self._rows) - 1 if last else 0)

    def action_open(self) -> None:
        """Open the row."""
        if self.row:
            self.post_message(self.Opened(self, self.row))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor there; a second click opens."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        at = offset.y - self._header_height + self.scroll_offset.y
        if offset.y >= self._header_height and 0 <= at < len(self._lines):
            self._go(self._lines[at][0])
            if event.chain >= 2:
                self.action_open()
