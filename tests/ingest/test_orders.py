"""Orders through HTTP: the ledger in the store, and what its rollup says of it."""

import dataclasses
import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client as StoreClient

from tests.ingest.client import Client, settle
from tests.ingest.make import DAY_MS, NOW_MS, new_id
from tests.support import Process, free_port

LINES = [
    {"product_id": "A", "quantity": 3, "unit_price": "10.00"},
    {"product_id": "B", "quantity": 1, "unit_price": 5, "discount": 1},
]


@pytest.fixture
def order(shop: Client) -> dict[str, Any]:
    return {"order_id": new_id("order"), "user_id": "7"}


def money(client: StoreClient) -> dict[str, Decimal]:
    """Sums of the ledger by status; the rollup must say the same."""
    base = client.query("SELECT status, sum(total_amount) FROM orders GROUP BY status").result_rows
    rollup = client.query(
        "SELECT status, sum(total_revenue) FROM mv_product_revenue GROUP BY status"
    ).result_rows
    assert set(base) == set(rollup)
    return {status: amount for status, amount in base if amount}


IMPORT = {"X-Footfall-Import": "1"}  # a change that comes before its order is decided at once


def send(shop: Client, *items: dict[str, Any], headers: dict[str, str] | None = None) -> Any:
    answer = shop.post("orders", list(items), wait=True, headers=headers)
    assert answer.status == 200, answer
    return answer.body


def test_an_order_from_placed_to_refunded(
    shop: Client, store_client: StoreClient, order: dict[str, Any]
) -> None:
    send(shop, order | {"status": "pending", "lines": LINES, "payment_method": "card", "country": "GB"})
    assert money(store_client) == {"pending": Decimal(34)}
    send(shop, order | {"status": "completed"})
    assert money(store_client) == {"completed": Decimal(34)}
    send(shop, order | {"status": "refunded", "lines": [{"product_id": "A", "quantity": 1}]})
    assert money(store_client) == {"completed": Decimal(34), "refunded": Decimal(-10)}
    send(shop, order | {"status": "refunded"})
    assert money(store_client) == {"completed": Decimal(34), "refunded": Decimal(-34)}
    attributes = store_client.query(
        "SELECT DISTINCT user_id, payment_method, country FROM orders"
    ).result_rows
    assert attributes == [(7, "card", "UK")]


def test_the_same_order_sent_again_counts_once(
    shop: Client, store_client: StoreClient, order: dict[str, Any]
) -> None:
    item = order | {"status": "completed", "lines": LINES}
    first, again = send(shop, item, item), send(shop, item)
    assert (first["accepted"], first["duplicate"], again["duplicate"]) == (1, 1, 1)
    send(shop, item | {"payment_method": "card", "order_timestamp": NOW_MS})
    assert money(store_client) == {"completed": Decimal(34)}


def test_a_refund_of_a_later_month_stands_in_that_month(
    shop: Client, store_client: StoreClient, order: dict[str, Any]
) -> None:
    bought, back = NOW_MS - 70 * DAY_MS, NOW_MS - 2 * DAY_MS
    send(shop, order | {"status": "completed", "lines": LINES, "order_timestamp": bought})
    send(shop, order | {"status": "refunded", "order_timestamp": back})
    rows = store_client.query(
        "SELECT toYYYYMM(order_date), sum(total_revenue) FROM mv_product_revenue GROUP BY 1 ORDER BY 1"
    ).result_rows
    months = [dt.datetime.fromtimestamp(at / 1000, dt.UTC) for at in (bought, back)]
    assert rows == [
        (months[0].year * 100 + months[0].month, Decimal(34)),
        (months[1].year * 100 + months[1].month, Decimal(-34)),
    ]


