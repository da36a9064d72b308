"""How long after the API is really ready `check --wait --for=api` returns and the dashboard paints READY.

python -m tests.bench.heal_latency [--heals=N] [--seed=N]

For each kind of heal: break, wait until the prober sees it, start `certdash check` and the Go API check (which polls
every 5 s, as `cmctl check api --wait` does), heal after a random 2–7 s. The moment of readiness is when the prober's
first good round began; what was reported earlier than one prober round before it counts as too early.
"""

import argparse
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from certdash.demo.faults.verbs import Faults
from tests.bench.bench_cluster import healthy_cluster, report
from tests.bench.figures import Figure, Outcome, Series, number
from tests.bench.terminal import Terminal, changes, shows_ready
from tests.bench.timed_process import CERTDASH, Running, environment
from tests.bench.witness import Witness
from tests.real.cluster import RealCluster

PATIENCE = 120
PROBE_NOW = "\x12"
# One round of the prober: nobody can say more exactly when it became ready.
ROUND = 0.04


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of heal; `target` is the median that `check` is to reach, in seconds."""

    name: str
    target: float
    fail: Callable[[Faults], None]
    heal: Callable[[Faults], None]


KINDS = (
    Kind(
        "webhook configurations recreated",
        0.1,
        lambda faults: faults.delete_webhook_configuration("both"),
        lambda faults: faults.restore_webhook_configurations(),
    ),
    Kind(
        "webhook process back",
        0.1,
        lambda faults: faults.stop_process("webhook"),
        lambda faults: faults.start_process("webhook"),
    ),
    Kind(
        "network back",
        0.3,
        lambda faults: faults.clusterip("refuse"),
        lambda faults: faults.clusterip("pass"),
    ),
)


@dataclass(frozen=True, slots=True)
class Heal:
    """One heal: when it was ready and when each observer said so, monotonic; None for one that never did."""

    ready: float
    check: float | None
    go: float | None


def measure(cluster: RealCluster, heals: int = 12, seed: int = 0) -> Outcome:
    """Heal each kind `heals` times with the dashboard running beside."""
    # The phases are to be random, not secret.
    phases = random.Random(seed or None)
    faults = Faults(cluster)
    settings = environment(cluster.kubeconfig)
    found: dict[Kind, list[Heal]] = {kind: [] for kind in KINDS}
    with Witness(cluster.kubeconfig) as witness, Terminal((CERTDASH,), settings, 140, 40) as dash:
        witness.await_state("ready")
        dash.await_bytes(rb"(?<!NOT )READY", 15)
        # Kinds in turn, so that a busy minute of the machine is shared by all.
        for turn in range(heals):
            for kind in KINDS:
                heal = _one(cluster, faults, witness, dash, kind, phases.uniform(2, 7))
                found[kind].append(heal)
                report(f"{kind.name} {turn + 1} of {heals}: check {_ms(heal.check, heal.ready)}")
        painted = [at for at, now in changes(dash, shows_ready) if now]
    return _outcome(found, painted)


def _one(cluster: RealCluster, faults: Faults, witness: Witness, dash: Terminal, kind: Kind, phase: float) -> Heal:
    settings = environment(cluster.kubeconfig)
    witness.forget()
    kind.fail(faults)
    witness.await_state("broken")
    # A green dashboard asks every 10 s; what no object shows, it would not have seen yet.
    dash.press(PROBE_NOW)
    check = Running((CERTDASH, "check", "--wait=2m", "--for=api"), settings)
    go = Running((str(cluster.binaries / "apicheck"), "--wait=2m", "--interval=5s"), settings)
    try:
        time.sleep(phase)
        witness.forget()
        kind.heal(faults)
        ready = witness.await_state("ready")
        costs = check.cost(PATIENCE), go.cost(PATIENCE)
    finally:
        check.kill()
        go.kill()
    cluster.wait_healthy()
    ended = [cost.ended if cost is not None and cost.code == 0 else None for cost in costs]
    return Heal(ready, *ended)


def _ms(moment: float | None, ready: float) -> str:
    return "never" if moment is None else f"{(moment - ready) * 1000:.0f} ms"


def _painted(heal: Heal, painted: Sequence[float], until: float) -> float | None:
    """The first READY painted for this heal, before the next one's began."""
    return next((at for at in painted if heal.ready - ROUND <= at < until), None)


def _outcome(found: Mapping[Kind, Sequence[Heal]], painted: Sequence[float]) -> Outcome:
    series: list[Series] = []
    figures: list[Figure] = []
    remarks: list[str] = []
    ends = sorted(heal.ready for heals in found.values() for heal in heals)
    for kind, heals in found.items():
        until = {heal: next((end for end in ends if end > heal.ready), float("inf")) for heal in heals}
        moments = {
            "check": [(heal, heal.check) for heal in heals],
            "painted": [(heal, _painted(heal, painted, until[heal])) for heal in heals],
            "Go API check, 5 s": [(heal, heal.go) for heal in heals],
        }
        lags: dict[str, Series] = {}
        for who, pairs in moments.items():
            values = tuple(at - heal.ready for heal, at in pairs if at is not None)
            lags[who] = Series(f"{kind.name}: {who}", "s", values)
            early, never = sum(value < -ROUND for value in values), len(pairs) - len(values)
            if early or never:
                remarks.append(f"{kind.name}: {who} too early {early} times, never {never} times, of {len(pairs)}")
        series += lags.values()
        if all(s.values for s in lags.values()):
            figures += _figures(kind, lags)
    return Outcome("API really ready → said so", tuple(series), tuple(figures), tuple(remarks))


def _figures(kind: Kind, lags: Mapping[str, Series]) -> tuple[Figure, Figure]:
    check, painted, go = (lags[who] for who in ("check", "painted", "Go API check, 5 s"))
    limit = check.median + 0.2
    return (
        Figure(
            f"API ready → `check --wait --for=api` returns: {kind.name}",
            _words(check),
            f"Go API check every 5 s: {_words(go)}",
            f"median ≤ {kind.target} s, never early",
            _shortfall(check, kind.target),
        ),
        Figure(
            f"API ready → READY painted: {kind.name}",
            _words(painted),
            "–",
            f"0.2 s above `check`: {number(limit)} s",
            _shortfall(painted, limit),
        ),
    )


def _words(series: Series) -> str:
    return f"{number(series.median)} s median, {number(series.p95)} s p95 (n={len(series.values)})"


def _shortfall(series: Series, limit: float) -> str:
    found = []
    if series.median > limit:
        found.append(f"above {number(limit)} s")
    if (early := sum(value < -ROUND for value in series.values)) > 0:
        found.append(f"{early} too early")
    return ", ".join(found)


def main() -> None:
    """Measure on a cluster of its own and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--heals", type=int, default=12, help="of each kind")
    parser.add_argument("--seed", type=int, default=0, help="of the random phases; 0 for another each time")
    arguments = parser.parse_args()
    with healthy_cluster() as cluster:
        print(measure(cluster, arguments.heals, arguments.seed).text())


if __name__ == "__main__":
    main()
