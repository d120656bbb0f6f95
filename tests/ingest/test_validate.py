"""Validation: each item by itself, exact values, a clear reason for each refusal, never an exception."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from footfall.ingest.fields import Rules
from footfall.ingest.split import split
from footfall.model import EPOCH, KINDS, Event, Kind, Order, Product, User, anonymous_number, numeric_id
from tests.ingest.make import DAY_MS, NOW_MS, RULES, code, row, validated

VIEW = {"event_type": "page_view"}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)
fields = st.sampled_from(
    sorted({*Event.__struct_fields__, *Order.__struct_fields__, *User.__struct_fields__, "colour"})
)


def event(**values: Any) -> bytes:
    return json.dumps(VIEW | values).encode()


@given(st.sampled_from(KINDS), st.dictionaries(fields, json_values, max_size=6))
@settings(max_examples=150, deadline=None)
def test_any_object_is_a_row_or_a_reason(kind: Kind, item: dict[str, Any]) -> None:
    good, errors, letters = validated(kind, json.dumps(item).encode())
    assert len(good) + len(errors) == 1
    assert len(letters) == len(errors)
    assert all(error.message for error in errors)


@given(st.sampled_from(KINDS), st.binary(max_size=200), st.booleans())
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_split_and_refused_without_an_exception(kind: Kind, body: bytes, ndjson: bool) -> None:
    items = split(body, ndjson=ndjson)
    good, errors, _ = validated(kind, *map(bytes, items))
    assert len(good) + len(errors) == len(items)


@given(st.lists(st.booleans(), min_size=1, max_size=30))
@settings(max_examples=50, deadline=None)
def test_a_bad_item_never_spoils_its_batch(kinds: list[bool]) -> None:
    items = [event(session_id=str(i)) if good else b'{"nope":1}' for i, good in enumerate(kinds)]
    good, errors, _ = validated("events", *items)
    assert len(good) == sum(kinds)
    assert [error.index for error in errors] == [i for i, ok in enumerate(kinds) if not ok]


@given(st.integers(0, (1 << 63) - 1), st.text(st.characters(codec="utf-8"), min_size=1, max_size=50))
@settings(max_examples=100, deadline=None)
def test_ids_and_texts_are_kept_exactly(number: int, text: str) -> None:
    found = row("events", event(user_id=number, session_id=text, page_url=text, product_id=str(number)))
    assert (found["user_id"], found["product_id"]) == (number, number)
    assert (found["session_id"], found["page_url"]) == (text, text)


@given(st.decimals(min_value=-(10**13), max_value=10**13, places=4))
@settings(max_examples=100, deadline=None)
def test_money_is_exact(value: Any) -> None:
    number = f'{{"event_type":"page_view","value":{value}}}'.encode()
    text = f'{{"event_type":"page_view","value":"{value}"}}'.encode()
    assert row("events", number)["value"] == row("events", text)["value"] == int(value.scaleb(4))


@given(st.datetimes(datetime(2020, 1, 1), datetime(2025, 1, 1)), st.integers(-12, 14))
@settings(max_examples=100, deadline=None)
def test_times_are_exact_in_each_notation(moment: datetime, hours: int) -> None:
    forever = Rules("USD", 0, 0)
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC)
    ms = (moment - EPOCH) // timedelta(milliseconds=1)
    local = moment.astimezone().isoformat()
    for written in (ms, ms / 1000, local, moment.isoformat().replace("+00:00", "Z")):
        found = row("events", event(event_timestamp=written), forever)
        assert (found["event_timestamp"], found["event_date"]) == (ms, ms // DAY_MS)


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (b"", "cut_off"),
        (b"5", "not_an_object"),
        (b"null", "not_an_object"),
        (b'{"event_type":"x"', "cut_off"),
        (b'{"event_type":"x",}', "invalid_json"),
        (b"{'event_type':'x'}", "invalid_json"),
        (b'{"event_type":NaN}', "invalid_json"),
        (b'{"event_type":"x","value":Infinity}', "invalid_json"),
        (b'{"event_type":"x","value":"NaN"}', "invalid_money"),
        (b'{"event_type":"x","value":"1e999999999"}', "invalid_money"),
        (b'{"event_type":"x","value":1e14}', "invalid_money"),
        (b'{"event_type":"x","value":"abc"}', "invalid_money"),
        (b'{"event_type":"\xff"}', "invalid_unicode"),
        (b'{"event_type":"x","properties":{"a":"\xff"}}', "invalid_unicode"),
        (b'{"event_type":"\\ud800"}', "invalid_unicode"),
        (b'{"event_type":"x","properties":{"a":"\\ud800"}}', "invalid_unicode"),
        (b'{"event_type":"x","properties":{"\\udfff":1}}', "invalid_unicode"),
        (b'{"event_type":"x","properties":[1]}', "invalid_type"),
        (b'{"event_type":"x","properties":"{}"}', "invalid_type"),
        (b'{"event_type":"x","properties":' + b'{"a":' * 101 + b"1" + b"}" * 102, "too_deep"),
        (b'{"event_type":"x","properties":' + b'{"a":' * 10_000 + b"1" + b"}" * 10_001, "too_deep"),
        (b"[" * 10_000 + b"]" * 10_000, "not_an_object"),
        (b'{"event_type":"x","properties":{"a":"' + b"b" * 70_000 + b'"}}', "too_large"),
        (b'{"event_type":"x","page_url":"' + b"b" * 2_000_000 + b'"}', "too_large"),
        (b'{"event_type":"x","page_url":"' + b"b" * 8_193 + b'"}', "too_long"),
        (b'{"event_type":"x","page_url":"' + b"b" * 8_192 + b'"}', ""),
        (b'{"event_type":"x","search_term":"' + b"b" * 1_025 + b'"}', "too_long"),
        (b'{"event_type":"x","user_id":' + b"9" * 5_000 + b"}", "out_of_range"),
        (b'{"event_type":"x","user_id":1.5}', "invalid_type"),
        (b'{"event_type":"x","user_id":true}', "invalid_type"),
        (b'{"event_type":"x","user_id":9007199254740993.0}', "invalid_type"),
        (b'{"event_type":"x","user_id":"1","user_id":"2"}', "duplicate_field"),
        (b'{"event_type":"x","user_id" :"1","user_id" :"2"}', "duplicate_field"),
        (b'{"event_type":"x","user_id":"1","user_id":null}', "duplicate_field"),
        (b'{"event_type":"x","colour":"red"}', "unknown_field"),
        (b'{"user_id":"1"}', "missing_field"),
        (b'{"event_type":""}', "invalid_value"),
        (b'{"event_type":"a\\u0000b"}', "invalid_value"),
        (b'{"event_type":"x","event_id":""}', "invalid_value"),
        (b'{"event_type":"x","quantity":-1}', "out_of_range"),
        (b'{"event_type":"x","quantity":4294967296}', "out_of_range"),
        (b'{"event_type":"x","duration_seconds":1.5}', "invalid_type"),
        (b'{"event_type":"x","event_timestamp":"2025-01-01T00:00:00"}', "invalid_timestamp"),
        (b'{"event_type":"x","event_timestamp":"yesterday"}', "invalid_timestamp"),
        (b'{"event_type":"x","event_timestamp":-5}', "invalid_timestamp"),
        (b'{"event_type":"x","event_timestamp":1e308}', "invalid_timestamp"),
        (b'{"event_type":"x","event_timestamp":"0001-01-01T00:00:00+14:00"}', "invalid_timestamp"),
        (b'{"event_type":"x","event_timestamp":true}', "invalid_type"),
        (b'{"event_type":"x","event_timestamp":1000}', "too_late"),
        (b'{"event_type":"x","event_timestamp":4000000000}', "in_future"),
        (b'{"event_type":"x","currency":"EUR"}', "currency_mismatch"),
        (b'{"event_type":"page_view","revenue":1}', "revenue_not_allowed"),
        (b'{"event_type":"purchase","revenue":-1}', "invalid_money"),
        (b'{"event_type":"refund","revenue":1}', "invalid_money"),
        (b'{"event_type":"page_view","revenue":0,"currency":"usd"}', ""),
        (b'{"event_type":"x","user_id":null,"properties":null}', ""),
        (b'{"event_type":"x","properties":{"a":1,"a":2}}', ""),
        (b'{"event_type":"x","properties":{"a":' + b"9" * 5_000 + b"}}", ""),
        (b'{"event_type":"x","properties":{"a":"\\ud83d\\ude00"}}', ""),
    ],
)  # fmt: skip
def test_each_oddity_has_its_answer(item: bytes, reason: str) -> None:
    assert code("events", item) == reason


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (b'"status":"shipped"', "invalid_value"),
        (b'"status":"completed","order_id":""', "duplicate_field"),
        (b'"status":"completed","lines":[{"product_id":"a","quantity":1}]', "missing_field"),
        (b'"status":"completed","lines":[{"quantity":1,"unit_price":1}]', "missing_field"),
        (b'"status":"completed","lines":[{"product_id":"a","unit_price":1}]', "missing_field"),
        (b'"status":"completed","lines":[{"colour":1}]', "unknown_field"),
        (b'"status":"completed","lines":[{"product_id":"a","product_id":"b"}]', "duplicate_field"),
        (b'"status":"completed","lines":[],"quantity":1', "invalid_value"),
        (b'"status":"completed","product_id":"a","quantity":0,"unit_price":1', "out_of_range"),
        (b'"status":"completed","product_id":"a","quantity":1,"unit_price":-1', "invalid_money"),
        (b'"status":"completed","product_id":"a","quantity":1,"unit_price":1,"discount":2', "invalid_money"),
        (b'"status":"completed","product_id":"a","quantity":2147483647,"unit_price":1e13', "invalid_money"),
        (b'"status":"adjusted"', "no_lines"),
        (b'"status":"adjusted","product_id":"a","quantity":-10', ""),
        (b'"status":"adjusted","product_id":"a","quantity":1,"unit_price":-11062.06', ""),
        (b'"status":"refunded"', ""),
    ],
)
def test_orders_are_refused_with_a_reason(item: bytes, reason: str) -> None:
    assert code("orders", b'{"order_id":"1",' + item + b"}") == reason


@pytest.mark.parametrize(
    ("kind", "item", "reason"),
    [
        ("users", b'{"user_id":"0"}', "invalid_value"),
        ("users", b'{"user_id":"1","age":151}', "out_of_range"),
        ("users", b'{"user_id":"1","registration_date":"2025-02-30"}', "invalid_value"),
        ("users", b'{"user_id":"1","registration_date":"2025-02-28T23:00:00-05:00"}', ""),
        ("users", b'{"user_id":"1","updated_at":4000000000}', "in_future"),
        ("users", b'{"country":"DE"}', "missing_field"),
        ("products", b'{"product_id":"1","price":-1}', "invalid_money"),
        ("products", b'{"product_id":"1","currency":"EUR"}', "currency_mismatch"),
        ("products", b'{"product_id":"x","price":"1.5"}', ""),
    ],
)
def test_users_and_products_are_refused_with_a_reason(kind: Kind, item: bytes, reason: str) -> None:
    assert code(kind, item) == reason


def test_money_is_exact_or_refused_and_never_rounded() -> None:
    for text, exact in ((b"2.55", 25_500), (b"1.1", 11_000), (b"0.0001", 1), (b'"1.50000"', 15_000)):
        assert row("events", b'{"event_type":"purchase","revenue":%s}' % text)["revenue"] == exact
    for text in (b"5.00005", b'"5.00005"', b"0.30000000000000004", b"1e-5"):
        _, (error,), _ = validated("events", b'{"event_type":"purchase","revenue":%s}' % text)
        assert (error.code, error.field) == ("invalid_value", "revenue")
        assert "more than 4 decimal places" in error.message
    assert code("products", b'{"product_id":"1","price":1.00001}') == "invalid_value"
    line = b'{"order_id":"1","status":"completed","lines":[{"product_id":"a","quantity":1,"unit_price":%s}]}'
    assert code("orders", line % b"9.99999") == "invalid_value"


def test_a_message_names_the_field_and_what_to_do() -> None:
    _, errors, _ = validated("events", b'{"event_type":"x","colour":1}', event(user_id=[]))
    assert (errors[0].field, errors[1].field) == ("colour", "user_id")
    assert "properties" in errors[0].message


@pytest.mark.parametrize(
    ("kind", "item", "message"),
    [
        ("orders", b'"status":"paid"', "'paid' is not a status; it takes pending, completed, cancelled, "
         "refunded or adjusted"),
        ("orders", b'"status":7', "7 is not a status; it takes pending, completed, cancelled"),
        ("orders", b'"lines":{}', "lines: an object is not a list of lines; it takes an array of objects"),
        ("orders", b'"lines":[5]', "lines[0]: 5 is not a line; it takes an object with product_id"),
        ("orders", b'"lines":[{},{"quantity":"two"}]', "lines[1].quantity: 'two' is not a whole number"),
        ("orders", b'"quantity":1.50', "quantity: 1.50 is not a whole number; it takes digits"),
        ("orders", b'"unit_price":"9,90"', "unit_price: '9,90' is not a sum of money; it takes"),
        ("orders", b'"unit_price":true', "unit_price: true is not a sum of money; it takes a number such as"),
        ("events", b'"event_timestamp":"yesterday"', "event_timestamp: 'yesterday' is not a time; it takes"),
        ("events", b'"event_timestamp":true', "event_timestamp: true is not a time; it takes RFC 3339"),
        ("events", b'"event_type":null', "event_type: null is not a text; it takes a text in quotes"),
        ("events", b'"user_id":1.5', "user_id: 1.5 is not an id; it takes a text, or a whole number"),
        ("events", b'"user_id":[1]', "user_id: an array is not an id; it takes a text, or a whole number"),
        ("events", b'"user_id":' + b"9" * 5000, f"user_id: {'9' * 39}… is not an id; it takes a text"),
        ("events", b'"search_term":5', "search_term: 5 is not a text; it takes a text in quotes"),
        ("users", b'"is_premium":"yes"', "is_premium: 'yes' is not a yes or no; it takes true or false"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_told_with_what_the_field_takes(kind: Kind, item: bytes, message: str) -> None:
    _, (error,), _ = validated(kind, b"{" + item + b"}")
    assert error.message.startswith(message)
    assert error.field == (message.split(":")[0] if ":" in message else "status")
    assert "Expected" not in error.message
    assert "`" not in error.message


def test_no_message_is_in_the_decoders_own_words() -> None:
    """Each field with each JSON type that it does not take."""
    structs: dict[Kind, type[Struct]] = {"events": Event, "orders": Order, "users": User, "products": Product}
    for kind, struct in structs.items():
        for name in struct.__struct_fields__:
            for value in (True, 1.5, "text", [1], {"a": 1}, None):
                _, errors, _ = validated(kind, json.dumps({name: value}).encode())
                for error in errors:
                    assert "xpected `" not in error.message, error
                    assert "Invalid" not in error.message, error


def test_an_event_at_the_edge_of_its_time_to_live() -> None:
    edge = NOW_MS // DAY_MS - RULES.events_ttl_days
    assert code("events", event(event_timestamp=(edge + 1) * DAY_MS)) == ""
    assert code("events", event(event_timestamp=edge * DAY_MS + DAY_MS - 1)) == "too_late"
    assert code("events", event(event_timestamp=1000), Rules("USD", 0, 0)) == ""
    assert code("events", event(event_timestamp=NOW_MS + 599_000)) == ""
    assert code("events", event(event_timestamp=NOW_MS + 601_000)) == "in_future"


def test_properties_are_kept_as_sent_and_an_unclear_country_beside_them() -> None:
    sent = b'{"event_type":"x","country":%s,"properties":{"a": 1.0, "b":null,"a":2 }}'
    assert row("events", sent % b'"EIRE"')["properties"] == b'{"a": 1.0, "b":null,"a":2 }'
    unclear = row("events", sent % b'"European Community"')
    assert unclear["country"] == "ZZ"
    assert json.loads(unclear["properties"])["country_as_sent"] == "European Community"
    assert row("events", event(country="Atlantis"))["properties"] == b'{"country_as_sent":"Atlantis"}'
    assert row("events", event(country="GB"))["country"] == "UK"
    assert row("events", event())["country"] == "ZZ"


def test_items_without_an_id_are_told_apart_by_content_and_occurrence() -> None:
    items = [event(session_id="a"), event(session_id="a"), event(session_id="b")]
    first = [entries[0].key for entries in validated("events", *items)[0]]
    again = [entries[0].key for entries in validated("events", *items)[0]]
    assert len(set(first)) == 3
    assert first == again


def test_an_id_that_is_a_uuid_is_kept_and_any_other_leads_to_one() -> None:
    uuid_ = "018F3F00-0000-7000-8000-000000000001"
    assert row("events", event(event_id=uuid_))["event_id"].hex() == uuid_.replace("-", "").lower()
    other = row("events", event(event_id="order 17"))["event_id"]
    assert other == row("events", event(event_id="order 17"))["event_id"]
    assert other != row("events", event(event_id="order 18"))["event_id"]


def test_an_anonymous_shopper_stands_in_user_id_until_a_user_is_named() -> None:
    assert row("events", event(anonymous_id="a1"))["user_id"] == anonymous_number("a1")
    (entries,), _, _ = validated("events", event(anonymous_id="a1", user_id="7"))
    assert entries[0].row[4] == 7
    assert entries[1].row[:2] == (anonymous_number("a1"), 7)


@pytest.mark.parametrize("text", ["bob", "17", "1000000000000"])
def test_an_anonymous_id_is_never_the_user_of_the_same_text(text: str) -> None:
    known, unknown = row("events", event(user_id=text)), row("events", event(anonymous_id=text))
    assert known["user_id"] != unknown["user_id"] >= 1 << 63
    pairs: list[tuple[Kind, bytes]] = [
        ("events", event(anonymous_id=text, user_id=text)),
        ("users", user_named(text)),
    ]
    for kind, item in pairs:
        (entries,), _, _ = validated(kind, item)
        assert entries[1].row[:2] == (anonymous_number(text), numeric_id(text))
    assert row("events", event(anonymous_id="0"))["user_id"] == 0


def user_named(text: str) -> bytes:
    return json.dumps({"user_id": text, "anonymous_id": text}).encode()
