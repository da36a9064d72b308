"""Every bench in one run on one cluster, and the README's table at the end.

python -m tests.bench [--churn=SECONDS] [--heals=N]
"""

import argparse
from collections.abc import Callable

from tests.bench import churn, demo, heal_latency, idle, issuance, one_shot, recording, server_load, tui_startup
from tests.bench.bench_cluster import circumstances, healthy_cluster
from tests.bench.figures import Outcome, figure_table


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--churn", type=float, default=600.0, help="seconds of churn for the memory figure")
    parser.add_argument("--heals", type=int, default=12, help="heals of each kind")
    arguments = parser.parse_args()
    with healthy_cluster() as cluster:
        outcomes: list[Outcome] = []
        runs: list[Callable[[], Outcome]] = [
            lambda: one_shot.measure(cluster),
            lambda: tui_startup.measure(cluster),
            lambda: server_load.measure(cluster),
            lambda: heal_latency.measure(cluster, arguments.heals),
            lambda: issuance.measure(cluster),
            demo.measure,
            lambda: churn.measure(cluster),
            lambda: idle.measure(cluster, churn=arguments.churn),
            recording.measure,
        ]
        for run in runs:
            outcomes.append(run())
            print(outcomes[-1].text(), flush=True)
    print(f"## Speed and size ({circumstances()})\n")
    print(figure_table(figure for outcome in outcomes for figure in outcome.figures))


if __name__ == "__main__":
    main()
