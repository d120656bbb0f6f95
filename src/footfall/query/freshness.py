"""How fresh an answer is: the time at which the newest row that a query can see was ingested.

The newest row is looked for among the last minutes first, which a skipping index makes cheap, and in all rows
only where nothing came for a day. What was found is kept for `KEEP_S` seconds a store, and longer where it
took a look at everything.
"""

import time
from collections.abc import Iterable
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
    "events": _EVENTS,
    "mv_hourly_events": _EVENTS,
    "mv_daily_events": _EVENTS,
    "mv_user_funnel": _EVENTS,
    "mv_country_stats": _EVENTS,
    "daily_user_activity": _EVENTS,
    "orders": _ORDERS,
    "mv_product_revenue": _ORDERS,
}
_MINUTES = (10, 24 * 60, 60 * 24 * 365 * 50)
_Kept = dict[str, tuple[float, datetime | None]]
_kept: "WeakKeyDictionary[AsyncClient, _Kept]" = WeakKeyDictionary()


async def freshness(client: AsyncClient, reads: Iterable[str]) -> datetime | None:
    """Time of the newest row in the base tables behind `reads`; None where they hold nothing."""
    found = [
        await _newest(client, sql) for sql in dict.fromkeys(_FED_FROM[t] for t in reads if t in _FED_FROM)
    ]
    return max((moment for moment in found if moment is not None), default=None)


async def _newest(client: AsyncClient, sql: str) -> datetime | None:
    kept = _kept.setdefault(client, {})
    until, moment = kept.get(sql, (0.0, None))
    if time.monotonic() < until:
        return moment
    keep_s = KEEP_S
    for minutes in _MINUTES:
        result, _ = await execute(client, sql, {"minutes": minutes})
        moment = result.result_rows[0][0].replace(tzinfo=UTC)
        if moment.year > 1970:
            break
        moment, keep_s = None, KEEP_OLD_S
    kept[sql] = time.monotonic() + keep_s, moment
    return moment
