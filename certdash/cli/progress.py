"""Says on stderr how a waiting check is doing: one live line on a terminal, one line per change elsewhere."""

import shutil
from typing import TextIO

from certdash.model.diagnosis import Verdict
from certdash.present.text import age, glyph, sanitise, shorten

_CLEAR_LINE = "\r\x1b[K"


class Progress:
    """`live` redraws one line in place; otherwise a line is written whenever verdict or reason change."""

    def __init__(self, stream: TextIO | None, *, live: bool, ascii: bool) -> None:  # noqa: A002 - as the flag
        self._stream = stream
        self._live = live
        self._ascii = ascii
        self._said = ""
        self._drawn = False

    def show(self, verdict: Verdict, reason: str, elapsed: float) -> None:
        """How it is now; `elapsed` seconds after the start. `reason` may be raw cluster text."""
        state = f"{glyph(verdict, ascii=self._ascii)} {verdict.value}  {sanitise(reason)}"
        if self._live:
            width = shutil.get_terminal_size().columns - 1
            self._write(_CLEAR_LINE + shorten(f"{age(elapsed):>6}  {state}", width))
            self._drawn = True
        elif state != self._said:
            self._write(f"{age(elapsed):>6}  {state}\n")
        self._said = state

    def finish(self) -> None:
        """Leave the terminal's line empty for the report."""
        if self._drawn:
            self._write(_CLEAR_LINE)
            self._drawn = False

    def _write(self, text: str) -> None:
        if self._stream is None:
            return
        try:
            encoding = self._stream.encoding or "utf-8"
            self._stream.write(text.encode(encoding, "replace").decode(encoding))
            self._stream.flush()
        except OSError:
            # Nobody reads progress any more; the answer on stdout and the exit code still count.
            self._stream = None
