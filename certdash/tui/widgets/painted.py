"""What the painted widgets share: the palette of the present theme."""

from textual.widget import Widget

from certdash.tui.theme import Palette, palette_of

ASCII_CLASS = "-ascii"
"""Set on the app when its own signs must be plain ASCII."""


class PaletteCache:
    """The palette for a widget, made anew when the theme changes."""

    def __init__(self) -> None:
        self._key: tuple[str, bool, bool] | None = None
        self._palette: Palette | None = None

    def of(self, widget: Widget) -> Palette:
        """The palette of the app's theme."""
        app = widget.app
        key = (app.theme, app.no_color, app.has_class(ASCII_CLASS))
        if self._palette is None or self._key != key:
            self._palette = palette_of(app.current_theme, no_color=app.no_color, ascii=key[2])
            self._key = key
        return self._palette
