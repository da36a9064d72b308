"""Reads the command line and its mirror in the environment. Precedence: flag, then environment, then default."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from certdash.cli.flags import COMMANDS, Command, Flag, all_flags, command_named
from certdash.cli.parser import UsageError, command_parser, destination

DEFAULT_COMMAND: Final = "dash"


@dataclass(frozen=True, slots=True)
class Setting:
    """The value of one flag, and where it comes from: `flag`, `environment` or `default`."""

    value: Any
    origin: str


@dataclass(frozen=True, slots=True)
class Invocation:
    """What was asked. `settings` holds every flag of the command by its long name."""

    program: str
    command: str
    operands: tuple[str, ...] = ()
    settings: Mapping[str, Setting] = field(default_factory=dict)

    def value(self, name: str) -> Any:
        """The value of a flag, by its long name."""
        return self.settings[name].value


def read_arguments(program: str, argv: Sequence[str], environ: Mapping[str, str]) -> Invocation:
    """What the command line and the environment ask for.

    Flags may stand before and after the subcommand. For --help the command is `help` and its operand the text.
    Raises UsageError.
    """
    name, rest = _split_command(argv)
    if name == "help":
        name, rest = _split_command([*rest, "--help"])
    command = command_named(name or DEFAULT_COMMAND)
    if command is None:
        raise UsageError(_unknown_command_text(name, rest))
    parser = command_parser(program, command, top=not name)
    given, unknown = parser.parse_known_args(rest)
    values = vars(given)
    if values.get("help"):
        return Invocation(program, "help", (parser.format_help(),))
    if unknown:
        raise UsageError(_unknown_text(unknown[0], command))
    if values.get("version"):
        return Invocation(program, "version")
    operands = _operands(command, values.get("operands", []))
    settings = {flag.name: _setting(flag, values, environ) for flag in command.flags}
    return Invocation(program, command.name, operands, _with_aliases(command, settings))


def _split_command(argv: Sequence[str]) -> tuple[str, list[str]]:
    """The first word that is neither a flag nor the value of one, and everything else."""
    valued = {spelling for flag in all_flags() if flag.takes_value for spelling in flag.spellings}
    position = 0
    while position < len(argv) and argv[position] != "--":
        word = argv[position]
        if not word.startswith("-") or word == "-":
            return word, [*argv[:position], *argv[position + 1 :]]
        position += 2 if _flag_before_value(word, valued) else 1
    return "", list(argv)


def _flag_before_value(word: str, valued: set[str]) -> bool:
    """Whether the next word is the value of this one: so of `-n` and `-qn`, not of `-nfoo` and `--wait=5m`."""
    if word.startswith("--"):
        return word in valued
    first = next((index for index, letter in enumerate(word) if f"-{letter}" in valued), None)
    return first is not None and first == len(word) - 1


def _operands(command: Command, given: Sequence[str]) -> tuple[str, ...]:
    wanted = command.operands
    if wanted.words:
        if len(given) != 1 or given[0] not in wanted.words:
            raise UsageError(f"{command.name} needs one of {', '.join(wanted.words)}")
    elif given and not wanted.most:
        raise UsageError(f"{command.name} takes no argument, but {given[0]!r} was given")
    elif len(given) < wanted.least:
        raise UsageError(f"{command.name} needs {wanted.shown}")
    elif len(given) > wanted.most:
        raise UsageError(f"{command.name} takes {wanted.shown} alone, but {given[wanted.most]!r} was given, too")
    return tuple(given)


def _unknown_command_text(name: str, rest: Sequence[str]) -> str:
    # `--kubconfig file` leaves `file` as the command: the flag is what was misspelt.
    known = {spelling for flag in all_flags() for spelling in flag.spellings}
    known |= {"-h", "--help", "--version"}
    for word in rest:
        spelling = word.split("=", 1)[0]
        if spelling.startswith("--") and len(spelling) > 2 and spelling not in known:
            return f"unknown flag {spelling}{_nearest(spelling, known)}"
    return f"unknown command {name!r}{_nearest(name, (each.name for each in COMMANDS))}"


def _unknown_text(word: str, command: Command) -> str:
    name = word.split("=", 1)[0]
    owners = [each.name for each in COMMANDS if any(name in flag.spellings for flag in each.flags)]
    if owners:
        return f"{name} belongs to {' and '.join(owners)}, not to {command.name}"
    spellings = (spelling for flag in command.flags for spelling in flag.spellings)
    return f"unknown flag {name}{_nearest(name, spellings)}"


def _nearest(word: str, known: Iterable[str]) -> str:
    # Only wanted when something is wrong, and it costs milliseconds to import.
    import difflib

    near = difflib.get_close_matches(word, list(known), n=1)
    return f": did you mean {near[0]}?" if near else ": --help lists what there is"


def _setting(flag: Flag, values: Mapping[str, Any], environ: Mapping[str, str]) -> Setting:
    given = values.get(destination(flag))
    if given is not None:
        return Setting(_parsed(flag, given, flag.name), "flag")
    mirrored = environ.get(flag.variable, "")
    if mirrored:
        parts = [part.strip() for part in mirrored.split(",") if part.strip()] if flag.repeatable else mirrored
        return Setting(_parsed(flag, parts, flag.variable), "environment")
    return Setting(flag.default, "default")


def _parsed(flag: Flag, given: Any, shown_as: str) -> Any:
    if isinstance(given, bool):
        return given
    if isinstance(given, list):
        return tuple(_parsed(flag, part, shown_as) for part in given)
    if flag.choices and given not in flag.choices:
        raise UsageError(f"{shown_as}: {given!r} is not one of {', '.join(flag.choices)}")
    try:
        return flag.parse(given)
    except ValueError as error:
        shown = "its value" if flag.secret else str(error)
        raise UsageError(f"{shown_as}: {shown}") from None


def _with_aliases(command: Command, settings: dict[str, Setting]) -> dict[str, Setting]:
    """An alias speaks where the flag it stands for was not given as directly."""
    rank = {"flag": 0, "environment": 1, "default": 2}
    for flag in command.flags:
        if not flag.alias_of:
            continue
        alias = settings.pop(flag.name)
        if rank[alias.origin] < rank[settings[flag.alias_of].origin]:
            settings[flag.alias_of] = alias
    return settings
