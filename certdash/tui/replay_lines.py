"""The bar of a replay, as text: where it stands, how fast it goes, what the clock showed then."""

from certdash.engine.playback import Playhead
from certdash.present.position import position_text
from certdash.present.text import date_time, sanitise
from certdash.tui.lines import Line, Span, line, spans_width
from certdash.tui.theme import Ink

MARK = "REPLAY"
SPEEDS = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
_KEYS = ((", .", "step"), ("← →", "10s"), ("n N", "verdict"), ("+ -", "speed"))
_ASCII_KEYS = {"← →": "left right"}
_LEAST_TRACK = 12


def replay_mark(head: Playhead) -> str:
    """The mark of the header, with the recording's own time."""
    return f"{MARK} {date_time(head.at.wall)}"


def bar_line(head: Playhead, width: int, *, ascii: bool = False) -> Line:  # noqa: A002 - as the flag
    """Position and speed at the left, the track, and the keys for which there is room."""
    long = head.length >= 3600
    place = f"{position_text(head.position, hours=long)} / {position_text(head.length, hours=long)}"
    left: list[Span] = [
        (f" {MARK} ", Ink.BLOCK_WARN),
        (f" {_state(head, ascii=ascii)} ", Ink.STRONG),
        (f"{head.speed:g}x ", Ink.PLAIN),
        (f" {place} ", Ink.PLAIN),
    ]
    if head.damage:
        left.append((f" damaged: {sanitise(head.damage)}", Ink.WARN))
        return line(*left)
    right: list[Span] = []
    for key, label in (("space", "pause" if head.playing else "play"), *_KEYS):
        shown = _ASCII_KEYS.get(key, key) if ascii else key
        hint: list[Span] = [(f" {shown}", Ink.ACCENT), (f" {label} ", Ink.DIM)]
        if spans_width([*left, *right, *hint]) + _LEAST_TRACK + 2 > width:
            break
        right += hint
    room = width - spans_width([*left, *right]) - 2
    return line(*left, *_track(head, room, ascii=ascii), right=right)


def _state(head: Playhead, *, ascii: bool) -> str:  # noqa: A002
    if head.playing:
        return "playing" if ascii else "▸ playing"
    word = "end" if head.position >= head.length else "paused"
    return word if ascii else f"■ {word}"


def _track(head: Playhead, room: int, *, ascii: bool) -> list[Span]:  # noqa: A002
    if room < _LEAST_TRACK:
        return []
    share = min(max(head.position / head.length, 0.0), 1.0) if head.length > 0 else 1.0
    done = round(share * (room - 1))
    passed, here, coming = ("=", "|", "-") if ascii else ("━", "╋", "─")
    return [(passed * done, Ink.ACCENT), (here, Ink.STRONG), (coming * (room - 1 - done), Ink.DIM)]


def faster(speed: float) -> float:
    """The next speed above."""
    return next((step for step in SPEEDS if step > speed), SPEEDS[-1])


def slower(speed: float) -> float:
    """The next speed below."""
    return next((step for step in reversed(SPEEDS) if step < speed), SPEEDS[0])
