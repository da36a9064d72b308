"""Text on its way to a terminal: sanitised, measured in cells, aged, quoted."""

import re
import shlex
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime

from certdash.model.diagnosis import Status, Verdict

ELLIPSIS = "…"

# Everything that moves the cursor, starts a control sequence, turns the direction of reading or takes no room:
# C0, DEL, C1, soft hyphen, Arabic letter mark, Mongolian vowel separator, zero width and bidi controls, variation
# selectors (terminals disagree about the width that they give), byte order mark, interlinear marks, tag characters.
_REMOVED = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_BLANK = re.compile("[\t\n\v\f\r\x85\u2028\u2029]+")
_SURROGATE = re.compile("[\ud800-\udfff]")
_UNSAFE_IN_COMMAND = re.compile(f"{_REMOVED.pattern}|{_BLANK.pattern}|{_SURROGATE.pattern}")

_STATUS_GLYPHS = {
    Status.OK: ("✔", "+"),
    Status.WARN: ("!", "!"),
    Status.FAIL: ("✗", "x"),
    Status.UNKNOWN: ("?", "?"),
    Status.WAITING: ("…", "~"),
}
_VERDICT_STATUS = {
    Verdict.READY: Status.OK,
    Verdict.PROGRESSING: Status.WAITING,
    Verdict.NOT_READY: Status.FAIL,
    Verdict.UNKNOWN: Status.UNKNOWN,
}

_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
_YEAR = 365 * _DAY


def sanitise(text: str, limit: int = 4096) -> str:
    """Cluster text made safe for a terminal: one line, no control, direction or zero-width characters.

    Runs of line breaks and tabs become one space; what can't be encoded becomes U+FFFD. More than `limit` characters
    are cut and end with an ellipsis.
    """
    # A multiple of the limit is enough: cleaning a megabyte to show a line of it would block the screen.
    text = text[: limit * 4 + 64]
    text = _SURROGATE.sub("\ufffd", _REMOVED.sub("", _BLANK.sub(" ", text)))
    if len(text) <= limit:
        return text
    return text[: max(limit - 1, 0)] + ELLIPSIS


def cell_width(text: str) -> int:
    """How many terminal cells the sanitised text takes."""
    if text.isascii():
        return len(text)
    return sum(_character_width(character) for character in text)


def _character_width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def fit(text: str, width: int) -> str:
    """The text in exactly `width` cells: padded with spaces, or cut with an ellipsis."""
    text = shorten(text, width)
    return text + " " * (width - cell_width(text))


def shorten(text: str, width: int) -> str:
    """The text in at most `width` cells; a cut is shown by an ellipsis."""
    if cell_width(text) <= width:
        return text
    if width <= 0:
        return ""
    room = width - 1
    kept: list[str] = []
    for character in text:
        room -= _character_width(character)
        if room < 0:
            break
        kept.append(character)
    return "".join(kept) + ELLIPSIS


def age(seconds: float) -> str:
    """A span as kubectl prints it (`duration.HumanDuration` of apimachinery): 42s, 3m12s, 12m, 3h5m, 9h, 2d4h, 12d."""
    whole = int(seconds)
    if whole < 0:
        return "0s"
    for limit, big, big_unit, small, small_unit in _AGE_STEPS:
        if whole < limit:
            rest = whole % big // small if small else 0
            return f"{whole // big}{big_unit}" + (f"{rest}{small_unit}" if rest else "")
    return f"{whole // _YEAR}y"


# Below the first number of seconds: count by the second, and by the fourth for what is left over.
_AGE_STEPS = (
    (2 * _MINUTE, 1, "s", 0, ""),
    (10 * _MINUTE, _MINUTE, "m", 1, "s"),
    (3 * _HOUR, _MINUTE, "m", 0, ""),
    (8 * _HOUR, _HOUR, "h", _MINUTE, "m"),
    (2 * _DAY, _HOUR, "h", 0, ""),
    (8 * _DAY, _DAY, "d", _HOUR, "h"),
    (2 * _YEAR, _DAY, "d", 0, ""),
    (8 * _YEAR, _YEAR, "y", _DAY, "d"),
)


def duration(seconds: float) -> str:
    """A measured span: 12ms, 0.8s, 3.4s, then as `age`."""
    if seconds < 0.9995:
        return f"{max(seconds, 0) * 1000:.0f}ms"
    if seconds < 10:
        return f"{seconds:.1f}s"
    return age(seconds)


def clock_time(wall: float) -> str:
    """UTC time of day of Unix seconds, `15:04:05`."""
    return _utc(wall).strftime("%H:%M:%S") if _representable(wall) else "--:--:--"


def clock_time_or_date(wall: float, now: float) -> str:
    """UTC time of day, `15:04:05`, or for what is longer ago than 18 hours the date, `Jan 31 15:04`."""
    if now - wall < 18 * _HOUR or not _representable(wall):
        return clock_time(wall)
    return _utc(wall).strftime("%b %d %H:%M")


def date_time(wall: float) -> str:
    """UTC date and time of Unix seconds, `2026-01-31 15:04:05Z`."""
    return _utc(wall).strftime("%Y-%m-%d %H:%M:%SZ") if _representable(wall) else "unknown"


def _representable(wall: float) -> bool:
    return -62135596800 <= wall < 253402300800


def _utc(wall: float) -> datetime:
    return datetime.fromtimestamp(wall, UTC)


def quote_command(argv: Sequence[str]) -> str:
    """The command as a person can paste it into a POSIX shell.

    An argument with characters that a terminal must not see is written as $'...' with escapes (bash, zsh, ksh and
    POSIX 2024), so that what is shown is safe and what is pasted is still what was meant.
    """
    return " ".join(_quote(argument) for argument in argv)


def _quote(argument: str) -> str:
    if not _UNSAFE_IN_COMMAND.search(argument):
        return shlex.quote(argument)
    escaped = argument.replace("\\", "\\\\").replace("'", "\\'")
    encoded = _UNSAFE_IN_COMMAND.sub(_escape_bytes, escaped)
    return f"$'{encoded}'"


def _escape_bytes(match: re.Match[str]) -> str:
    # Octal, always three digits: \x would swallow a hexadecimal digit that follows.
    return "".join(f"\\{byte:03o}" for byte in match.group().encode("utf-8", "surrogatepass"))


def glyph(status: Status | Verdict, ascii: bool = False) -> str:  # noqa: A002 - named as the flag --ascii
    """The one-cell mark of a state; `ascii` for terminals and logs without Unicode."""
    plain = status_of(status) if isinstance(status, Verdict) else status
    return _STATUS_GLYPHS[plain][1 if ascii else 0]


def status_of(verdict: Verdict) -> Status:
    """The status that a verdict is coloured and marked as."""
    return _VERDICT_STATUS[verdict]
