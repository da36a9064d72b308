"""Writes to stdout and stderr, and survives their absence: the reader of a pipe may leave, a stream may be closed."""

import os
import sys

from certdash.cli import exit_codes


def write_out(text: str, code: int) -> int:
    """Write to stdout and answer `code`, or what the failure to write amounts to.

    A pipe whose reader is gone ends the process quietly as SIGPIPE ends kubectl; any other failure (disk full,
    stdout closed) is said on stderr, since whoever asked for the text does not have it.
    """
    if sys.stdout is None:
        say("certdash: stdout is closed: redirect it to /dev/null, or use check -q for the exit code alone")
        return exit_codes.PIPE_CLOSED
    try:
        sys.stdout.write(_encodable(text, sys.stdout.encoding))
        sys.stdout.flush()
    except BrokenPipeError:
        _abandon_stdout()
        return exit_codes.PIPE_CLOSED
    except OSError as error:
        _abandon_stdout()
        say(f"certdash: can't write to stdout: {error.strerror or error}")
        return exit_codes.INTERNAL_ERROR
    return code


def say(line: str) -> None:
    """One line on stderr; nothing when nobody listens there."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(_encodable(line, sys.stderr.encoding) + "\n")
        sys.stderr.flush()
    except OSError:
        return


def _abandon_stdout() -> None:
    # What is left in the buffer would raise again when the interpreter flushes it at its end.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _encodable(text: str, encoding: str | None) -> str:
    """What the stream's encoding lacks (glyphs under LANG=C) is replaced instead of raising."""
    name = encoding or "utf-8"
    return text.encode(name, "replace").decode(name)
