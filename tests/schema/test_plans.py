"""The planner uses the projections and indices that the brief names, each where docs/schema.md says.

Told by the engine's own EXPLAIN over a few hundred thousand rows, without its cache of conditions.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from clickhouse_connect.driver.client import Client

from footfall.config import Config
from tests.conftest import empty
from tests.schema.support import merge

EVENTS = """
INSERT INTO footfall.events
(
    event_id, event_type, event_timestamp, user_id, session_id, product_id, order_id, page_url, utm_source,
    utm_campaign, search_term, device_type, browser, country, revenue, duration_seconds, ingested_at, block_id
)
SELECT
    reinterpretAsUUID(sipHash128(number)),
    ['page_view', 'page_view', 'search', 'product_view', 'add_to_cart', 'purchase'][1 + rand(1) % 6] AS kind,
    toDateTime64(today(), 3, 'UTC') - toIntervalMillisecond(number * 12000),
    rand(2) % 5000,
    's' || toString(rand(3) % 50000),
    if(number % 100000 = 5, 7777, if(kind IN ('product_view', 'purchase'), 1 + rand(4) % 500, 0)),
    if(kind = 'purchase', 'o' || toString(number), ''),
    if(number % 100000 = 7, '/rare', '/p/' || toString(rand(5) % 900)),
    ['google', 'bing', ''][1 + rand(6) % 3],
    if(number % 100000 = 9, 'rare', 'c' || toString(rand(7) % 20)),
    if(number % 100000 = 11, 'rare', if(kind = 'search', 't' || toString(rand(8) % 300), '')),
    if(number % 100000 = 13, 'tv', ['mobile', 'desktop', 'tablet'][1 + rand(9) % 3]),
    ['Chrome', 'Safari', 'Firefox'][1 + rand(10) % 3],
    if(number % 100000 = 15, 'IS', ['US', 'UK', 'DE', 'FR', 'BR'][1 + rand(11) % 5]),
    if(kind = 'purchase', toDecimal64(1 + rand(12) % 9000, 4) / 100, 0),
    if(number % 100000 = 17, 86400, rand(13) % 900),
    toDateTime64(today(), 3, 'UTC') - toIntervalMillisecond(number * 12000),
    1 + intDiv(number, 1000)
FROM numbers(300000)
"""
ORDERS = """
INSERT INTO footfall.orders
(
    entry_id, order_id, line_id, user_id, product_id, order_timestamp, status, payment_method, quantity,
    unit_price, total_amount, country, block_id
)
SELECT
    reinterpretAsUUID(sipHash128(number)), 'o' || toString(intDiv(number, 2)), toString(number % 2),
    1 + rand(2) % 5000, 1 + rand(3) % 500,
    toDateTime64(today(), 3, 'UTC') - toIntervalMillisecond(number * 60000),
    ['completed', 'completed', 'completed', 'pending', 'cancelled', 'refunded'][1 + rand(4) % 6],
    if(number % 20000 = 3, 'cheque', ['card', 'paypal'][1 + rand(5) % 2]), 1, 10, 1 + rand(6) % 1000, 'US',
    1 + intDiv(number, 1000)
FROM numbers(120000)
"""
USERS = """
INSERT INTO footfall.users (user_id, external_id, country, is_premium, age, registration_date, updated_at)
SELECT
    number + 1, toString(number + 1), ['US', 'UK', 'DE', 'FR', 'BR'][1 + rand(1) % 5], rand(2) % 10 = 0, 30,
    today() - rand(3) % 1000, now64(3)
