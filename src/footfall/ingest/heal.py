"""Healing: days of rollups that differ from the raw rows are rebuilt, month by month, in one swap each.

Runs in the thread that writes the base table, in the one process that may write for its inbox (`crew`), so
nothing of ours arrives meanwhile. Whoever else writes to the store at that moment, such as an ingest with an
inbox of its own, could lose rows of a rollup: one store has one inbox.

A rebuild makes the month anew beside the rollup (the days at fault from raw rows, the others carried over)
and puts it in the partition's place: readers see the old month or the new one, never a part. Days whose raw
rows have expired are left as they are.
"""

import time
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from clickhouse_connect.driver.client import Client

from footfall import store
from footfall.config import Config
from footfall.ingest.lanes import DAY_MS, Lane, month_of
from footfall.ingest.repair import ttl_days
from footfall.schema import statements

_PAUSE_S: Final = 0.5  # between two looks at the same difference: a write in flight is no difference
_FEEDS: Final = statements.FOLDER / "rollups"

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
_CARRY_OVER: Final = """
    INSERT INTO footfall_private.heal_ROLLUP SELECT * FROM footfall.ROLLUP
    WHERE toYYYYMM(DAY) = {month:UInt32} AND DAY NOT IN {days:Array(Date)}"""
_SWAP: Final = """
    ALTER TABLE footfall.ROLLUP REPLACE PARTITION {month:UInt32} FROM footfall_private.heal_ROLLUP"""
_DAY: Final = {"daily_user_activity": "activity_date", "mv_product_revenue": "order_date"}


def heal(config: Config, lane: Lane, days: Sequence[int]) -> dict[str, int]:
    """Compares the lane's rollups with the raw rows on these days; returns rebuilt days by rollup."""
    ttl = ttl_days(config, lane)
    today = time.time_ns() // 1_000_000 // DAY_MS
    kept = [day for day in days if not ttl or day + ttl > today]
    rebuilt: dict[str, int] = {}
    if not kept:
        return rebuilt
    with store.connect(config, "footfall") as client:
        for rollup in lane.rollups:
            wrong = _different(client, lane, rollup, kept)
            if wrong:
                time.sleep(_PAUSE_S)
                wrong = _different(client, lane, rollup, wrong)
            for month in sorted({month_of(day) for day in wrong}):
                _rebuild(client, lane, rollup, month, [day for day in wrong if month_of(day) == month])
            if wrong:
                rebuilt[rollup] = len(wrong)
    return rebuilt


def _different(client: Client, lane: Lane, rollup: str, days: Sequence[int]) -> list[int]:
    """Days on which a rollup and the raw rows disagree."""
    raw = _by_day(client, _RAW[lane.name], days)
    found = _by_day(client, _ROLLUP[rollup], days)
    common = len(next(iter(found.values()), ())) or None
    return [day for day in days if raw.get(day, ())[:common] != found.get(day, ())]


def _by_day(client: Client, query: str, days: Sequence[int]) -> dict[int, tuple[object, ...]]:
    rows = client.query(query, parameters={"days": [_date(day) for day in days]}).result_rows
    return {(row[0] - date(1970, 1, 1)).days: tuple(row[1:]) for row in rows}


def _rebuild(client: Client, lane: Lane, rollup: str, month: int, days: Sequence[int]) -> None:
    """Swaps one month of a rollup for one in which these days are made from raw rows."""
    parameters = {"month": month, "days": [_date(number) for number in days]}
    drop = _named("DROP TABLE IF EXISTS footfall_private.heal_ROLLUP SYNC", rollup)
    client.command(drop)
    client.command(_draft(rollup))
    client.command(_named(_CARRY_OVER, rollup), parameters=parameters)
    client.command(
        _named("INSERT INTO footfall_private.heal_ROLLUP\n", rollup) + _feed(rollup, lane), parameters
    )
    client.command(_named(_SWAP, rollup), parameters=parameters)
    client.command(drop)


def _named(statement: str, rollup: str) -> str:
    """A statement about one of our own rollups: these places take no bound names."""
    return statement.replace("ROLLUP", rollup).replace("DAY", _DAY.get(rollup, "event_date"))


def _draft(rollup: str) -> str:
    """The statement that makes an empty table like the rollup, beside it."""
    (made,) = (statement for statement in statements.snapshot() if statement.name == rollup)
    return made.sql.replace(f"footfall.{rollup}", f"footfall_private.heal_{rollup}", 1)


def _feed(rollup: str, lane: Lane) -> str:
    """The SELECT of the rollup's materialized view, on some days only."""
    text = (_FEEDS / f"{rollup}_feed.sql").read_text()
    select = text[text.index(" AS\nSELECT") + len(" AS\n") :].strip()
    return select.replace("\nGROUP BY", f"\nWHERE {lane.day} IN {{days:Array(Date)}}\nGROUP BY", 1)


def _date(day: int) -> date:
    return date(1970, 1, 1) + timedelta(days=day)
