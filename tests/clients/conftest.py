"""A database of its own for what clients write, on the worker's engine."""

from collections.abc import Iterator

import pytest
from clickhouse_connect import common
from clickhouse_connect.driver.client import Client

DATABASE = "clients"


@pytest.fixture(autouse=True)
def as_it_comes() -> Iterator[None]:
    """The official client as it comes from the registry: our own ones ask for no zones (`footfall.store`)."""
    ours = common.get_setting("use_protocol_version")
    common.set_setting("use_protocol_version", True)
    yield
    common.set_setting("use_protocol_version", ours)


@pytest.fixture
def database(store_client: Client) -> Iterator[str]:
    """Name of an empty database of the owner's."""
    store_client.command(f"CREATE DATABASE {DATABASE}")
    yield DATABASE
    store_client.command(f"DROP DATABASE {DATABASE} SYNC")
