"""The `certdash` command: reads the arguments, runs one command, and is the edge where every error becomes a line."""

import contextlib
import os
import sys
from collections.abc import Mapping, Sequence

from certdash.cli import collector, exit_codes
from certdash.cli.arguments import Invocation, read_arguments
from certdash.cli.parser import UsageError


def run() -> None:
    """The console script. Ends the process with the command's exit code.

    It ends at once: taking the interpreter apart would cost an eighth of a whole `check`, and everything that has to
    be put back (the terminal, files, connections) is put back by then.
    """
    collector.hold()
    code = main(sys.argv, os.environ)
    for stream in (sys.stdout, sys.stderr):
        # None when the process was started without it; whoever read it may have gone.
        with contextlib.suppress(AttributeError, OSError, ValueError):
            stream.flush()
    os._exit(code)


def main(argv: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run the command line and answer its exit code. Nothing but the end of the interpreter passes this edge."""
    program = _program_name(argv[0] if argv else "")
    try:
        return _dispatch(read_arguments(program, argv[1:], environ), environ)
    except UsageError as error:
        _say(f"{program}: {error}")
        return exit_codes.USAGE
    except KeyboardInterrupt:
        return exit_codes.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the edge of the program: a person gets a line, a file the details
        from certdash.cli.crash_log import report_crash

        _say(f"{program}: {report_crash(error, environ)}")
        return exit_codes.INTERNAL_ERROR


def _program_name(script: str) -> str:
    # kubectl runs a plugin as kubectl-NAME; people then type `kubectl certdash`.
    name = os.path.basename(script)  # noqa: PTH119 - pathlib costs a tenth of the whole start
    return "kubectl certdash" if name.startswith(("kubectl-", "kubectl_")) else "certdash"


def _dispatch(invocation: Invocation, environ: Mapping[str, str]) -> int:
    """Each command is imported when it is asked for: --help and --version must cost nothing."""
    if invocation.command == "help":
        return _print(invocation.operands[0])
    if invocation.command == "version":
        from certdash import __version__

        return _print(f"certdash {__version__}\n")
    if invocation.command == "completion":
        from certdash.cli.completion import completion_script

        return _print(completion_script(invocation.operands[0]))
    if invocation.command == "explain":
        from certdash.cli.explain import explain_text

        return _print(explain_text(invocation))
    if invocation.command == "rbac":
        from certdash.cli.rbac import rbac_text

        return _print(rbac_text(invocation))
    if invocation.command == "info":
        from certdash.cli.info import info_text

        return _print(info_text(invocation, environ))
    if invocation.command == "test":
        from certdash.cli.issuance import issuance_command

        return issuance_command(invocation, environ)
    if invocation.command == "leftovers":
        from certdash.cli.leftovers import leftovers_command

        return leftovers_command(invocation, environ)
    if invocation.command == "cleanup":
        from certdash.cli.cleanup import cleanup_command

        return cleanup_command(invocation, environ)
    if invocation.command == "check":
        from certdash.cli.check import check_command

        return check_command(invocation, environ)
    if invocation.command == "record":
        from certdash.cli.record import record_command

        return record_command(invocation, environ)
    if invocation.command == "replay":
        from certdash.cli.replay import replay_command

        return replay_command(invocation, environ)
    if invocation.command == "demo":
        from certdash.cli.demo import demo_command

        return demo_command(invocation, environ)
    from certdash.cli.dash import dash_command

    return dash_command(invocation, environ)


def _print(text: str) -> int:
    from certdash.cli.streams import write_out

    return write_out(text, exit_codes.READY)


def _say(line: str) -> None:
    from certdash.cli.streams import say

    say(line)
