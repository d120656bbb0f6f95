"""Healing: days of rollups that differ from the raw rows are rebuilt, month by month, in one swap each.

Runs in the thread that writes the base table, in the one process that may write for its inbox (`crew`), so
nothing of ours arrives meanwhile. Whoever else writes to the store at that moment, such as an ingest with an
inbox of its own, could lose rows of a rollup: one store has one inbox.

The days at fault are made anew from raw rows (`schema.rebuild`); days whose raw rows have expired are left as
they are.
"""

import time
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from clickhouse_connect.driver.client import Client

from footfall import store
from footfall.config import Config
from footfall.errors import StoreUnavailable
from footfall.ingest.lanes import Lane
from footfall.schema.rebuild import EPOCH, Month, reach, rollup

_PAUSE_S: Final = 0.5  # between two looks at the same difference: a write in flight is no difference

# For each day, what raw rows and rollup must agree on.
_RAW: Final = {
    "events": """
        SELECT event_date AS day, count() AS rows, sum(revenue) AS money
        FROM footfall.events WHERE event_date IN {days:Array(Date)} GROUP BY day""",
    "orders": """
        SELECT order_date AS day, sum(toInt64(quantity)) AS rows, sum(total_amount) AS money,
               uniq(order_id) AS orders, uniq(product_id, status) AS groups
        FROM footfall.orders WHERE order_date IN {days:Array(Date)} GROUP BY day""",
}
_ROLLUP: Final = {
    "mv_hourly_events": """
        SELECT event_date AS day, sum(event_count) AS rows, sum(total_revenue) AS money
        FROM footfall.mv_hourly_events WHERE event_date IN {days:Array(Date)} GROUP BY day""",
    "mv_daily_events": """
        SELECT event_date AS day, sum(event_count) AS rows, sum(mv_daily_events.revenue) AS money
        FROM footfall.mv_daily_events
        WHERE event_date IN {days:Array(Date)} AND event_type != '' GROUP BY day""",
    "mv_user_funnel": """
        SELECT event_date AS day, countMerge(total_events) AS rows, sumMerge(revenue) AS money
        FROM footfall.mv_user_funnel WHERE event_date IN {days:Array(Date)} GROUP BY day""",
    "mv_country_stats": """
        SELECT event_date AS day, sum(event_count) AS rows, sum(revenue) AS money
        FROM footfall.mv_country_stats WHERE event_date IN {days:Array(Date)} GROUP BY day""",
    "daily_user_activity": """
        SELECT activity_date AS day, sum(activity_count) AS rows
        FROM footfall.daily_user_activity WHERE activity_date IN {days:Array(Date)} GROUP BY day""",
    "mv_product_revenue": """
        SELECT order_date AS day, sum(total_quantity) AS rows, sum(total_revenue) AS money,
               uniqMerge(order_count) AS orders, uniq(product_id, status) AS groups
        FROM footfall.mv_product_revenue WHERE order_date IN {days:Array(Date)} GROUP BY day""",
}


def heal(config: Config, lane: Lane, days: Sequence[int]) -> dict[str, int]:
    """Compares the lane's rollups with the raw rows on these days (since 1970); rebuilt days by rollup."""
    rebuilt: dict[str, int] = {}
    if not days:
        return rebuilt
    with store.connect(config, "footfall") as client:
        oldest = reach(client, lane.name)
        kept = [day for day in (EPOCH + timedelta(days=number) for number in days) if day >= oldest]
        for name in lane.rollups:
            wrong = _different(client, lane, name, kept)
            if wrong:
                time.sleep(_PAUSE_S)
                wrong = _different(client, lane, name, wrong)
            for month in sorted({day.year * 100 + day.month for day in wrong}):
                _rebuild(client, name, month, wrong)
            if wrong:
                rebuilt[name] = len(wrong)
    return rebuilt


def _different(client: Client, lane: Lane, name: str, days: Sequence[date]) -> list[date]:
    """Days on which a rollup and the raw rows disagree."""
    raw = _by_day(client, _RAW[lane.name], days)
    found = _by_day(client, _ROLLUP[name], days)
    common = len(next(iter(found.values()), ())) or None
    return [day for day in days if raw.get(day, ())[:common] != found.get(day, ())]


def _by_day(client: Client, query: str, days: Sequence[date]) -> dict[date, tuple[object, ...]]:
    rows = client.query(query, parameters={"days": days}).result_rows
    return {row[0]: tuple(row[1:]) for row in rows}


def _rebuild(client: Client, name: str, month: int, days: Sequence[date]) -> None:
    draft = Month(client, rollup(name), month, days=days, draft=f"heal_{name}")
    draft.catch_up()
    done = draft.finish()
    draft.close()
    if not done:
        raise StoreUnavailable(f"raw rows of {name} changed while it was healed")
