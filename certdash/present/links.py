"""The chain as one short table, for screens without room for its panels."""

from certdash.present.view_model import Cell, Column, PanelId, RowView, ScreenView, Tone

COLUMNS = (Column("LINK"), Column("STATE"), Column("", flexible=True))


def link_rows(view: ScreenView) -> tuple[RowView, ...]:
    """One row for each panel of the chain; the key is the panel's name."""
    return tuple(
        RowView(
            panel.id.value,
            panel.status,
            panel.mark,
            (
                Cell(f"{panel.number} {panel.title}"),
                Cell(panel.status.value if panel.status else "", Tone.DIM),
                Cell(panel.summary or _first_trouble(view, panel.id), Tone.DIM),
            ),
        )
        for panel in view.panels
        if panel.id is not PanelId.TIMELINE
    )


def _first_trouble(view: ScreenView, panel: PanelId) -> str:
    """What the first row in the panel's own state says."""
    shown = view.panel(panel)
    row = next((r for r in shown.rows if r.status is shown.status), None)
    if row is None:
        return ""
    flexible = next((i for i, c in enumerate(shown.columns) if c.flexible), 0)
    return row.cells[flexible].text if flexible < len(row.cells) else ""
