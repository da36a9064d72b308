"""Starts the proxy that adds a thousand watch events a second to a real cluster's streams."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.real.cluster import RealCluster


@contextmanager
def churning(cluster: RealCluster) -> Iterator[Path]:
    """A kubeconfig that leads to the cluster through a proxy of its own process (see churn_proxy)."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.churn_proxy", str(cluster.kubeconfig)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        if process.stdout is None or not (port := process.stdout.readline().strip()):
            raise OSError("the churn proxy did not start")
        yield _write(cluster.folder / "churn.kubeconfig", f"http://127.0.0.1:{port}")
    finally:
        process.kill()
        process.wait()


def _write(path: Path, server: str) -> Path:
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "churn", "cluster": {"server": server}}],
        "users": [{"name": "churn", "user": {}}],
        "contexts": [{"name": "churn", "context": {"cluster": "churn", "user": "churn"}}],
        "current-context": "churn",
    }
    path.write_text(json.dumps(document))
    return path