FROM numbers(120000)
"""
TIMELINE = (
    "SELECT event_type, event_timestamp, revenue FROM footfall.events"
    " WHERE user_id = 1234 ORDER BY event_timestamp DESC LIMIT 50"
)
COUNTRIES = (
    "SELECT event_type, count() AS count FROM footfall.events"
    " WHERE country IN ('US', 'UK', 'DE') AND event_date >= today() - 1 GROUP BY event_type"
)


@dataclass(frozen=True)
class Plan:
    """What EXPLAIN says of a query on one table."""

    reads: str
    """The table, or the projection that stands in for it."""
    granules: dict[str, tuple[int, int]]
    """Of each index: granules that it leaves, and granules that came to it."""
    text: str


@pytest.fixture(scope="module")
def filled(config: Config, store_client: Client) -> Iterator[Client]:
    """A store of a few hundred thousand rows, merged."""
    empty(store_client)
    for statement in (EVENTS, ORDERS, USERS):
        store_client.command(statement)
    merge(store_client, ["events", "orders", "users", "mv_user_funnel", "daily_user_activity"])
    yield store_client
    empty(store_client)


def explain(client: Client, sql: str, **settings: int) -> Plan:
    answer = client.query(
        f"EXPLAIN indexes = 1, projections = 1 {sql}",
        settings={"use_query_condition_cache": 0} | settings,
    ).result_rows
    text = "\n".join(re.sub(r"^[\s│├└─]*", "", str(line)) for (line,) in answer)
    (reads,) = set(re.findall(r"ReadFromMergeTree \(([\w.]+)\)", text))
    granules = {}
    steps = text.split("Projections:")[0].split("\n")
    name = ""
    for number, line in enumerate(steps):
        if line in {"PrimaryKey", "Partition", "MinMax", "Min-Max", "Skip"}:
            name = steps[number + 1].removeprefix("Name: ") if line == "Skip" else line
        elif name and (match := re.fullmatch(r"Granules: (\d+)/(\d+)", line)):
            granules[name] = (int(match[1]), int(match[2]))
    return Plan(reads, granules, text)


@pytest.mark.parametrize(
    ("projection", "sql"),
    [
        ("proj_by_user", TIMELINE),
        ("proj_by_country", COUNTRIES),
        (
            "proj_by_timestamp",
            "SELECT event_type, count(), uniqIf(user_id, user_id != 0), sum(revenue) FROM footfall.events"
            " WHERE event_timestamp >= toDateTime64(today() - 1, 3, 'UTC') GROUP BY event_type",
        ),
        (
            "proj_by_product",
            "SELECT event_type, count(), uniq(user_id) FROM footfall.events WHERE product_id = 77"
            " GROUP BY event_type",
        ),
        (
            "proj_daily_stats",
            "SELECT event_date, event_type, count(), sum(revenue) FROM footfall.events"
            " WHERE event_date >= today() - 7 GROUP BY event_date, event_type",
        ),
        (
            "proj_daily_devices",
            "SELECT device_type, browser, count() FROM footfall.events WHERE event_date >= today() - 7"
            " GROUP BY device_type, browser",
        ),
        (
            "proj_daily_sources",
            "SELECT utm_source, utm_campaign, count(), sum(revenue) FROM footfall.events"
            " WHERE event_date >= today() - 7 GROUP BY utm_source, utm_campaign",
        ),
        (
            "proj_by_user",
            "SELECT order_id, status, total_amount FROM footfall.orders WHERE user_id = 77"
            " ORDER BY order_timestamp DESC LIMIT 50",
        ),
        (
            "proj_by_product",
            "SELECT order_id, status, total_amount FROM footfall.orders WHERE product_id = 77"
            " ORDER BY order_timestamp DESC LIMIT 50",
        ),
        (
            "proj_by_amount",
            "SELECT order_id, user_id, total_amount FROM footfall.orders WHERE total_amount >= 995"
            " ORDER BY total_amount DESC LIMIT 50",
        ),
        (
            "proj_by_registration",
            "SELECT user_id FROM footfall.users WHERE country = 'UK' AND is_premium"
            " AND registration_date >= today() - 7",
        ),
        (
            "proj_by_date",
            "SELECT countMerge(total_events), sumMerge(purchases) FROM footfall.mv_user_funnel"
            " WHERE event_date >= today() - 30",
        ),
        (
            "proj_by_date",
            "SELECT activity_date, sum(activity_count) FROM footfall.daily_user_activity"
            " GROUP BY activity_date",
        ),
    ],
)
def test_the_planner_takes_the_projection(filled: Client, projection: str, sql: str) -> None:
    assert explain(filled, sql).reads == projection


def test_a_users_timeline_reads_a_granule_a_part(filled: Client) -> None:
    taken = explain(filled, TIMELINE).granules["PrimaryKey"]
    without = explain(filled, TIMELINE, optimize_use_projections=0).granules["PrimaryKey"]
    assert taken[0] * 10 <= without[0]


def test_a_session_is_found_by_its_row_numbers_where_parts_are_large(filled: Client) -> None:
    """The planner asks row numbers in parts of a million rows; here it is told to ask sooner."""
    plan = explain(
        filled,
        "SELECT * FROM footfall.events WHERE session_id = 's777'",
        min_table_rows_to_use_projection_index=0,
        use_skip_indexes=0,
    )
    assert "Name: proj_by_session" in plan.text


@pytest.mark.parametrize(
    ("index", "table", "condition"),
    [
        ("idx_device_type", "events", "device_type = 'tv'"),
        ("idx_country", "events", "country = 'IS'"),
        ("idx_session_id", "events", "session_id = 's777'"),
        ("idx_page_url", "events", "page_url = '/rare'"),
        ("idx_event_id", "events", "event_id = reinterpretAsUUID(sipHash128(toUInt64(150000)))"),
        ("idx_order_id", "events", "order_id = 'o150000'"),
        ("idx_product_id", "events", "product_id = 7777"),
        ("idx_search_term", "events", "search_term = 'rare'"),
        ("idx_utm_campaign", "events", "utm_campaign = 'rare'"),
        ("idx_revenue", "events", "revenue > 0"),
        ("idx_duration_seconds", "events", "duration_seconds > 3600"),
        ("idx_ingested_at", "events", "ingested_at >= toDateTime64(today(), 3, 'UTC') - toIntervalMinute(5)"),
        ("idx_block_id", "events", "block_id = 1"),
        ("idx_payment_method", "orders", "payment_method = 'cheque'"),
        ("idx_order_id", "orders", "order_id = 'o777'"),
        ("idx_entry_id", "orders", "entry_id = reinterpretAsUUID(sipHash128(toUInt64(15000)))"),
        ("idx_block_id", "orders", "block_id = 1"),
        ("idx_user_id", "users", "user_id = 777"),
    ],
)
def test_the_index_skips_granules(filled: Client, index: str, table: str, condition: str) -> None:
    plan = explain(filled, f"SELECT * FROM footfall.{table} WHERE {condition}", optimize_use_projections=0)
    left, came = plan.granules[index]
    assert left < came


@pytest.mark.parametrize(
    ("index", "table", "condition"),
    [
        ("idx_event_type", "events", "event_type = 'purchase'"),
        ("idx_status", "orders", "status = 'refunded'"),
        ("idx_user_country", "users", "country = 'UK'"),
    ],
)
def test_an_index_on_the_leading_key_is_asked_after_the_key_did_the_work(
    filled: Client, index: str, table: str, condition: str
) -> None:
    plan = explain(filled, f"SELECT * FROM footfall.{table} WHERE {condition}", optimize_use_projections=0)
    left, came = plan.granules["PrimaryKey"]
    assert left < came
    assert index in plan.granules


def test_the_briefs_country_filter_asks_idx_country_where_no_projection_is_better(filled: Client) -> None:
    plan = explain(filled, COUNTRIES, optimize_use_projections=0)
    assert plan.reads == "footfall.events"
    assert "idx_country" in plan.granules
