"""`certdash test issuance`: shows what it will create, asks, proves that a certificate is issued, and clears up."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from certdash import __version__
from certdash.actions.issuance_test import IssuanceTest
from certdash.actions.journal import FILE_NAME, Journal
from certdash.certmanager.issuance.plan import DEFAULT_DNS_NAME, IssuerRef, Settings
from certdash.cli import exit_codes
from certdash.cli.arguments import Invocation
from certdash.cli.crash_log import state_folder
from certdash.cli.parser import UsageError
from certdash.cli.scope import connection_options
from certdash.cli.streams import say, write_out
from certdash.kube.access import ClusterAccess, load_cluster_access
from certdash.kube.clock import read_clock
from certdash.kube.errors import AccessError
from certdash.kube.session import Session
from certdash.model.connection import Target
from certdash.model.issuance import IssuanceProgress, Outcome
from certdash.present.document import to_json, to_yaml
from certdash.present.issuance import issuance_document, issuance_report, plan_text, progress_line
from certdash.present.junit import junit
from certdash.present.text import age, sanitise, shorten

DEFAULT_TIMEOUT = 60.0
_CLEAR_LINE = "\r\x1b[K"
_CODES = {
    Outcome.PROVEN: exit_codes.READY,
    Outcome.FAILED: exit_codes.NOT_READY,
    Outcome.TIMED_OUT: exit_codes.TIMED_OUT,
    Outcome.COULD_NOT_TELL: exit_codes.COULD_NOT_TELL,
    Outcome.REFUSED: exit_codes.USAGE,
}


@dataclass(frozen=True, slots=True)
class Tested:
    """How a test ended: `progress` None when it could not begin, for `reason`."""

    progress: IssuanceProgress | None
    code: int
    reason: str = ""

    @property
    def said(self) -> str:
        """Why it is not proven, "" when it is."""
        return self.reason or (self.progress.reason if self.progress is not None else "")


def issuance_command(invocation: Invocation, environ: Mapping[str, str]) -> int:
    """Run the test and answer its exit code. Raises UsageError."""
    check_consent(invocation)
    try:
        access = load_cluster_access(connection_options(invocation), environ)
    except AccessError as error:
        return _finish(invocation, None, Tested(None, exit_codes.COULD_NOT_TELL, str(error)))
    settings = settings_for(invocation, access.target)
    return _finish(invocation, access.target, asyncio.run(run_test(invocation, environ, access, settings)))


def check_consent(invocation: Invocation) -> None:
    """Refuse what can't go well before anything is asked of the cluster. Raises UsageError."""
    value = invocation.value
    if value("--readonly"):
        raise UsageError("--readonly creates nothing, and the issuance test has to")
    if value("--chain") and value("--issuer") is not None:
        raise UsageError("--chain brings an issuer of its own: leave --issuer out")
    if not value("--yes") and not _has_terminal():
        raise UsageError("the issuance test creates objects and removes them again: without a terminal, --yes says so")


def _has_terminal() -> bool:
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def settings_for(invocation: Invocation, target: Target) -> Settings:
    """What was asked for. An Issuer serves its own namespace, so naming one leads into the context's."""
    value = invocation.value
    issuer = IssuerRef(*value("--issuer")) if value("--issuer") is not None else None
    namespace = value("--probe-namespace")
    if not namespace and issuer is not None and issuer.kind != "ClusterIssuer":
        namespace = target.namespace or "default"
    return Settings(
        namespace=namespace,
        issuer=issuer,
        dns_name=value("--dns-name") or DEFAULT_DNS_NAME,
        chain=value("--chain"),
        accept_cost=value("--accept-cost"),
        labels=value("--probe-label"),
        annotations=value("--probe-annotation"),
        timeout=value("--wait") or DEFAULT_TIMEOUT,
    )


