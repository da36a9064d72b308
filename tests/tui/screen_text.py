"""What is on the screen, as plain text."""

from textual.app import App


def screen_text(app: App[None]) -> str:
    """Every row of the terminal, without trailing blanks."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)
