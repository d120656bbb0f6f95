"""The named queries over HTTP, as the user reader, against the worker's engine."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest
from clickhouse_connect.driver.asyncclient import AsyncClient

from footfall import store
from footfall.config import Config
from footfall.query import NamedQuery, catalogue, run
from footfall.schema.migrate import migrate
from tests import support
from tests.query import random_shop

Rows = list[dict[str, Any]]
Ask = Callable[..., Awaitable[Rows]]


@pytest.fixture(scope="session")
def queries(config: Config) -> dict[str, NamedQuery]:
    return catalogue(config)


@pytest.fixture
async def client(config: Config) -> AsyncIterator[AsyncClient]:
    client = await store.connect_async(config, "reader")
    yield client
    await client.close()


@pytest.fixture
def ask(client: AsyncClient, queries: dict[str, NamedQuery]) -> Ask:
    """Rows of a named query; `since` and `until` stand for from and to."""

    async def asking(name: str, **params: str) -> Rows:
        given = {{"since": "from", "until": "to"}.get(key, key): value for key, value in params.items()}
        return (await run(client, queries[name], given)).rows

    return asking


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Config]:
    """A running engine that keeps raw rows for ever, with the random shop in it (random_shop.py)."""
    config = support.make_config(
        tmp_path_factory.mktemp("kept"), events_ttl_days=0, orders_ttl_days=0, rollups_ttl_days=0
    )
    engine = support.start("engine", config)
    try:
        migrate(config)
        with store.connect(config, "footfall") as owner:
            random_shop.fill(owner, random_shop.events(), random_shop.ledger())
        yield config
    finally:
        engine.stop()


@pytest.fixture
async def kept_client(kept: Config) -> AsyncIterator[AsyncClient]:
    client = await store.connect_async(kept, "reader")
    yield client
    await client.close()
