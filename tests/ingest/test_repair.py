"""A block in doubt: what the engine forgot is written again, and rollups that are wrong are rebuilt.

The engine's kill between its deduplication log and its new part is put together by hand: the block is
inserted (so the log knows its token), then rows are taken out of the base table or out of a rollup.
"""

import dataclasses
import gc
import time
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal

import pytest
from clickhouse_connect.driver.client import Client as StoreClient

from footfall.config import Config
from footfall.ingest import blocks, chunks, native
from footfall.ingest.inbox import Inbox
from footfall.ingest.lanes import BY_NAME, EVENTS, ORDERS, day_of, month_of
from footfall.ingest.metrics import Metrics
from footfall.ingest.native import Row
from footfall.ingest.outcome import Entry
from footfall.ingest.writer import StoreLink, TableWriter
from footfall.model import derived_uuid
from tests import support
from tests.crash.shop import sums
from tests.ingest.make import DAY_MS, NOW_MS, new_id

DAYS = (1, 2, 40)


def event(number: int) -> Entry:
    key = derived_uuid(b"test", new_id().encode())
    at = NOW_MS - DAYS[number % len(DAYS)] * DAY_MS
    row: Row = (
        *(key, "purchase", at, day_of(at), 1 + number, f"s{number}", 0, "", "", "", "", "", "", ""),
        *("mobile", "Chrome", "DE", 10_000, 0, "USD", 0, 0, b"", NOW_MS),
    )
    return Entry(EVENTS.name, key, b"", row, month_of(day_of(at)))


def order_line(number: int) -> Entry:
    key = derived_uuid(b"test", new_id().encode())
    at = NOW_MS - DAYS[number % len(DAYS)] * DAY_MS
    row: Row = (
        *(key, f"o{number}", "1", 5, number, at, day_of(at), "completed", "card", 2, 10_000, 0, 20_000),
        *("USD", "DE", False, b"", NOW_MS),
    )
    return Entry(ORDERS.name, key, b"", row, month_of(day_of(at)))


@pytest.fixture
def open_inbox(fresh_store: Config, tmp_path: object) -> Iterator[Inbox]:
    inbox = Inbox(fresh_store.data_dir / new_id("inbox"), 1 << 30)
    yield inbox
    inbox.close()


def torn(inbox: Inbox, config: Config, entries: list[Entry]) -> int:
    """A block that the store has acknowledged and the inbox still holds, as a killed process leaves it."""
    lane = BY_NAME[entries[0].lane]
    block_id = blocks.new_block_id()
    inbox.run(lambda c: chunks.add(c, lane.name, entries, NOW_MS, urgent=False))
    inbox.run(lambda c: chunks.fix(c, lane.name, block_id, 1_000))
    link = StoreLink(config)
    with closing(inbox.connect()) as connection:
        block = chunks.load(connection, block_id)
    names = [*(column.name for column in lane.columns), "block_id"]
    sent = native.block(lane.columns, block.bodies, block_id)
    link.client.raw_insert(lane.table, names, sent, blocks.insert_settings(block_id), "Native")
    link.drop()
    return block_id


def restart(inbox: Inbox, config: Config, lane: str) -> Metrics:
    """What the next process does with the open blocks."""
    metrics = Metrics()
    writer = TableWriter(BY_NAME[lane], inbox, config, metrics)
    writer.start()
    with closing(inbox.connect()) as connection:
        deadline = time.monotonic() + 60
        while chunks.sizes(connection)[lane][0]:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    writer.stopping.set()
    writer.join()
    return metrics


def healed(metrics: Metrics) -> set[str]:
    lines = metrics.text().decode().splitlines()
    names = (line.split('"')[1] for line in lines if line.startswith("footfall_ingest_healed_days_total{"))
    return set(names)


