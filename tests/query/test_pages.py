"""What the pages of one product, one user and one event ask for, of the small shop (tests/query/shop.py)."""

from decimal import Decimal

import pytest
from clickhouse_connect.driver.client import Client

from footfall.config import Config
from footfall.query import NamedQuery
from tests.conftest import empty
from tests.query import shop
from tests.query.conftest import Ask
from tests.query.shop import RANGE


@pytest.fixture(scope="module", autouse=True)
def filled(config: Config, store_client: Client) -> None:
    empty(store_client)
    shop.fill(store_client)


@pytest.mark.parametrize("exact", ["false", "true"])
async def test_a_product_brought_what_its_days_and_its_shoppers_say(ask: Ask, exact: str) -> None:
    for product, sold in (("1", (Decimal("20"), 0, 2, 1)), ("2", (Decimal("22.5"), Decimal("-10"), 2, 2))):
        (row,) = await ask("top_products", product_id=product, limit="1", exact=exact, **RANGE)
        assert tuple(row[key] for key in ("revenue", "refunds", "quantity", "orders")) == sold
        (day,) = await ask("product_days", product_id=product, exact=exact, **RANGE)
        (shoppers,) = await ask("product_conversion", product_id=product, **RANGE)
        assert row["revenue"] == day["revenue"] == shoppers["gross"]
        assert row["net"] == day["net"] == shoppers["net"]
    assert await ask("top_products", product_id="3", exact=exact, **RANGE) == []  # nobody has paid for it


async def test_a_product_is_what_the_shop_called_it_last(ask: Ask) -> None:
    (row,) = await ask("product_lookup", product_id="3")
    keys = ("product_id", "external_id", "name", "category")
    assert tuple(row[key] for key in keys) == ("3", "sku-3", "Desk", "Home")
    assert await ask("product_lookup", product_id="4") == []


async def test_a_users_orders_add_up(ask: Ask) -> None:
    (row,) = await ask("order_totals", user_id="1", **RANGE)
    keys = ("lines", "orders", "gross", "refunds", "net", "aov")
    assert tuple(row[key] for key in keys) == (3, 1, Decimal("30"), Decimal("-10"), Decimal("20"), 30.0)


async def test_an_event_is_shown_in_full_but_for_its_properties(
    queries: dict[str, NamedQuery], ask: Ask, store_client: Client
) -> None:
    """Properties are the shop's own: they are for those who may ask the store themselves."""
    shown = {column.name for column in queries["event_search"].columns}
    held = {name for name, *_ in store_client.query("DESCRIBE TABLE footfall.events").result_rows}
    assert held - shown == {"event_date", "block_id", "properties"}
    (row,) = await ask("event_search", order_id="o1", **RANGE)
    assert row.keys() == shown


@pytest.mark.parametrize("exact", ["false", "true"])
async def test_categories_are_all_that_was_sold(ask: Ask, exact: str) -> None:
    rows = await ask("categories", exact=exact, **RANGE)
    keys = ("category", "revenue", "refunds", "net", "quantity", "share")
    assert [tuple(row[key] for key in keys) for row in rows] == [
        ("Kitchen", Decimal("22.5"), Decimal("-10"), Decimal("12.5"), 2, 52.9412),
        ("Home", Decimal("20"), 0, Decimal("20"), 2, 47.0588),
    ]
    (row,) = await ask("categories", limit="1", exact=exact, **RANGE)
    assert row["share"] == 52.9412  # of all, not of those that are shown
    (row,) = await ask("categories", category="Home", exact=exact, **RANGE)
    assert (row["revenue"], row["share"]) == (Decimal("20"), 100.0)
