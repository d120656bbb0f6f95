"""Each index and projection is what a named query, the audit or a look-up of ingest's reads.

`PROJECTIONS` and `INDICES` say which, as docs/schema.md does; one without a statement fails a test. Told by
the engine's own EXPLAIN of these very statements, parameters bound, over a few hundred thousand rows.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from footfall.config import Config
from footfall.ingest import known, profiles, repair
from footfall.ingest import orders as orders_stage
from footfall.query import catalogue
from footfall.query.audit import AUDITS
from footfall.query.parameters import bind
from tests.conftest import empty
from tests.schema.support import merge, rows

EVENTS = """
INSERT INTO footfall.events
(
    event_id, event_type, event_timestamp, user_id, session_id, product_id, order_id, page_url, utm_source,
    utm_campaign, search_term, device_type, browser, country, revenue, duration_seconds, ingested_at, block_id
)
SELECT
    toUUID('00000000-0000-4000-8000-' || leftPad(toString(number), 12, '0')),
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
    toUUID('00000000-0000-4000-8000-' || leftPad(toString(number), 12, '0')),
    'o' || toString(intDiv(number, 2)), toString(number % 2), 1 + rand(2) % 5000, 1 + rand(3) % 500,
    toDateTime64(today(), 3, 'UTC') - toIntervalMillisecond(number * 60000),
    ['completed', 'completed', 'completed', 'pending', 'cancelled', 'refunded'][1 + rand(4) % 6],
    ['card', 'paypal'][1 + rand(5) % 2], 1, 10, 1 + rand(6) % 1000, 'US',
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
QUERIES = catalogue(Config())
AN_ID = "00000000-0000-4000-8000-000000015000"


@dataclass(frozen=True)
class Asked:
    """A statement of the product, with the values that it is asked with."""

    name: str
    sql: str
    values: dict[str, Any]

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Plan:
    """What EXPLAIN says of a statement."""

    reads: list[str]
    """Tables that are read, and projections that stand in for them."""
    granules: dict[str, tuple[int, int]]
    """Of each index: granules that it leaves, and granules that came to it."""
    text: str


def named(name: str, **given: str) -> Asked:
    """A named query."""
    texts = {{"since": "from"}.get(key, key): value for key, value in given.items()}
    return Asked(name, QUERIES[name].sql, dict(bind(QUERIES[name], texts).values))


def first_step(name: str, **given: str) -> Asked:
    """The subquery of a named query that finds its rows: a plan of the whole does not show it."""
    whole = named(name, **given)
    (step,) = re.findall(r"\bIN\n\s*\(\n(.*?)\n\s*\)\n", whole.sql, re.DOTALL)
    return Asked(name, step, whole.values)


def audit(name: str) -> Asked:
    """A statement of `footfall audit`."""
    return Asked(f"audit: {name}", (AUDITS / f"{name}.sql").read_text(), {"from": "2020-01-01"})


def search(**given: str) -> Asked:
    return named("event_search", since="today-60d", **given)


PROJECTIONS = [
    ("events", "proj_by_country", named("country_activity", since="today-7d")),
    ("events", "proj_by_user", first_step("user_timeline", user_id="1234")),
    ("events", "proj_by_timestamp", named("live_series", at="today-1d")),
    ("events", "proj_by_timestamp", named("live_types", at="today-1d")),
    ("events", "proj_by_product", named("product_activity", product_id="77")),
    ("events", "proj_by_session", first_step("session_timeline", session_id="s777")),
    ("events", "proj_daily_stats", audit("days_of_events")),
    ("events", "proj_daily_devices", named("devices", by="device_type")),
    ("events", "proj_daily_devices", named("devices", by="browser")),
    ("events", "proj_daily_sources", named("sources", by="utm_source")),
    ("events", "proj_daily_sources", named("sources", by="utm_medium")),
    ("events", "proj_daily_sources", named("sources", by="utm_campaign")),
    ("orders", "proj_by_user", named("order_history", user_id="77")),
    ("orders", "proj_by_product", named("order_history", product_id="77")),
    ("orders", "proj_by_amount", named("largest_orders", min_amount="995")),
    ("users", "proj_by_registration", first_step("user_lookup", registered_from="today-7d")),
    ("mv_user_funnel", "proj_by_date", named("step_totals")),
    ("mv_user_funnel", "proj_by_date", audit("days_of_events")),
    ("daily_user_activity", "proj_by_date", audit("days_of_events")),
]
"""Each projection with statements that are answered from it."""

