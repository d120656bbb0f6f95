"""Segment's HTTP Tracking API over the real ingest and the real store: answers, retries, totals."""

import base64
import dataclasses
import gzip
import json
import os
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client as StoreClient

from footfall.config import Config
from footfall.ingest.keys import LOOK_S, create
from footfall.ingest.replay import replay
from tests.ingest.client import Answer, Client, settle
from tests.ingest.make import new_id
from tests.ingest.segment.make import message, products, track
from tests.support import Process, free_port

FULL_BYTES = 1 << 20


def send(
    shop: Client,
    *messages: Any,
    path: str = "batch",
    headers: dict[str, str] | None = None,
    packed: bool = False,
    **batch: Any,
) -> Answer:
    """Sends messages as an SDK does, and waits until they can be queried."""
    body = {"batch": list(messages)} | batch if path in {"batch", "import"} else messages[0]
    text = json.dumps(body).encode()
    given = {"Authorization": basic(shop.config.write_key), "Content-Type": "application/json"}
    if packed:
        text, given = gzip.compress(text), given | {"Content-Encoding": "gzip"}
    given |= headers or {}
    return shop.request("POST", f"/v1/{path}?wait=true", text, {k: v for k, v in given.items() if v})


def basic(key: str) -> str:
    return f"Basic {base64.b64encode(f'{key}:'.encode()).decode()}"


def rows(store_client: StoreClient, query: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in store_client.query(query).result_rows]


def order(order_id: str, *bought: tuple[str, float, int], **said: Any) -> dict[str, Any]:
    return track("Order Completed", {"order_id": order_id, "products": products(*bought)} | said)


def test_a_batch_is_answered_as_sdks_expect_and_counts_once(shop: Client, store_client: StoreClient) -> None:
    bought = order("s-1", ("cup", 10, 2), ("pot", 5.5, 1), revenue=24.99, currency="USD")
    refunded = track("Order Refunded", {"order_id": "s-1", "products": products(("cup", 10, 1))})
    user = message("identify", userId="s-u", traits={"email": "a@b.c", "address": {"country": "FR"}})
    batch = [bought, refunded, user, message("page", properties={"url": "/"})]
    first = send(shop, *batch)
    assert first.status == 200
    assert first.body.items() >= {"success": True, "accepted": 4, "duplicate": 0, "rejected": 0}.items()
    money = "SELECT status, sum(total_amount), sum(quantity), count() FROM orders GROUP BY status ORDER BY 1"
    events = "SELECT event_type, count(), sum(revenue) FROM events GROUP BY 1 ORDER BY 1"
    for packed in (False, True):
        assert rows(store_client, money) == [
            ("completed", Decimal("24.99"), 3, 2),
            ("refunded", Decimal("-9.80"), -1, 1),
        ]
        assert rows(store_client, events) == [
            ("page_view", 1, 0),
            ("purchase", 1, Decimal("24.99")),
            ("refund", 1, Decimal(-10)),
        ]
        again = send(shop, *batch, packed=packed, sentAt="2020-01-01T00:00:00Z")
        assert again.status == 200
        assert again.body.items() >= {"success": True, "accepted": 0, "duplicate": 4}.items()
    users = "SELECT external_id, country FROM current_users WHERE country != 'ZZ'"
    assert rows(store_client, users) == [("s-u", "FR")]
    assert rows(store_client, "SELECT email FROM footfall_private.contacts") == [("a@b.c",)]
    known = "SELECT external_id, price FROM current_products ORDER BY 1"
    assert rows(store_client, known) == [("cup", 10), ("pot", Decimal("5.5"))]
    assert shop.get(f"/v1/receipts/{first.body['batch_id']}").body["accepted"] == 4


def test_every_path_takes_its_message(shop: Client, store_client: StoreClient) -> None:
    one = {"userId": new_id("u")}
    for path, fields in (
        ("track", {"event": "Video Played"}),
        ("page", {"name": "Home"}),
        ("screen", {"name": "Home"}),
        ("identify", {"traits": {"age": 5}}),
        ("group", {"groupId": "g"}),
        ("alias", {"previousId": new_id("a")}),
        ("import", track("Old")),
    ):
        answer = send(shop, one | {"messageId": new_id()} | fields, path=path)
        assert (answer.status, answer.body["accepted"]) == (200, 1), (path, answer)
    assert rows(store_client, "SELECT event_type, count() FROM events GROUP BY 1 ORDER BY 1") == [
        ("Old", 1),
        ("Video Played", 1),
        ("group", 1),
        ("page_view", 2),
    ]


