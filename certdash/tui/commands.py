"""Every command once: its keys, its words, what it does. Bindings, footer, palette, help and `:` follow from it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from textual.binding import Binding

from certdash.present.view_model import PanelId


@dataclass(frozen=True, slots=True)
class Command:
    """`action` is an action of the dashboard. `words` can be typed after `:`; with `argument` (its name for people)
    more may follow, which the action gets as its one parameter. `shown` in the footer as `label`. `opens` something
    that the next keys are meant for, however soon they come."""

    id: str
    keys: str
    label: str
    about: str
    action: str
    words: tuple[str, ...] = ()
    shown: bool = False
    key_label: str = ""
    in_palette: bool = True
    argument: str = ""
    opens: bool = False

    @property
    def key_text(self) -> str:
        """The keys for people."""
        return self.key_label or ", ".join(_KEY_NAMES.get(key, key) for key in self.keys.split(","))


_KEY_NAMES = {
    "question_mark": "?",
    "slash": "/",
    "colon": ":",
    "escape": "esc",
    "ctrl+r": "ctrl-r",
    "ctrl+p": "ctrl-p",
    "ctrl+c": "ctrl-c",
    "shift+tab": "shift-tab",
}

PANEL_TITLES = {
    PanelId.CRDS: "CRDs",
    PanelId.WORKLOADS: "workloads",
    PanelId.SERVICE: "service and endpoints",
    PanelId.WEBHOOKS: "webhook configurations",
    PanelId.CA_BUNDLE: "CA bundle",
    PanelId.PROBE: "probe",
    PanelId.TIMELINE: "timeline",
}

# `:probe` probes.
_PANEL_WORDS = {PanelId.PROBE: "answers"}

MOVING = (
    Command("next-panel", "tab", "next", "Go to the next panel", "next_panel(1)", in_palette=False),
    Command("previous-panel", "shift+tab", "previous", "Go to the panel before", "next_panel(-1)", in_palette=False),
)
PANELS = tuple(
    Command(
        f"panel-{panel.value}",
        str(number),
        title,
        f"Go to the panel {title}",
        f"show_panel('{panel.value}')",
        (_PANEL_WORDS.get(panel, panel.value),),
    )
    for number, (panel, title) in enumerate(PANEL_TITLES.items(), start=1)
)
LOOKING = (
    Command("why", "0", "why", "Show every finding with its evidence and fix", "why", ("why", "findings"), shown=True),
    Command("describe", "d", "describe", "Open the object: facts", "open('facts')", ("describe",)),
    Command("yaml", "y", "yaml", "Open the object: YAML", "open('yaml')", ("yaml",), shown=True),
    Command("events", "e", "events", "Open the object: its events", "open('events')", ("events",)),
    Command("full", "f", "full", "Give the panel the whole screen, or take it back", "full", ("full",)),
    Command("wrap", "w", "wrap", "Show long texts whole, or one line for each row", "wrap", ("wrap",)),
    Command("freeze", "z", "freeze", "Freeze the panels; the verdict goes on", "freeze", ("freeze",), shown=True),
)
DOING = (
    Command(
        "filter", "slash", "filter", "Filter rows; !text hides them", "prompt('/')", ("filter",), shown=True, opens=True
    ),
    Command("probe", "ctrl+r", "probe", "Probe now", "probe", ("probe",), shown=True),
    Command(
        "issuance",
        "i",
        "issuance",
        "Prove that a certificate is issued, by a test that clears up",
        "issuance",
        ("issuance", "test"),
    ),
    Command(
        "record", "r", "record", "Record what comes in to a file, or stop it", "record", ("record",), argument="FILE"
    ),
    Command("copy", "c", "copy fix", "Copy the command that fixes it", "copy", ("copy",), shown=True),
)
PROGRAM = (
    Command("context", "", "", "Show which cluster this is", "context", ("ctx", "context")),
    Command("command", "colon", "command", "Type a command", "prompt(':')", shown=True, in_palette=False, opens=True),
    Command("palette", "ctrl+p", "palette", "Find a command", "app.command_palette", in_palette=False),
    Command("help", "question_mark", "help", "Show all keys", "help", ("help", "h"), shown=True),
    Command("back", "escape", "back", "Close, clear the filter, leave full screen", "back", in_palette=False),
    Command("quit", "q", "quit", "Quit", "app.leave(0)", ("q", "quit", "q!"), shown=True),
)
MOVING_IN_PANELS = (
    ("↑ ↓, j k", "Move the cursor"),
    ("pgup, pgdn", "A page up or down"),
    ("g, G", "First and last row"),
    ("enter", "Open the object of the row"),
)


@dataclass(frozen=True, slots=True)
class Typed:
    """What a line after `:` means."""

    command: Command
    argument: str = ""


@dataclass(frozen=True, slots=True)
class CommandSet:
    """The commands of one kind of dashboard, in groups as the help shows them."""

    groups: tuple[tuple[str, tuple[Command, ...]], ...]

    def __iter__(self) -> Iterator[Command]:
        for _, commands in self.groups:
            yield from commands

    def with_group(self, title: str, commands: tuple[Command, ...]) -> "CommandSet":
        """These and a group of others, which come first."""
        return CommandSet(((title, commands), *self.groups))

    def typed(self, text: str) -> Typed | None:
        """What a line after `:` means; a panel may also be typed by the start of its name or its number."""
        word, _, rest = text.strip().partition(" ")
        word, rest = word.casefold(), rest.strip()
        for command in self:
            if word in command.words or (word and word == command.keys):
                return Typed(command, rest) if command.argument or not rest else None
        starting = [c for c in PANELS if word and not rest and any(w.startswith(word) for w in c.words)]
        return Typed(starting[0]) if len(starting) == 1 else None


COMMON = CommandSet(
    (
        ("Moving", MOVING + PANELS),
        ("Looking", LOOKING),
        ("Doing", DOING),
        ("Program", PROGRAM),
    )
)
"""What every dashboard has."""


def bindings(commands: Iterable[Command]) -> list[Binding]:
    """The key bindings of the commands. Those with priority act before the focused widget sees the next key."""
    return [
        Binding(
            c.keys,
            c.action,
            c.label,
            show=c.shown,
            id=c.id,
            tooltip=c.about,
            priority=c.opens or c.keys in ("tab", "shift+tab"),
        )
        for c in commands
        if c.keys
    ]
