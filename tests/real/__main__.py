"""Start a real cluster for a person, and break it on demand.

python -m tests.real
"""

import argparse
import os
import select
import shlex
import signal
import sys
import time
from types import FrameType

from certdash.demo.faults.cluster import WaitError
from certdash.demo.faults.verbs import Faults, help_text, perform
from tests.real.build import BuildError, ensure_built
from tests.real.cluster import RealCluster
from tests.real.golden import ensure_golden
from tests.real.isolation import IsolationError


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature of a handler
    raise KeyboardInterrupt


def _obey(faults: Faults, line: str) -> None:
    words = shlex.split(line)
    if not words:
        return
    if words[0] in ("help", "?"):
        _say(help_text())
        return
    begun = time.monotonic()
    try:
        answer = perform(faults, words[0], words[1:])
    except (ValueError, WaitError, OSError) as error:
        _say(f"error: {error}")
        return
    if answer is not None:
        print(f"export KUBECONFIG={answer}", flush=True)
    _say(f"{words[0]}: done in {time.monotonic() - begun:.1f} s")


def _listen(faults: Faults) -> None:
    """Obey what is typed until the end of time; without a standard input just wait."""
    source = sys.stdin.fileno()
    rest = b""
    while True:
        select.select([source], [], [])
        data = os.read(source, 4096)
        if not data:
            break
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            try:
                _obey(faults, line.decode(errors="replace"))
            except ValueError as error:
                _say(f"error: {error}")
    while True:
        signal.pause()


def main() -> int:
    """Run until ctrl-c."""
    parser = argparse.ArgumentParser(prog="python -m tests.real", description=__doc__)
    parser.add_argument("--lease-seconds", type=int, default=60, help="lease duration of the leaders (default: 60)")
    arguments = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, _interrupt)
    cluster = None
    try:
        build = ensure_built()
        golden = ensure_golden(build, _say)
        cluster = RealCluster(build, golden, _say, lease_seconds=arguments.lease_seconds)
        cluster.start()
        print(f"export KUBECONFIG={cluster.kubeconfig}", flush=True)
        _say(f"kubectl: {cluster.binaries / 'kubectl'}")
        _say("The cluster lives until ctrl-c. Type a fault, e.g. `scale webhook 0`, then `heal`; `help` lists them.")
        _listen(Faults(cluster))
    except KeyboardInterrupt:
        _say("")
    except (BuildError, IsolationError, WaitError) as error:
        _say(f"error: {error}")
        return 1
    finally:
        if cluster is not None and cluster.processes:
            cluster.stop()
            _say("stopped, nothing is left")
    return 0


if __name__ == "__main__":
    sys.exit(main())
