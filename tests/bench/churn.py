"""A thousand watch events a second against the dashboard: what it costs, and how fast a key still shows.

python -m tests.bench.churn [--seconds=N]
"""

import argparse
import random
import time

from tests.bench.bench_cluster import healthy_cluster, report
from tests.bench.churn_source import churning
from tests.bench.figures import Figure, Outcome, Series, number
from tests.bench.terminal import Replay, Terminal
from tests.bench.timed_process import CERTDASH, cpu_seconds, environment
from tests.real.cluster import RealCluster

SETTLE = 5.0
ANSWER = 1.0
# The rows of header and banner, where a change of colour is no cursor; and the key for a panel that the churn moves.
_BANNER = 9
_WORKLOADS = "2"


def measure(cluster: RealCluster, seconds: float = 40.0) -> Outcome:
    """Once through the proxy under load, once straight and quiet for comparison, with the same keys."""
    with churning(cluster) as kubeconfig, Terminal((CERTDASH,), environment(kubeconfig), 140, 40) as dash:
        loaded, cpu = _drive(dash, seconds, "under churn")
    with Terminal((CERTDASH,), environment(cluster.kubeconfig), 140, 40) as dash:
        quiet, _ = _drive(dash, seconds / 2, "quiet")
    keys = Series("key to paint, 1,000 events/s", "ms", tuple(1000 * value for value in loaded))
    calm = Series("key to paint, quiet", "ms", tuple(1000 * value for value in quiet))
    load = Series("CPU, 1,000 events/s and keys", "% of a core", tuple(cpu))
    figures = (_figure(load, keys, calm),) if keys.values and calm.values else ()
    return Outcome("1,000 watch events a second", (load, keys, calm), figures)


def _drive(dash: Terminal, seconds: float, what: str) -> tuple[list[float], list[float]]:
    """Press j and k in turn; the seconds until the cursor moved each time, and CPU in per cent for each 5 s."""
    dash.await_bytes(rb"(?<!NOT )READY", 20)
    dash.press(_WORKLOADS)
    time.sleep(SETTLE)
    report(f"keys {what} for {seconds:.0f} s")
    phases = random.Random()
    pressed: list[float] = []
    cpu: list[float] = []
    end = time.monotonic() + seconds
    mark, used = time.monotonic(), cpu_seconds(dash.pid)
    while (now := time.monotonic()) < end:
        pressed.append(dash.press("j" if len(pressed) % 2 == 0 else "k"))
        time.sleep(phases.uniform(0.3, 0.5))
        if now - mark > 5:
            before, mark = mark, time.monotonic()
            spent, used = cpu_seconds(dash.pid) - used, cpu_seconds(dash.pid)
            cpu.append(100 * spent / (mark - before))
    time.sleep(ANSWER)
    return _delays(dash, pressed), cpu


def _delays(dash: Terminal, pressed: list[float]) -> list[float]:
    """For each key, when the rows' backgrounds changed next: that is the cursor, whatever else is painted."""
    replay = Replay(dash.columns, dash.rows)
    moved: list[float] = []
    before = replay.backgrounds(_BANNER)
    for piece in dash.pieces():
        replay.feed(piece.data)
        if (now := replay.backgrounds(_BANNER)) != before:
            moved.append(piece.at)
            before = now
    delays = []
    for at in pressed:
        after = next((m for m in moved if at <= m <= at + ANSWER), None)
        if after is not None:
            delays.append(after - at)
    return delays


def _figure(load: Series, keys: Series, calm: Series) -> Figure:
    cpu = sum(load.values) / len(load.values)
    over = [text for text, bad in (("CPU", cpu > 20), ("key to paint", keys.p95 > 60)) if bad]
    return Figure(
        "1,000 watch events/s (Pods, EndpointSlices; CRDs at 10/s): CPU, key-to-paint p95",
        f"{number(cpu)} % of a core, {keys.p95:.0f} ms (n={len(keys.values)})",
        f"the same keys without churn: {calm.p95:.0f} ms",
        "≤ 20 %, ≤ 60 ms",
        f"above in {', '.join(over)}" if over else "",
    )


def main() -> None:
    """Measure on a cluster of its own and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=40.0)
    seconds: float = parser.parse_args().seconds
    with healthy_cluster() as cluster:
        print(measure(cluster, seconds).text())


if __name__ == "__main__":
    main()
