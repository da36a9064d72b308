"""Fixtures of the embedded cluster."""

import pytest

from tests.unit.demo.server import Server


@pytest.fixture
async def server() -> Server:
    """A server with one namespace."""
    made = Server()
    await made.client.create("/api/v1/namespaces", {"metadata": {"name": "a"}})
    return made
