"""The two clusters that every contract test runs against."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from certdash.demo.faults.api import Api, ApiError
from certdash.demo.faults.cluster import Cluster, wait_for
from certdash.demo.faults.verbs import Faults
from tests.contract.exchange import NAMESPACE
from tests.contract.scripts.objects import CRDS, NAMESPACES, WIDGETS, widget_crd
from tests.contract.wire import Wire


class ContractCluster(Cluster, Protocol):
    """A cluster with a kubeconfig of its administrator."""

    @property
    def kubeconfig(self) -> Path:
        """Its path."""
        ...


RECORDING = os.environ.get("UPDATE_TRANSCRIPTS") == "1"
_SPEED = 20.0


@pytest.fixture(scope="session", params=["embedded", pytest.param("real", marks=pytest.mark.real)])
def contract_cluster(request: pytest.FixtureRequest) -> Iterator[ContractCluster]:
    """A healthy cluster, once embedded and once real. Transcripts are recorded from the real one only."""
    if request.param == "real":
        yield request.getfixturevalue("healthy_cluster")
        return
    if RECORDING:
        pytest.skip("transcripts are recorded from the real cluster")
    # Imported here: a run against the real cluster needs nothing of the embedded one.
    from tests.contract.embedded import running

    with running(_SPEED) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def wire(contract_cluster: ContractCluster) -> Iterator[Wire]:
    """The way to the cluster, and what scripts write to: a namespace, and a resource of their own."""
    api = contract_cluster.api
    api.create(NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    api.create(CRDS, widget_crd())
    wait_for("widgets", lambda: _listed(api, WIDGETS))
    yield Wire(contract_cluster, Faults(contract_cluster).limited_user)
    with contextlib.suppress(OSError):
        api.delete(f"{CRDS}/widgets.contract.test")
        api.delete(f"{NAMESPACES}/{NAMESPACE}")


def _listed(api: Api, path: str) -> bool:
    """Whether a collection is served; a new one's is refused for a moment in more than one way."""
    try:
        api.get(path)
    except ApiError:
        return False
    return True
