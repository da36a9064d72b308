"""One-shot `certdash check` from a cold process, against the Go API check and the plain import of the client package.

python -m tests.bench.one_shot [--runs=N]
"""

import argparse
import sys
from collections.abc import Mapping, Sequence

from tests.bench.bench_cluster import healthy_cluster, report
from tests.bench.figures import Figure, Outcome, Series, number
from tests.bench.timed_process import CERTDASH, Cost, Running, environment
from tests.real.cluster import RealCluster

CHECK, GO, IMPORT = "certdash check", "Go API check", "import kubernetes_asyncio"


def measure(cluster: RealCluster, runs: int = 12) -> Outcome:
    """Run the three in turn, after one unmeasured turn that fills the caches."""
    commands: Mapping[str, Sequence[str]] = {
        CHECK: (CERTDASH, "check", "-n", "cert-manager"),
        GO: (str(cluster.binaries / "apicheck"),),
        IMPORT: (sys.executable, "-c", "import kubernetes_asyncio"),
    }
    settings = environment(cluster.kubeconfig)
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    failures: list[str] = []
    for turn in range(runs + 1):
        report(f"one shot, {turn} of {runs}")
        for name, command in commands.items():
            cost = Running(command, settings).cost(60)
            if cost is None or cost.code != 0:
                failures.append(f"{name}: {'no end in 60 s' if cost is None else f'exit code {cost.code}'}")
            elif turn > 0:
                costs[name].append(cost)
    series = tuple(_series(name, taken) for name, taken in costs.items() if taken)
    return Outcome(
        "One-shot `check`, cold process",
        tuple(line for lines in series for line in lines),
        (_figure(costs),) if all(costs.values()) else (),
        tuple(failures),
    )


def _series(name: str, costs: Sequence[Cost]) -> tuple[Series, ...]:
    return (
        Series(f"{name}: wall", "s", tuple(cost.wall for cost in costs)),
        Series(f"{name}: CPU", "s", tuple(cost.cpu for cost in costs)),
        Series(f"{name}: peak memory", "MiB", tuple(cost.peak_mib for cost in costs)),
    )


def _figure(costs: Mapping[str, Sequence[Cost]]) -> Figure:
    ours, go, plain = (tuple(s.median for s in _series(name, costs[name])) for name in (CHECK, GO, IMPORT))
    over = [what for what, a, b in zip(("wall", "CPU", "memory"), ours, plain, strict=True) if a >= b]
    return Figure(
        "one-shot `check`, cold: wall, CPU, peak memory",
        _words(ours),
        f"Go API check {_words(go)}; `import kubernetes_asyncio` {_words(plain)}",
        "below the plain import on all three",
        f"above it in {', '.join(over)}" if over else "",
    )


def _words(values: Sequence[float]) -> str:
    return f"{number(values[0])} s, {number(values[1])} s, {values[2]:.0f} MiB"


def main() -> None:
    """Measure on a cluster of its own and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=12)
    runs: int = parser.parse_args().runs
    with healthy_cluster() as cluster:
        print(measure(cluster, runs).text())


if __name__ == "__main__":
    main()
