"""`certdash demo`: an embedded cluster to break and heal, and the dashboard on it."""

from collections.abc import Mapping

from certdash.cli import exit_codes
from certdash.cli.arguments import Invocation
from certdash.cli.parser import UsageError
from certdash.cli.streams import say, write_out
from certdash.demo.process import DemoFailed, DemoOptions, DemoProcess
from certdash.demo.scenarios import SCENARIOS
from certdash.demo.script import SCRIPTS, ScriptError, find_script


def demo_command(invocation: Invocation, environ: Mapping[str, str]) -> int:
    """Run what was asked for and answer the process's exit code. Raises UsageError."""
    if invocation.value("--list"):
        return write_out(_listed(), exit_codes.READY)
    options = _options(invocation)
    if invocation.value("--headless"):
        from certdash.cli.demo_headless import run_headless

        return run_headless(options, invocation.program)
    return _dashboard(invocation, options, environ)


def _listed() -> str:
    rows = [("scenarios (--scenario NAME)", "")]
    rows += [(f"  {scenario.name}", scenario.about) for scenario in SCENARIOS.values()]
    rows += [("scripts (--script NAME)", "")]
    rows += [(f"  {script.name}", script.about) for script in SCRIPTS.values()]
    width = max(len(name) for name, about in rows if about) + 2
    return "".join(f"{name:<{width}}{about}".rstrip() + "\n" for name, about in rows)


def _options(invocation: Invocation) -> DemoOptions:
    scenario, script = invocation.value("--scenario"), invocation.value("--script")
    if scenario and scenario not in SCENARIOS:
        raise UsageError(f"--scenario: there is no scenario {scenario!r}{_nearest(scenario)}")
    if scenario and script:
        raise UsageError("--scenario and --script exclude each other: a script begins in a state of its own")
    if script:
        try:
            find_script(script)
        except ScriptError as error:
            raise UsageError(f"--script: {error}") from None
    return DemoOptions(scenario, script, invocation.value("--speed"), invocation.value("--port"))


def _nearest(word: str) -> str:
    import difflib

    near = difflib.get_close_matches(word, SCENARIOS, n=3, cutoff=0.4)
    return f": did you mean {' or '.join(near)}?" if near else ": --list names them all"


def _dashboard(invocation: Invocation, options: DemoOptions, environ: Mapping[str, str]) -> int:
    from certdash.cli.dash import has_terminal, run_dashboard
    from certdash.cli.demo_control import RunningDemo
    from certdash.kube.access import load_cluster_access
    from certdash.kube.options import ConnectionOptions
    from certdash.model.snapshot import Scope

    if not has_terminal(environ):
        say(f"{invocation.program} demo needs a terminal; use `{invocation.program} demo --headless`")
        return exit_codes.USAGE
    control = RunningDemo()
    process = DemoProcess(options, control.hear)
    control.process = process
    try:
        # While the cluster starts, this process gets its own things ready.
        import certdash.tui.app  # noqa: F401

        ready = process.wait_ready()
        # Nothing of the user's surroundings: this cluster and no other.
        access = load_cluster_access(ConnectionOptions(kubeconfig=ready.kubeconfig), {})
        return run_dashboard(invocation, access, Scope(), environ, demo=control)
    except DemoFailed as error:
        say(f"{invocation.program}: {error}")
        return exit_codes.INTERNAL_ERROR
    finally:
        process.stop()
