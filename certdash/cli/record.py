"""`certdash record`: writes everything that is observed into a file, without a screen."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from certdash.cli import collector, exit_codes
from certdash.cli.arguments import Invocation
from certdash.cli.progress import Progress
from certdash.cli.scope import connection_options, scope_for
from certdash.cli.streams import say
from certdash.engine import live
from certdash.engine.live import LiveEngine
from certdash.engine.playback import RecordingState
from certdash.kube.access import ClusterAccess, load_cluster_access
from certdash.kube.clock import read_clock
from certdash.kube.errors import AccessError
from certdash.model.snapshot import Scope
from certdash.present.text import age
from certdash.recording.errors import RecordingError

_LOOK_EVERY: Final = 1.0
"""How often it is looked whether the file can still be written, in seconds."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    path: Path
    duration: float | None
    max_size: int
    replace_names: bool


def record_command(invocation: Invocation, environ: Mapping[str, str]) -> int:
    """Record until the time is over or a signal comes, and answer the exit code.

    ctrl-c is how a recording is ended: with a complete file that is 0. Other signals end it as well, and are reported
    as such. 1 means that the file ends early, 2 that it could not be begun.
    """
    value = invocation.value
    wanted = _Wanted(
        Path(invocation.operands[0]), value("--duration"), value("--max-size"), bool(value("--redact-names"))
    )
    quiet = bool(value("--quiet"))
    progress = Progress(None if quiet else sys.stderr, live=False, ascii=bool(value("--ascii")))
    try:
        access = load_cluster_access(connection_options(invocation), environ)
        state, code = asyncio.run(_record(access, scope_for(invocation, access.target), wanted, progress))
    except AccessError as error:
        say(f"{invocation.program}: could not tell: {error}")
        return exit_codes.COULD_NOT_TELL
    except RecordingError as error:
        say(f"{invocation.program}: {error}")
        return exit_codes.USAGE
    if state.error:
        say(f"{invocation.program}: {state.error}: the recording ends there")
        return exit_codes.NOT_READY
    if not quiet:
        length = age(read_clock().seconds_since(state.since))
        say(f"{invocation.program}: recorded {length} to {state.path} ({_size(state.size)})")
    return code


def _size(count: int) -> str:
    return f"{count / 1024:.0f} KiB" if count < 1 << 20 else f"{count / (1 << 20):.1f} MiB"


async def _record(
    access: ClusterAccess, scope: Scope, wanted: _Wanted, progress: Progress
) -> tuple[RecordingState, int]:
    collector.resume()
    interrupted = _catch_signals()
    engine = await live.start(access, scope, clock=read_clock)
    try:
        engine.start_recording(wanted.path, max_size=wanted.max_size, replace_names=wanted.replace_names)
        following = asyncio.ensure_future(_follow(engine, progress))
        await asyncio.wait((following, interrupted), timeout=wanted.duration, return_when=asyncio.FIRST_COMPLETED)
        following.cancel()
        await asyncio.wait((following,))
        state = await engine.stop_recording()
        if not following.cancelled():
            # A fault of the engine; what came before it is in the file.
            following.result()
    finally:
        await engine.close()
    if state is None:
        raise RecordingError(f"nothing was recorded to {wanted.path}")
    number = interrupted.result() if interrupted.done() else signal.SIGINT
    return state, exit_codes.READY if number == signal.SIGINT else 128 + number


async def _follow(engine: LiveEngine, progress: Progress) -> None:
    """Say each change of the verdict until the recording can't go on."""
    started = read_clock()
    assessment = engine.assessment
    while (state := engine.recording) is not None and not state.error:
        elapsed = read_clock().seconds_since(started)
        progress.show(assessment.diagnosis.verdict, assessment.diagnosis.headline, elapsed)
        try:
            async with asyncio.timeout(_LOOK_EVERY):
                assessment = await engine.next_assessment(assessment.version)
        except TimeoutError:
            continue


def _catch_signals() -> "asyncio.Future[int]":
    loop = asyncio.get_running_loop()
    interrupted: asyncio.Future[int] = loop.create_future()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, _interrupt, interrupted, number)
    return interrupted


def _interrupt(interrupted: "asyncio.Future[int]", number: int) -> None:
    if interrupted.done():
        # Asked a second time: what is written is written.
        os._exit(128 + number)
    interrupted.set_result(number)
