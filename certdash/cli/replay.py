"""`certdash replay`: the dashboard on a recording."""

import os
from collections.abc import Mapping
from pathlib import Path

from certdash.cli import collector, exit_codes
from certdash.cli.arguments import Invocation
from certdash.cli.colour import use_colour
from certdash.cli.dash import FRAMES_PER_SECOND, has_terminal
from certdash.cli.streams import say
from certdash.engine.replay import ReplayEngine
from certdash.engine.source import Source
from certdash.recording.errors import RecordingError


def replay_command(invocation: Invocation, environ: Mapping[str, str]) -> int:
    """Run the dashboard and answer the process's exit code; 3 for a file that can't be read."""
    name = invocation.operands[0]
    if not has_terminal(environ):
        say(f"{invocation.program} replay needs a terminal; use `{invocation.program} check --replay={name}`")
        return exit_codes.USAGE
    try:
        engine = ReplayEngine(Path(name))
    except RecordingError as error:
        say(f"{invocation.program}: {error}")
        return exit_codes.COULD_NOT_TELL
    # Textual reads it when it is imported.
    os.environ.setdefault("TEXTUAL_FPS", FRAMES_PER_SECOND)
    from certdash.tui.app import CertdashApp

    async def connect() -> Source:
        collector.resume()
        engine.start()
        return engine

    app = CertdashApp(
        connect,
        engine.target,
        clock=engine.clock,
        playback=engine,
        bell=invocation.value("--bell"),
        ascii=invocation.value("--ascii"),
        no_color=not use_colour(
            invocation.value("--color"), no_color=invocation.value("--no-color"), is_terminal=True, environ=environ
        ),
    )
    app.run()
    return app.return_code or exit_codes.READY
