"""Quitting never hangs: whatever still blocks after a moment is left behind, with the terminal put in order.

The screen's writer thread blocks for ever when the terminal is stalled or gone (a hangup comes with SIGCONT, on which
Textual starts a second writer into the dead terminal), and a look-up in a thread may outlive its caller.
"""

import contextlib
import os
import sys
import termios
import threading
from typing import Any

PATIENCE = 0.9
"""Seconds from the wish to leave to the end of patience."""

# Kitty keyboard off, mouse off, bracketed paste and focus reports off, main screen, cursor on.
_RESTORE = b"\x1b[<u\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?2004l\x1b[?1004l\x1b[?1049l\x1b[?25h"


class ExitGuard:
    """Ends the process when an orderly end takes too long."""

    def __init__(self) -> None:
        self._done = threading.Event()
        self._armed = False
        self._attributes = _terminal_attributes()

    def arm(self, code: int) -> None:
        """From now on the process ends with `code` after PATIENCE seconds at the latest."""
        if not self._armed:
            self._armed = True
            threading.Thread(target=self._wait, args=(code,), name="exit-guard", daemon=True).start()

    def disarm(self) -> None:
        """The end was orderly."""
        self._done.set()

    def _wait(self, code: int) -> None:
        if not self._done.wait(PATIENCE):
            self._restore_terminal()
            os._exit(code)

    def _restore_terminal(self) -> None:
        with contextlib.suppress(OSError, ValueError, termios.error):
            if self._attributes is not None:
                termios.tcsetattr(sys.__stdin__.fileno(), termios.TCSANOW, self._attributes)  # type: ignore[union-attr]
            output = os.dup(sys.__stderr__.fileno())  # type: ignore[union-attr]
            os.set_blocking(output, False)
            try:
                os.write(output, _RESTORE)
            finally:
                # The flag belongs to the terminal that the user's shell goes on with.
                os.set_blocking(output, True)


def _terminal_attributes() -> list[Any] | None:
    try:
        return termios.tcgetattr(sys.__stdin__.fileno()) if sys.__stdin__ else None
    except (OSError, ValueError, termios.error):
        return None
