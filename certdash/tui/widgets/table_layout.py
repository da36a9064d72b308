"""Where the columns of a panel's table lie, and its rows as spans. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from certdash.present.text import cell_width, fit, shorten
from certdash.present.view_model import Cell, Column, RowView
from certdash.tui.lines import Span, wrapped
from certdash.tui.theme import Ink, ink_of

GAP = 2
MARK_WIDTH = 2
_FLEXIBLE_LEAST = 8
_WRAP_LIMIT = 12


@dataclass(frozen=True, slots=True)
class TableLayout:
    """Widths of the shown columns by their position; the mark stands before the first."""

    columns: tuple[tuple[int, int], ...]
    width: int


def table_layout(columns: Sequence[Column], rows: Sequence[RowView], width: int) -> TableLayout:
    """Natural widths where they fit; then optional columns go, then the widest gives way."""
    natural = {
        i: max([cell_width(c.title), *(cell_width(r.cells[i].text) for r in rows if i < len(r.cells))])
        for i, c in enumerate(columns)
    }
    shown = [i for i in natural if rows and any(i < len(r.cells) and r.cells[i].text for r in rows)] or list(natural)
    room = width - MARK_WIDTH

    def least(positions: list[int]) -> int:
        flexible = {i: min(natural[i], _wanted(columns[i], natural[i])) for i in positions}
        return sum(flexible.values()) + GAP * (len(positions) - 1)

    for i in reversed([i for i in shown if columns[i].optional]):
        if least(shown) > room:
            shown.remove(i)
    fixed = [i for i in shown if not columns[i].flexible]
    left = room - GAP * (len(shown) - 1) - sum(natural[i] for i in fixed)
    widths = {i: natural[i] for i in fixed}
    for i in shown:
        if columns[i].flexible:
            widths[i] = max(left, 0)
    # Too narrow even so: the first column, the name, gives way before the flexible one vanishes.
    short = _FLEXIBLE_LEAST - left
    if short > 0 and fixed:
        first = fixed[0]
        given = min(short, max(widths[first] - _FLEXIBLE_LEAST, 0))
        widths[first] -= given
        for i in shown:
            if columns[i].flexible:
                widths[i] = max(left + given, 0)
    return TableLayout(tuple((i, widths[i]) for i in shown), width)


def _wanted(column: Column, natural: int) -> int:
    """What a column needs at least before optional ones may stay beside it."""
    return min(natural, 40) if column.flexible else natural


def header_spans(columns: Sequence[Column], layout: TableLayout) -> tuple[Span, ...]:
    """The row of column titles."""
    parts = [" " * MARK_WIDTH]
    for position, (i, width) in enumerate(layout.columns):
        parts.append(" " * GAP if position else "")
        parts.append(_aligned(columns[i].title, width, right=columns[i].right))
    return ((fit("".join(parts), layout.width), Ink.DIM),)


def row_spans(columns: Sequence[Column], row: RowView, layout: TableLayout) -> tuple[Span, ...]:
    """A row on one line."""
    spans: list[Span] = [(fit(row.mark, MARK_WIDTH), ink_of(row.status))]
    for position, (i, width) in enumerate(layout.columns):
        cell = row.cells[i] if i < len(row.cells) else Cell("")
        if position:
            spans.append((" " * GAP, Ink.PLAIN))
        spans.append((_aligned(cell.text, width, right=columns[i].right), Ink(cell.tone.value)))
    used = MARK_WIDTH + sum(w for _, w in layout.columns) + GAP * max(len(layout.columns) - 1, 0)
    if used < layout.width:
        spans.append((" " * (layout.width - used), Ink.PLAIN))
    return tuple(spans)


def wrapped_row_spans(columns: Sequence[Column], row: RowView, layout: TableLayout) -> list[tuple[Span, ...]]:
    """A row with its flexible cell over as many lines as it needs."""
    first = [row_spans(columns, row, layout)]
    offset = MARK_WIDTH
    for i, width in layout.columns:
        if columns[i].flexible and i < len(row.cells) and width > 0:
            cell = row.cells[i]
            lines = wrapped(cell.text, width, _WRAP_LIMIT)
            if len(lines) < 2:
                return first
            head = RowView(
                row.key,
                row.status,
                row.mark,
                (*row.cells[:i], Cell(lines[0], cell.tone), *row.cells[i + 1 :]),
            )
            more = [
                ((" " * offset, Ink.PLAIN), (fit(text, layout.width - offset), Ink(cell.tone.value)))
                for text in lines[1:]
            ]
            return [row_spans(columns, head, layout), *more]
        offset += width + GAP
    return first


def _aligned(text: str, width: int, *, right: bool) -> str:
    if not right:
        return fit(text, width)
    short = shorten(text, width)
    return " " * (width - cell_width(short)) + short
