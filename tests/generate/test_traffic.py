"""The stream's traffic: the rates, sessions in order, nobody clicks all day, no two streams collide."""

from collections import Counter, defaultdict
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import convert

from footfall.errors import UsageError
from footfall.generate.catalogue import catalogue
from footfall.generate.columns import rng
from footfall.generate.crowd import REST_MS, Crowd
from footfall.generate.items import Happening
from footfall.generate.shoppers import Shoppers
from footfall.generate.traffic import SLICE_MS, Traffic
from footfall.model import Event, Order, User

START_MS = 1_772_000_000_000
GOODS = catalogue(1, 50)


def traffic(rate: float = 100, orders_rate: float = 20, users: int = 10_000) -> Traffic:
    return Traffic(GOODS, Shoppers(1, users) if users else None, rate, orders_rate, START_MS)


def happenings(stream: Traffic, slices: int) -> list[Happening]:
    """What happens in so many slices of ten seconds, at its times."""
    told = [happening for _ in range(slices) for happening in stream.next()]
    rate = len(told) / (slices * SLICE_MS / 1000)
    return [happening.at(START_MS + int(number * 1000 / rate)) for number, happening in enumerate(told)]


TEN_MINUTES = happenings(traffic(), 60)


def events(told: list[Happening], type_: str) -> list[dict[str, Any]]:
    return [h.event for h in told if h.event["event_type"] == type_]


def test_every_slice_has_exactly_its_share_of_events_and_orders_keep_their_pace() -> None:
    assert len(TEN_MINUTES) == 60_000
    for start in range(0, 60_000, 6_000):
        minute = TEN_MINUTES[start : start + 6_000]
        assert len(events(minute, "purchase")) == pytest.approx(1_200, rel=0.02)
    assert len(events(TEN_MINUTES, "purchase")) == pytest.approx(12_000, rel=0.002)


@settings(max_examples=15, deadline=None)
@given(st.floats(0.1, 300), st.floats(0, 1 / 4.8), st.integers(0, 500))
def test_any_rates_that_fit_are_kept(rate: float, share: float, users: int) -> None:
    stream = traffic(rate, rate * share, users)
    told = happenings(stream, 12) if rate >= 1 else [h for _ in range(12) for h in stream.next()]
    assert len(told) == int(rate * 120)
    assert len(events(told, "purchase")) <= rate * share * 120 + 1


def test_more_orders_than_fit_are_refused() -> None:
    with pytest.raises(UsageError, match=r"at most 20\.8"):
        traffic(100, 21)


def test_each_purchase_comes_with_its_order_to_the_cent() -> None:
    for happening in TEN_MINUTES:
        if happening.event["event_type"] == "purchase":
            order = happening.order
            assert order is not None
            assert order["order_id"] == happening.event["order_id"]
            assert order["status"] == "completed"
            lines = order["lines"]
            total = sum(
                round(100 * x["unit_price"]) * x["quantity"] - round(100 * x["discount"]) for x in lines
            )
            assert total == round(100 * happening.event["revenue"])


def test_refunds_and_cancellations_follow_their_purchase() -> None:
    bought: dict[str, float] = {}
    seen = Counter[tuple[str, bool]]()
    for happening in TEN_MINUTES:
        event, order = happening.event, happening.order
        if event["event_type"] == "purchase":
            bought[event["order_id"]] = event["revenue"]
        elif event["event_type"] == "refund":
            assert order is not None
            assert 0 < -event["revenue"] <= bought[event["order_id"]]
            seen[order["status"], "lines" in order] += 1
    assert {("refunded", False), ("refunded", True), ("cancelled", False)} <= seen.keys()


def test_the_steps_of_a_session_keep_their_order() -> None:
    steps: dict[str, list[str]] = defaultdict(list)
    for happening in TEN_MINUTES:
        if "session_id" in happening.event:
            steps[happening.event["session_id"]].append(happening.event["event_type"])
    buying = [types for types in steps.values() if "purchase" in types]
    assert all(types[-2:] == ["checkout", "purchase"] for types in buying)
    assert all("product_view" in types for types in buying)
    assert any({"page_view", "search", "add_to_cart", "login"} <= set(types) for types in buying)
    assert len(steps) - len(buying) > 2_000


def test_nobody_buys_again_before_a_rest_and_new_users_are_told_of() -> None:
    told = happenings(traffic(users=300), 60)
    buyers = Counter(event["user_id"] for event in events(told, "purchase"))
    assert REST_MS > 600_000
    assert set(buyers.values()) == {1}
    new = {h.user["user_id"] for h in told if h.user is not None}
    assert new == {event["user_id"] for event in events(told, "signup")}
    assert {user for user in buyers if user.startswith("u-")} <= new


def test_rested_shoppers_come_back() -> None:
    crowd = Crowd(rng(1), None, 1.0)
    at = START_MS + np.arange(500)
    first = crowd.buyers(at)
    assert first.new.all()
    assert crowd.buyers(at + REST_MS // 2).new.all()
    back = crowd.buyers(at + REST_MS + 1_000)
    assert 100 < (~back.new).sum() < 400
    assert set(back.number[~back.new].tolist()) <= set(first.number.tolist())
    known = dict(zip(first.number.tolist(), first.country.tolist(), strict=True))
    assert all(known[n] == c for n, c in zip(back.number[~back.new], back.country[~back.new], strict=True))


def test_shoppers_are_anonymous_until_they_log_in() -> None:
    for happening in TEN_MINUTES:
        event = happening.event
        if event["event_type"] in ("login", "signup"):
            assert event["user_id"]
            assert event["anonymous_id"].isdigit()
        else:
            assert ("user_id" in event) != ("anonymous_id" in event)


def test_items_are_what_ingest_takes() -> None:
    for happening in TEN_MINUTES[:2_000]:
        convert(happening.event, Event, strict=False)
        if happening.order:
            convert(happening.order, Order, strict=False)
        if happening.user:
            convert(happening.user, User, strict=False)


def test_two_streams_never_collide() -> None:
    first, second = happenings(traffic(), 2), happenings(traffic(), 2)
    for name in ("event_id", "session_id", "order_id", "anonymous_id"):
        ids = [{h.event[name] for h in told if name in h.event} for told in (first, second)]
        assert ids[0]
        assert not ids[0] & ids[1]
    users = [{h.user["user_id"] for h in told if h.user} for told in (first, second)]
    assert users[0]
    assert not users[0] & users[1]
