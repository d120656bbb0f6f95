"""The named queries over HTTP, as the user reader, against the worker's engine."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from clickhouse_connect.driver.asyncclient import AsyncClient

from footfall import store
from footfall.config import Config
from footfall.query import NamedQuery, catalogue, run

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
