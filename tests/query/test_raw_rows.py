"""Queries that find raw rows, and those that a projection of the raw rows answers."""

from decimal import Decimal

import pytest
from clickhouse_connect.driver.client import Client

from footfall.config import Config
from tests.conftest import empty
from tests.query import shop
from tests.query.conftest import Ask
from tests.query.shop import CEM, RANGE


@pytest.fixture(scope="module", autouse=True)
def filled(config: Config, store_client: Client) -> None:
    empty(store_client)
    shop.fill(store_client)


async def test_a_session_is_told_in_order_and_no_session_has_no_events(ask: Ask) -> None:
    session = await ask("session_timeline", session_id="c")
    assert [row["event_type"] for row in session] == [
        "page_view", "product_view", "login", "add_to_cart", "checkout", "purchase",
    ]  # fmt: skip
    assert [row["user_id"] for row in session[:3]] == [str(shop.CEM_UNKNOWN)] * 2 + [str(CEM)]
    assert await ask("session_timeline", session_id="nobody's") == []


async def test_what_shoppers_did_with_a_product_and_in_a_country(ask: Ask) -> None:
    product = await ask("product_activity", product_id="1", **RANGE)
    assert [(r["event_type"], r["events"], r["unique_users"]) for r in product] == [
        ("product_view", 2, 2),
        ("add_to_cart", 1, 1),
    ]
    assert product[0]["latest"] == shop.at("9:05")
    assert await ask("product_activity", product_id="0", **RANGE) == []
    for asked in ({"tz": "Asia/Kolkata"}, {"exact": "true"}):
        assert await ask("product_activity", product_id="1", **RANGE, **asked) == product
    assert await ask("product_activity", product_id="1", **RANGE, event_type="add_to_cart") == product[1:]
    countries = await ask("country_activity", countries="UK,DE", **RANGE)
    assert [(r["event_type"], r["events"], r["revenue"]) for r in countries] == [
        ("page_view", 3, 0),
        ("add_to_cart", 1, 0),
        ("product_view", 1, 0),
    ]
    (bought,) = [r for r in await ask("country_activity", **RANGE) if r["event_type"] == "purchase"]
    assert (bought["events"], bought["revenue"]) == (2, Decimal("42.5"))


@pytest.mark.parametrize(
    ("params", "events"),
    [
        ({}, 16),
        ({"event_type": "login"}, 1),
        ({"order_id": "o1"}, 1),
        ({"product_id": "1"}, 3),
        ({"device_type": "mobile"}, 3),
        ({"country": "DE"}, 2),
        ({"min_revenue": "12.5"}, 2),
        ({"min_revenue": "12.5001"}, 1),
        ({"min_duration_seconds": "90"}, 1),
        ({"country": "US", "event_type": "page_view"}, 2),
        ({"event_id": "no such id"}, 0),
        ({"page_url": "/' OR 1=1 --"}, 0),
        ({"limit": "3"}, 3),
    ],
)
async def test_events_are_found_by_their_fields(ask: Ask, params: dict[str, str], events: int) -> None:
    found = await ask("event_search", **params, **RANGE)
    assert len(found) == events
    assert found == sorted(found, key=lambda row: row["event_timestamp"], reverse=True)
    if found:
        (again,) = await ask("event_search", event_id=found[0]["event_id"], **RANGE)
        assert again == found[0]


async def test_the_largest_orders(ask: Ask) -> None:
    async def amounts(**params: str) -> list[Decimal]:
        return [row["total_amount"] for row in await ask("largest_orders", **params, **RANGE)]

    assert await amounts() == []
    assert await amounts(min_amount="10") == [Decimal("20"), Decimal("12.5"), Decimal("10")]
    assert await amounts(min_amount="10.0001", limit="1") == [Decimal("20")]
    assert await amounts(min_amount="10", status="pending") == [Decimal("99")]


async def test_totals_of_steps(ask: Ask) -> None:
    assert await ask("step_totals", **RANGE) == [
        {
            "events": 16, "page_views": 5, "product_views": 3, "add_to_cart": 3, "checkouts": 2,
            "purchases": 2, "revenue": Decimal("42.5"), "conversion_rate": 40.0,
        }
    ]  # fmt: skip


@pytest.mark.parametrize("by", ["utm_medium", "utm_campaign", "referrer"])
async def test_events_of_no_source_have_one_row_without_a_value(ask: Ask, by: str) -> None:
    assert [(r["value"], r["events"]) for r in await ask("sources", by=by, **RANGE)] == [("", 16)]


@pytest.mark.parametrize("name", ["devices", "sources"])
async def test_breakdowns_are_by_whole_days(ask: Ask, name: str) -> None:
    noon = f"{shop.DAY}T12:00:00Z"
    whole = await ask(name, **RANGE)
    assert await ask(name, since=noon, until=f"{shop.DAY}T13:00:00Z") == whole
    assert sum(row["events"] for row in whole) == 16