LOOK_UPS = [
    ("events", "idx_event_id", Asked("ingest: known", known._HELD["events"], {"ids": [AN_ID]})),
    ("events", "idx_block_id", Asked("ingest: repair", repair._KEYS["events"], {"block": 1})),
    ("orders", "idx_entry_id", Asked("ingest: known", known._HELD["orders"], {"ids": [AN_ID]})),
    ("orders", "idx_block_id", Asked("ingest: repair", repair._KEYS["orders"], {"block": 1})),
    ("orders", "idx_order_id", Asked("ingest: orders", orders_stage._ROWS, {"ids": ["o777"]})),
    ("users", "idx_user_id", Asked("ingest: profiles", profiles._USERS, {"ids": [777]})),
]
"""Indices of ingest's look-ups."""

INDICES = [
    *LOOK_UPS,
    ("events", "idx_event_id", search(event_id=AN_ID)),
    ("events", "idx_device_type", search(device_type="tv")),
    ("events", "idx_country", search(country="IS")),
    ("events", "idx_session_id", first_step("session_timeline", session_id="s777")),
    ("events", "idx_page_url", search(page_url="/rare")),
    ("events", "idx_order_id", search(order_id="o150000")),
    ("events", "idx_product_id", search(product_id="7777")),
    ("events", "idx_search_term", search(search_term="rare")),
    ("events", "idx_utm_campaign", search(utm_campaign="rare")),
    ("events", "idx_revenue", search(min_revenue="0.01")),
    ("events", "idx_duration_seconds", search(min_duration_seconds="3600")),
    ("events", "idx_ingested_at", named("latest_events", after="today-5m")),
    ("events", "idx_ingested_at", named("arrivals", after="today-5m")),
]
"""Each skipping index with statements that it saves reading."""

AFTER_THE_KEY = [
    ("events", "idx_event_type", named("funnel", steps="add_to_cart,purchase")),
    ("orders", "idx_status", named("order_history", status="refunded")),
    ("users", "idx_user_country", first_step("user_lookup", country="UK")),
]
"""Indices on a column that leads the sort key."""


@pytest.fixture(scope="module")
def filled(config: Config, store_client: Client) -> Iterator[Client]:
    """A store of a few hundred thousand rows, merged."""
    empty(store_client)
    for statement in (EVENTS, ORDERS, USERS):
        store_client.command(statement)
    merge(store_client, ["events", "orders", "users", "mv_user_funnel", "daily_user_activity"])
    yield store_client
    empty(store_client)


def explain(client: Client, asked: Asked | str, **settings: int) -> Plan:
    sql, values = (asked, {}) if isinstance(asked, str) else (asked.sql, asked.values)
    statement = f"EXPLAIN indexes = 1, projections = 1 {sql}"
    answer = client.query(statement, parameters=values, settings=settings).result_rows
    text = "\n".join(re.sub(r"^[\s│├└─]*", "", str(line)) for (line,) in answer)
    granules = {}
    steps = text.split("Projections:")[0].split("\n")
    name = ""
    for number, line in enumerate(steps):
        if line in {"PrimaryKey", "Partition", "MinMax", "Min-Max", "Skip"}:
            name = steps[number + 1].removeprefix("Name: ") if line == "Skip" else line
        elif name and (match := re.fullmatch(r"Granules: (\d+)/(\d+)", line)):
            granules[name] = (int(match[1]), int(match[2]))
    return Plan(re.findall(r"ReadFromMergeTree \(([\w.]+)\)", text), granules, text)


