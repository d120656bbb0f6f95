"""Replay: dead letters after what was wrong has been put right, once and for all."""

import dataclasses
import time
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


def test_of_two_values_of_a_field_none_is_guessed(shop: Client, store_client: StoreClient) -> None:
    reject(shop, {"event_type": "x", "event_id": new_id(), "user_id": "7", "userId": "8"})
    assert shop.post("events", b'{"event_type":"x","value":1,"value":2}').status == 422
    settle(shop)
    options: Any = {"reasons": ["unknown_field", "duplicate_field"], "mapping": ["userId=user_id"]}
    for dry_run in (True, False):
        report = replay(shop.config, **options, dry_run=dry_run)
        assert report.reasons == {"unknown_field": 1, "duplicate_field": 1}
        assert (report.taken, report.rejected) == (0, 2)
    assert len(letters(store_client)) == 2


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


def letters(store_client: StoreClient) -> list[tuple[str, str]]:
    found = store_client.query(
        "SELECT kind, reason FROM footfall_private.dead_letters ORDER BY ALL"
    ).result_rows
    return [(kind, reason) for kind, reason in found]


def test_a_run_that_is_killed_and_run_again_counts_each_letter_once(
    shop: Client, store_client: StoreClient
) -> None:
    run = new_id()
    body = [{"event_type": run, "userId": str(number), "value": number / 4} for number in range(1, 801)]
    reject(shop, *body)
    command = support.launch("replay", shop.config, "--reason", "unknown_field", "--map", "userId=user_id")
    count = "SELECT count(), uniqExact(user_id), sum(value) FROM events WHERE event_type = {run:String}"
    deadline = time.monotonic() + 60
    while store_client.query(count, parameters={"run": run}).result_rows[0][0] == 0:
        assert time.monotonic() < deadline and command.popen.poll() is None, command.output()
    command.kill()
    again = support.run(shop.config, "replay", "--reason", "unknown_field", "--map", "userId=user_id")
    settle(shop)
    assert (again.returncode, again.stdout.strip()) == (0, "taken: 800; rejected again: 0")
    rows = store_client.query(count, parameters={"run": run}).result_rows
    assert rows == [(800, 800, Decimal(sum(range(1, 801))) / 4)]
    assert letters(store_client) == []


def test_a_change_that_its_order_refuses_again_stays_the_one_letter_that_it_was(
    shop: Client, store_client: StoreClient
) -> None:
    order = {"order_id": new_id(), "status": "completed", "product_id": "A", "quantity": 1, "unit_price": 5}
    assert shop.post("orders", order, wait=True).status == 200
    # Refused when its turn comes, and again at each replay.
    back = {"order_id": order["order_id"], "status": "refunded", "product_id": "A"}
    assert shop.post("orders", back | {"order_timestamp": NOW_MS}, wait=True).status == 200
    assert shop.post("orders", back | {"order_timestamp": NOW_MS + 1}, wait=True).status == 422
    # Refused at once, and after its fix when its turn comes.
    reject(shop, back | {"colour": "red"}, kind="orders")
    settle(shop)
    expected = [("orders", "nothing_left"), ("orders", "unknown_field")]
    assert letters(store_client) == expected
    for _ in range(2):
        report = replay(
            shop.config, reasons=["nothing_left", "unknown_field"], mapping=["colour=payment_method"]
        )
        settle(shop)
        assert (report.taken, report.rejected, report.reasons) == (0, 2, {"nothing_left": 2})
        assert letters(store_client) == expected


def test_a_message_of_an_sdk_is_sent_again_with_its_fields_renamed(
    shop: Client, store_client: StoreClient
) -> None:
    message = {"type": "track", "userid": "7", "event": 5, "name": new_id(), "anonymousId": new_id()}
    answer = shop.post("batch", {"batch": [message, {"type": "page", "messageId": new_id(), "userId": "1"}]})
    assert (answer.status, answer.body["rejected"]) == (200, 1)
    settle(shop)
    assert letters(store_client) == [("messages", "invalid_type")]
    options: Any = {"reasons": ["invalid_type"], "kinds": ["messages"]}
    assert replay(shop.config, **options, mapping=["userid=userId"]).rejected == 1
    mapping = ["userid=userId", "event=number", "name=event"]
    assert replay(shop.config, **options, mapping=mapping, dry_run=True).taken == 1
    assert replay(shop.config, **options, mapping=mapping).taken == 1
    assert replay(shop.config, **options, mapping=mapping).taken == 0
    settle(shop)
    rows = store_client.query(
        "SELECT user_id FROM events WHERE event_type = {name:String}", parameters={"name": message["name"]}
    ).result_rows
    assert rows == [(7,)]
    assert letters(store_client) == []
