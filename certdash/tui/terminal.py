"""What goes to the terminal beside the picture."""

import termios
from typing import Any

from textual.app import App

from certdash.present.text import sanitise

_LIMIT = 120


def set_title(app: App[Any], title: str) -> None:
    """Set the title of the terminal's window and tab (OSC 0)."""
    driver = app._driver
    if driver is not None and not app.is_headless:
        driver.write(f"\x1b]0;{sanitise(title, _LIMIT)}\x07")


def terminal_is_there() -> bool:
    """Whether stdin's terminal still exists: after a hang-up every question about it is an I/O error."""
    try:
        termios.tcgetattr(0)
    except termios.error:
        return False
    return True