def test_an_import_is_compared_with_the_whole_store(
    shop: Client, store_client: StoreClient, tmp_path: Path, start: Callable[..., Process]
) -> None:
    old, refund = order("s-2", ("cup", 10, 2)), track("Order Refunded", {"order_id": "s-2", "total": 5})
    send(shop, old, refund)
    other = dataclasses.replace(shop.config, data_dir=tmp_path, ingest_port=free_port())
    start("ingest", other)  # with an inbox of its own: it remembers nothing
    answer = send(Client(other), old, refund, track("X"), path="import")
    assert answer.body.items() >= {"accepted": 1, "duplicate": 2, "rejected": 0}.items()
    assert rows(store_client, "SELECT count() FROM events") == [(3,)]
    assert rows(store_client, "SELECT sum(total_amount), count() FROM orders") == [(15, 2)]


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", ""])
def test_the_body_is_json_whatever_its_type(shop: Client, kind: str) -> None:
    assert send(shop, track("X"), headers={"Content-Type": kind}).status == 200


def test_the_key_may_stand_in_the_body(shop: Client) -> None:
    no_header = {"Authorization": ""}
    key = shop.config.write_key
    assert send(shop, track("X"), headers=no_header, writeKey=key).status == 200
    assert send(shop, track("X") | {"writeKey": key}, path="track", headers=no_header).status == 200
    for wrong in ({}, {"writeKey": "wrong"}, {"writeKey": 5}):
        answer = send(shop, track("X"), headers=no_header, **wrong)
        assert (answer.status, answer.body["success"], answer.body["code"]) == (401, False, 401)
    big = [track("X", {"a": "x" * 60_000}) for _ in range(20)]
    assert send(shop, *big, headers=no_header, writeKey=key).status == 413
    assert send(shop, *big, headers={"Authorization": basic("wrong")}).status == 401


def test_a_key_that_may_not_send_orders_sends_no_messages(shop: Client) -> None:
    text = create(shop.config, "events-only", ["events"])
    time.sleep(2 * LOOK_S)  # a running ingest looks for new keys so often
    answer = send(shop, track("X"), headers={"Authorization": basic(text)})
    assert (answer.status, answer.body["success"]) == (403, False)
    purchase = {"event_type": "purchase", "user_id": "u", "transaction_id": new_id(), "value": 5, "items": []}
    given = {"Authorization": f"Bearer {text}"}
    assert shop.post("events", purchase, headers=given).status == 202


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"nonsense", b"[]", b'{"batch":5}', b'{"batch":[]}', b"\xff", b'{"batch":[{"type":"x"}]}'],
)
def test_what_holds_no_message_is_400_and_told_in_both_shapes(shop: Client, body: bytes) -> None:
    answer = shop.request("POST", "/v1/batch", body, {"Authorization": basic(shop.config.write_key)})
    assert answer.status == 400
    assert answer.body["code"] == answer.body["error"]["code"] == 400
    assert answer.body["message"] == answer.body["error"]["message"]
    assert answer.body["success"] is False


def test_a_body_that_is_cut_off_or_malformed_loses_nothing_else(shop: Client) -> None:
    whole = json.dumps({"batch": [track("X"), track("Y"), track("Z")], "sentAt": 1}).encode()
    headers = {"Authorization": basic(shop.config.write_key)}
    for body in (whole[: whole.index(b'"Z"')], whole.replace(b'"Z"', b"Z")):
        answer = shop.request("POST", "/v1/batch", body, headers)
        assert answer.status == 200
        assert (answer.body["accepted"] + answer.body["duplicate"], answer.body["rejected"]) == (2, 1)
        assert answer.body["errors"][0]["index"] == 2
    packed = gzip.compress(whole * 1)
    answer = shop.request("POST", "/v1/batch", packed[:-9], headers | {"Content-Encoding": "gzip"})
    assert answer.body["errors"][-1]["code"] == "cut_off"


def test_a_part_that_failed_is_a_dead_letter_and_a_replay_adds_what_was_missing(
    shop: Client, store_client: StoreClient
) -> None:
    missing = track("Order Refunded", {"order_id": "s-3"})  # before its order is known
    answer = send(shop, missing, path="import")  # what is imported does not wait for it
    assert (answer.status, answer.body["accepted"], answer.body["rejected"]) == (200, 1, 0)
    assert [(error["index"], error["code"]) for error in answer.body["errors"]] == [(0, "no_lines")]
    settle(shop)
    letters = "SELECT kind, reason FROM footfall_private.dead_letters"
    assert rows(store_client, letters) == [("messages", "no_lines")]
    send(shop, order("s-3", ("cup", 10, 1)))
    for taken in (1, 0):
        report = replay(shop.config, reasons=["no_lines"], kinds=["messages"])
        assert (report.taken, report.rejected) == (taken, 0)
        settle(shop)
    assert rows(store_client, letters) == []
    assert rows(store_client, "SELECT status, sum(total_amount) FROM orders GROUP BY 1 ORDER BY 1") == [
        ("completed", 10),
        ("refunded", -10),
    ]
    assert rows(store_client, "SELECT event_type, count() FROM events GROUP BY 1 ORDER BY 1") == [
        ("purchase", 1),
        ("refund", 1),
    ]


