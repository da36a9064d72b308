"""Colours: two themes of our own, and the inks that every line is written with."""

from dataclasses import dataclass
from enum import StrEnum

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter
from textual.theme import Theme

from certdash.model.diagnosis import Status
from certdash.present.view_model import Tone

DARK = Theme(
    name="certdash-dark",
    primary="#7aa2d6",
    secondary="#5c7a9c",
    accent="#7aa2d6",
    success="#7fc08a",
    warning="#e0b25c",
    error="#e8737a",
    foreground="#c9d1dc",
    background="#12161d",
    surface="#171c25",
    panel="#1f2632",
    dark=True,
    variables={
        "certdash-dim": "#7b8799",
        "certdash-strong": "#eef2f7",
        "certdash-unknown": "#b59ddb",
        "certdash-waiting": "#5fb8cc",
        "certdash-on-block": "#12161d",
        "certdash-cursor": "#2a3547",
        "certdash-line": "#2f3a4b",
    },
)
LIGHT = Theme(
    name="certdash-light",
    primary="#2b5f9e",
    secondary="#5c7a9c",
    accent="#2b5f9e",
    success="#1f7a3a",
    warning="#8a5a00",
    error="#b3261e",
    foreground="#2b3340",
    background="#fbfbf9",
    surface="#f3f4f1",
    panel="#e8eae6",
    dark=False,
    variables={
        "certdash-dim": "#66707f",
        "certdash-strong": "#0b1018",
        "certdash-unknown": "#6a3fb0",
        "certdash-waiting": "#0b6b80",
        "certdash-on-block": "#ffffff",
        "certdash-cursor": "#d9e3f0",
        "certdash-line": "#c8cdd4",
    },
)
THEMES = (DARK, LIGHT)
# What the ansi themes lack: the terminal's own sixteen colours.
_ANSI_VARIABLES = {
    "certdash-dim": "ansi_bright_black",
    "certdash-strong": "ansi_default",
    "certdash-unknown": "ansi_magenta",
    "certdash-waiting": "ansi_cyan",
    "certdash-on-block": "ansi_black",
    "certdash-cursor": "ansi_default",
    "certdash-line": "ansi_bright_black",
}
VARIABLE_DEFAULTS = dict(_ANSI_VARIABLES)


class Ink(StrEnum):
    """What a piece of text is written with: the tones of the view models, and what only the screen has."""

    PLAIN = Tone.PLAIN.value
    DIM = Tone.DIM.value
    STRONG = Tone.STRONG.value
    OK = Tone.OK.value
    WARN = Tone.WARN.value
    FAIL = Tone.FAIL.value
    UNKNOWN = Tone.UNKNOWN.value
    WAITING = Tone.WAITING.value
    ACCENT = "accent"
    BLOCK_OK = "block ok"
    BLOCK_WARN = "block warn"
    BLOCK_FAIL = "block fail"
    BLOCK_UNKNOWN = "block unknown"
    BLOCK_WAITING = "block waiting"
    BLOCK_ACCENT = "block accent"


_STATUS_INKS = {
    Status.OK: Ink.OK,
    Status.WARN: Ink.WARN,
    Status.FAIL: Ink.FAIL,
    Status.UNKNOWN: Ink.UNKNOWN,
    Status.WAITING: Ink.WAITING,
}


def ink_of(status: Status | None) -> Ink:
    """The ink that a state is written with."""
    return Ink.DIM if status is None else _STATUS_INKS[status]


def block_of(status: Status) -> Ink:
    """The ink of the one strong accent: the state's colour as background."""
    return Ink(f"block {ink_of(status).value}")


@dataclass(frozen=True, slots=True, eq=False)
class Palette:
    """The style of each ink over a widget's own colours, and that of the row under the cursor.

    `ascii`: the terminal can't be trusted with more, our own signs are replaced by plain ones.
    """

    styles: dict[Ink, Style]
    cursor: Style
    ascii: bool = False

    def folded(self, text: str) -> str:
        """The text with signs that the terminal can show; each takes one cell before and after."""
        return text.translate(_ASCII_SIGNS) if self.ascii and not text.isascii() else text


_ASCII_SIGNS = str.maketrans({"└": "`", "→": ">", "·": "-", "…": "~", "↑": "^", "↓": "v", "↵": "<", "│": "|"})


def palette_of(theme: Theme, *, no_color: bool, ascii: bool = False) -> Palette:  # noqa: A002 - as the flag
    """The inks of a theme. Without colour, weight and reversal carry what colour else does."""
    if no_color:
        return _plain_palette(ascii)
    variables = {**_ANSI_VARIABLES, **theme.variables} if theme.ansi else {**DARK.variables, **theme.variables}
    colours = {
        Ink.OK: theme.success or "green",
        Ink.WARN: theme.warning or "yellow",
        Ink.FAIL: theme.error or "red",
        Ink.UNKNOWN: variables["certdash-unknown"],
        Ink.WAITING: variables["certdash-waiting"],
        Ink.ACCENT: theme.accent or theme.primary,
    }
    on_block = _rich_colour(variables["certdash-on-block"])
    styles = {ink: Style(color=_rich_colour(colour)) for ink, colour in colours.items()}
    styles |= {
        Ink(f"block {ink.value}"): Style(color=on_block, bgcolor=_rich_colour(colour), bold=True)
        for ink, colour in colours.items()
    }
    styles |= {
        Ink.PLAIN: Style.null(),
        Ink.DIM: Style(color=_rich_colour(variables["certdash-dim"])),
        Ink.STRONG: Style(bold=True)
        if theme.ansi
        else Style(color=_rich_colour(variables["certdash-strong"]), bold=True),
    }
    cursor = Style(reverse=True) if theme.ansi else Style(bgcolor=_rich_colour(variables["certdash-cursor"]))
    return Palette(styles, cursor, ascii)


def _plain_palette(ascii: bool) -> Palette:  # noqa: A002 - as the flag
    plain, bold, block = Style.null(), Style(bold=True), Style(bold=True, reverse=True)
    styles = {ink: block if ink.value.startswith("block ") else plain for ink in Ink}
    styles |= {Ink.STRONG: bold, Ink.FAIL: bold, Ink.WARN: bold, Ink.DIM: Style(dim=True)}
    return Palette(styles, Style(reverse=True), ascii)


def _rich_colour(name: str) -> str:
    return name.removeprefix("ansi_") if name.startswith("ansi_") else Color.parse(name).hex6.lower()


class WithoutColour(LineFilter):
    """Takes every colour out of what is painted and leaves weight, underline and reversal."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same text in the terminal's own colours."""
        del background
        return [
            Segment(text, style.without_color if style is not None else None, control)
            for text, style, control in segments
        ]
