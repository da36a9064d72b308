"""A cluster whose webhook answers, for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.demo.webhook_cluster import WebhookCluster, webhook_cluster


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[WebhookCluster]:
    """API server, network and webhook."""
    async with webhook_cluster(tmp_path) as made:
        yield made