def test_traits_are_added_to_those_that_are_known(shop: Client, store_client: StoreClient) -> None:
    for traits in ({"plan": "free", "logins": 1}, {"logins": 2}, {"beta": True}):
        send(shop, message("identify", userId="s-4", traits=traits))
    (kept,) = rows(store_client, "SELECT properties, is_premium FROM current_users WHERE external_id = 's-4'")
    assert json.loads(kept[0]) == {"plan": "free", "logins": 2, "beta": True}


def test_ga4_events_come_to_orders_and_products_too(shop: Client, store_client: StoreClient) -> None:
    items = [{"item_id": "cup", "item_name": "Cup", "item_category": "Kitchen", "price": 12.5, "quantity": 2}]
    common = {"user_id": "u", "currency": "USD", "items": items}
    order_id = new_id("o")
    events = [
        common | {"event_type": "view_item", "event_id": new_id(), "value": 12.5},
        common | {"event_type": "begin_checkout", "event_id": new_id(), "value": 25},
        common
        | {
            "event_type": "purchase",
            "event_id": new_id(),
            "transaction_id": order_id,
            "value": 25,
            "shipping": 3,
            "tax": 2,
            "coupon": "MAY",
        },
        {"event_type": "refund", "user_id": "u", "transaction_id": order_id, "items": items[:0]},
        {"event_type": "view_cart", "user_id": "u", "event_id": new_id()},
    ]
    for accepted in (5, 0):
        assert shop.post("events", events, wait=True).body["accepted"] == accepted
    events_of = "SELECT event_type, sum(revenue), sum(value), any(product_id) != 0 FROM events GROUP BY 1"
    assert rows(store_client, f"{events_of} ORDER BY 1") == [
        ("cart_view", 0, 0, False),
        ("checkout", 0, 25, True),
        ("product_view", 0, Decimal("12.5"), True),
        ("purchase", 25, 0, True),
        ("refund", 0, 0, False),
    ]
    lines = "SELECT status, sum(total_amount), sum(quantity) FROM orders GROUP BY 1 ORDER BY 1"
    assert rows(store_client, lines) == [("completed", 25, 2), ("refunded", -25, -2)]
    cup = "SELECT name, category, price FROM current_products WHERE external_id = 'cup'"
    assert rows(store_client, cup) == [("Cup", "Kitchen", Decimal("12.5"))]
    (properties,) = rows(store_client, "SELECT properties FROM events WHERE event_type = 'purchase'")[0]
    assert json.loads(properties) == {
        "transaction_id": order_id,
        "shipping": 3,
        "tax": 2,
        "coupon": "MAY",
        "items": items,
    }


def test_names_that_are_neither_ours_nor_ga4s_are_refused_as_before(shop: Client) -> None:
    bad = {"event_type": "purchase", "items": [], "nope": 1}
    answer = shop.post("events", [bad, {"event_type": "x", "tax": "y"}])
    assert answer.body["errors"][0]["field"] == "nope"
    assert answer.body["accepted"] == 1


def test_our_own_items_are_corrected_by_when_they_were_sent(shop: Client, store_client: StoreClient) -> None:
    ahead = 3_600_000
    now = int(rows(store_client, "SELECT toUnixTimestamp64Milli(now64(3))")[0][0])
    event = {"event_type": "x", "event_id": new_id(), "event_timestamp": now + ahead - 60_000}
    assert shop.post("events", event).status == 422
    shop.post("events", event, wait=True, headers={"X-Footfall-Sent-At": str(now + ahead)})
    (age,) = rows(store_client, "SELECT toInt64(ingested_at) - toInt64(event_timestamp) FROM events")[0]
    assert 59 <= age <= 61
    for wrong in ("soon", "nan", "1e999", "9" * 400, "-1", "2"):
        answer = shop.post("events", event, headers={"X-Footfall-Sent-At": wrong})
        assert answer.status == (422 if wrong == "2" else 400), "in 1970 is a time, and moves nothing"


def test_a_full_inbox_is_told_so_that_sdks_send_again(
    own_config: Config, start: Callable[..., Process]
) -> None:
    full = dataclasses.replace(own_config, inbox_limit_bytes=FULL_BYTES)
    start("ingest", full)  # and no engine: what is accepted stays
    shop = Client(full)
    headers = {"Authorization": basic(full.write_key)}
    answers = []
    for _ in range(10):
        batch = [track("X", {"a": os.urandom(15_000).hex()}) for _ in range(20)]
        text = json.dumps({"batch": batch}).encode()
        answers.append(shop.request("POST", "/v1/batch", text, headers))
    told = next(answer for answer in answers if answer.status != 200)
    assert (told.status, told.body["code"], told.body["success"]) == (429, 429, False)
    assert int(told.headers["retry-after"]) >= 1
