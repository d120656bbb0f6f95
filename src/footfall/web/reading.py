"""The client of the store that a dashboard reads with, made when it is first needed.

A page must come up while the engine is away and recover when it returns: a client that cannot be made is
`StoreUnavailable`, and the next request tries again. HTTP keeps no state, so a client outlives the engine.
"""

import asyncio

import aiohttp
from clickhouse_connect.driver import exceptions
from clickhouse_connect.driver.asyncclient import AsyncClient

from footfall import store
from footfall.config import Config, StoreUser
from footfall.errors import StoreUnavailable

CONNECT_LIMIT_S = 3
ANSWER_LIMIT_S = 60


class Reading:
    """A lazily made client of one of the store's users; one a process and user."""

    def __init__(self, config: Config, user: StoreUser) -> None:
        self._config = config
        self._user = user
        self._client: AsyncClient | None = None
        self._making = asyncio.Lock()

    async def client(self) -> AsyncClient:
        """The client; raises `StoreUnavailable` while the store cannot be reached."""
        if self._client is None:
            async with self._making:
                if self._client is None:
                    self._client = await self._connect()
        return self._client

    async def _connect(self) -> AsyncClient:
        try:
            return await store.connect_async(
                self._config,
                self._user,
                connect_timeout=CONNECT_LIMIT_S,
                send_receive_timeout=ANSWER_LIMIT_S,
            )
        except (exceptions.Error, aiohttp.ClientError, OSError) as error:
            reason = str(error).split("(for url", 1)[0].strip() or type(error).__name__
            raise StoreUnavailable(f"the store does not answer {self._user}: {reason}") from error

    async def close(self) -> None:
        """Closes the client's connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()
