"""How fresh an answer is: the time at which the newest row that a query can see was ingested.

The newest row is looked for among the last minutes first, which a skipping index makes cheap, and in all rows
only where nothing came for a day. What was found is kept for `KEEP_S` seconds a store, and longer where it
took a look at everything; who knows the version of the rows gets what that version says, however old it is.
"""

import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final
from weakref import WeakKeyDictionary

from clickhouse_connect.driver.asyncclient import AsyncClient

from footfall.query.exchange import execute

KEEP_S: Final = 1.0
KEEP_OLD_S: Final = 15.0
_EVENTS = """
SELECT max(ingested_at) FROM footfall.events
WHERE ingested_at >= now64(3) - toIntervalMinute({minutes:UInt32})
"""
_ORDERS = """
SELECT max(ingested_at) FROM footfall.orders
WHERE ingested_at >= now64(3) - toIntervalMinute({minutes:UInt32})
"""
_FED_FROM = {
    "events": ("events", _EVENTS),
    "mv_hourly_events": ("events", _EVENTS),
    "mv_daily_events": ("events", _EVENTS),
    "mv_user_funnel": ("events", _EVENTS),
    "mv_country_stats": ("events", _EVENTS),
    "daily_user_activity": ("events", _EVENTS),
    "orders": ("orders", _ORDERS),
    "mv_product_revenue": ("orders", _ORDERS),
}
_MINUTES = (10, 24 * 60, 60 * 24 * 365 * 50)
_Kept = dict[str, tuple[float, str, datetime | None]]
_kept: "WeakKeyDictionary[AsyncClient, _Kept]" = WeakKeyDictionary()


async def freshness(
    client: AsyncClient, reads: Iterable[str], versions: Mapping[str, str] | None = None
) -> datetime | None:
    """Time of the newest row in the base tables behind `reads`; None where they hold nothing.

    `versions` tells, by table, what names the rows that it holds.
    """
    tables = dict.fromkeys(_FED_FROM[table] for table in reads if table in _FED_FROM)
    found = [await _newest(client, sql, (versions or {}).get(table, "")) for table, sql in tables]
    return max((moment for moment in found if moment is not None), default=None)


async def _newest(client: AsyncClient, sql: str, version: str) -> datetime | None:
    kept = _kept.setdefault(client, {})
    until, of, moment = kept.get(sql, (0.0, "", None))
    if (of == version) if version else (time.monotonic() < until):
        return moment
    keep_s = KEEP_S
    for minutes in _MINUTES:
        result, _ = await execute(client, sql, {"minutes": minutes})
        moment = result.result_rows[0][0].replace(tzinfo=UTC)
        if moment.year > 1970:
            break
        moment, keep_s = None, KEEP_OLD_S
    kept[sql] = time.monotonic() + keep_s, version, moment
    return moment
