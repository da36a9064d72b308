"""Completion scripts, made from the declared flags."""

from certdash.cli.flags import COMMANDS, Command, Flag

# kubectl is what everybody has who has contexts; without it nothing is offered.
_CONTEXTS = "kubectl config get-contexts -o name 2>/dev/null"


def completion_script(shell: str) -> str:
    """The script of bash, zsh or fish; how to load it stands in its first line."""
    return {"bash": _bash, "zsh": _zsh, "fish": _fish}[shell]()


def _names() -> str:
    return " ".join(command.name for command in COMMANDS)


def _spellings(command: Command) -> str:
    return " ".join([*(spelling for flag in command.flags for spelling in flag.spellings), "--help"])


def _words(flag: Flag) -> str:
    return " ".join(flag.choices) if flag.choices else flag.completes


def _valued() -> dict[str, Flag]:
    """Flags whose values can be completed, each spelling once."""
    flags = (flag for command in COMMANDS for flag in command.flags if _words(flag))
    return {spelling: flag for flag in flags for spelling in flag.spellings}


def _bash() -> str:
    cases = []
    for spelling, flag in _valued().items():
        words = _words(flag)
        if words == "file":
            generated = 'compgen -f -- "$current"'
        elif words == "context":
            generated = f'compgen -W "$({_CONTEXTS})" -- "$current"'
        else:
            generated = f'compgen -W "{words}" -- "$current"'
        cases.append(f"    {spelling}) COMPREPLY=($({generated})); return ;;")
    commands = [f"    {command.name}) {_bash_operands(command)} ;;" for command in COMMANDS]
    return "\n".join(
        [
            "# source <(certdash completion bash)",
            "_certdash() {",
            '  local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}"',
            '  local command="" word words files=""',
            '  [ "$previous" = "=" ] && previous="${COMP_WORDS[COMP_CWORD-2]}"',
            '  [ "$current" = "=" ] && previous="${COMP_WORDS[COMP_CWORD-1]}" && current=""',
            '  case "$previous" in',
            *cases,
            "  esac",
            '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
            f'    case " {_names()} " in *" $word "*) command="$word"; break ;; esac',
            "  done",
            '  case "$command" in',
            *commands,
            f'    *) words="{_names()} {_spellings(COMMANDS[0])} --version" ;;',
            "  esac",
            '  COMPREPLY=($(compgen $files -W "$words" -- "$current"))',
            "}",
            "complete -F _certdash certdash",
            "",
        ]
    )


def _bash_operands(command: Command) -> str:
    words = f'words="{" ".join((_spellings(command), *command.operands.words))}"'
    return f"files=-f {words}" if command.operands.completes == "file" else words


def _zsh() -> str:
    commands = " ".join(_zsh_quote(f"{command.name}:{command.help}") for command in COMMANDS)
    cases = [f"    {command.name}) _arguments -S {' '.join(_zsh_specs(command))} ;;" for command in COMMANDS]
    return "\n".join(
        [
            "#compdef certdash",
            "# source <(certdash completion zsh)",
            "_certdash() {",
            "  local word command=dash",
            f"  local -a commands=({commands})",
            "  for word in ${words[2,CURRENT-1]}; do",
            f"    case $word in {_names().replace(' ', '|')}) command=$word; break ;; esac",
            "  done",
            "  if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then _describe command commands; return; fi",
            "  case $command in",
            *cases,
            "  esac",
            "}",
            "compdef _certdash certdash",
            "",
        ]
    )


def _zsh_specs(command: Command) -> list[str]:
    specs = [f"'1: :({_names()})'", f"'2: :{_zsh_operands(command)}'"]
    for flag in command.flags:
        for spelling in flag.spellings:
            told = flag.help.replace("[", "(").replace("]", ")").replace(":", " -")
            value = f":{flag.metavar.strip('[]').lower()}:{_zsh_values(flag)}" if flag.takes_value else ""
            equals = "=" if flag.takes_value and spelling.startswith("--") else ""
            specs.append(_zsh_quote(f"{'*' if flag.repeatable else ''}{spelling}{equals}[{told}]{value}"))
    return specs


def _zsh_operands(command: Command) -> str:
    return "_files" if command.operands.completes == "file" else f"({' '.join(command.operands.words)})"


def _zsh_values(flag: Flag) -> str:
    words = _words(flag)
    if words == "file":
        return "_files"
    if words == "context":
        return f"($({_CONTEXTS}))"
    return f"({words})" if words else " "


def _zsh_quote(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _fish() -> str:
    lines = ["# certdash completion fish | source", "complete -c certdash -f"]
    for command in COMMANDS:
        lines.append(f"complete -c certdash -n __fish_use_subcommand -a {command.name} -d {_fish_quote(command.help)}")
        condition = f"'__fish_seen_subcommand_from {command.name}'"
        lines += [f"complete -c certdash -n {condition} -a {operand}" for operand in command.operands.words]
        if command.operands.completes == "file":
            lines.append(f"complete -c certdash -n {condition} -F")
        if command.name == "dash":
            condition = f"'not __fish_seen_subcommand_from {_names().replace('dash ', '')}'"
        lines += [_fish_flag(flag, condition) for flag in command.flags]
    return "\n".join([*lines, ""])


def _fish_flag(flag: Flag, condition: str) -> str:
    words = _words(flag)
    parts = [f"complete -c certdash -n {condition} -l {flag.name[2:]}"]
    if flag.short:
        parts.append(f"-s {flag.short[1:]}")
    if flag.takes_value:
        parts.append("-r")
    if words == "file":
        parts.append("-F")
    elif words == "context":
        parts.append(f"-a '({_CONTEXTS})'")
    elif words:
        parts.append(f"-a '{words}'")
    return " ".join([*parts, f"-d {_fish_quote(flag.help)}"])


def _fish_quote(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
