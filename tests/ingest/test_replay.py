"""Replay: dead letters after what was wrong has been put right, once and for all."""

import dataclasses
from decimal import Decimal
from typing import Any

from clickhouse_connect.driver.client import Client as StoreClient

from footfall.ingest.replay import replay
from tests import support
from tests.ingest.client import Client, settle
from tests.ingest.make import NOW_MS, new_id


def reject(shop: Client, *items: dict[str, Any], kind: str = "events") -> None:
    answer = shop.post(kind, list(items))
    assert answer.status == 422, answer
    settle(shop)


def test_a_field_that_was_misnamed_is_renamed_and_each_item_counts_once(
    shop: Client, store_client: StoreClient
) -> None:
    common = {"event_type": "page_view", "userId": "7", "properties": {"a": [1, 1.50]}}
    # Equal items without an id are two, also when they are sent again one by one.
    reject(shop, common | {"event_id": new_id()}, common, common, {"event_type": "x", "other": 1})
    options: Any = {"reasons": ["unknown_field"], "mapping": ["userId=user_id"]}
    dry = replay(shop.config, **options, dry_run=True)
    assert (dry.taken, dry.rejected, dry.reasons) == (3, 1, {"unknown_field": 1})
    first = replay(shop.config, **options)
    settle(shop)
    again = replay(shop.config, **options)
    settle(shop)
    assert (first.taken, first.rejected) == (3, 1)
    assert (again.taken, again.rejected) == (0, 1)
    rows = store_client.query("SELECT user_id, properties, event_timestamp FROM events").result_rows
    assert [row[:2] for row in rows] == [(7, '{"a": [1, 1.5]}')] * 3
    left = store_client.query("SELECT raw FROM footfall_private.dead_letters").result_rows
    assert left == [('{"event_type": "x", "other": 1}',)]


def test_history_that_was_too_old_is_taken_once_the_limit_is_lifted(
    shop: Client, store_client: StoreClient
) -> None:
    old = {"event_type": "page_view", "event_timestamp": 1_000_000_000, "event_id": new_id()}
    reject(shop, old)
    assert replay(shop.config, reasons=["too_late"]).rejected == 1
    forever = dataclasses.replace(shop.config, events_ttl_days=0)
    assert replay(forever, reasons=["too_late"], dry_run=True).taken == 1


def test_orders_keep_the_time_at_which_they_were_rejected(shop: Client, store_client: StoreClient) -> None:
    order = {"order_id": new_id(), "status": "completed", "product_id": "A", "quantity": 2}
    reject(shop, order | {"price": "1.50"}, kind="orders")
    for _ in range(2):
        replay(shop.config, reasons=["unknown_field"], kinds=["orders"], mapping=["price=unit_price"])
        settle(shop)
    rows = store_client.query(
        "SELECT total_amount, toUnixTimestamp64Milli(order_timestamp) FROM orders"
    ).result_rows
    assert [row[0] for row in rows] == [Decimal(3)]
    assert rows[0][1] >= NOW_MS


def test_the_command_counts_what_waits_and_says_what_it_did(shop: Client) -> None:
    reject(shop, {"event_type": "x", "colour": 1})
    counted = support.run(shop.config, "replay")
    assert counted.stdout.split() == ["events", "unknown_field", "1"]
    done = support.run(shop.config, "replay", "--reason", "unknown_field", "--map", "colour=session_id")
    assert (done.returncode, done.stdout.strip()) == (0, "taken: 1; rejected again: 0")
    wrong = support.run(shop.config, "replay", "--reason", "nonsense")
    assert wrong.returncode == 2
    assert "unknown_field" in wrong.stderr
