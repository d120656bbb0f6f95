"""Figures that are easily wrong: of what is not among the first, and changes from what is hard to compare."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta

import pytest
from clickhouse_connect.driver.client import Client
from playwright.sync_api import Page, expect

from footfall.config import Config
from tests import support
from tests.browser.test_dashboard import PERIOD, card
from tests.conftest import empty
from tests.query import shop
from tests.schema.support import insert, order

Open = Callable[..., Page]
BUYER, CHEAP = 7000, 20_000
FIRST = shop.DAY - timedelta(days=20)
"""The first of three days with nothing but money."""


@pytest.fixture(scope="module")
def url(config: Config, store_client: Client) -> Iterator[str]:
    """A dashboard over the small shop, with a thousand products that earn more than one more does."""
    empty(store_client)
    shop.fill(store_client)
    noon = shop.at("12:00")
    earners = [(10_000 + number, "2") for number in range(1000)]
    lines = [
        order(f"line {product}", "completed", noon, user_id=BUYER, product_id=product, total_amount=amount)
        for product, amount in (*earners, (CHEAP, "1"))
    ]
    insert(store_client, "orders", lines, "a line of each product")
    cheap = {"product_id": CHEAP, "external_id": "pin", "name": "Pin", "category": "Office"}
    insert(store_client, "products", [cheap | {"updated_at": "2026-01-01 00:00:00.000"}], "the cheap one")
    insert(
        store_client,
        "orders",
        [
            order("back", "refunded", datetime.combine(FIRST, time(9), UTC), total_amount="-10"),
            order(
                "some", "completed", datetime.combine(FIRST + timedelta(1), time(9), UTC), total_amount="90"
            ),
            order(
                "many", "completed", datetime.combine(FIRST + timedelta(2), time(9), UTC), total_amount="900"
            ),
        ],
        "three days",
    )
    process = support.start("dashboard", config)
    yield config.url("dashboard") + "/"
    process.stop()


def shown(page: Page, key: str, value: str, note: str | None = None) -> None:
    """Waits until a figure is shown."""
    expect(page.locator(f"#figure-{key} .figure-value")).to_have_text(value)
    if note is not None:
        expect(page.locator(f"#figure-{key} .figure-change")).to_have_text(note)


def test_a_product_beyond_the_first_thousand_has_figures_of_its_own(open_page: Open, url: str) -> None:
    page = open_page(f"{url}products/{CHEAP}{PERIOD}")
    shown(page, "revenue", "$1.00", "1 sold in 1 order")
    shown(page, "buyers", "1")
    expect(page.get_by_role("img", name=re.compile(r"gross \$1.00, refunds \$0.00"))).to_be_visible()
    expect(page.locator("#page-title")).to_have_text("Pin")
    expect(page.locator("#page-note")).to_have_text("Office · id pin")


def test_a_products_rates_are_those_of_the_table_of_products(open_page: Open, url: str) -> None:
    page = open_page(f"{url}products/1{PERIOD}")
    shown(page, "views", "2")
    shown(page, "viewers", "2")
    shown(page, "carters", "1", "50.0% of viewers")
    shown(page, "buyers", "1")
    shown(page, "conversion", "50.0%")
    shown(page, "revenue", "$20.00", "2 sold in 1 order")
    page.goto(f"{url}products/1{PERIOD}&tz=Europe/Berlin&country=US")
    shown(page, "viewers", "1")
    shown(page, "revenue", "$20.00")
    expect(card(page, "figures").locator(".card-note")).to_have_text("Money in USD")  # all of it is so
    page.goto(f"{url}{PERIOD}&find=Lamp")
    row = card(page, "products").get_by_role("row", name=re.compile("Lamp"))
    expect(row.get_by_role("cell", name="50.0%", exact=True)).to_have_count(2)


def test_a_category_is_shown_though_its_products_are_not_among_the_first(open_page: Open, url: str) -> None:
    page = open_page(url + PERIOD)
    table = card(page, "categories").locator("tbody tr")
    expect(table).to_have_count(4)
    for name, revenue, share, sold in (
        ("Unknown", "$2,000", "97.9%", "1,000"),
        ("Kitchen", "$23", "1.1%", "2"),
        ("Home", "$20", "1.0%", "2"),
        ("Office", "$1", "0.0%", "1"),
    ):
        cells = table.filter(has_text=name).locator("td")
        expect(cells).to_have_text([name, revenue, share, sold])


def test_a_product_without_a_sale_has_a_name_and_zeros(open_page: Open, url: str) -> None:
    page = open_page(f"{url}products/3{PERIOD}")  # its one order is not paid
    expect(page.locator("#page-title")).to_have_text("Desk")
    shown(page, "revenue", "$0.00", "0 sold in 0 orders")
    shown(page, "viewers", "0")
    shown(page, "carters", "0", "– of viewers")
    shown(page, "conversion", "–")


def test_a_user_of_more_than_a_thousand_lines_has_them_all_in_the_figures(open_page: Open, url: str) -> None:
    page = open_page(f"{url}users/{BUYER}{PERIOD}")
    shown(page, "orders", "1,001")
    shown(page, "gross", "$2,001.00")
    shown(page, "net", "$2,001.00")


def test_a_change_is_told_from_what_there_was(open_page: Open, url: str) -> None:
    def day(number: int) -> str:
        of = FIRST + timedelta(number)
        return f"{url}?period=custom&from={of}&to={of}"

    page = open_page(day(0))
    shown(page, "net", "-$10", "$0 the day before")
    page.goto(day(1))  # no number of times of money that flowed back
    shown(page, "net", "$90", "-$10 the day before")
    page.goto(day(2))
    shown(page, "net", "$900", "▲ 10.0 times from $90")
    page.goto(day(3))
    shown(page, "net", "$0", "▼ −100.0% from $900")


def test_the_month_so_far_is_compared_with_as_much_of_the_month_before(open_page: Open, url: str) -> None:
    now = datetime.now(UTC)
    first = datetime(now.year, now.month, 1, tzinfo=UTC)
    last = first - timedelta(days=1)
    page = open_page("about:blank")
    before = f"from={last:%Y-%m}-01"
    with page.expect_response(
        lambda answer: "/api/query/stats" in answer.url and before in answer.url
    ) as got:
        page.goto(f"{url}?period=month")
    until = datetime.fromisoformat(got.value.json()["meta"]["params"]["to"])
    if now.day > last.day:
        assert until == first
    else:
        same = now - timedelta(days=last.day)
        assert same < until <= first
        assert until - same < (timedelta(days=1) if now.day > 8 else timedelta(minutes=2))
    words = "the whole month before" if now.day > last.day else "as much of the month before"
    expect(page.locator("#figure-orders .figure-change")).to_contain_text(words)
