"""The demo cluster: from its start to its readiness, to the first verdict on the dashboard, and what it costs idle.

python -m tests.bench.demo [--runs=N] [--seconds=N]
"""

import argparse
import time

from certdash.demo.process import DemoOptions, DemoProcess
from tests.bench.bench_cluster import report
from tests.bench.figures import Figure, Outcome, Series, number
from tests.bench.terminal import Terminal, shows_ready, shows_text, when
from tests.bench.timed_process import CERTDASH, cpu_seconds, environment, resident_mib

COLUMNS, ROWS = 140, 40
_SETTLE = 5.0
_TARGETS = {"ready": 1.0, "memory": 80.0, "cpu": 1.0}


def measure(runs: int = 10, seconds: float = 20.0) -> Outcome:
    """Start it again and again, then leave one alone."""
    started = [_seconds_to_ready() for _ in range(runs + 1)][1:]
    screens, verdicts = _dashboards(runs)
    cpu, memory = _idle(seconds)
    series = (
        Series("the cluster alone: to its readiness", "s", tuple(started)),
        Series("certdash demo: to the first screen", "s", tuple(screens)),
        Series("certdash demo: to the first verdict", "s", tuple(verdicts)),
        Series("the cluster idle: CPU", "% of a core", (cpu,)),
        Series("the cluster idle: memory", "MiB", (memory,)),
    )
    return Outcome("The demo cluster", series, (_figure(series),))


def _seconds_to_ready() -> float:
    begun = time.monotonic()
    demo = DemoProcess(DemoOptions())
    try:
        demo.wait_ready()
        return time.monotonic() - begun
    finally:
        demo.stop()


def _dashboards(runs: int) -> tuple[list[float], list[float]]:
    screens: list[float] = []
    verdicts: list[float] = []
    for turn in range(runs + 1):
        report(f"certdash demo, {turn} of {runs}")
        with Terminal((CERTDASH, "demo"), environment(), COLUMNS, ROWS) as terminal:
            terminal.await_bytes(rb"(?<!NOT )READY", 20)
            # The banner may come in two pieces.
            terminal.await_bytes(rb"never painted", 0.3)
        screen, verdict = when(terminal, shows_text), when(terminal, shows_ready)
        if turn and screen is not None and verdict is not None:
            screens.append(screen - terminal.begun)
            verdicts.append(verdict - terminal.begun)
    return screens, verdicts


def _idle(seconds: float) -> tuple[float, float]:
    demo = DemoProcess(DemoOptions())
    try:
        demo.wait_ready()
        time.sleep(_SETTLE)
        report(f"idle for {seconds:.0f} s")
        used = cpu_seconds(demo.pid)
        time.sleep(seconds)
        return 100 * (cpu_seconds(demo.pid) - used) / seconds, resident_mib(demo.pid)
    finally:
        demo.stop()


def _figure(series: tuple[Series, ...]) -> Figure:
    ready, screen, verdict, cpu, memory = (each.median for each in series)
    measured = {"ready": ready, "memory": memory, "cpu": cpu}
    over = [name for name, limit in _TARGETS.items() if measured[name] > limit]
    return Figure(
        "demo: cluster ready; first screen, first verdict; idle CPU, memory of the cluster",
        f"{number(ready)} s; {number(screen)} s, {number(verdict)} s; {number(cpu)} % of a core, {memory:.0f} MiB",
        "",
        "1 s; ; ≤ 1 %, ≤ 80 MiB",
        f"over: {', '.join(over)}" if over else "",
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=20.0)
    arguments = parser.parse_args()
    print(measure(arguments.runs, arguments.seconds).text())


if __name__ == "__main__":
    main()
