"""GA4's events at /v1/events: what they come to beside the event, and who may send that."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import msgpack

from footfall.ingest.changes import OrderChange
from footfall.ingest.lanes import EVENTS, ORDER_ITEMS, PRODUCT_ITEMS
from footfall.ingest.segment.names import GA4_EVENTS, GA4_PARAMETERS
from footfall.ingest.validate import Validator
from footfall.model import KINDS, Event
from tests.ingest.make import NOW_MS, RULES, new_id, sender
from tests.ingest.segment.test_messages import json_values

ITEMS = [{"item_id": "cup", "item_name": "Cup", "price": 12.5, "quantity": 2}]
_change = msgpack.Decoder(OrderChange).decode


def came(item: Any, rights: tuple[str, ...] = KINDS) -> tuple[list[Any], list[str]]:
    """Entries of an event, and the codes of what was refused."""
    raw = item if isinstance(item, bytes) else json.dumps(item).encode()
    good, errors, _ = Validator("events", sender(), RULES, rights=rights).validate([raw], 0)
    return [entry for one in good for entry in one], [str(error.code) for error in errors]


def purchase(**more: Any) -> dict[str, Any]:
    return {
        "event_type": "purchase",
        "event_id": new_id(),
        "user_id": "u",
        "transaction_id": "o",
        "value": 24,
        "items": ITEMS,
        **more,
    }


def test_a_purchase_is_an_event_an_order_and_products() -> None:
    entries, errors = came(purchase(properties={"a": 1.50}, event_timestamp=NOW_MS - 5_000))
    assert [entry.lane for entry in entries] == [EVENTS.name, ORDER_ITEMS, PRODUCT_ITEMS]
    change = _change(entries[1].row)
    assert (change.order_id, change.status, change.at) == ("o", "completed", NOW_MS - 5_000)
    assert [(line.product, line.unit_price, line.discount) for line in change.lines] == [
        ("cup", 12_5000, 1_0000)
    ]
    assert errors == []
    again, _ = came(purchase() | {"event_id": "same"})
    same, _ = came(purchase() | {"event_id": "same"})
    assert [entry.key for entry in again] == [entry.key for entry in same]


def test_a_key_for_events_alone_makes_no_order_of_them() -> None:
    entries, errors = came(purchase(), rights=("events",))
    assert ([entry.lane for entry in entries], errors) == ([EVENTS.name], [])


def test_who_names_neither_items_nor_a_transaction_tells_of_no_order() -> None:
    """A shop that sends its orders apart and adds a coupon to its purchase has not sold twice."""
    item = {"event_type": "purchase", "user_id": "u", "order_id": "o", "revenue": 5, "coupon": "MAY"}
    entries, errors = came(item)
    assert ([entry.lane for entry in entries], errors) == ([EVENTS.name], [])


def test_an_order_that_fails_leaves_the_event() -> None:
    entries, errors = came(purchase(items=[{"item_id": "cup", "price": 1, "quantity": 0.5}]))
    assert ([entry.lane for entry in entries if entry.lane != PRODUCT_ITEMS], errors) == (
        [EVENTS.name],
        ["invalid_value"],
    )


def test_an_event_without_an_id_has_one_order_when_its_letter_is_sent_again() -> None:
    item = purchase()
    del item["event_id"]
    entries, _ = came(item)
    kept = json.loads(_change(entries[1].row).origin.raw)
    again, _ = came(kept)
    assert [entry.key for entry in again] == [entry.key for entry in entries]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b'{"event_type":"purchase","items":[{"item_id":"\\ud800"}]}', "invalid_unicode"),
        (b'{"event_type":"purchase","items":[],"items":[]}', "duplicate_field"),
        (b'{"event_type":"purchase","items":[{"price":1,"price":2}]}', "duplicate_field"),
        (b'{"event_type":"purchase","items":[],"user_id":true}', "invalid_type"),
        (b'{"event_type":"purchase","items":[],"nope":1}', "unknown_field"),
        (b'{"items":[]}', "missing_field"),
        (b'{"event_type":"purchase","tax":' + b"1" * 5_000 + b"}", "out_of_range"),
        (b'{"event_type":"purchase","items":' + b'{"a":' * 2_000 + b"1" + b"}" * 2_001, "too_deep"),
        (b'{"event_type":"purchase","items":' + b"[" * 200 + b"]" * 200 + b"}", "too_deep"),
    ],
)
def test_what_cannot_be_read_is_told(raw: bytes, code: str) -> None:
    assert came(raw) == ([], [code])


odd_events = st.fixed_dictionaries(
    {"event_type": st.sampled_from(sorted(GA4_EVENTS)) | json_values},
    optional=dict.fromkeys(sorted(GA4_PARAMETERS), json_values),
)
odd_fields = st.dictionaries(st.sampled_from(Event.__struct_fields__), json_values, max_size=3)
odd_items = st.lists(
    st.dictionaries(st.sampled_from(["item_id", "price", "quantity", "item_name"]), json_values), max_size=3
)


@settings(deadline=None, max_examples=300)
@given(odd_events, odd_fields, odd_items | json_values)
def test_whatever_is_sent_is_an_event_or_is_told(
    item: dict[str, Any], more: dict[str, Any], items: Any
) -> None:
    entries, errors = came(item | more | {"items": items})
    assert entries or errors
    assert not entries or entries[0].lane == EVENTS.name
