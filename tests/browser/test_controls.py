"""Controls of both pages that no other test uses, each with what it brings; the pages in another language.

The same few pages are gone through one control after the other, with the small shop whose figures are known.
"""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyarrow.parquet
import pytest
from clickhouse_connect.driver.client import Client
from playwright.sync_api import Locator, Page, expect

from footfall.config import Config
from tests import support
from tests.browser.test_dashboard import PERIOD, card, rows
from tests.browser.test_live import run_sql
from tests.conftest import empty
from tests.dashboard.http import get
from tests.query import shop
from tests.schema.support import insert, order

Open = Callable[..., Page]
# What is written on a canvas, as nothing else tells what stands at an axis or in a chart's tooltip.
DRAWN = """
    window.drawn = new Set();
    const write = CanvasRenderingContext2D.prototype.fillText;
    CanvasRenderingContext2D.prototype.fillText = function (text, ...where) {
        window.drawn.add(text);
        return write.call(this, text, ...where);
    };
"""
GERMAN = """day => new Intl.DateTimeFormat("de-DE", { timeZone: "UTC", day: "numeric", month: "short" })
    .format(new Date(day))"""
UNITED_STATES = (0.24, 0.28)  # where they are on the map, as shares of its width and height


@pytest.fixture(scope="module")
def stack(config: Config, store_client: Client) -> Iterator[Config]:
    """Both pages over the small shop, which sold something on the day before and a year before, too."""
    empty(store_client)
    shop.fill(store_client)
    for days, amount in ((1, "1234.56"), (364, "65")):
        when = shop.at("12:00") - timedelta(days=days)
        line = order(f"{days} days before", "completed", when, total_amount=amount)
        insert(store_client, "orders", [line], f"{days} days before")
    running = [support.start(page, config) for page in ("dashboard", "live")]
    yield config
    for process in running:
        process.stop()


def ready(page: Page, name: str) -> Locator:
    expect(card(page, name)).to_have_attribute("data-state", "ready")
    return card(page, name)


def figure(page: Page, name: str) -> Locator:
    return page.locator(f"#figure-{name} .figure-value")


def test_tiles_categories_sources_and_countries_filter(open_page: Open, stack: Config) -> None:
    url = stack.url("dashboard")
    page = open_page(f"{url}/{PERIOD}")
    filters = page.get_by_role("list", name="Filters")

    def stats(**given: str) -> dict[str, Any]:
        row: dict[str, Any] = get(f"{url}/api/stats", **shop.RANGE, **given).json["data"][0]
        return row

    def filtered(mark: Locator, name: str, value: str, label: str) -> None:
        """A mark filters, which the address, the bar and the figures say; again, and it no longer does."""
        mark.click()
        expect(page).to_have_url(re.compile(f"&{name}={value}$"))
        expect(filters).to_contain_text(label)
        shown = stats(**{name: value})
        expect(figure(page, "visitors")).to_have_text(str(shown["visitors"]))
        expect(figure(page, "orders")).to_have_text(str(shown["orders"]))
        mark.click()
        expect(page).to_have_url(re.compile(re.escape(PERIOD) + "$"))
        expect(filters.locator("li")).to_have_count(0)

    tile = ready(page, "segments").locator(".tile").first
    segment = (tile.get_attribute("title") or "").partition(":")[0]
    filtered(tile, "segment", segment, f"Segment: {segment}")
    kitchen = ready(page, "categories").get_by_role("button", name="Kitchen")
    filtered(kitchen, "category", "Kitchen", "Category: Kitchen")
    in_table = ready(page, "products").get_by_role("button", name="Kitchen", exact=True)
    filtered(in_table, "category", "Kitchen", "Category: Kitchen")
    filtered(ready(page, "sources").get_by_role("button", name="mail"), "utm_source", "mail", "Source: mail")
    land = ready(page, "geography").locator("canvas")
    expect(land).to_be_visible()
    land.scroll_into_view_if_needed()
    box = land.bounding_box()
    assert box
    x, y = UNITED_STATES
    land.click(position={"x": x * box["width"], "y": y * box["height"]})
    expect(page).to_have_url(re.compile("&country=US$"))
    expect(filters).to_contain_text("Country: United States")
    expect(figure(page, "visitors")).to_have_text(str(stats(country="US")["visitors"]))


