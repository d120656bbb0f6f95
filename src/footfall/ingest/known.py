"""Ids that the store holds: imports and replays are compared with all of it, not with the last day alone."""

import asyncio
import threading
import uuid
from typing import Final

from clickhouse_connect.driver.exceptions import ClickHouseError

from footfall.config import Config
from footfall.errors import StoreUnavailable
from footfall.ingest.lanes import EVENTS, IDENTITIES, ORDER_ITEMS, USER_ITEMS
from footfall.ingest.outcome import Entry
from footfall.ingest.writer import StoreLink
from footfall.model import Kind

HELD: Final[dict[Kind, str]] = {
    "events": "SELECT event_id FROM footfall.events WHERE event_id IN {ids:Array(UUID)}",
    "orders": "SELECT entry_id FROM footfall.orders WHERE entry_id IN {ids:Array(UUID)}",
}
# Lanes of which a message's parts are looked up.
_LANES: Final[dict[str, Kind]] = {EVENTS.name: "events", ORDER_ITEMS: "orders"}


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
        if kind == "messages":
            return await self._parts(items)
        if kind not in HELD or not items:
            return items
        keys = [item[0].key for item in items]
        held = await asyncio.to_thread(self._held, HELD[kind], keys)
        return [item for item in items if item[0].key not in held]

    async def _parts(self, items: list[list[Entry]]) -> list[list[Entry]]:
        """Messages without the parts that the store holds; those of which something else is left."""
        held: dict[str, set[bytes]] = {}
        for lane, kind in _LANES.items():
            keys = [entry.key for item in items for entry in item if entry.lane == lane]
            held[lane] = await asyncio.to_thread(self._held, HELD[kind], keys) if keys else set()
        left = ([entry for entry in item if entry.key not in held.get(entry.lane, ())] for item in items)
        decisive = {*_LANES, USER_ITEMS, IDENTITIES.name}
        return [item for item in left if any(entry.lane in decisive for entry in item)]

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
