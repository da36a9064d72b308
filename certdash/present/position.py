"""Places in a recording: how they are written, and what a person may type to go to one."""

import re

_CLOCK = re.compile(r"(?:(\d+):)?([0-5]?\d):([0-5]\d)")
_SPAN = re.compile(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s?)?")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)%")
WAYS = "as 12m30s, 12:30, +10s, -1m or 50%"


def position_text(seconds: float, *, hours: bool = False) -> str:
    """Seconds from the beginning as `12:34`, or `1:02:03` from an hour on (always, with `hours`)."""
    whole = max(int(seconds), 0)
    minutes, rest = divmod(whole, 60)
    if not hours and minutes < 60:
        return f"{minutes}:{rest:02}"
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def parse_position(text: str, position: float, length: float) -> float:
    """Seconds from the beginning that a person means: from there, or with a sign from `position`.

    The answer may lie outside of the recording, which holds it within. Raises ValueError in words.
    """
    text = text.strip().casefold()
    if percent := _PERCENT.fullmatch(text):
        return length * float(percent[1]) / 100
    sign = text[:1] if text[:1] in ("+", "-") else ""
    seconds = _span(text.removeprefix(sign))
    return seconds if not sign else position + (seconds if sign == "+" else -seconds)


def _span(text: str) -> float:
    if clock := _CLOCK.fullmatch(text):
        return int(clock[1] or 0) * 3600 + int(clock[2]) * 60 + int(clock[3])
    span = _SPAN.fullmatch(text)
    if not text or not span:
        raise ValueError(f"{text!r} is no place: say it {WAYS}")
    hours, minutes, seconds = (float(part or 0) for part in span.groups())
    return hours * 3600 + minutes * 60 + seconds
