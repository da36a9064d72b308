"""Makes an argparse parser of the declared flags: its help is the user's, its errors are one line."""

import argparse
from typing import Any, Final, NoReturn

from certdash.cli.flags import COMMANDS, Command, Flag

_DESCRIPTION: Final = (
    "Proves whether the Kubernetes API accepts cert-manager resources, and names what to fix when it does not."
)
_EPILOG: Final = """\
exit codes of check and test:
  0 ready   1 not ready   2 wrong usage   3 could not tell   124 --wait ran out   130 ctrl-c   143 terminated

Every flag has a mirror in the environment, --probe-namespace is CERTDASH_PROBE_NAMESPACE; a flag wins."""


class UsageError(Exception):
    """The command line is wrong; the text is one line that says what to write."""


class CommandParser(argparse.ArgumentParser):
    """Raises instead of printing and exiting, so that one place decides what is printed where."""

    def error(self, message: str) -> NoReturn:
        """Raises UsageError."""
        raise UsageError(message.removeprefix("argument "))


def command_parser(program: str, command: Command, *, top: bool) -> CommandParser:
    """The parser of one command. `top`: no command was named, so the help lists them all."""
    parser = CommandParser(
        prog=program if top else f"{program} {command.name}",
        usage=f"{program} [COMMAND] [flags]" if top else f"{program} {command.name} {_operands_usage(command)}",
        description=_top_description(program) if top else command.help[0].upper() + command.help[1:] + ".",
        epilog=_EPILOG if top or command.name in ("check", "test") else None,
        formatter_class=_WideHelp,
        allow_abbrev=False,
        argument_default=argparse.SUPPRESS,
        add_help=False,
    )
    groups: dict[str, Any] = {}
    for flag in command.flags:
        if flag.group not in groups:
            groups[flag.group] = parser.add_argument_group(flag.group)
        _add(groups[flag.group], flag)
    general = parser.add_argument_group("general")
    general.add_argument("-h", "--help", action="store_true", help="show this")
    if top:
        general.add_argument("--version", action="store_true", help="print the version")
    parser.add_argument("operands", nargs="*", help=argparse.SUPPRESS)
    return parser


def destination(flag: Flag) -> str:
    """The name of the flag's value in argparse's namespace."""
    return flag.name.lstrip("-").replace("-", "_")


class _WideHelp(argparse.RawDescriptionHelpFormatter):
    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=34)


def _operands_usage(command: Command) -> str:
    return " ".join(part for part in (command.operands.shown, "[flags]" if command.flags else "") if part)


def _top_description(program: str) -> str:
    rows = "\n".join(f"  {command.name:<12}{command.help}" for command in COMMANDS)
    return f"{_DESCRIPTION}\n\ncommands ({program} COMMAND --help tells more):\n{rows}"


def _add(group: Any, flag: Flag) -> None:
    # Values stay text here: flag and environment are parsed by the same function, later.
    if not flag.takes_value:
        group.add_argument(*flag.spellings, dest=destination(flag), action="store_true", help=flag.help)
        return
    action = "append" if flag.repeatable else "store"
    group.add_argument(*flag.spellings, dest=destination(flag), action=action, metavar=flag.metavar, help=flag.help)
