"""An empty Textual app with header and footer: what any screen of Textual costs to start."""

from textual.app import App, ComposeResult
from textual.widgets import Footer, Header


class EmptyApp(App[None]):
    """Nothing between header and footer."""

    def compose(self) -> ComposeResult:
        """The two bars."""
        yield Header()
        yield Footer()


if __name__ == "__main__":
    EmptyApp().run()
