"""Spans of time as Go reads and prints them (package time). Kept in nanoseconds."""

import re

NANOSECOND = 1
MICROSECOND = 1000
MILLISECOND = 10**6
SECOND = 10**9
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE

_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)([^\d.]*)")
_UNITS = {
    "ns": NANOSECOND,
    "us": MICROSECOND,
    "µs": MICROSECOND,
    "μs": MICROSECOND,
    "ms": MILLISECOND,
    "s": SECOND,
    "m": MINUTE,
    "h": HOUR,
}


def parse_duration(text: str) -> int:
    """Nanoseconds. Raises ValueError in Go's words."""
    quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    negative, rest = text.startswith("-"), text[1:] if text[:1] in ("-", "+") else text
    if rest == "0":
        return 0
    if not rest:
        raise ValueError(f"time: invalid duration {quoted}")
    total = 0.0
    whole = 0
    while rest:
        part = _PART.match(rest)
        if part is None:
            raise ValueError(f"time: invalid duration {quoted}")
        number, unit = part.groups()
        if not unit:
            raise ValueError(f"time: missing unit in duration {quoted}")
        if unit not in _UNITS:
            raise ValueError(f'time: unknown unit "{unit}" in duration {quoted}')
        integer, _, fraction = number.partition(".")
        whole += int(integer or 0) * _UNITS[unit]
        total += float(f"0.{fraction or 0}") * _UNITS[unit]
        rest = rest[part.end() :]
    return (whole + int(total)) * (-1 if negative else 1)


def duration_text(span: int) -> str:
    """As Go prints it: 1h30m0s, 1.5s, 200ms."""
    sign, rest = ("-", -span) if span < 0 else ("", span)
    if rest == 0:
        return "0s"
    if rest < SECOND:
        unit, name = next(
            (size, name)
            for size, name in ((MILLISECOND, "ms"), (MICROSECOND, "µs"), (NANOSECOND, "ns"))
            if rest >= size
        )
        return f"{sign}{_decimal(rest, unit)}{name}"
    hours, minutes, seconds = rest // HOUR, rest % HOUR // MINUTE, rest % MINUTE
    told = f"{_decimal(seconds, SECOND)}s"
    if hours:
        return f"{sign}{hours}h{minutes}m{told}"
    return f"{sign}{minutes}m{told}" if minutes else f"{sign}{told}"


def _decimal(value: int, unit: int) -> str:
    whole, part = divmod(value, unit)
    digits = len(str(unit)) - 1
    return f"{whole}.{part:0{digits}d}".rstrip("0") if part else str(whole)
