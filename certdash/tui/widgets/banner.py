"""The banner: the verdict in a frame of its colour."""

from textual.content import Content

from certdash.model.diagnosis import Status
from certdash.model.instant import Instant
from certdash.present.text import glyph
from certdash.present.view_model import BannerView
from certdash.tui.banner_lines import banner_lines
from certdash.tui.lines import Line, line
from certdash.tui.theme import Ink
from certdash.tui.widgets.lines_view import LinesView

_STATUS_CLASSES = {f"-{status.value}" for status in Status}


class Banner(LinesView):
    """Shows the verdict; before the first one, to whom we connect."""

    def on_mount(self) -> None:
        """The question that it answers."""
        self.border_title = Content("can the API accept cert-manager resources?")

    def show_view(self, view: BannerView, now: Instant, width: int, height: int) -> None:
        """Show a verdict in so many columns and lines."""
        self._colour(f"-{view.status.value}")
        self.show(banner_lines(view, now, width, height))

    def show_connecting(self, server: str, height: int, *, ascii: bool = False) -> None:  # noqa: A002 - as the flag
        """Nothing is known yet."""
        self._colour("")
        mark = glyph(Status.WAITING, ascii=ascii)
        connecting: Line = line((f" {mark} connecting ", Ink.BLOCK_WAITING), f"  to {server}")
        self.show([connecting] + [line()] * (height - 1))

    def _colour(self, wanted: str) -> None:
        for name in _STATUS_CLASSES:
            self.set_class(name == wanted, name)