def test_grain_comparison_and_the_usual_steps(open_page: Open, stack: Config) -> None:
    page = open_page(f"{stack.url('dashboard')}/{PERIOD}&tables=revenue&steps=product_view,purchase")
    revenue = ready(page, "revenue")
    assert [row[1:4] for row in rows(revenue)] == [
        ["$30.00", "$0.00", "$30.00"],
        ["$12.50", "$0.00", "$12.50"],
        ["$0.00", "-$10.00", "-$10.00"],
        ["$0.00", "$0.00", "$0.00"],  # a correction of the stock is no money
    ]
    for grain in ("day", "week", "month"):
        revenue.get_by_label("Length of a bar").select_option(grain)
        expect(page).to_have_url(re.compile(f"&grain={grain}$"))
        expect(revenue.locator("tbody tr")).to_have_count(1)
        expect(revenue.get_by_label("Length of a bar")).to_have_value(grain)
        assert rows(revenue)[0][1:4] == ["$42.50", "-$10.00", "$32.50"]
    changed = page.locator("#figure-net .figure-change")
    expect(changed).to_have_text("▼ −97.4% from $1,235")
    page.get_by_label("Compared with").select_option("year")
    expect(page).to_have_url(re.compile("&compare=year$"))
    expect(changed).to_have_text("▼ −50.0% from $65")
    expect(changed.get_by_title("a year before")).to_be_visible()
    funnel = ready(page, "funnel")
    expect(funnel.locator(".funnel-line")).to_have_count(2)
    funnel.get_by_text("Steps", exact=True).click()
    expect(page.get_by_label("Types of event, in order")).to_have_value("product_view,purchase")
    funnel.get_by_role("button", name="The usual steps").click()
    expect(page).not_to_have_url(re.compile("steps="))
    expect(funnel.locator(".funnel-users")).to_have_text(["3", "3", "3", "2", "2"])


def test_a_sheet_gives_a_parquet_file_and_its_statement_to_the_sql_box(
    open_page: Open, stack: Config
) -> None:
    page = open_page(f"{stack.url('dashboard')}/{PERIOD}&country=US")
    ready(page, "products").get_by_role("button", name="How is this computed?").click()
    sheet = page.get_by_role("dialog")
    with page.expect_download() as file:
        sheet.get_by_role("link", name="Parquet").first.click()
    found = pyarrow.parquet.read_table(file.value.path()).to_pylist()
    assert [(row["name"], float(row["revenue"])) for row in found] == [("Mug", 22.5), ("Lamp", 20)]
    expect(sheet.locator("pre").first).to_contain_text("'US'")
    text = sheet.locator("pre").first.inner_text()
    assert "{" not in text
    sheet.get_by_role("link", name="Open in SQL").first.click()
    expect(page).to_have_url(re.compile(re.escape(f"{stack.url('live')}/#sql?text=")))
    assert parse_qs(urlsplit(page.url).fragment.removeprefix("sql?"))["text"] == [text]
    expect(page.locator("#sql-editor .cm-line").first).to_have_text(text.splitlines()[0])
    expect(page.locator("#sql-params")).to_be_hidden()
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator("#sql-status")).to_contain_text("2 rows")
    for name in ("Mug", "Lamp"):
        expect(page.locator("#sql-result").get_by_role("cell", name=name, exact=True)).to_be_visible()


