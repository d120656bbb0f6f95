"""The brief's design taken literally, for tests of what `footfall doctor --schema` says of it."""

from collections.abc import Iterator

import pytest
from bench.peers.house import BRIEF
from clickhouse_connect.driver.client import Client


@pytest.fixture(scope="module")
def brief(store_client: Client) -> Iterator[str]:
    """Its database, with a few rows."""
    store_client.command("CREATE DATABASE peers_brief")
    for file in sorted(BRIEF.glob("*.sql")):
        store_client.command(file.read_text())
    store_client.command(
        "INSERT INTO peers_brief.events (event_type, event_timestamp, event_date, user_id, country)"
        " SELECT 'page_view', now64(3), today() - number % 9, number % 50, if(number < 9000, 'DE', 'FR')"
        " FROM numbers(40000)"
    )
    yield "peers_brief"
    store_client.command("DROP DATABASE peers_brief SYNC")