DAMAGES = {
    "nothing": [],
    "one partition of the base": ["ALTER TABLE events DELETE WHERE event_date < today() - 30"],
    "rows of two rollups": [
        "ALTER TABLE mv_hourly_events DELETE WHERE 1",
        "ALTER TABLE mv_user_funnel DELETE WHERE event_date > today() - 30",
    ],
    "base and rollups": [
        "ALTER TABLE events DELETE WHERE event_date > today() - 30",
        "ALTER TABLE mv_country_stats DELETE WHERE 1",
        "ALTER TABLE daily_user_activity DELETE WHERE user_id = 3",
    ],
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_missing_of_an_acknowledged_block_is_put_right(
    damage: str, fresh_store: Config, store_client: StoreClient, open_inbox: Inbox
) -> None:
    earlier = [event(number) for number in range(5)]
    torn(open_inbox, fresh_store, earlier)
    restart(open_inbox, fresh_store, "events")
    torn(open_inbox, fresh_store, [event(number) for number in range(12)])
    for statement in DAMAGES[damage]:
        store_client.command(statement, settings={"mutations_sync": 1})
    metrics = restart(open_inbox, fresh_store, "events")
    expected = 12 + sum(_survives(damage, DAYS[number % len(DAYS)]) for number in range(5))
    found = sums(store_client)
    assert found == dict.fromkeys(found, (expected, Decimal(expected)))
    assert bool(healed(metrics)) == (damage != "nothing")


def _survives(damage: str, age_days: int) -> bool:
    """Whether the damage left a row of the earlier block, which nobody writes again."""
    return (
        age_days < 30
        if damage == "one partition of the base"
        else (age_days > 30 or damage != "base and rollups")
    )


def test_a_block_of_which_the_inbox_lost_rows_is_not_sent_in_part(
    fresh_store: Config, store_client: StoreClient, open_inbox: Inbox, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        entries = [event(number) for number in range(4)]
        open_inbox.run(lambda c: chunks.add(c, "events", entries, NOW_MS, urgent=True))  # noqa: B023
    open_inbox.run(lambda c: c.execute("CREATE TABLE lost AS SELECT * FROM bodies LIMIT 1"))
    open_inbox.run(lambda c: c.execute("DELETE FROM bodies WHERE id IN (SELECT id FROM lost)"))
    writer = TableWriter(EVENTS, open_inbox, fresh_store, Metrics())
    writer.start()
    while not caplog.records:
        time.sleep(0.01)
    assert "writer events: inbox.sqlite is damaged: 4 of 8 rows of a block are gone" in caplog.text
    assert sums(store_client)["events"] == (0, Decimal(0))
    open_inbox.run(lambda c: c.execute("INSERT INTO bodies SELECT * FROM lost"))  # somebody has seen to it
    with closing(open_inbox.connect()) as connection:
        while chunks.sizes(connection)["events"][0]:
            time.sleep(0.01)
    writer.stopping.set()
    writer.join()
    found = sums(store_client)
    assert found == dict.fromkeys(found, (8, Decimal(8)))


def test_a_block_that_cannot_be_sent_is_not_held_in_memory(fresh_store: Config, open_inbox: Inbox) -> None:
    open_inbox.run(lambda c: chunks.add(c, "events", [event(1)], NOW_MS, urgent=True))
    nowhere, metrics = dataclasses.replace(fresh_store, engine_port=support.free_port()), Metrics()
    writer = TableWriter(EVENTS, open_inbox, nowhere, metrics)
    gc.collect()
    gc.disable()  # in ingest the collector looks rarely
    try:
        writer.start()
        while (
            metrics.registry.get_sample_value("footfall_ingest_retries_total", {"lane": "events"}) or 0
        ) < 3:
            time.sleep(0.01)
        writer.stopping.set()
        writer.join()
        assert not [held for held in gc.get_objects() if isinstance(held, chunks.Block)]
    finally:
        gc.enable()


def test_a_torn_block_of_orders_is_put_right(
    fresh_store: Config, store_client: StoreClient, open_inbox: Inbox
) -> None:
    torn(open_inbox, fresh_store, [order_line(number) for number in range(9)])
    store_client.command(
        "ALTER TABLE mv_product_revenue DELETE WHERE product_id < 4", settings={"mutations_sync": 1}
    )
    store_client.command("ALTER TABLE orders DELETE WHERE product_id > 6", settings={"mutations_sync": 1})
    restart(open_inbox, fresh_store, "orders")
    base = store_client.query("SELECT count(), sum(total_amount), sum(quantity) FROM orders").result_rows
    rollup = store_client.query(
        "SELECT uniqMerge(order_count), sum(total_revenue), sum(total_quantity) FROM mv_product_revenue"
    ).result_rows
    assert base == rollup == [(9, Decimal(18), 18)]
