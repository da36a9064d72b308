"""From the start of the dashboard's process to its first screen, first data and first verdict in a terminal.

python -m tests.bench.tui_startup [--runs=N]
"""

import argparse
import re

from tests.bench.bench_cluster import healthy_cluster, report
from tests.bench.figures import Figure, Outcome, Series, number
from tests.bench.terminal import Terminal, shows_ready, shows_text, when
from tests.bench.timed_process import CERTDASH, EMPTY_APP, environment
from tests.real.cluster import RealCluster

COLUMNS, ROWS = 140, 40
_DATA = re.compile(r"\bv1 established\b|\b6 of 6 served\b")
SETTLED = 0.6


def shows_data(lines: list[str]) -> bool:
    """True when a CRD's state, which only the cluster knows, is on the screen."""
    return any(_DATA.search(line) for line in lines)


def measure(cluster: RealCluster, runs: int = 10) -> Outcome:
    """Start both in turn, after one unmeasured turn that fills the caches."""
    settings = environment(cluster.kubeconfig)
    found: dict[str, list[float]] = {name: [] for name in ("empty app", "screen", "data", "verdict")}
    missed: list[str] = []
    for turn in range(runs + 1):
        report(f"start of the dashboard, {turn} of {runs}")
        with Terminal(EMPTY_APP, settings, COLUMNS, ROWS) as empty:
            empty.await_bytes(rb"palette", SETTLED * 5)
        with Terminal((CERTDASH,), settings, COLUMNS, ROWS) as dash:
            dash.await_bytes(rb"(?<!NOT )READY", 15)
            # The last rows may come a frame after the banner.
            dash.await_bytes(rb"never painted", SETTLED)
        moments = {
            "empty app": (empty, when(empty, shows_text)),
            "screen": (dash, when(dash, shows_text)),
            "data": (dash, when(dash, shows_data)),
            "verdict": (dash, when(dash, shows_ready)),
        }
        for name, (terminal, moment) in moments.items():
            if moment is None:
                missed.append(f"{name}: not seen in turn {turn}")
            elif turn > 0:
                found[name].append(moment - terminal.begun)
    series = {name: Series(name, "s", tuple(values)) for name, values in found.items() if values}
    figures = (_figure(series),) if len(series) == len(found) else ()
    return Outcome("Start of the dashboard, 140×40", tuple(series.values()), figures, tuple(missed))


def _figure(series: dict[str, Series]) -> Figure:
    base = series["empty app"].median
    limits = {"screen": 1.2, "data": 2.0, "verdict": 2.2}
    ratios = {name: series[name].median / base for name in limits}
    over = [f"{name} {ratios[name]:.1f}×" for name in limits if ratios[name] > limits[name]]
    times = "; ".join(f"{number(series[name].median)} s ({ratios[name]:.2f}×)" for name in limits)
    return Figure(
        "dashboard: first screen; first data; first verdict",
        times,
        f"an empty Textual app's first screen {number(base)} s",
        "1.2×; 2×; 2.2×",
        f"over: {', '.join(over)}" if over else "",
    )


def main() -> None:
    """Measure on a cluster of its own and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10)
    runs: int = parser.parse_args().runs
    with healthy_cluster() as cluster:
        print(measure(cluster, runs).text())


if __name__ == "__main__":
    main()
