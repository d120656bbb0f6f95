"""What each index and projection is measured by finds rows in a small shop, however old its newest are."""

from collections.abc import Iterator

import pytest
from clickhouse_connect.driver.client import Client

from footfall.query.evidence import evidence, sample
from tests.conftest import empty

OLD_S = 5 * 3600
EVENTS = """
INSERT INTO footfall.events
(
    event_id, event_type, event_timestamp, user_id, session_id, product_id, order_id, page_url, utm_source,
    utm_campaign, search_term, device_type, browser, country, revenue, duration_seconds, ingested_at, block_id
)
WITH
    now64(3) - toIntervalSecond({old:UInt32}) - toIntervalSecond(number * 60) AS at,
    ['page_view', 'search', 'product_view', 'add_to_cart', 'purchase'][1 + number % 5] AS kind
SELECT
    generateUUIDv4(), kind, at, 1 + number % 90, 's' || toString(intDiv(number, 20)), 1 + number % 40,
    if(kind = 'purchase', 'o' || toString(number), ''), '/p/' || toString(number % 30), 'google', 'spring',
    if(kind = 'search', 'hat', ''), ['mobile', 'desktop'][1 + number % 2], 'Chrome',
    ['FR', 'NL'][1 + number % 2], if(kind = 'purchase', 12.34 + number, 0), number % 700, at,
    bitShiftLeft(toUInt64(toUnixTimestamp64Milli(at)), 20)
FROM numbers(4000)
"""
ORDERS = """
INSERT INTO footfall.orders
(
    entry_id, order_id, line_id, user_id, product_id, order_timestamp, status, quantity, unit_price,
    total_amount, country, ingested_at, block_id
)
WITH now64(3) - toIntervalSecond({old:UInt32}) - toIntervalSecond(number * 300) AS at
SELECT
    generateUUIDv4(), 'o' || toString(number), '1', 1 + number % 70, 1 + number % 40, at, 'completed', 1,
    7.1 + number, 7.1 + number, 'FR', at, bitShiftLeft(toUInt64(toUnixTimestamp64Milli(at)), 20) + 7
FROM numbers(800)
"""
USERS = """
INSERT INTO footfall.users (user_id, external_id, country, registration_date, updated_at)
SELECT 1000 + number, toString(number), 'NL', today() - 400 - number % 100, now64(3) FROM numbers(200)
"""


@pytest.fixture(scope="module")
def shop(store_client: Client) -> Iterator[Client]:
    """A shop whose newest row is hours old, and that knows no country and no status of the defaults."""
    empty(store_client)
    for statement in (EVENTS, ORDERS):
        store_client.command(statement, parameters={"old": OLD_S})
    store_client.command(USERS)
    yield store_client
    empty(store_client)


def test_each_statement_reads_rows_and_finds_some(shop: Client) -> None:
    found_nothing = []
    for each in evidence(sample(shop)):
        answer = shop.query(
            each.asked.sql, parameters=each.asked.values, settings={"optimize_use_projections": 0}
        )
        if (
            not answer.result_rows
            or int(answer.summary["read_rows"]) == 0
            or not any(map(any, answer.result_rows))
        ):
            found_nothing.append(str(each))
    assert found_nothing == []


def test_the_live_figures_are_of_the_newest_rows(shop: Client) -> None:
    live = {str(each): each.asked for each in evidence(sample(shop))}
    for name in ("events.proj_by_timestamp-live_series", "events.proj_by_timestamp-live_types"):
        answer = shop.query(live[name].sql, parameters=live[name].values)
        counted = sum(row["events"] for row in answer.named_results())
        assert 10 <= counted <= 40, name
    for name in ("events.idx_ingested_at-latest_events", "orders.idx_block_id-latest_orders"):
        found = shop.query(live[name].sql, parameters=live[name].values).result_rows
        assert 1 <= len(found) <= 3, name


def test_each_table_is_asked_for_a_block_of_its_own(shop: Client) -> None:
    samples = sample(shop)
    for table, block in (("events", samples.block_id), ("orders", samples.orders_block_id)):
        ((rows,),) = shop.query(
            "SELECT count() FROM footfall.{table:Identifier} WHERE block_id = {block:UInt64}",
            parameters={"table": table, "block": block},
        ).result_rows
        assert rows == 1


def test_where_no_block_came_through_ingest_the_latest_orders_are_not_asked_for(
    fresh_store: object, store_client: Client
) -> None:
    insert = ORDERS.replace("bitShiftLeft(toUInt64(toUnixTimestamp64Milli(at)), 20) + 7", "1 + number")
    store_client.command(insert, parameters={"old": OLD_S})
    asked = {str(each) for each in evidence(sample(store_client))}
    assert "orders.idx_block_id-ingest: repair" in asked
    assert "orders.idx_block_id-latest_orders" not in asked


def test_a_store_without_rows_has_samples_that_can_be_asked(
    fresh_store: object, store_client: Client
) -> None:
    for each in evidence(sample(store_client)):
        store_client.query(each.asked.sql, parameters=each.asked.values)
