"""Messages: what each comes to, what is refused and told, and keys that make a second sending none."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from footfall.ingest.lanes import EVENTS
from footfall.ingest.segment.message import iso
from footfall.model import anonymous_number, numeric_id, uuid_bytes
from tests.ingest.make import NOW_MS, sender
from tests.ingest.segment.make import Came, message, products, track

CONTEXT = {
    "ip": "203.0.113.7",
    "locale": "de-DE",
    "timezone": "Europe/Berlin",
    "userAgent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "page": {
        "url": "https://shop.example/cup?utm_source=x",
        "path": "/cup",
        "referrer": "https://search.example/",
        "title": "Cup",
        "search": "?utm_source=x",
    },
    "campaign": {"source": "newsletter", "medium": "email", "name": "spring"},
    "device": {"id": "B5372DB0-C21E-11E4", "type": "ios", "model": "iPhone7,2"},
    "location": {"country": "Germany", "latitude": 52.5},
    "sessionId": 1769000000000,
}


def test_context_fills_columns_and_private_parts_of_it_are_not_kept() -> None:
    event = Came(track("Video Played", {"value": "much", "quantity": -1}, context=CONTEXT)).event
    assert event["event_type"] == "Video Played"
    assert {name: event[name] for name in ("page_url", "referrer", "country", "device_type", "browser")} == {
        "page_url": "https://shop.example/cup?utm_source=x",
        "referrer": "https://search.example/",
        "country": "DE",
        "device_type": "mobile",
        "browser": "Firefox",
    }
    assert [event[f"utm_{name}"] for name in ("source", "medium", "campaign")] == [
        "newsletter",
        "email",
        "spring",
    ]
    assert event["session_id"] == "1769000000000"
    assert json.loads(event["properties"]) == {
        "value": "much",
        "quantity": -1,
        "context": {"locale": "de-DE", "timezone": "Europe/Berlin"},
    }


def test_properties_stay_as_they_were_written() -> None:
    text = b'{"type":"track","userId":"u","event":"X","properties":{ "a": 1.50, "b": null }}'
    assert Came(text, path="track").event["properties"] == b'{ "a": 1.50, "b": null }'


def test_a_page_is_a_page_view_and_says_its_title_and_search() -> None:
    page = message("page", name="Home", category="Shop", properties={"url": "/home", "search": "?q=1"})
    event = Came(page | {"context": CONTEXT}).event
    assert (event["event_type"], event["page_url"]) == ("page_view", "/home")
    kept = json.loads(event["properties"])
    assert {name: kept[name] for name in ("name", "category", "title", "search")} == {
        "name": "Home",
        "category": "Shop",
        "title": "Cup",
        "search": "?q=1",
    }
    assert Came(message("screen", name="Basket")).event["page_url"] == "Basket"
    assert Came(message("page", context=CONTEXT)).event["page_url"] == CONTEXT["page"]["url"]  # type: ignore[index]


def test_one_order_completed_is_a_purchase_and_lines_that_agree_with_it() -> None:
    bought = [
        {"product_id": "monopoly", "name": "Monopoly", "price": 19, "quantity": 1, "category": "Games"},
        {"sku": "uno", "name": "Uno", "price": 3, "quantity": 2, "brand": "Mattel"},
    ]
    said = {
        "order_id": "o-1",
        "total": 27.5,
        "subtotal": 22.5,
        "revenue": 25.0,
        "shipping": 3,
        "tax": 2,
        "discount": 2.5,
        "coupon": "hasbros",
        "currency": "usd",
        "payment_method": "Visa",
    }
    came = Came(track("Order Completed", said | {"products": bought}, userId="u-1", anonymousId="a-1"))
    assert (came.event["event_type"], came.event["revenue"], came.event["order_id"]) == (
        *("purchase", 22_5000, "o-1"),
    )
    (order,) = came.orders
    assert (order.order_id, order.status, order.payment_method, order.user_id) == (
        *("o-1", "completed", "Visa", numeric_id("u-1")),
    )
    assert [(line.line_id, line.quantity, line.unit_price, line.discount) for line in order.lines] == [
        ("monopoly", 1, 19_0000, 1_9000),
        ("uno", 2, 3_0000, 6000),
    ]
    assert json.loads(order.properties) == {
        name: said[name] for name in said if name not in {"order_id", "currency"}
    }
    assert [(p.external_id, p.name, p.category, p.brand, p.price) for p in came.products] == [
        ("monopoly", "Monopoly", "Games", None, 19_0000),
        ("uno", "Uno", None, "Mattel", 3_0000),
    ]
    assert came.links == [(anonymous_number("a-1"), numeric_id("u-1"))]
    assert came.told == []


def test_what_an_anonymous_shopper_buys_is_booked_on_the_anonymous_id() -> None:
    came = Came(track("Order Completed", {"order_id": "o", "revenue": 5}, userId=None, anonymousId="a"))
    assert came.event["user_id"] == came.orders[0].user_id == anonymous_number("a")


def test_events_about_a_product_name_it_and_its_worth() -> None:
    viewed = {"product_id": "cup", "name": "Cup", "price": 12.5, "quantity": 2, "currency": "USD"}
    event = Came(track("Product Viewed", viewed)).event
    assert (event["event_type"], event["product_id"], event["quantity"], event["value"]) == (
        *("product_view", numeric_id("cup"), 2, 25_0000),
    )
    ga4 = {"value": 30.03, "items": [{"item_id": "cup", "price": 10.01, "quantity": 3}]}
    event = Came(track("add_to_cart", ga4)).event
    assert (event["product_id"], event["quantity"], event["value"]) == (numeric_id("cup"), 3, 30_0300)
    event = Came(track("Cart Viewed", {"products": products(("a", 1, 1), ("b", 2, 2))})).event
    assert (event["product_id"], event["value"]) == (0, 5_0000)
    assert Came(track("Products Searched", {"query": "blue roses"})).event["search_term"] == "blue roses"
    assert Came(track("Products Searched", {"query": {"not": "text"}})).event["search_term"] == ""


def test_what_does_not_fit_its_column_costs_no_event() -> None:
    odd = {"product_id": "x" * 2_000, "price": 10**13, "quantity": 10**12, "url": "y" * 9_000}
    event = Came(track("Product Viewed", odd)).event
    assert (event["product_id"], event["quantity"], event["value"]) == (0, 0, 0)
    assert event["page_url"] == "y" * 8_192


def test_another_currency_is_never_summed() -> None:
    viewed = Came(track("Product Viewed", {"product_id": "cup", "price": 5, "currency": "CHF"}))
    assert (viewed.event["value"], viewed.event["currency"]) == (0, "USD")
    assert b"CHF" in viewed.event["properties"]
    assert [(one.external_id, one.price) for one in viewed.products] == [("cup", None)]
    bought = Came(track("Order Completed", {"order_id": "o", "revenue": 5, "currency": "CHF"}))
    assert bought.told == [(0, "currency", "currency_mismatch")]
    assert bought.good == []


def test_identify_is_a_user_and_what_is_private_goes_to_contacts_alone() -> None:
    traits = {
        "firstName": "Ada",
        "lastName": "King",
        "email": "ada@example.org",
        "phone": "+44 1",
        "age": 36,
        "createdAt": "2024-02-29T23:59:59+02:00",
        "plan": "premium",
        "address": {"country": "UK", "street": "6th St"},
        "birthday": "1815-12-10",
        "logins": 5,
    }
    came = Came(message("identify", userId="u", anonymousId="a", traits=traits))
    (user,) = came.users
    assert (user.external_id, user.name, user.email, user.phone) == (
        *("u", "Ada King", "ada@example.org", "+44 1"),
    )
    assert (user.country, user.age, user.is_premium, user.registration_date) == ("UK", 36, True, 19_782)
    assert json.loads(user.properties or b"") == {"plan": "premium", "logins": 5}
    assert user.merges
    assert came.links == [(anonymous_number("a"), numeric_id("u"))]
    assert came.events == []
    # RudderStack's SDKs put traits into the context.
    assert Came(message("identify", context={"traits": {"email": "x@y.z"}})).users[0].email == "x@y.z"


def test_traits_that_fit_no_column_cost_no_user() -> None:
    odd = {"age": "thirty", "createdAt": "soon", "premium": "perhaps", "email": 5, "address": "here"}
    (user,) = Came(message("identify", traits=odd)).users
    assert (user.age, user.registration_date, user.is_premium, user.email, user.country) == (None,) * 5


def test_alias_links_the_earlier_id_whichever_it_was() -> None:
    came = Came(message("alias", userId="u", previousId="a"))
    assert set(came.links) == {
        (anonymous_number("a"), numeric_id("u")),
        (numeric_id("a"), numeric_id("u")),
    }


def test_a_group_and_an_identify_of_nobody_known_are_events() -> None:
    group = Came(message("group", groupId="g-1", traits={"name": "ACME", "email": "x@acme.example"})).event
    assert (group["event_type"], json.loads(group["properties"])) == (
        *("group", {"group_id": "g-1", "name": "ACME"}),
    )
    nobody = Came(message("identify", userId=None, anonymousId="a", traits={"email": "x@y.z", "beta": True}))
    assert (nobody.event["event_type"], json.loads(nobody.event["properties"])) == (
        *("identify", {"beta": True}),
    )


def test_refunds_cancellations_and_updates_say_what_they_do_to_the_order() -> None:
    said = {"order_id": "o", "products": products(("cup", 10, 1))}
    part = Came(track("Order Refunded", said))
    assert part.event["revenue"] == -10_0000
    (order,) = part.orders
    assert [(line.product, line.quantity, line.share) for line in order.lines] == [("cup", 1, True)]
    whole = Came(track("Order Refunded", {"order_id": "o"}))
    assert (whole.orders[0].lines, whole.orders[0].at_most, whole.event["revenue"]) == ([], None, 0)
    some = Came(track("refund", {"transaction_id": "o", "value": 5}))
    assert (some.orders[0].lines, some.orders[0].at_most, some.event["revenue"]) == ([], 5_0000, -5_0000)
    cancelled = Came(track("Order Cancelled", {"order_id": "o", "total": 10}))
    assert (cancelled.orders[0].status, cancelled.event["revenue"]) == ("cancelled", 0)
    assert (cancelled.event["value"], cancelled.orders[0].at_most) == (10_0000, None)
    updated = Came(track("Order Updated", said))
    assert updated.orders[0].restates
    assert Came(track("Order Updated", {"order_id": "o"})).orders == []


def test_a_part_that_fails_takes_no_other_with_it_and_is_told() -> None:
    torn = [{"product_id": "cup", "price": 1, "quantity": 1.5}]
    came = Came(
        track("Order Completed", {"revenue": 5, "products": products(("cup", 5, 1))}),
        track("Order Completed", {"order_id": "o", "revenue": 6, "products": torn}),
        track("Order Completed", {"order_id": "o", "products": torn}),
    )
    assert [event["revenue"] for event in came.events] == [5_0000, 6_0000]
    assert came.told == [
        (0, "properties.order_id", "missing_field"),
        (1, "properties.products[0].quantity", "invalid_value"),
        (2, "properties.products[0].quantity", "invalid_value"),
    ]
    assert came.orders == []
    assert len(came.letters) == 3


@pytest.mark.parametrize(
    ("bad", "field", "code"),
    [
        (b"5", "", "not_an_object"),
        (b"[]", "", "not_an_object"),
        (b'{"type":"track","userId":"u"}', "event", "missing_field"),
        (b'{"type":"track","event":"X"}', "userId", "missing_field"),
        (b'{"event":"X","userId":"u"}', "type", "missing_field"),
        (b'{"type":"video","userId":"u"}', "type", "invalid_value"),
        (b'{"type":"track","event":5,"userId":"u"}', "event", "invalid_type"),
        (b'{"type":"track","event":"X","userId":true}', "userId", "invalid_type"),
        (b'{"type":"track","event":"X","userId":"u","userId":"v"}', "userId", "duplicate_field"),
        (b'{"type":"track","event":"X","userId":"u","properties":[]}', "properties", "invalid_type"),
        (b'{"type":"track","event":"X","userId":"u","context":"x"}', "context", "invalid_type"),
        (b'{"type":"track","event":"X","userId":"u","timestamp":"soon"}', "timestamp", "invalid_timestamp"),
        (b'{"type":"track","event":"X","userId":"u","timestamp":"1999-01-01"}', "event_timestamp",
         "too_late"),
        (b'{"type":"track","event":"X","userId":"u","properties":{"a":"\\ud800"}}', "", "invalid_unicode"),
        (b'{"type":"track","event":"\xff","userId":"u"}', "", "invalid_unicode"),
        (b'{"type":"track","event":"X","userId":"u","properties":{"a":NaN}}', "", "invalid_json"),
        (b'{"type":"track","event":"X","userId":"u","properties":{"a":' + b"1" * 5_000 + b"}}", "properties",
         "out_of_range"),
        (b'{"type":"track","event":"X","userId":"u","properties":{"a":1e999}}', "properties", "out_of_range"),
        (b'{"type":"track","event":"X","userId":"u","timestamp":1e999}', "timestamp", "out_of_range"),
        (b'{"type":"track","event":"X","userId":' + b"1" * 5_000 + b"}", "userId", "out_of_range"),
        (b'{"type":"track","event":"X","userId":"u","timestamp":' + b"1" * 400 + b"}", "timestamp",
         "invalid_timestamp"),
        (b'{"type":"alias","userId":"u"}', "previousId", "missing_field"),
        (b'{"type":"alias","previousId":"u"}', "userId", "missing_field"),
        (b'{"type":"group","userId":"u"}', "groupId", "missing_field"),
        (b'{"type":"track","event":"purchase","userId":"u","properties":{"revenue":"x"}}',
         "properties.revenue", "invalid_money"),
        (b'{"type":"track","event":"X","userId":"u","properties":' + b'{"a":' * 200 + b"1" + b"}" * 201,
         "properties", "too_deep"),
        (b'{"type":"track","event":"X","userId":"u","properties":{"a":"' + b"x" * 70_000 + b'"}}',
         "properties", "too_large"),
        (b'{"type":"track","event":"Order Completed","userId":"u","properties":{"revenue":1,"revenue":2}}',
         "properties.revenue", "duplicate_field"),
        (b'{"type":"track","event":"X","userId":"u","properties":{"products":[{"price":1,"price" :2}]}}',
         "properties.price", "duplicate_field"),
        (b'{"type":"identify","userId":"u","traits":{"email":"a","em\\u0061il":"b"}}',
         "traits.email", "duplicate_field"),
        (b'{"type":"page","userId":"u","context":{"page":{"url":"/a","url":"/b"}}}',
         "context.url", "duplicate_field"),
    ],
)  # fmt: skip
def test_a_bad_message_is_told_and_spoils_nothing(bad: bytes, field: str, code: str) -> None:
    good = json.dumps(track("X")).encode()
    came = Came(b'{"batch":[' + b",".join((good, bad, good)) + b"]}", path="")
    assert len(came.good) == 2
    assert came.told == [(1, field, code)]
    assert len(came.letters) == 1


def test_a_dead_letter_can_be_sent_again_by_itself_and_happened_when_it_did() -> None:
    hour = 3_600_000
    ahead = {"timestamp": iso(NOW_MS + hour - 700), "sentAt": iso(NOW_MS + hour)}
    bad = {"event": "Order Completed", "userId": "u", "context": {"ip": "203.0.113.7"}} | ahead
    came = Came(bad, path="track")
    text = came.letters[0].row[7]
    kept = json.loads(text)
    assert kept["messageId"]
    assert kept["context"] == {"ip": ""}
    assert {name: kept[name] for name in ("type", "timestamp", "originalTimestamp", "receivedAt")} == {
        "type": "track",
        "timestamp": iso(NOW_MS - 700),
        "originalTimestamp": ahead["timestamp"],
        "receivedAt": iso(NOW_MS),
    }
    again = Came(kept, by=sender(NOW_MS + 5 * hour))
    assert again.event["event_timestamp"] == came.event["event_timestamp"] == NOW_MS - 700
    assert again.event["event_id"] == came.event["event_id"]
    assert json.loads(again.letters[0].row[7]) == kept
    unread = json.loads(Came(bad | {"timestamp": "soon"}, path="track").letters[0].row[7])
    assert (unread["timestamp"], unread["receivedAt"]) == ("soon", iso(NOW_MS))


def test_a_dead_letter_holds_no_write_key() -> None:
    for bad in (b'{"type":"track","userId":"u","writeKey":"secret"}', b'{"writeKey" : "secret", "userId":'):
        assert b"secret" not in Came(bad, path="track").letters[0].row[7]


def test_a_message_that_another_server_passes_on_is_not_corrected_again() -> None:
    hour = 3_600_000
    passed_on: dict[str, Any] = {
        "originalTimestamp": iso(NOW_MS - 2 * hour),
        "sentAt": iso(NOW_MS - 2 * hour),
        "receivedAt": iso(NOW_MS - hour),
        "timestamp": iso(NOW_MS - hour),
    }
    assert Came(track("X", **passed_on)).event["event_timestamp"] == NOW_MS - hour


def test_the_batch_says_what_holds_for_all_its_messages() -> None:
    came = Came(
        track("X", context={"locale": "fr"}), context={"locale": "en", "campaign": {"source": "all"}}
    ).event
    assert came["utm_source"] == "all"
    assert json.loads(came["properties"]) == {"context": {"locale": "fr"}}


def test_the_sender_s_clock_is_corrected() -> None:
    def at(**fields: Any) -> int:
        batch = {name: fields.pop(name) for name in ("sentAt",) if name in fields}
        return int(Came(track("X", **fields), **batch).event["event_timestamp"])

    hour = 3_600_000
    assert at() == NOW_MS
    assert at(timestamp=iso(NOW_MS - hour)) == NOW_MS - hour
    assert at(timestamp=iso(NOW_MS + hour - 700), sentAt=iso(NOW_MS + hour)) == NOW_MS - 700
    assert at(originalTimestamp=iso(NOW_MS - 2 * hour), sentAt=iso(NOW_MS - hour)) == NOW_MS - hour
    assert at(timestamp=iso(NOW_MS - hour), sentAt="never") == NOW_MS - hour
    assert at(timestamp=iso(NOW_MS - hour)[:-1], sentAt=iso(NOW_MS - 900)) == NOW_MS - hour


def test_a_message_id_is_the_event_s_and_everything_has_a_key_that_derives_from_it() -> None:
    text = "022bb90c-bbac-11e4-8dfc-aa07a5b093db"
    assert Came(track("X", messageId=text)).event["event_id"].hex() == text.replace("-", "")
    assert Came(track("X", messageId="node-next-1-2")).event["event_id"] == uuid_bytes("node-next-1-2")
    order = track("Order Refunded", {"order_id": "o", "products": products(("a", 1, 1))})
    late = sender(NOW_MS + 60_000)
    first, again = Came(order), Came(order, by=late, sentAt=NOW_MS + 3_600_000)
    assert [(e.lane, e.key) for e in first.entries] == [(e.lane, e.key) for e in again.entries]
    assert len({e.key for e in first.entries}) == len(first.entries)
    other = Came(order | {"messageId": "another"})
    assert not {e.key for e in first.entries} & {e.key for e in other.entries}


def test_messages_without_an_id_are_told_apart_by_content_and_number() -> None:
    bare = {"type": "track", "event": "X", "userId": "u"}
    first, again = Came(bare, bare), Came(bare, bare)
    assert len({e.key for e in first.entries}) == 2
    assert [e.key for e in first.entries] == [e.key for e in again.entries]


contexts = ("page", "campaign", "device", "location", "traits", "userAgent", "ip")
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
known = ("order_id", "products", "items", "revenue", "total", "price", "quantity", "product_id", "currency")
odd_properties = st.dictionaries(st.sampled_from(known) | st.text(max_size=5), json_values, max_size=6)
odd_messages = st.fixed_dictionaries(
    {"type": st.sampled_from(["track", "page", "screen", "identify", "group", "alias"]) | json_values},
    optional={
        "event": st.sampled_from(["Order Completed", "Order Refunded", "Product Viewed", "view_item"])
        | json_values,
        "userId": st.text(max_size=5) | json_values,
        "anonymousId": st.text(max_size=5) | json_values,
        "previousId": json_values,
        "groupId": json_values,
        "messageId": json_values,
        "name": json_values,
        "properties": odd_properties | json_values,
        "traits": json_values,
        "context": st.dictionaries(st.sampled_from(contexts), json_values) | json_values,
        "timestamp": json_values,
        "sentAt": json_values,
    },
)


@settings(deadline=None, max_examples=400)
@given(odd_messages)
def test_whatever_is_sent_comes_to_something_or_is_told(odd: dict[str, Any]) -> None:
    came = Came(odd, track("X"))
    assert any(entry.lane == EVENTS.name for entry in came.good[-1])
    assert len(came.good) == 2 or came.errors
    assert len(came.letters) == bool(came.errors)
    again = Came(odd, track("X"))
    assert [e.key for item in came.good[:-1] for e in item] == [
        e.key for item in again.good[:-1] for e in item
    ]


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abcdef"), st.floats(0, 10_000), st.integers(1, 9)), max_size=6),
    st.dictionaries(
        st.sampled_from(["subtotal", "total", "revenue", "shipping", "tax", "discount", "value"]),
        st.floats(0, 100_000),
    ),
)
def test_the_revenue_of_a_purchase_is_the_sum_of_its_lines(
    bought: list[tuple[str, float, int]], said: dict[str, float]
) -> None:
    came = Came(track("Order Completed", {"order_id": "o", "products": products(*bought)} | said))
    lines = came.orders[0].lines
    assert came.event["revenue"] == sum(
        (line.unit_price or 0) * (line.quantity or 0) - line.discount for line in lines
    )
