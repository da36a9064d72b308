"""`certdash demo --headless`: the embedded cluster without a screen, for kubectl, scripts, and whoever types verbs."""

import os
import select
import shlex
import signal
import sys
import time
from types import FrameType

from certdash.cli import exit_codes
from certdash.cli.streams import say, write_out
from certdash.demo.messages import News
from certdash.demo.process import DemoFailed, DemoOptions, DemoProcess

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _Ended(BaseException):
    """A signal came; its number is the argument. Not an Exception: nothing on the way may take it for a failure."""


def run_headless(options: DemoOptions, program: str) -> int:
    """Run the cluster until a signal, and answer the exit code."""
    for number in _SIGNALS:
        signal.signal(number, _end)
    # Typed in the foreground, while this runs in the background: not for us.
    signal.signal(signal.SIGTTIN, signal.SIG_IGN)
    teller = _Teller()
    process = DemoProcess(options, teller.hear)
    try:
        ready = process.wait_ready()
        code = write_out(f"export KUBECONFIG={shlex.quote(ready.kubeconfig)}\n", exit_codes.READY)
        if code:
            return code
        say(f"The demo cluster ({ready.context}, {ready.server}) lives until ctrl-c.")
        say("Type a fault, e.g. `scale webhook 0`, then `heal`; `help` lists them.")
        _listen(process, teller)
        say(f"{program}: the demo cluster has ended")
        return exit_codes.INTERNAL_ERROR
    except DemoFailed as error:
        say(f"{program}: {error}")
        return exit_codes.USAGE if options.port else exit_codes.INTERNAL_ERROR
    except _Ended as ended:
        return 128 + int(ended.args[0])
    finally:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        process.stop()


def _end(number: int, frame: FrameType | None) -> None:
    del frame
    raise _Ended(number)


class _Teller:
    """Says what a script does, and knows whether the cluster still lives."""

    def __init__(self) -> None:
        self._story = ""
        self.over, self._tell_over = os.pipe()

    def hear(self, news: News | None) -> None:
        """Take news of the cluster; None: it has ended."""
        if news is None:
            os.close(self._tell_over)
        elif news.story != self._story:
            self._story = news.story
            say(f"{time.strftime('%H:%M:%S')}  {news.story}")


def _listen(process: DemoProcess, teller: _Teller) -> None:
    """Obey what is typed until the cluster ends; the end of standard input ends nothing."""
    sources = [teller.over] if sys.stdin is None else [teller.over, sys.stdin.fileno()]
    rest = b""
    while True:
        readable, _, _ = select.select(sources, [], [])
        if teller.over in readable:
            return
        try:
            data = os.read(sources[1], 4096)
        except OSError:
            # In the background of a terminal.
            time.sleep(0.5)
            continue
        if not data:
            del sources[1]
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            _obey(process, line.decode(errors="replace"))


def _obey(process: DemoProcess, line: str) -> None:
    try:
        words = shlex.split(line)
    except ValueError as error:
        say(f"error: {error}")
        return
    if not words:
        return
    if words[0] in ("help", "?"):
        from certdash.demo.faults.verbs import help_text

        say(help_text())
        return
    begun = time.monotonic()
    try:
        answer = process.order(words[0], words[1:]).result()
    except DemoFailed as error:
        say(f"error: {error}")
        return
    if answer:
        write_out(f"export KUBECONFIG={shlex.quote(answer)}\n", exit_codes.READY)
    say(f"{words[0]}: done in {time.monotonic() - begun:.1f} s")