async def run_test(
    invocation: Invocation, environ: Mapping[str, str], access: ClusterAccess, settings: Settings
) -> Tested:
    """Show the plan, ask where there is somebody to ask, run it to its end. ctrl-c still clears up; a second one
    leaves the rest to the next run."""
    session = Session(access, f"certdash/{__version__}", read_clock, environ)
    journal = Journal(state_folder(environ) / FILE_NAME, access.target.server)
    try:
        await session.open()
        test = IssuanceTest(session, settings, journal, read_clock)
        if not invocation.value("--quiet"):
            say(plan_text(test.plan, settings, access.target).rstrip())
        if not invocation.value("--yes") and not await _agreed():
            return Tested(None, exit_codes.USAGE, "nothing was created: not agreed to")
        signals = _Signals(test)
        progress = await _run_shown(test, quiet=invocation.value("--quiet"))
    except AccessError as error:
        return Tested(None, exit_codes.COULD_NOT_TELL, str(error))
    finally:
        await session.close()
    if journal.failure and not invocation.value("--quiet"):
        say(f"{invocation.program}: the log of what was done is incomplete: {journal.failure}")
    return Tested(progress, signals.code or _code(progress))


async def _agreed() -> bool:
    sys.stderr.write("Go on? [y/N] ")
    sys.stderr.flush()
    loop = asyncio.get_running_loop()
    typed = asyncio.Event()
    # A thread that reads could not be interrupted, and ctrl-c would wait for a line.
    loop.add_reader(sys.stdin.fileno(), typed.set)
    try:
        await typed.wait()
    finally:
        loop.remove_reader(sys.stdin.fileno())
    return sys.stdin.readline().strip().lower() in ("y", "yes")


class _Signals:
    """Ends the test gently on a signal, and the process on the next one. `code` is the exit code, 0 without one."""

    def __init__(self, test: IssuanceTest) -> None:
        self.code = 0
        self._test = test
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._take, number)

    def _take(self, number: int) -> None:
        if self.code:
            os._exit(128 + number)
        self.code = 128 + number
        self._test.stop()


async def _run_shown(test: IssuanceTest, *, quiet: bool) -> IssuanceProgress:
    shown = asyncio.ensure_future(_show(test, quiet=quiet))
    try:
        return await test.run()
    finally:
        shown.cancel()
        await asyncio.gather(shown, return_exceptions=True)
        if not quiet and _live():
            sys.stderr.write(_CLEAR_LINE)


async def _show(test: IssuanceTest, *, quiet: bool) -> None:
    if quiet or not _live():
        return
    async for progress in test.follow():
        line = f"{age(progress.elapsed):>6}  {progress_line(progress)}"
        width = os.get_terminal_size(sys.stderr.fileno()).columns - 1
        sys.stderr.write(_CLEAR_LINE + shorten(line, width))
        sys.stderr.flush()


def _live() -> bool:
    return sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def _code(progress: IssuanceProgress) -> int:
    code = _CODES.get(progress.outcome or Outcome.COULD_NOT_TELL, exit_codes.COULD_NOT_TELL)
    # Leaving nothing behind was part of what was asked.
    return exit_codes.NOT_READY if code == exit_codes.READY and progress.left_behind else code


def _finish(invocation: Invocation, target: Target | None, tested: Tested) -> int:
    complain(invocation, tested)
    if invocation.value("--quiet"):
        return tested.code
    text = rendered(invocation, target, tested)
    return write_out(text, tested.code) if text else tested.code


def complain(invocation: Invocation, tested: Tested) -> None:
    """One line on stderr where the report does not say it, or nobody may be reading it."""
    progress = tested.progress
    if invocation.value("--quiet") or tested.code == exit_codes.READY:
        return
    if progress is not None and progress.left_behind:
        say(f"{invocation.program}: {len(progress.left_behind)} object(s) are left behind; the next test removes them")
    if tested.code == exit_codes.COULD_NOT_TELL:
        say(f"{invocation.program}: could not tell: {sanitise(tested.said)}")
    elif progress is None or progress.outcome is Outcome.REFUSED:
        say(f"{invocation.program}: {sanitise(tested.said)}")


def rendered(invocation: Invocation, target: Target | None, tested: Tested) -> str:
    """What goes to stdout in the format that was asked for, "" when there is nothing to print."""
    shape, progress = invocation.value("--output"), tested.progress
    if shape == "junit":
        return junit(progress, reason=tested.reason)
    if shape in ("json", "yaml"):
        document = issuance_document(progress, tested.code, target, reason=tested.reason)
        return to_yaml(document) if shape == "yaml" else to_json(document, indent=2)
    if progress is None or progress.outcome is Outcome.REFUSED:
        return ""
    return issuance_report(progress, ascii=invocation.value("--ascii"))
