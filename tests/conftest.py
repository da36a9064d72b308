"""Fixtures of the real control plane, for every folder of tests that may run against it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.real.build import built
from tests.real.cluster import RealCluster
from tests.real.golden import ensure_golden
from tests.real.isolation import enter_own_network

_SHARED_NETWORK = "CERTDASH_TEST_SHARED_NETWORK"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Enter a network of our own before the first test runs, when a test of the real cluster is among them."""
    wanted = any(item.get_closest_marker("real") for item in items)
    if wanted and built() is not None and not os.environ.get(_SHARED_NETWORK):
        # Where the system does not allow it, the loopback range of each cluster is isolation enough.
        enter_own_network()


@pytest.fixture(scope="session")
def binaries() -> Path:
    """The folder with the built binaries. Skips without them, and fails where CI says that they must be there."""
    folder = built()
    if folder is None:
        reason = "no real control plane in the cache: build it once with `python -m tests.real.build`"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return folder


@pytest.fixture(scope="session")
def golden(binaries: Path) -> Path:
    """The golden copy of a good install."""
    return ensure_golden(binaries)


@pytest.fixture(scope="session")
def healthy_cluster(binaries: Path, golden: Path) -> Iterator[RealCluster]:
    """One cluster for the whole session. Who breaks it heals it."""
    with RealCluster(binaries, golden) as cluster:
        yield cluster


@pytest.fixture
def cluster(binaries: Path, golden: Path) -> Iterator[RealCluster]:
    """A fresh cluster for one test that may leave it in pieces."""
    with RealCluster(binaries, golden) as cluster:
        yield cluster
