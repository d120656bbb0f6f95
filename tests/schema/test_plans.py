"""Each index and projection is what a named query, the audit or a look-up of ingest's reads.

`footfall.query.evidence` says which, as docs/schema.md does; one without a statement fails a test. Told by
the engine's own EXPLAIN of these very statements, parameters bound, over a few hundred thousand rows.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from footfall.config import Config
from footfall.query.evidence import Asked, Evidence, Samples, evidence, named
from footfall.schema.plan import Read, explain
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
    toDateTime64(today(), 3, 'UTC') - toIntervalMillisecond(number * 60000) AS at,
    ['completed', 'completed', 'completed', 'pending', 'cancelled', 'refunded'][1 + rand(4) % 6],
    ['card', 'paypal'][1 + rand(5) % 2], 1, 10, 1 + rand(6) % 1000, 'US',
    if(number < 1000, bitShiftLeft(toUInt64(toUnixTimestamp64Milli(at)), 20), intDiv(number, 1000))
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
AN_ID = "00000000-0000-4000-8000-000000015000"


RARE = Samples(
    user_id="1234",
    session_id="s777",
    event_id=AN_ID,
    purchase="o777",
    order_id="o777",
    order_user="1234",
    order_product="77",
    order_status="refunded",
    entry_id=AN_ID,
    profile="1234",
    registered_from="today-7d",
    user_country="UK",
    countries="US,UK,DE",
    country="IS",
    device_type="tv",
    product_id="7777",
    page_url="/rare",
    search_term="rare",
    utm_campaign="rare",
    min_revenue="0.01",
    min_duration_seconds="3600",
    min_amount="995",
    at="today-1d",
    events_after="today-5m",
    orders_after="today-1d",
    block_id="1",
    orders_block_id="1",
)
"""What a few of the rows hold."""
EVIDENCE = evidence(RARE)
PROJECTIONS = [each for each in EVIDENCE if each.kind == "projection"]
INDICES = [each for each in EVIDENCE if each.kind == "index" and not each.leads]
AFTER_THE_KEY = [each for each in EVIDENCE if each.leads]
ANSWERED = {"devices", "hour_of_day", "product_activity", "session_timeline", "sources", "step_totals"}
LOOK_UPS = [each for each in EVIDENCE if each.asked.name.startswith("ingest: ")]


@pytest.fixture(scope="module")
def filled(config: Config, store_client: Client) -> Iterator[Client]:
    """A store of a few hundred thousand rows, merged."""
    empty(store_client)
    for statement in (EVENTS, ORDERS, USERS):
        store_client.command(statement)
    merge(
        store_client,
        ["events", "orders", "users", "mv_hourly_events", "mv_user_funnel", "daily_user_activity"],
    )
    yield store_client
    empty(store_client)


@pytest.mark.parametrize("each", PROJECTIONS, ids=str)
def test_the_statement_is_answered_from_the_projection(
    filled: Client, reader: Client, each: Evidence
) -> None:
    sources = [read.source for read in explain(reader, each.asked.sql, each.asked.values)]
    assert each.name in sources
    assert f"footfall.{each.table}" not in sources


@pytest.mark.parametrize("each", INDICES, ids=str)
def test_the_index_skips_granules(filled: Client, each: Evidence) -> None:
    """Without projections, as in a part that has none yet; without the cache of conditions."""
    read = read_of(filled, each, optimize_use_projections=0, use_query_condition_cache=0)
    (use,) = [use for use in read.indices if use.name == each.name]
    assert use.left < use.came


@pytest.mark.parametrize("each", AFTER_THE_KEY, ids=str)
def test_an_index_on_the_leading_key_is_asked_after_the_key_did_the_work(
    filled: Client, reader: Client, each: Evidence
) -> None:
    read = read_of(reader, each)
    assert read.granules_of_key < read.granules_total
    assert each.name in [use.name for use in read.indices]


@pytest.mark.parametrize("each", LOOK_UPS, ids=str)
def test_a_look_up_of_ingests_reads_a_part_of_its_table(
    filled: Client, writer: Client, each: Evidence
) -> None:
    """Told by what it reads: where a projection has every column, the store reads it and asks no index."""
    ((all_rows,),) = rows(filled, "SELECT count() FROM footfall.{table:Identifier}", table=each.table)
    answer = writer.query(each.asked.sql, parameters=each.asked.values)
    assert answer.result_rows
    assert 2 * int(answer.summary["read_rows"]) < all_rows


def test_every_index_and_projection_stands_for_a_statement(filled: Client) -> None:
    projections = rows(filled, "SELECT table, name FROM system.projections WHERE database = 'footfall'")
    assert set(projections) == {(each.table, each.name) for each in PROJECTIONS}
    indices = rows(filled, "SELECT table, name FROM system.data_skipping_indices WHERE database = 'footfall'")
    assert set(indices) == {(each.table, each.name) for each in INDICES + AFTER_THE_KEY}


def read_of(client: Client, each: Evidence, **settings: int) -> Read:
    """The read of the table itself in the plan of the statement."""
    plan = explain(client, each.asked.sql, each.asked.values, **settings)
    (read,) = [read for read in plan if read.source == f"footfall.{each.table}"]
    return read


@pytest.mark.parametrize(
    "asked",
    [
        *(each.asked for each in PROJECTIONS if each.asked.name in ANSWERED),
        named("sources", by="referrer"),
    ],
    ids=str,
)
def test_a_projection_answers_what_the_rows_do(filled: Client, asked: Asked) -> None:
    def answer(**settings: int) -> list[tuple[Any, ...]]:
        found = filled.query(asked.sql, parameters=asked.values, settings=settings).result_rows
        return sorted(tuple(row) for row in found)

    assert answer() == answer(optimize_use_projections=0)


def test_the_briefs_timeline_reads_a_granule_a_part(filled: Client) -> None:
    (taken,) = explain(filled, TIMELINE)
    assert taken.source == "proj_by_user"
    (without,) = explain(filled, TIMELINE, optimize_use_projections=0)
    assert taken.granules_of_key * 10 <= without.granules_of_key


def test_the_briefs_country_filter_asks_idx_country_where_no_projection_is_better(filled: Client) -> None:
    assert [read.source for read in explain(filled, COUNTRIES)] == ["proj_by_country"]
    (read,) = explain(filled, COUNTRIES, optimize_use_projections=0)
    assert read.source == "footfall.events"
    assert "idx_country" in [use.name for use in read.indices]
