"""How far back raw rows reach: the oldest day of which none has expired, as the store itself has it.

Rollups outlive the raw rows, so a question that only raw rows answer may ask for more than there is. What was
found is kept for `KEEP_S` seconds a store.
"""

import time
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Final
from weakref import WeakKeyDictionary

from clickhouse_connect.driver.asyncclient import AsyncClient

from footfall.query.exchange import execute

KEEP_S: Final = 15.0
ROLLUPS: Final = {
    "mv_hourly_events": "events",
    "mv_daily_events": "events",
    "mv_user_funnel": "events",
    "mv_country_stats": "events",
    "daily_user_activity": "events",
    "mv_product_revenue": "orders",
}
"""Each rollup with the table that feeds it."""

# The days that a base table keeps its rows; 0 where it keeps them for ever.
_KEEPS = r"""
SELECT toUInt32OrZero(extract(create_table_query, 'TTL \\w+ \\+ toIntervalDay\\((\\d+)\\)'))
FROM system.tables
WHERE database = 'footfall' AND name = {table:String}
"""
_kept: "WeakKeyDictionary[AsyncClient, dict[str, tuple[float, date | None]]]" = WeakKeyDictionary()


async def raw_reach(client: AsyncClient, table: str) -> date | None:
    """The oldest day of which no raw row has expired; None where they are kept for ever.

    `table` is a base table, or a rollup, for the table that feeds it.
    """
    table = ROLLUPS.get(table, table)
    kept = _kept.setdefault(client, {})
    until, reach = kept.get(table, (0.0, None))
    if time.monotonic() < until:
        return reach
    result, _ = await execute(client, _KEEPS, {"table": table})
    days = int(result.result_rows[0][0]) if result.result_rows else 0
    reach = datetime.now(UTC).date() - timedelta(days=days - 1) if days else None
    kept[table] = time.monotonic() + KEEP_S, reach
    return reach


async def reach_of(client: AsyncClient, reads: Iterable[str]) -> date | None:
    """The oldest day that the raw rows behind `reads` cover in full; None where all are kept for ever."""
    tables = {ROLLUPS.get(name, name) for name in reads} & {"events", "orders"}
    found = [await raw_reach(client, table) for table in sorted(tables)]
    return max((day for day in found if day is not None), default=None)
