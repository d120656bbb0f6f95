"""Clients of the store: the one place that says how a process speaks to ClickHouse.

The store is the embedded engine or a ClickHouse server; nobody who uses these clients knows which.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import clickhouse_connect
from clickhouse_connect import common
from clickhouse_connect.driver.asyncclient import AsyncClient
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from footfall.config import Config, StoreUser, variable_of
from footfall.errors import UsageError

DATABASE = "footfall"
_AUTHENTICATION_FAILED = 516
# All our times are UTC. Zones in the types of an answer would cost the embedded engine a DESCRIBE each.
common.set_setting("use_protocol_version", False)


def connect(config: Config, user: StoreUser, *, database: str | None = DATABASE, **options: Any) -> Client:
    """A client of the store for synchronous code; `options` go to `clickhouse_connect.get_client`.

    Raises `UsageError` where the store refuses the user's password.
    """
    with _refusing(config, user):
        return clickhouse_connect.get_client(**_arguments(config, user, database), **options)


async def connect_async(
    config: Config, user: StoreUser, *, database: str | None = DATABASE, **options: Any
) -> AsyncClient:
    """A client of the store for asynchronous code; `options` go to `clickhouse_connect.get_async_client`.

    Raises `UsageError` where the store refuses the user's password.
    """
    with _refusing(config, user):
        return await clickhouse_connect.get_async_client(**_arguments(config, user, database), **options)


@contextmanager
def _refusing(config: Config, user: StoreUser) -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        if error.code != _AUTHENTICATION_FAILED:
            raise
        variable = variable_of("password" if user == "footfall" else f"{user}_password")
        raise UsageError(
            f"the store at {config.store_url} refuses user {user}: its password is neither {variable} nor "
            f"in {config.data_dir / 'secrets.toml'}; is FOOTFALL_DATA_DIR the folder of that store?",
            code=503,
            name="STORE_REFUSED",
        ) from None


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
