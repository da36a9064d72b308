"""`certdash`: the live dashboard."""

import asyncio
import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from certdash.cli import collector, exit_codes
from certdash.cli.arguments import Invocation
from certdash.cli.colour import use_colour
from certdash.cli.crash_log import state_folder
from certdash.cli.dash_issuance import DashboardTests
from certdash.cli.scope import connection_options, scope_for
from certdash.cli.streams import say
from certdash.engine.source import Source
from certdash.kube.access import ClusterAccess, load_cluster_access
from certdash.kube.clock import read_clock
from certdash.kube.errors import AccessError
from certdash.model.snapshot import Scope

if TYPE_CHECKING:
    from certdash.tui.demo_control import DemoControl

FRAMES_PER_SECOND = "30"
"""Enough for a dashboard, and half of what Textual would paint over a slow line. $TEXTUAL_FPS overrides it."""


def dash_command(invocation: Invocation, environ: Mapping[str, str]) -> int:
    """Run the dashboard and answer the process's exit code."""
    if not has_terminal(environ):
        say(f"{invocation.program} needs a terminal; use `{invocation.program} check`")
        return exit_codes.USAGE
    try:
        access = load_cluster_access(connection_options(invocation), environ)
        access = _with_credentials(access, environ)
    except AccessError as error:
        say(f"{invocation.program}: could not tell: {error}")
        return exit_codes.COULD_NOT_TELL
    return run_dashboard(invocation, access, scope_for(invocation, access.target), environ)


def has_terminal(environ: Mapping[str, str]) -> bool:
    """Whether there is one to paint on and to read keys from."""
    # Textual paints on stderr.
    streams = (sys.stdin, sys.stdout, sys.stderr)
    return all(stream is not None and stream.isatty() for stream in streams) and environ.get("TERM", "dumb") != "dumb"


def _with_credentials(access: ClusterAccess, environ: Mapping[str, str]) -> ClusterAccess:
    """Run a credential plugin once, while the terminal is still the user's: it may have something to say. Raises
    AccessError."""
    if access.exec_spec is None and access.oidc is None:
        return access
    from certdash.kube.credentials import prime_access

    return asyncio.run(prime_access(access, environ, read_clock))


def run_dashboard(
    invocation: Invocation,
    access: ClusterAccess,
    scope: Scope,
    environ: Mapping[str, str],
    demo: "DemoControl | None" = None,
) -> int:
    """Run the app on a cluster, with the means to break it when it is a demo's; answers the exit code."""
    # Textual reads it when it is imported.
    os.environ.setdefault("TEXTUAL_FPS", FRAMES_PER_SECOND)
    from certdash.tui.app import CertdashApp

    async def connect() -> Source:
        return await _connect(access, scope)

    app = CertdashApp(
        connect,
        access.target,
        clock=read_clock,
        demo=demo,
        issuance=_issuance_tests(invocation, access, scope, environ, in_demo=demo is not None),
        recordings=state_folder(environ) / "recordings",
        bell=invocation.value("--bell"),
        ascii=invocation.value("--ascii"),
        no_color=not use_colour(
            invocation.value("--color"), no_color=invocation.value("--no-color"), is_terminal=True, environ=environ
        ),
    )
    app.run()
    return app.return_code or exit_codes.READY


def _issuance_tests(
    invocation: Invocation, access: ClusterAccess, scope: Scope, environ: Mapping[str, str], *, in_demo: bool
) -> DashboardTests | None:
    if not in_demo and invocation.value("--readonly"):
        return None
    namespace = "" if in_demo else invocation.value("--probe-namespace")
    return DashboardTests(access, scope, namespace, state_folder(environ))


async def _connect(access: ClusterAccess, scope: Scope) -> Source:
    """Import the engine beside the loop, which goes on painting, and start it."""
    await asyncio.to_thread(_import_engine)
    from certdash.engine import live

    collector.resume()
    return await live.start(access, scope, clock=read_clock)


def _import_engine() -> None:
    import certdash.engine.live  # noqa: F401 - imported for the modules it leaves behind
