"""A database of its own for what clients write, on the worker's engine."""

from collections.abc import Iterator

import pytest
from clickhouse_connect.driver.client import Client

DATABASE = "clients"


@pytest.fixture
def database(store_client: Client) -> Iterator[str]:
    """Name of an empty database of the owner's."""
    store_client.command(f"CREATE DATABASE {DATABASE}")
    yield DATABASE
    store_client.command(f"DROP DATABASE {DATABASE} SYNC")