def test_examples_and_the_whole_form_of_the_builder(open_page: Open, stack: Config) -> None:
    page = open_page(stack.url("live") + "/")
    result = page.locator("#sql-result tr:not(.space)")
    page.get_by_label("Examples").select_option("One user's latest events")
    page.get_by_label("user (UInt64)").fill("2")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(result.locator("td:first-child")).to_have_text(["add_to_cart", "product_view", "page_view"])
    page.get_by_role("tab", name="Query builder").click()
    form = page.locator("#builder")
    statement = page.locator("#builder-sql")
    expect(statement).to_contain_text("FROM events")
    form.get_by_label("Table").select_option("orders")
    expect(statement).to_have_text(
        "SELECT status, count() AS rows FROM orders GROUP BY status ORDER BY rows DESC LIMIT 100"
    )
    form.get_by_role("button", name="Add a column").click()
    form.get_by_label("Group by").nth(1).select_option("user_id")
    form.get_by_role("button", name="Remove this group").first.click()
    form.get_by_role("button", name="Add a measure").click()
    form.get_by_label("Measure", exact=True).nth(1).select_option("sum")
    form.get_by_label("Of the column").nth(1).select_option("total_amount")
    form.get_by_role("button", name="Remove this measure").first.click()
    form.get_by_role("button", name="Add a filter").click()
    form.get_by_label("Where the column").select_option("order_date")
    form.get_by_label("Comparison").select_option(">=")
    form.get_by_label("Value").fill(str(shop.DAY))
    form.get_by_role("button", name="Add a filter").click()
    form.get_by_label("Value").nth(1).fill("nothing")
    form.get_by_role("button", name="Remove this filter").nth(1).click()
    form.get_by_label("Direction").select_option("least or earliest first")
    form.get_by_label("Rows").fill("2")
    expect(statement).to_have_text(
        "SELECT user_id, sum(total_amount) AS sum_total_amount FROM orders"
        f" WHERE order_date >= '{shop.DAY}' GROUP BY user_id ORDER BY sum_total_amount ASC LIMIT 2"
    )
    form.get_by_role("button", name="Run in the SQL box").click()
    expect(result.locator("td")).to_have_text(["0", "0", "3", "12.5"])


def test_a_figure_of_the_live_page_is_proved(open_page: Open, stack: Config) -> None:
    page = open_page(stack.url("live") + "/")
    page.get_by_role("tab", name="Countries", exact=True).click()
    panel = page.get_by_role("tabpanel")
    panel.get_by_label("Period").select_option("last 7 days")
    panel.get_by_role("button", name="Show", exact=True).click()
    expect(panel.locator("tbody")).to_contain_text("United Kingdom")
    panel.get_by_role("button", name="How is this computed?").click()
    page.get_by_role("dialog").get_by_role("button", name="Prove it").click()
    verdict = page.locator('[data-verdict="equal"]')
    expect(verdict).to_be_visible()
    expect(verdict.locator("strong")).to_have_text("Equal")


def test_numbers_and_days_are_written_as_the_viewer_writes_them(open_page: Open, stack: Config) -> None:
    page = open_page("about:blank", locale="de-DE")
    page.context.add_init_script(DRAWN)
    period = f"period=custom&from={shop.BEFORE - timedelta(days=1)}&to={shop.BEFORE}"
    page.goto(f"{stack.url('dashboard')}/?{period}")
    ready(page, "figures")
    expect(figure(page, "aov")).to_have_text("1.234,56\u00a0$")
    expect(figure(page, "net")).to_have_text("1.235\u00a0$")
    expect(ready(page, "products").locator("tbody")).to_contain_text("1.234,56\u00a0$")
    expect(ready(page, "categories").locator("tbody")).to_contain_text("100,0%")
    chart = ready(page, "revenue").get_by_role("img")
    expect(chart).to_have_attribute("aria-label", re.compile("gross 1.234,56\u00a0\\$"))
    box = chart.bounding_box()
    assert box
    chart.hover(position={"x": 0.75 * box["width"], "y": box["height"] / 2})
    named = page.evaluate(GERMAN, str(shop.BEFORE))
    assert re.fullmatch(r"\d+\. \w+\.?", named)

    def drawn() -> list[str]:
        texts: list[str] = page.evaluate("[...window.drawn]")
        return texts

    support.wait_until(lambda: any("1.234,56" in text for text in drawn()))  # in the tooltip
    assert {named, "1.000\u00a0$"} <= set(drawn())  # at the axes
    page.goto(f"{stack.url('dashboard')}/products/1?{period}")
    expect(ready(page, "orders").locator("tbody")).to_contain_text(f"{named}, 12:00:00 UTC")
    page.goto(stack.url("live") + "/")
    run_sql(page, "SELECT number AS n FROM numbers(1100)")
    expect(page.locator("#sql-status")).to_contain_text("1.000 rows")