@pytest.mark.parametrize(("table", "projection", "asked"), PROJECTIONS, ids=str)
def test_the_statement_is_answered_from_the_projection(
    filled: Client, reader: Client, table: str, projection: str, asked: Asked
) -> None:
    reads = explain(reader, asked).reads
    assert projection in reads
    assert f"footfall.{table}" not in reads


@pytest.mark.parametrize(("table", "index", "asked"), INDICES, ids=str)
def test_the_index_skips_granules(filled: Client, table: str, index: str, asked: Asked) -> None:
    """Without projections, as in a part that has none yet; without the cache of conditions."""
    plan = explain(filled, asked, optimize_use_projections=0, use_query_condition_cache=0)
    assert f"footfall.{table}" in plan.reads
    left, came = plan.granules[index]
    assert left < came


@pytest.mark.parametrize(("table", "index", "asked"), AFTER_THE_KEY, ids=str)
def test_an_index_on_the_leading_key_is_asked_after_the_key_did_the_work(
    filled: Client, reader: Client, table: str, index: str, asked: Asked
) -> None:
    plan = explain(reader, asked)
    assert f"footfall.{table}" in plan.reads
    left, came = plan.granules["PrimaryKey"]
    assert left < came
    assert index in plan.granules


@pytest.mark.parametrize(("table", "index", "asked"), LOOK_UPS, ids=str)
def test_a_look_up_of_ingests_reads_a_part_of_its_table(
    filled: Client, writer: Client, table: str, index: str, asked: Asked
) -> None:
    """Told by what it reads: where a projection has every column, the store reads it and asks no index."""
    ((rows_of_table,),) = rows(filled, "SELECT count() FROM footfall.{table:Identifier}", table=table)
    answer = writer.query(asked.sql, parameters=asked.values)
    assert answer.result_rows
    assert 2 * int(answer.summary["read_rows"]) < rows_of_table


def test_every_index_and_projection_stands_for_a_statement(filled: Client) -> None:
    projections = rows(filled, "SELECT table, name FROM system.projections WHERE database = 'footfall'")
    assert set(projections) == {(table, projection) for table, projection, _ in PROJECTIONS}
    indices = rows(filled, "SELECT table, name FROM system.data_skipping_indices WHERE database = 'footfall'")
    assert set(indices) == {(table, index) for table, index, _ in INDICES + AFTER_THE_KEY}


@pytest.mark.parametrize(
    "asked",
    [
        *(named("devices", by=by) for by in ("device_type", "browser")),
        *(named("sources", by=by) for by in ("utm_source", "utm_medium", "utm_campaign", "referrer")),
        named("step_totals"),
    ],
    ids=str,
)
def test_a_projection_answers_what_the_rows_do(filled: Client, asked: Asked) -> None:
    def answer(**settings: int) -> list[tuple[Any, ...]]:
        found = filled.query(asked.sql, parameters=asked.values, settings=settings).result_rows
        return [tuple(row) for row in found]

    assert answer() == answer(optimize_use_projections=0)


def test_the_briefs_timeline_reads_a_granule_a_part(filled: Client) -> None:
    taken = explain(filled, TIMELINE)
    assert taken.reads == ["proj_by_user"]
    without = explain(filled, TIMELINE, optimize_use_projections=0)
    assert taken.granules["PrimaryKey"][0] * 10 <= without.granules["PrimaryKey"][0]


def test_the_briefs_country_filter_asks_idx_country_where_no_projection_is_better(filled: Client) -> None:
    assert explain(filled, COUNTRIES).reads == ["proj_by_country"]
    plan = explain(filled, COUNTRIES, optimize_use_projections=0)
    assert plan.reads == ["footfall.events"]
    assert "idx_country" in plan.granules