def test_more_than_was_bought_goes_to_the_dead_letters(
    shop: Client, store_client: StoreClient, order: dict[str, Any]
) -> None:
    send(shop, order | {"status": "completed", "lines": LINES})
    send(shop, order | {"status": "refunded", "lines": [{"product_id": "A", "quantity": 9}]})
    assert money(store_client)["refunded"] == Decimal(-30)
    send(shop, {"order_id": new_id(), "status": "adjusted", "product_id": "A", "quantity": 1})
    query = "SELECT reason, message FROM footfall_private.dead_letters WHERE kind = 'orders'"
    settle(shop)
    rows = store_client.query(query).result_rows
    assert rows == [("nothing_left", "line A: 9 were to go back, 3 were left")]


def test_an_order_that_changes_hands_leaves_nothing_pending_by_any_dimension(
    shop: Client, store_client: StoreClient, order: dict[str, Any]
) -> None:
    placed = {"order_id": order["order_id"], "status": "pending", "lines": LINES}
    send(shop, placed)
    send(shop, order | {"status": "completed", "country": "FR", "payment_method": "card"})
    by = "user_id, country, payment_method"
    rows = store_client.query(f"SELECT {by}, sum(total_amount) AS s FROM orders GROUP BY {by} HAVING s != 0")
    assert rows.result_rows == [(7, "FR", "card", Decimal(34))]


def test_an_order_of_the_store_alone_is_known(shop: Client, store_client: StoreClient) -> None:
    """What was written past ingest (by `generate`, or long ago) is looked up."""
    order_id = new_id("old")
    store_client.command(
        "INSERT INTO orders (entry_id, order_id, line_id, user_id, product_id, order_timestamp, status,"
        " quantity, unit_price, total_amount, currency, country)"
        " SELECT generateUUIDv4(), {order:String}, '1', 5, 77, now64(3), 'completed', 2, 8, 16, 'USD', 'DE'",
        parameters={"order": order_id},
    )
    send(shop, {"order_id": order_id, "status": "refunded", "lines": [{"product_id": "77", "quantity": 5}]})
    rows = store_client.query(
        "SELECT line_id, quantity, user_id, unlinked FROM orders WHERE status = 'refunded'"
    )
    assert rows.result_rows == [("1", -2, 5, False)]


def test_a_refund_of_an_unknown_order_is_marked(shop: Client, store_client: StoreClient) -> None:
    back = {"status": "refunded", "product_id": "A", "quantity": -2, "unit_price": 3}
    send(shop, back | {"order_id": new_id("C")}, headers=IMPORT)
    assert money(store_client) == {"refunded": Decimal(-6)}
    assert store_client.query("SELECT quantity, unlinked FROM orders").result_rows == [(-2, True)]


def test_an_import_is_compared_with_all_that_the_store_holds(
    shop: Client, store_client: StoreClient, tmp_path: Path, start: Callable[..., Process]
) -> None:
    line = {"order_id": new_id("I"), "status": "completed", "product_id": "A", "quantity": 1, "unit_price": 2}
    orders = [line | {"entry_id": f"{line['order_id']}/{number}"} for number in range(3)]
    views = [{"event_type": "page_view", "session_id": line["order_id"], "event_timestamp": NOW_MS}] * 3
    for kind, items in (("orders", orders), ("events", views)):
        assert shop.post(kind, items, wait=True, headers=IMPORT).body["accepted"] == 3
    forgetful = dataclasses.replace(shop.config, data_dir=tmp_path, ingest_port=free_port())
    start("ingest", forgetful)  # with an inbox of its own: it remembers nothing
    more = {"orders": [*orders, line | {"entry_id": new_id()}], "events": [*views, views[0]]}
    for kind, items in more.items():
        again = Client(forgetful).post(kind, items, wait=True, headers=IMPORT).body
        assert (again["accepted"], again["duplicate"]) == (1, 3)
    assert money(store_client) == {"completed": Decimal(8)}
    assert store_client.query("SELECT uniqExact(line_id), count() FROM orders").result_rows == [(4, 4)]
    assert store_client.query("SELECT uniqExact(event_id), count() FROM events").result_rows == [(4, 4)]


