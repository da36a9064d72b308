"""The issuance test end to end against creating, awaiting and deleting the same objects with kubectl.

python -m tests.bench.issuance [--runs=N]
"""

import argparse
import json
import os
import subprocess
import time
from collections.abc import Mapping, Sequence

from certdash.certmanager.issuance.plan import Plan, Settings, make_plan
from certdash.certmanager.run_marks import RunMarks
from tests.bench.bench_cluster import healthy_cluster, report
from tests.bench.figures import Figure, Outcome, Series, number
from tests.bench.timed_process import CERTDASH, environment
from tests.real.cluster import RealCluster

NAMESPACE = "issuance-bench"
_PATIENCE = 120.0


def measure(cluster: RealCluster, runs: int = 8) -> Outcome:
    """Both in turn, in a namespace that exists and in one of their own, after one unmeasured turn."""
    settings = environment(cluster.kubeconfig)
    kubectl = str(cluster.binaries / "kubectl")
    _run((kubectl, "create", "namespace", NAMESPACE), settings)
    series: list[Series] = []
    figures: list[Figure] = []
    for place, namespace in (("an existing namespace", NAMESPACE), ("a namespace of its own", "")):
        ours, theirs = _turns(kubectl, namespace, runs, settings)
        series += [
            Series(f"certdash test issuance, {place}", "s", tuple(ours)),
            Series(f"kubectl create, wait, delete, {place}", "s", tuple(theirs)),
        ]
        figures.append(_figure(place, series[-2], series[-1]))
    return Outcome("Issuance test, SelfSigned, with its removal", tuple(series), tuple(figures))


def _turns(kubectl: str, namespace: str, runs: int, settings: Mapping[str, str]) -> tuple[list[float], list[float]]:
    flags = ("--probe-namespace", namespace) if namespace else ()
    ours: list[float] = []
    theirs: list[float] = []
    for turn in range(runs + 1):
        report(f"issuance, {turn} of {runs}")
        begun = time.monotonic()
        _run((CERTDASH, "test", "issuance", "--yes", "-q", *flags), settings)
        between = time.monotonic()
        _by_kubectl(
            kubectl, make_plan(Settings(namespace=namespace), RunMarks(f"kubectl{turn}", time.time())), settings
        )
        if turn > 0:
            ours.append(between - begun)
            theirs.append(time.monotonic() - between)
    return ours, theirs


def _by_kubectl(kubectl: str, plan: Plan, settings: Mapping[str, str]) -> None:
    """The same objects, and the same end: Certificate, Secret and Issuer gone, or the namespace with all of it."""
    objects = json.dumps({"apiVersion": "v1", "kind": "List", "items": [planned.body for planned in plan.objects()]})
    place, name = ("-n", plan.namespace), plan.marks.name
    _run((kubectl, "create", "-f", "-"), settings, objects)
    _run((kubectl, "wait", *place, f"certificate/{name}", "--for=condition=Ready", "--timeout=60s"), settings)
    if plan.temporary is not None:
        _run((kubectl, "delete", "namespace", plan.namespace), settings)
        return
    _run((kubectl, "delete", *place, f"certificate/{name}"), settings)
    _run((kubectl, "delete", *place, f"secret/{name}", f"issuer/{name}"), settings)


def _run(command: Sequence[str], settings: Mapping[str, str], given: str = "") -> None:
    done = subprocess.run(
        command, env=dict(settings), input=given, capture_output=True, text=True, check=False, timeout=_PATIENCE
    )
    if done.returncode != 0:
        raise OSError(f"{os.path.basename(command[0])} {command[1]}: {done.stderr.strip()}")  # noqa: PTH119


def _figure(place: str, ours: Series, theirs: Series) -> Figure:
    ratio = ours.median / theirs.median
    return Figure(
        f"issuance test in {place}, removal included",
        f"**{number(ours.median)} s** ({ratio:.2f}×)",
        f"kubectl create, wait, delete: {number(theirs.median)} s",
        "≤ 1.1×",
        "above it" if ratio > 1.1 else "",
    )


def main() -> None:
    """Measure on a cluster of its own and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=8)
    runs: int = parser.parse_args().runs
    with healthy_cluster() as cluster:
        print(measure(cluster, runs).text())


if __name__ == "__main__":
    main()
