"""What changed when, newest first."""

from certdash.model.assessment import TimelineEntry
from certdash.present.panels.parts import PanelInput, text_cell
from certdash.present.text import clock_time_or_date
from certdash.present.view_model import Cell, Column, RowView, Tone

COLUMNS = (Column("UTC"), Column("CHANGE", flexible=True))


def timeline_rows(source: PanelInput) -> tuple[RowView, ...]:
    """One row for each entry. Keys count from the oldest, so that a row keeps its key while newer ones come."""
    entries = source.assessment.timeline
    return tuple(_row(source, entry) for entry in reversed(entries))


def _row(source: PanelInput, entry: TimelineEntry) -> RowView:
    key = f"{entry.at.steady}/{entry.topic}/{entry.text}"
    cells = (Cell(clock_time_or_date(entry.at.wall, source.now.wall), Tone.DIM), text_cell(entry.text))
    return source.row(key, entry.status, cells, entry.ref)
