"""What a steady green dashboard asks of the API server, from the server's own audit log.

python -m tests.bench.server_load [--seconds=N]
"""

import argparse
import subprocess
import time
from collections import Counter

from tests.bench.bench_cluster import healthy_cluster, report
from tests.bench.figures import Figure, Outcome, Series, number
from tests.bench.terminal import Terminal
from tests.bench.timed_process import CERTDASH, environment
from tests.real.audit import AuditEntry
from tests.real.cluster import RealCluster

SETTLE = 10.0
GO_INTERVAL = 5.0
# Whom the kubeconfig names; by then nobody else uses it.
_USER = "kubernetes-admin"


def measure(cluster: RealCluster, seconds: float = 60.0) -> Outcome:
    """Count for `seconds`, after the start has settled."""
    audit = cluster.audit()
    start = audit.mark()
    with Terminal((CERTDASH,), environment(cluster.kubeconfig), 140, 40) as dash:
        dash.await_bytes(rb"(?<!NOT )READY", 15)
        time.sleep(SETTLE)
        mark = audit.mark()
        report(f"counting requests for {seconds:.0f} s")
        time.sleep(seconds)
        entries = audit.entries(since=mark, user_agent="certdash/", stage="RequestReceived")
        watches = _open_watches(audit.entries(since=start, user_agent="certdash/"))
    asked = Counter(_what(entry) for entry in entries)
    per_ten = {what: 10 * count / seconds for what, count in asked.items()}
    series = (
        Series("watches open", "count", (float(watches),)),
        *(Series(f"{what} per 10 s", "count", (rate,)) for what, rate in sorted(per_ten.items())),
    )
    creates = per_ten.get("dry-run create", 0.0)
    others = sum(rate for what, rate in per_ten.items() if what != "dry-run create")
    figure = Figure(
        "requests to the API server, steady green: watches open, dry-run creates per 10 s, others per 10 s",
        f"{watches}, {number(creates)}, {number(others)}",
        _go_words(cluster),
        "≤ 20 watches, ≤ 3 creates per 10 s",
        "above" if watches > 20 or creates > 3.05 else "",
    )
    return Outcome(f"Requests, steady green for {seconds:.0f} s", series, (figure,))


def _what(entry: AuditEntry) -> str:
    if entry.verb == "create" and "dryRun=All" in entry.uri:
        return "dry-run create"
    if entry.verb == "watch":
        return "watch begun"
    return f"{entry.verb} {entry.uri.partition('?')[0]}"


def _open_watches(entries: list[AuditEntry]) -> int:
    ended = {entry.audit_id for entry in entries if entry.stage in ("ResponseComplete", "Panic")}
    return len({entry.audit_id for entry in entries if entry.verb == "watch"} - ended)


def _go_words(cluster: RealCluster) -> str:
    """What one poll of the Go API check asks, which `cmctl check api --wait` repeats every 5 s."""
    audit = cluster.audit()
    mark = audit.mark()
    subprocess.run(
        [cluster.binaries / "apicheck"], env=environment(cluster.kubeconfig), check=False, capture_output=True
    )
    time.sleep(1)
    mine = [e for e in audit.entries(since=mark, stage="RequestReceived") if e.user == _USER]
    creates = sum(entry.verb == "create" for entry in mine)
    return f"Go API check, each {GO_INTERVAL:.0f} s: {creates} creates, {len(mine) - creates} others"


def main() -> None:
    """Measure on a cluster of its own and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    seconds: float = parser.parse_args().seconds
    with healthy_cluster() as cluster:
        print(measure(cluster, seconds).text())


if __name__ == "__main__":
    main()
