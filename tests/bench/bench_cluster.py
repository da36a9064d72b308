"""The real cluster that the benches measure on."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from tests.real.build import ensure_built
from tests.real.cluster import RealCluster
from tests.real.golden import ensure_golden
from tests.real.isolation import enter_own_network


def report(text: str) -> None:
    """Progress, for whoever waits."""
    print(f"… {text}", file=sys.stderr, flush=True)


@contextmanager
def healthy_cluster() -> Iterator[RealCluster]:
    """A healthy cluster, in a network namespace of its own where the system allows it. Call it from the main thread."""
    if (refused := enter_own_network()) is not None:
        report(f"no network namespace of its own ({refused}): on the machine's loopback")
    build = ensure_built()
    with RealCluster(build, ensure_golden(build, report), report) as cluster:
        yield cluster


def circumstances() -> str:
    """Date and cores, to stand beside the figures."""
    return f"{date.today().isoformat()}, {os.cpu_count()} cores"
