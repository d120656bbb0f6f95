"""Ids that the store holds: imports and replays are compared with all of it, not with the last day alone."""

import asyncio
import threading
import uuid
from typing import Final

from clickhouse_connect.driver.exceptions import ClickHouseError

from footfall.config import Config
from footfall.errors import StoreUnavailable
from footfall.ingest.outcome import Entry
from footfall.ingest.writer import StoreLink
from footfall.model import Kind

_HELD: Final[dict[Kind, str]] = {
    "events": "SELECT event_id FROM footfall.events WHERE event_id IN {ids:Array(UUID)}",
    "orders": "SELECT entry_id FROM footfall.orders WHERE entry_id IN {ids:Array(UUID)}",
}


class Known:
    """Looks ids up in the store."""

    def __init__(self, config: Config) -> None:
        self._store = StoreLink(config)
        self._lock = threading.Lock()

    def close(self) -> None:
        self._store.drop()

    async def unknown(self, kind: Kind, items: list[list[Entry]]) -> list[list[Entry]]:
        """Those items that the store does not hold; users and products are compared by their content.

        Raises `StoreUnavailable` where the store does not answer.
        """
        if kind not in _HELD or not items:
            return items
        keys = [item[0].key for item in items]
        held = await asyncio.to_thread(self._held, _HELD[kind], keys)
        return [item for item in items if item[0].key not in held]

    def _held(self, query: str, keys: list[bytes]) -> set[bytes]:
        ids = [str(uuid.UUID(bytes=key)) for key in keys]
        with self._lock:
            try:
                rows = self._store.client.query(query, parameters={"ids": ids}).result_rows
            except ClickHouseError:
                self._store.drop()
                raise StoreUnavailable(
                    "the store does not answer, and an import is compared with what it holds"
                ) from None
        return {key.bytes for (key,) in rows}
