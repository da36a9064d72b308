"""The dashboard left alone before a quiet, healthy cluster; and its memory after minutes of churn.

python -m tests.bench.idle [--seconds=N] [--churn=SECONDS]
"""

import argparse
import time

from tests.bench.bench_cluster import healthy_cluster, report
from tests.bench.churn_source import churning
from tests.bench.figures import Figure, Outcome, Series, number
from tests.bench.terminal import Terminal
from tests.bench.timed_process import CERTDASH, EMPTY_APP, cpu_seconds, environment, resident_mib
from tests.real.cluster import RealCluster

SETTLE = 8.0
WINDOW = 10.0


def measure(cluster: RealCluster, seconds: float = 60.0, churn: float = 60.0) -> Outcome:
    """Watch it for `seconds` idle, then another for `churn` seconds under load."""
    settings = environment(cluster.kubeconfig)
    with Terminal((CERTDASH,), settings, 140, 40) as dash, Terminal(EMPTY_APP, settings, 140, 40) as empty:
        dash.await_bytes(rb"(?<!NOT )READY", 15)
        time.sleep(SETTLE)
        report(f"idle for {seconds:.0f} s")
        used = cpu_seconds(empty.pid)
        cpu, painted = _windows(dash, seconds)
        empty_cpu = Series("CPU, idle: an empty Textual app", "% of a core", (_share(empty.pid, used, seconds),))
        empty_memory = Series("memory, idle: an empty Textual app", "MiB", (resident_mib(empty.pid),))
        idle_memory = resident_mib(dash.pid)
    before, after = _under_churn(cluster, churn)
    memory = (
        Series("memory, idle", "MiB", (idle_memory,)),
        Series("memory, first third of churn", "MiB", tuple(before)),
        Series(f"memory, last third of {churn:.0f} s of churn", "MiB", tuple(after)),
    )
    figure = _figure(cpu, painted, memory, churn, (empty_cpu, empty_memory))
    return Outcome(f"Idle for {seconds:.0f} s", (cpu, painted, empty_cpu, empty_memory, *memory), (figure,))


def _share(pid: int, used: float, seconds: float) -> float:
    return 100 * (cpu_seconds(pid) - used) / seconds


def _windows(dash: Terminal, seconds: float) -> tuple[Series, Series]:
    cpu: list[float] = []
    painted: list[float] = []
    for _ in range(max(1, round(seconds / WINDOW))):
        began, used, size = time.monotonic(), cpu_seconds(dash.pid), dash.size()
        time.sleep(WINDOW)
        passed = time.monotonic() - began
        cpu.append(100 * (cpu_seconds(dash.pid) - used) / passed)
        painted.append((dash.size() - size) / passed)
    return Series("CPU, idle", "% of a core", tuple(cpu)), Series("to the terminal", "bytes/s", tuple(painted))


def _under_churn(cluster: RealCluster, seconds: float) -> tuple[list[float], list[float]]:
    """Memory each second in the first and the last third."""
    memory: list[float] = []
    with churning(cluster) as kubeconfig, Terminal((CERTDASH,), environment(kubeconfig), 140, 40) as dash:
        dash.await_bytes(rb"(?<!NOT )READY", 15)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if len(memory) % 30 == 0:
                report(f"churn, {end - time.monotonic():.0f} s to go")
            time.sleep(1)
            memory.append(resident_mib(dash.pid))
    third = max(1, len(memory) // 3)
    return memory[:third], memory[-third:]


def _mean(series: Series) -> float:
    return sum(series.values) / len(series.values)


def _figure(
    cpu: Series, painted: Series, memory: tuple[Series, Series, Series], churn: float, empty: tuple[Series, Series]
) -> Figure:
    idle, before, after = (series.median for series in memory)
    over = []
    if _mean(cpu) > 1:
        over.append("CPU above 1 %")
    if _mean(painted) > 400:
        over.append("above 400 B/s")
    if max(idle, after) > 90:
        over.append("memory above 90 MiB")
    if after > before * 1.03:
        over.append(f"memory grew from {before:.0f} MiB")
    return Figure(
        f"idle, connected: CPU, bytes to the terminal, memory; memory after {churn / 60:.0f} min of churn",
        f"{number(_mean(cpu))} % of a core, {_mean(painted):.0f} B/s, {idle:.0f} MiB; {after:.0f} MiB",
        f"an empty Textual app {number(empty[0].median)} %, {empty[1].median:.0f} MiB "
        "(k9s, measured before: 0.1–0.5 %, 70 B/s, 102 MiB)",
        "≤ 1 %, ≤ 400 B/s, ≤ 90 MiB; flat",
        ", ".join(over),
    )


def main() -> None:
    """Measure on a cluster of its own and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--churn", type=float, default=60.0, help="seconds of churn; 600 for the README's figure")
    arguments = parser.parse_args()
    with healthy_cluster() as cluster:
        print(measure(cluster, arguments.seconds, arguments.churn).text())


if __name__ == "__main__":
    main()
