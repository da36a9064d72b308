"""The process of the demo cluster: `python -m certdash.demo`. It obeys its standard input, and ends with it."""

import argparse
import asyncio
import contextlib
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from certdash.demo.chart.components import VERSION
from certdash.demo.cluster import EmbeddedCluster
from certdash.demo.faults.cluster import WaitError
from certdash.demo.faults.session import FaultSession
from certdash.demo.faults.verbs import Faults
from certdash.demo.messages import Answer, Failed, Message, News, Order, Ready, message_line, read_order
from certdash.demo.pace import Pace
from certdash.demo.parent import end_with_parent
from certdash.demo.scenarios import SCENARIOS
from certdash.demo.script import Script, find_script, play


class Child:
    """The cluster and whoever orders it about."""

    def __init__(self, arguments: argparse.Namespace, script: Script | None, folder: Path) -> None:
        self._arguments = arguments
        self._script = script
        self._folder = folder
        # Verbs wait for what they do, and must not disturb each other.
        self._worker = ThreadPoolExecutor(1, "verbs")
        self._story = ""
        self._tasks: set[asyncio.Task[None]] = set()
        self._cluster: EmbeddedCluster
        self._session: FaultSession

    async def run(self) -> int:
        """Live until standard input ends or a signal comes."""
        over = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(number, over.set)
        self._cluster = EmbeddedCluster(self._folder, Pace(self._arguments.speed))
        try:
            await self._cluster.start(self._arguments.port)
        except OSError as error:
            why = os.strerror(error.errno) if error.errno else str(error)
            _send(Failed(f"can't listen on 127.0.0.1:{self._arguments.port}: {why}"))
            return 1
        self._session = FaultSession(Faults(self._cluster))
        await self._prepare()
        _send(Ready(str(self._cluster.kubeconfig), self._cluster.server, self._cluster.context_name))
        self._tell()
        self._tasks = {asyncio.create_task(self._obey(over))}
        if self._script is not None:
            self._tasks.add(asyncio.create_task(self._play(self._script)))
        await over.wait()
        return 0

    async def _prepare(self) -> None:
        installed = VERSION if self._script is None else self._script.installed
        if installed:
            await self._cluster.install_settled(installed)
        for verb in SCENARIOS[self._arguments.scenario].verbs if self._arguments.scenario else ():
            name, *arguments = verb.split()
            await self._do(name, arguments)

    async def _obey(self, over: asyncio.Event) -> None:
        reader = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while line := await reader.readline():
            try:
                order = read_order(line)
            except (ValueError, KeyError, TypeError):
                continue
            # Not awaited: the end of standard input has to be seen while a verb still waits.
            task = asyncio.create_task(self._follow(order))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        over.set()

    async def _follow(self, order: Order) -> None:
        try:
            done = await self._do(order.verb, order.arguments)
            answer = Answer(order.id, text="" if done is None else str(done))
        except (ValueError, WaitError, OSError) as error:
            answer = Answer(order.id, error=str(error) or type(error).__name__)
        self._tell()
        _send(answer)

    async def _do(self, verb: str, arguments: Sequence[str]) -> object:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._worker, self._session.perform, verb, arguments)

    async def _play(self, script: Script) -> None:
        def tell(text: str) -> None:
            self._story = text
            self._tell()

        await play(script, self._cluster, self._do, tell)

    def _tell(self) -> None:
        _send(News(tuple(" ".join(call) for call in self._session.broken), self._story))


def _send(message: Message) -> None:
    with contextlib.suppress(OSError):
        sys.stdout.buffer.write(message_line(message))
        sys.stdout.buffer.flush()


def main() -> int:
    """Make the folder, run, and leave nothing behind."""
    parser = argparse.ArgumentParser(prog="python -m certdash.demo", description=__doc__)
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--scenario", default="", choices=("", *SCENARIOS))
    parser.add_argument("--script", default="")
    parser.add_argument("--parent", type=int, default=os.getppid())
    arguments = parser.parse_args()
    end_with_parent(arguments.parent)
    script = find_script(arguments.script) if arguments.script else None
    folder = Path(tempfile.mkdtemp(prefix="certdash-demo-"))
    # Not asyncio.run, which waits for every task and thread: what lives here ends with the process, and at once.
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(Child(arguments, script, folder).run())
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    # A thread that waits for a stalled connection must not hold the end up either.
    os._exit(code)
