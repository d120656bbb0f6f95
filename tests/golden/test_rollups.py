"""A day and a half of a shop, small enough to check by hand: what every rollup says of it.

In the files `D1` is yesterday and `D0` today, so that no TTL ever removes them.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from clickhouse_connect.driver.client import Client

from footfall.config import Config
from tests.conftest import empty
from tests.schema.support import insert, merge, rows

FOLDER = Path(__file__).parent
QUERIES = {
    "mv_hourly_events": (
        "SELECT event_date, event_hour, event_type, sum(event_count), uniqMerge(unique_users),"
        " sum(total_revenue) FROM footfall.mv_hourly_events GROUP BY ALL"
    ),
    "mv_daily_events": (
        "SELECT event_date, event_type, sum(event_count), uniqCombined64Merge(unique_users),"
        " uniqCombined64Merge(unique_sessions), sum(mv_daily_events.revenue)"
        " FROM footfall.mv_daily_events GROUP BY ALL"
    ),
    "mv_user_funnel": (
        "SELECT user_id, event_date, countMerge(total_events), sumMerge(page_views),"
        " sumMerge(product_views), sumMerge(add_to_cart), sumMerge(checkouts), sumMerge(purchases),"
        " sumMerge(mv_user_funnel.revenue) FROM footfall.mv_user_funnel GROUP BY ALL"
    ),
    "mv_country_stats": (
        "SELECT country, event_date, sum(event_count), uniqMerge(unique_users),"
        " sum(mv_country_stats.revenue), sum(purchase_count) FROM footfall.mv_country_stats GROUP BY ALL"
    ),
    "daily_user_activity": (
        "SELECT user_id, activity_date, sum(activity_count), uniqMerge(event_types_used)"
        " FROM footfall.daily_user_activity GROUP BY ALL"
    ),
    "mv_product_revenue": (
        "SELECT product_id, order_date, status, finalizeAggregation(order_count), total_revenue,"
        " total_quantity, avg_order_value FROM footfall.mv_product_revenue FINAL"
    ),
}


@pytest.fixture(scope="module")
def shop(config: Config, store_client: Client) -> Iterator[Client]:
    """The golden rows, each a block of its own, so that every rollup has parts to merge."""
    empty(store_client)
    for table, id_column in (("events", "event_id"), ("orders", "entry_id")):
        for line in (FOLDER / f"{table}.ndjson").read_text().splitlines():
            row = {id_column: str(uuid4())} | {key: dated(value) for key, value in json.loads(line).items()}
            insert(store_client, table, [row], str(uuid4()))
    yield store_client
    empty(store_client)


@pytest.mark.parametrize("merged", [False, True], ids=["as inserted", "merged"])
@pytest.mark.parametrize("rollup", list(QUERIES))
def test_the_rollup_says_what_was_worked_out_by_hand(shop: Client, rollup: str, merged: bool) -> None:
    if merged:
        merge(shop, [rollup])
    expected = json.loads((FOLDER / "rollups.json").read_text())[rollup]
    found = sorted(tuple(plain(value) for value in row) for row in rows(shop, QUERIES[rollup]))
    assert found == sorted(tuple(plain(dated(value)) for value in row) for row in expected)


def dated(value: Any) -> Any:
    """A value of the files with its day in place."""
    today = datetime.now(UTC).date()
    if isinstance(value, str) and value[:2] in {"D0", "D1"}:
        return (today - timedelta(days=int(value[1]))).isoformat() + value[2:]
    return value


def plain(value: Any) -> str:
    """A value as text, however the engine or the file spells it."""
    if isinstance(value, date):
        return value.isoformat()
    text = str(value)
    return f"{Decimal(text).normalize():f}" if re.fullmatch(r"-?\d+(\.\d+)?", text) else text
