"""What tests of ingest share: a client of a running ingest whose store is empty."""

import pytest
from clickhouse_connect.driver.client import Client as StoreClient

from footfall.config import Config
from tests.conftest import empty
from tests.ingest.client import Client, settle


@pytest.fixture
def shop(config: Config, store_client: StoreClient, ingest_url: str) -> Client:
    """A shop that sends to ingest; inbox and tables are empty, ids of other tests are remembered."""
    client = Client(config)
    settle(client)
    empty(store_client)
    return client
