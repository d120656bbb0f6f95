"""Clients of the store: the one place that says how a process speaks to ClickHouse.

The store is the embedded engine or a ClickHouse server; nobody who uses these clients knows which.
"""

from typing import Any
from urllib.parse import urlsplit

import clickhouse_connect
from clickhouse_connect.driver.asyncclient import AsyncClient
from clickhouse_connect.driver.client import Client

from footfall.config import Config, StoreUser

DATABASE = "footfall"
PRIVATE_DATABASE = "footfall_private"


def connect(config: Config, user: StoreUser, *, database: str | None = DATABASE, **options: Any) -> Client:
    """A client of the store for synchronous code; `options` go to `clickhouse_connect.get_client`."""
    return clickhouse_connect.get_client(**_arguments(config, user, database), **options)


async def connect_async(
    config: Config, user: StoreUser, *, database: str | None = DATABASE, **options: Any
) -> AsyncClient:
    """A client of the store for asynchronous code; `options` go to `clickhouse_connect.get_async_client`."""
    return await clickhouse_connect.get_async_client(**_arguments(config, user, database), **options)


def _arguments(config: Config, user: StoreUser, database: str | None) -> dict[str, Any]:
    url = urlsplit(config.store_url)
    secure = url.scheme == "https"
    return {
        "host": url.hostname,
        "port": url.port or (8443 if secure else 8123),
        "secure": secure,
        "username": user,
        "password": config.store_password(user),
        "database": database or "__default__",
        "autogenerate_session_id": False,
    }
