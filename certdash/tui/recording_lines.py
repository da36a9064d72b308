"""What the dashboard says about a recording that it writes."""

from typing import TYPE_CHECKING

from certdash.present.text import shorten

if TYPE_CHECKING:
    from certdash.engine.playback import RecordingState

_UNITS = ("B", "KiB", "MiB", "GiB")


def stopped_text(state: "RecordingState") -> str:
    """What came of a recording."""
    if state.error:
        return f"recording stopped: {state.error}"
    return f"recorded {size_text(state.size)} to {state.path}"


def mark_of(state: "RecordingState | None") -> str:
    """What the header says about it, "" when nothing is recorded."""
    if state is None:
        return ""
    return "REC failed" if state.error else f"REC {shorten(size_text(state.size), 12)}"


def size_text(size: int) -> str:
    """Bytes for people: `512 B`, `1.4 MiB`."""
    value, unit = float(size), _UNITS[0]
    for unit in _UNITS:
        if value < 1024 or unit == _UNITS[-1]:
            break
        value /= 1024
    return f"{value:.0f} {unit}" if unit == _UNITS[0] else f"{value:.1f} {unit}"
