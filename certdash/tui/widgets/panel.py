"""One panel of the dashboard: a live table in a titled frame."""

from textual.content import Content
from textual.geometry import Region

from certdash.model.diagnosis import Status
from certdash.present.text import cell_width, shorten
from certdash.present.view_model import PanelId, PanelView
from certdash.tui.board import NATURAL_ROWS
from certdash.tui.theme import ink_of
from certdash.tui.widgets.live_table import LiveTable
from certdash.tui.widgets.painted import PaletteCache

_FRAME = 4


class Panel(LiveTable):
    """Shows a PanelView."""

    def __init__(self, panel: PanelId) -> None:
        super().__init__(id=panel.value, classes="panel")
        self.panel = panel
        self._view: PanelView | None = None
        self._titles: tuple[object, ...] = ()
        self._title_palettes = PaletteCache()

    @property
    def view(self) -> PanelView | None:
        """What is shown."""
        return self._view

    def show_view(self, view: PanelView) -> None:
        """Show the panel as it is now; repaints what differs."""
        self._view = view
        self._title()
        self.show(view.columns, view.rows, with_header=self._header_fits())

    def place(self, region: Region) -> None:
        """Lie there, in cells of the screen."""
        styles = self.styles
        styles.offset = (region.x, region.y)
        styles.width, styles.height = region.width, region.height
        self.display = True

    def settle(self) -> None:
        """Fit titles and header to the present size."""
        if self._view is not None:
            self.show_view(self._view)
        super().settle()

    def _header_fits(self) -> bool:
        """Column titles are shown when they cost no row that is there when all is well."""
        height = self.content_size.height
        return height == 0 or height > NATURAL_ROWS[self.panel]

    def _title(self) -> None:
        view = self._view
        if view is None:
            return
        width = max(self.size.width - _FRAME - 2, 0) or 40
        signs = (view.number, view.mark, view.status, view.summary, view.note, view.hidden, width, self.app.theme)
        if signs == self._titles:
            return
        self._titles = signs
        self.border_title = self._top(view, width)
        self.border_subtitle = self._bottom(view, width)

    def _top(self, view: PanelView, width: int) -> Content:
        palette = self._title_palettes.of(self)
        parts: list[tuple[str, str] | str] = [(f"{view.number} ", "dim"), (view.title, "bold")]
        if view.status is not None:
            colour = palette.styles[ink_of(view.status)]
            word = palette.folded(f" {view.mark} {view.status.value}")
            parts.append((word, str(colour.color.name) if colour.color else ""))
            left = width - len(view.title) - len(word) - 6
            whole = cell_width(view.summary) <= left
            if view.summary and (whole or (left > 8 and view.status is not Status.OK)):
                parts.append((f"  {palette.folded(shorten(view.summary, left))}", "not bold"))
        return Content.assemble(*parts)

    def _bottom(self, view: PanelView, width: int) -> Content:
        palette = self._title_palettes.of(self)
        said = view.note
        if view.hidden:
            said = f"{view.hidden} hidden by the filter" + (f"; {said}" if said else "")
        return Content(palette.folded(shorten(said, width)))
