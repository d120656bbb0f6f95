"""Stubs: who or what a text id stands for is kept from the first item that names it, once."""

from typing import Any

import pytest
from clickhouse_connect.driver.client import Client as StoreClient
from msgspec import msgpack

from footfall.ingest.changes import ProductChange, UserChange
from footfall.ingest.profiles import merge_products, merge_users
from footfall.ingest.stubs import Names
from footfall.ingest.validate import Validator
from footfall.model import Kind, numeric_id
from tests.ingest.client import Client, settle
from tests.ingest.make import NOW_MS, RULES, new_id, sender

LANE = "user_items"


def send(shop: Client, kind: str, *items: dict[str, Any]) -> Any:
    answer = shop.post(kind, list(items), wait=True)
    assert answer.status == 200, answer
    return answer.body


def order(order_id: str, user: Any, *products: Any) -> dict[str, Any]:
    lines = [{"product_id": product, "quantity": 1, "unit_price": 2} for product in products]
    return {"order_id": order_id, "status": "completed", "user_id": user, "lines": lines}


def test_events_and_orders_leave_the_texts_of_their_ids(shop: Client, store_client: StoreClient) -> None:
    ann, ben, cup, pan = new_id("ann"), new_id("ben"), new_id("cup"), new_id("pan")
    event = {"event_type": "product_view", "user_id": ann, "product_id": cup}
    for _ in range(3):
        answer = send(shop, "events", *({**event, "event_id": new_id()} for _ in range(3)))
        assert (answer["accepted"], answer["rejected"]) == (3, 0)
    send(shop, "events", {"event_type": "x", "anonymous_id": new_id(), "user_id": "17", "product_id": 18})
    send(shop, "orders", order(new_id(), ben, pan, cup, "19"), order(new_id(), 7, cup))
    settle(shop)  # who waits for rows does not wait for the texts of their ids
    users = store_client.query("SELECT user_id, external_id, country FROM users ORDER BY external_id")
    assert users.result_rows == [(numeric_id(ann), ann, "ZZ"), (numeric_id(ben), ben, "ZZ")]
    products = store_client.query("SELECT product_id, external_id, name FROM products ORDER BY external_id")
    assert products.result_rows == [(numeric_id(cup), cup, ""), (numeric_id(pan), pan, "")]


@pytest.mark.parametrize("stub_first", [True, False])
def test_attributes_win_over_a_stub_whichever_came_first(
    shop: Client, store_client: StoreClient, stub_first: bool
) -> None:
    user = new_id("user")
    event = {"event_type": "login", "user_id": user, "event_id": new_id()}
    named = {"user_id": user, "country": "DE", "updated_at": 1_000_000_000}
    steps: list[tuple[str, dict[str, Any]]] = [("events", event), ("users", named)]
    for kind, item in steps if stub_first else reversed(steps):
        assert send(shop, kind, item)["accepted"] == 1
    settle(shop)
    rows = store_client.query("SELECT external_id, country FROM users").result_rows
    assert rows == [(user, "DE")]


def validated(kind: Kind, names: Names, item: bytes) -> Validator:
    validator = Validator(kind, sender(), RULES, names=names)
    validator.validate([item], 0)
    return validator


def test_a_name_gets_no_second_stub_once_the_first_is_on_disk() -> None:
    names, item = Names(), b'{"event_type":"x","user_id":"ann"}'
    first, new = validated("events", names, item).stubs()
    again, _ = validated("events", names, item).stubs()
    assert [entry.key for entry in first] == [entry.key for entry in again]
    names.add(new)
    assert validated("events", names, item).stubs() == ([], [])
    assert validated("events", names, b'{"nope":1,"user_id":"ben"}').stubs() == ([], [])


@pytest.mark.parametrize("value", [b"1", b'"1"', b'"0"', b'""', b"null", b'"999999999999999999"'])
def test_an_id_that_stands_for_itself_needs_none(value: bytes) -> None:
    item = b'{"event_type":"x","anonymous_id":"a","user_id":%s,"product_id":%s}' % (value, value)
    assert validated("events", Names(), item).stubs() == ([], [])


@pytest.mark.parametrize("text", ["01", "-1", "u1", "٣", str(1 << 63), "9" * 30])
def test_an_id_that_is_hashed_needs_one(text: str) -> None:
    item = b'{"event_type":"x","user_id":"%s"}' % text.encode()
    (entry,), _ = validated("events", Names(), item).stubs()
    change = msgpack.decode(entry.row, type=UserChange)
    assert (change.user_id, change.external_id, change.updated_at) == (numeric_id(text), text, 0)


def test_names_are_forgotten_beyond_the_limit_the_oldest_first() -> None:
    names = Names(limit=10)
    for number in range(100):
        names.add([(LANE, str(number))])
        assert (LANE, "0") in names  # used each time
    assert all((LANE, str(number)) in names for number in range(91, 100))
    assert (LANE, "50") not in names


def test_a_text_with_the_hash_of_another_is_refused() -> None:
    item = b'{"event_type":"x","user_id":"second","product_id":"second"}'
    (user, product), _ = validated("events", Names(), item).stubs()
    number = numeric_id("second")
    users = {number: (number, "first", "DE", False, 0, 0, NOW_MS, "")}
    products = {number: (number, "first", "", "", "", 0, "USD", NOW_MS, "")}
    merged = (
        merge_users([msgpack.decode(user.row, type=UserChange)], users, {}),
        merge_products([msgpack.decode(product.row, type=ProductChange)], products),
    )
    for one, field in zip(merged, ("user_id", "product_id"), strict=True):
        (letter,) = one.letters
        assert letter.row[4:6] == ("id_collision", field)
        assert letter.row[7] == b'{"%s":"second"}' % field.encode()
