"""Durations as people write them on a command line."""

import re

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?|\.[0-9]+)(ms|s|m|h)")


def parse_duration(text: str) -> float:
    """Seconds of `30s`, `5m`, `1h30m`, `1.5s` or `500ms`, the way Go's time.ParseDuration reads them.

    Raises ValueError with what is wrong. A bare number is refused, zero too: a unit is what tells 5 s from 5 min.
    """
    rest = text.strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", rest):
        raise ValueError(f"{rest!r} has no unit: write {rest}s or {rest}m")
    seconds, position = 0.0, 0
    while position < len(rest):
        match = _PART.match(rest, position)
        if match is None:
            raise ValueError(f"{text!r} is not a duration: write 30s, 5m or 1h30m")
        seconds += float(match.group(1)) * _UNITS[match.group(2)]
        position = match.end()
    if not rest:
        raise ValueError("the duration is empty: write 30s, 5m or 1h30m")
    return seconds


def parse_timeout(text: str) -> float | None:
    """A duration, or None for `0`, which asks for no limit (as kubectl's --request-timeout does)."""
    return None if text.strip() == "0" else parse_duration(text) or None