def outcome(answer: Any) -> tuple[int, int, int]:
    return answer["accepted"], answer["duplicate"], answer["rejected"]


def test_who_waits_and_who_asks_later_is_told_what_the_ledger_decided(
    shop: Client, order: dict[str, Any]
) -> None:
    other = {"order_id": new_id("other")}
    items = [
        order | {"status": "completed", "lines": LINES},
        order | {"status": "pending", "lines": LINES},  # it is further on already
        other | {"status": "completed"},  # nobody knows it
        other | {"status": "pending", "lines": LINES},
        other | {"status": "cancelled"},
        other | {"status": "completed", "order_timestamp": NOW_MS},
        order | {"status": "refunded", "lines": [{"product_id": "A", "quantity": 4}]},  # in part
        order | {"status": "refunded", "lines": [{"product_id": "A", "quantity": 1}]},
        {"order_id": 1, "status": "sent"},
    ]
    waited = send(shop, *items, headers=IMPORT)
    assert outcome(waited) == (4, 1, 4)
    told = [(error["index"], error["field"], error["code"]) for error in waited["errors"]]
    assert told == [
        *((2, "lines", "no_lines"), (5, "lines", "no_lines")),
        *((6, "lines", "nothing_left"), (7, "lines", "nothing_left"), (8, "status", "invalid_value")),
    ]
    assert waited["errors"][1]["message"] == "nothing of the order is pending, and no lines are named"
    assert shop.get(f"/v1/receipts/{waited['batch_id']}").body == waited
    # Without waiting the answer comes before their turn, and the receipt says it later.
    again = [item | {"entry_id": new_id()} for item in items[5:8]]
    kept = shop.post("orders", again, headers=IMPORT)
    assert (kept.status, outcome(kept.body)) == (202, (3, 0, 0))
    settle(shop)
    receipt = shop.get(f"/v1/receipts/{kept.body['batch_id']}").body
    assert outcome(receipt) == (0, 0, 3)
    assert [error["index"] for error in receipt["errors"]] == [0, 1, 2]


def test_where_the_ledger_refuses_all_who_waits_gets_422(shop: Client, order: dict[str, Any]) -> None:
    answer = shop.post("orders", order | {"status": "completed"}, wait=True, headers=IMPORT)
    assert (answer.status, answer.body["error"]["errors"][0]["code"]) == (422, "no_lines")
    receipt = shop.get(f"/v1/receipts/{answer.body['error']['batch_id']}").body
    assert outcome(receipt) == (0, 0, 1)


def test_a_change_that_was_refused_may_be_sent_again_when_it_fits(
    shop: Client, store_client: StoreClient, order: dict[str, Any]
) -> None:
    paid = order | {"status": "completed"}
    for _ in range(2):  # too early, twice: refused, and not a duplicate
        assert shop.post("orders", paid, wait=True, headers=IMPORT).status == 422
    send(shop, order | {"status": "pending", "lines": LINES})
    assert outcome(send(shop, paid)) == (1, 0, 0)
    assert outcome(send(shop, paid)) == (0, 1, 0)
    settle(shop)
    letters = store_client.query(
        "SELECT count() FROM footfall_private.dead_letters WHERE position(raw, {order:String}) > 0",
        parameters={"order": order["order_id"]},
    ).result_rows
    assert letters == [(1,)]


def test_a_correction_finds_its_receipt_over_all_slices(shop: Client, order: dict[str, Any]) -> None:
    unknown = [{"order_id": new_id(), "status": "completed"} for _ in range(2_500)]
    good = order | {"status": "completed", "lines": LINES}
    answer = send(shop, *unknown, good, headers=IMPORT)
    assert outcome(answer) == (1, 0, 2_500)
    assert [error["index"] for error in answer["errors"]] == list(range(100))
