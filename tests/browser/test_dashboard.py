"""The dashboard in a browser: its figures are the database's; period, filters and view are in the address."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from clickhouse_connect.driver.client import Client
from playwright.sync_api import Locator, Page, Route, expect

from footfall.config import Config
from tests import support
from tests.conftest import empty
from tests.dashboard.http import get
from tests.query import shop
from tests.schema.support import event, insert, order

Open = Callable[..., Page]
HOSTILE = '"><img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'
CARDS = (
    *("revenue", "funnel", "products", "categories", "hourly", "week", "geography", "segments", "retention"),
    *("devices", "browsers", "sources", "users"),
)
PLANTED = shop.at("8:00") - timedelta(days=1)
PERIOD = f"?period=custom&from={shop.DAY}&to={shop.DAY}"


@pytest.fixture(scope="module")
def url(config: Config, store_client: Client) -> Iterator[str]:
    """A dashboard over the small shop, with a hostile name in every text field of the day before it."""
    empty(store_client)
    shop.fill(store_client)
    plant(store_client)
    process = support.start("dashboard", config)
    yield config.url("dashboard") + "/"
    process.stop()


def plant(client: Client, when: datetime = PLANTED) -> None:
    """A user, a product, an order and a few events with a hostile name in every field that holds text."""

    def hostile(*names: str, **others: Any) -> dict[str, Any]:
        return dict.fromkeys((*names, "properties"), HOSTILE) | others

    block = {"block_id": int(when.timestamp() * 1000) << 20}  # as ingest has it, by which the live page looks
    everywhere = hostile(
        *("session_id", "page_url", "referrer", "utm_source", "utm_medium", "utm_campaign"),
        *("device_type", "browser", "country", "currency"),
        product_id=66,
        **block,
    )
    # A line shows what was searched for, else the order, else the page.
    lines = [
        event(kind, when, 66, **everywhere | {"search_term": term, "order_id": number})
        for kind, term, number in (
            (HOSTILE, HOSTILE, HOSTILE),
            ("search", HOSTILE, HOSTILE),
            ("refund", "", HOSTILE),
            ("page_view", "", ""),
        )
    ]
    insert(client, "events", lines, f"hostile events {when}")
    sold = hostile("line_id", "payment_method", "country", "currency", total_amount="1000000", **block)
    line = order(HOSTILE, "completed", when, user_id=66, product_id=66, **sold)
    insert(client, "orders", [line], f"hostile orders {when}")
    updated = "2026-01-01 00:00:00.000"
    product = hostile("external_id", "name", "category", "brand", "currency")
    insert(client, "products", [product | {"product_id": 66, "updated_at": updated}], f"hostile {when}")
    user = hostile("external_id", "country", user_id=66, updated_at=updated)
    insert(client, "users", [user], f"hostile users {when}")


def card(page: Page, name: str) -> Locator:
    return page.locator(f"#card-{name}")


def figures(page: Page) -> dict[str, str]:
    expect(card(page, "figures")).to_have_attribute("data-state", "ready")
    values = page.locator("#card-figures .figure-value").all_text_contents()
    return dict(zip(("visitors", "sessions", "orders", "net", "aov", "conversion"), values, strict=True))


def rows(table: Locator) -> list[list[str]]:
    return [row.locator("td").all_inner_texts() for row in table.locator("tbody tr").all()]


def test_figures_are_those_of_the_shop_that_is_checked_by_hand(open_page: Open, url: str) -> None:
    page = open_page(url + PERIOD)
    assert figures(page) == {
        "visitors": "4",
        "sessions": "3",
        "orders": "2",
        "net": "$33",
        "aov": "$21.25",
        "conversion": "50.0%",
    }
    expect(page.locator("#figure-net .figure-value")).to_have_attribute("title", "$32.50")


def test_each_figure_of_a_day_has_a_line_by_hour(open_page: Open, url: str) -> None:
    page = open_page(url + PERIOD)
    figures(page)
    for name in ("visitors", "sessions", "orders", "net", "aov", "conversion"):
        line = page.locator(f"#figure-{name} .figure-spark path.line")
        expect(line).to_have_attribute("d", re.compile("M"))
    sessions = page.locator("#figure-sessions .figure-spark path.line")  # one from 8, two from 9
    expect(sessions).to_have_attribute("d", re.compile("L7 31.0L8 16.0L9 1.0L10 31.0L"))
    card(page, "figures").get_by_role("button", name="How is this computed?").click()
    expect(page.get_by_role("heading", name="Line of sessions")).to_be_visible()


def test_every_card_shows_what_the_database_holds(open_page: Open, url: str) -> None:
    page = open_page(url + PERIOD)
    for name in CARDS:
        expect(card(page, name)).to_have_attribute("data-state", "ready")
    assert [row[1].split()[0] for row in rows(card(page, "products"))] == ["$22.50", "$20.00"]
    funnel = card(page, "funnel").locator(".funnel-line").all_inner_texts()
    assert [text.split("\n") for text in funnel] == [
        ["Page view", "3"],
        ["Product view", "3"],
        ["Add to cart", "3"],
        ["Checkout", "2"],
        ["Purchase", "2"],
    ]
    revenue = page.get_by_role("img", name=re.compile("Revenue of"))
    expect(revenue).to_have_attribute(
        "aria-label", re.compile(r"gross \$42.50, refunds -\$10.00, net \$32.50")
    )
    users = {row[0]: row[1] for row in rows(card(page, "users"))}
    assert users["1"] == "5"
    countries = {row[0]: row[2] for row in rows(card(page, "geography"))}
    assert countries["United Kingdom"] == "1"


def test_the_period_is_in_the_address_and_goes_back(open_page: Open, url: str) -> None:
    page = open_page(url)
    expect(page.locator('[data-period="30d"]')).to_have_attribute("aria-current", "true")
    page.get_by_role("link", name="7 days", exact=True).click()
    expect(page).to_have_url(re.compile(r"\?period=7d$"))
    expect(page.locator(".period-words")).to_have_text("the last 7 days")
    page.get_by_text("Custom", exact=True).click()
    page.get_by_label("First day").fill(str(shop.DAY))
    page.get_by_label("Last day").fill(str(shop.DAY))
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page).to_have_url(re.compile(re.escape(PERIOD)))
    expect(page.locator("#figure-orders .figure-value")).to_have_text("2")
    page.go_back()
    expect(page.locator(".period-words")).to_have_text("the last 7 days")


@pytest.mark.parametrize(
    ("period", "since", "until"),
    [
        ("today", "today", "now"),
        ("yesterday", "today-1d", "today"),
        ("7d", "today-6d", "now"),
        ("90d", "today-89d", "now"),
    ],
)
def test_each_period_shows_what_the_api_says(
    open_page: Open, url: str, period: str, since: str, until: str
) -> None:
    stats: dict[str, Any] = get(f"{url}api/stats", since=since, until=until).json["data"][0]
    shown = figures(open_page(f"{url}?period={period}"))
    assert shown["orders"] == str(stats["orders"])
    assert shown["visitors"] == str(stats["visitors"])
    assert shown["sessions"] == str(stats["sessions"])


def test_a_figure_opens_and_is_proved(open_page: Open, url: str) -> None:
    page = open_page(url + PERIOD)
    figures(page)
    card(page, "figures").get_by_role("button", name="How is this computed?").click()
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_text("The shop's headline figures").first).to_be_visible()
    expect(sheet.get_by_text("mv_daily_events, mv_product_revenue").first).to_be_visible()
    sheet.get_by_role("button", name="Prove it").first.click()
    expect(sheet.locator('[data-verdict="equal"]')).to_be_visible()
    assert ["net", "32.5", "32.5"] in rows(sheet.locator('[data-verdict="equal"]'))
    sheet.get_by_role("button", name="Show the plan").first.click()
    expect(sheet.get_by_text(re.compile("ReadFrom")).first).to_be_visible()
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()


def test_a_difference_from_the_raw_rows_is_never_green(
    open_page: Open, url: str, store_client: Client
) -> None:
    day = shop.DAY - timedelta(days=3)  # of which there is no raw row
    store_client.insert(
        "mv_daily_events", [["", day, 7]], column_names=["event_type", "event_date", "event_count"]
    )
    page = open_page(f"{url}?period=custom&from={day}&to={day}")
    figures(page)
    card(page, "figures").get_by_role("button", name="How is this computed?").click()
    page.get_by_role("button", name="Prove it").first.click()
    wrong = page.locator('[data-verdict="different"]')
    expect(wrong).to_be_visible()  # it is compared several times before it is told
    assert ["1", "events", "7", "0"] in rows(wrong)
    assert page.locator('[data-verdict="equal"]').count() == 0
    store_client.command(
        "ALTER TABLE footfall.mv_daily_events DELETE WHERE event_date = {day:Date}",
        parameters={"day": day},
        settings={"mutations_sync": 2},
    )


def test_an_estimate_says_so_with_both_figures(open_page: Open, url: str, store_client: Client) -> None:
    day = shop.DAY - timedelta(days=30)
    store_client.command(
        "INSERT INTO events (event_id, event_type, event_timestamp, user_id, session_id)"
        " SELECT generateUUIDv4(), 'page_view', {when:DateTime64(3, 'UTC')}, number + 1, toString(number)"
        " FROM numbers(150000)",
        parameters={"when": datetime.combine(day, time(12), UTC)},
    )
    page = open_page(f"{url}?period=custom&from={day}&to={day}")
    figures(page)
    expect(card(page, "figures").locator(".card-note")).to_contain_text("large distinct counts are estimates")
    card(page, "figures").get_by_role("button", name="How is this computed?").click()
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_text("visitors, sessions, conversion", exact=True).first).to_be_visible()
    expect(sheet.get_by_text(re.compile("estimated from states")).first).to_be_visible()
    sheet.get_by_role("button", name="Prove it").first.click()
    verdict = sheet.locator('[data-verdict="equal"]')
    expect(verdict).to_be_visible()  # both sides read 150,000 users
    expect(verdict).to_contain_text("Equal, but for estimates within their tolerance")
    expect(verdict).to_contain_text(re.compile("visitors is an estimate: [0-9,]+ .*against 150,000 exactly"))


def test_small_segments_are_named_below_their_tiles(open_page: Open, url: str) -> None:
    page = open_page(url + PERIOD, width=390)
    expect(card(page, "segments")).to_have_attribute("data-state", "ready")
    for name in card(page, "segments").locator(".tile strong").all():
        assert name.evaluate("name => name.scrollWidth <= name.parentElement.clientWidth")
    named = card(page, "segments").locator(".tile strong, .tiles-rest li").all_text_contents()
    shown = get(f"{url}api/user-segments", **shop.RANGE).json["data"]
    assert {row["segment"] for row in shown if row["users"]} <= {text.split(" 1 ")[0] for text in named}


def test_a_currency_that_the_browser_does_not_know_is_a_number_with_its_code(
    open_page: Open, url: str
) -> None:
    page = open_page("about:blank")

    def changed(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace('currency="USD"', 'currency="€uro"'))

    page.route(lambda address: urlsplit(address).path == "/", changed)
    page.goto(url + PERIOD)
    assert figures(page)["aov"] == "21.25 €uro"
    expect(card(page, "revenue")).to_have_attribute("data-state", "ready")


def test_charts_have_a_table_that_sorts_and_a_file(open_page: Open, url: str) -> None:
    page = open_page(url + PERIOD)
    hourly = card(page, "hourly")
    expect(hourly).to_have_attribute("data-state", "ready")
    hourly.get_by_role("button", name="Show as a table").click()
    expect(hourly.locator("tbody tr")).to_have_count(24)
    hourly.get_by_role("button", name="event count").click()
    assert [row[1] for row in rows(hourly)[:2]] == ["9", "5"]
    with page.expect_download() as download:
        hourly.get_by_role("button", name="Export as CSV").click()
    text = download.value.path().read_text()
    assert text.splitlines()[0] == "hour,event count,unique users,revenue"
    assert len(text.splitlines()) == 25
    hourly.get_by_role("button", name="Show as a chart").click()
    expect(hourly.locator("canvas")).to_be_visible()


def test_an_empty_period_says_so(open_page: Open, url: str) -> None:
    day = date(2001, 2, 3)
    page = open_page(f"{url}?period=custom&from={day}&to={day}")
    for name in ("revenue", "funnel", "products", "hourly"):
        expect(card(page, name)).to_have_attribute("data-state", "empty")
    expect(card(page, "segments")).to_contain_text("What this card counts is kept from")
    page.goto(f"{url}?period=custom&from={shop.DAY - timedelta(days=20)}&to={shop.DAY - timedelta(days=20)}")
    expect(card(page, "segments")).to_contain_text("Nobody bought in this period")


@pytest.mark.parametrize("width", [390, 768, 1440, 2560])
def test_nothing_is_wider_than_the_screen(open_page: Open, url: str, width: int) -> None:
    page = open_page(url + PERIOD, width=width, dark=width == 768)
    expect(card(page, "geography")).to_have_attribute("data-state", "ready")
    expect(card(page, "geography").locator("canvas")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_filters_zone_and_steps_are_in_the_address(open_page: Open, url: str, config: Config) -> None:
    page = open_page(url + PERIOD)
    card(page, "geography").get_by_role("button", name="United Kingdom").click()
    expect(page).to_have_url(re.compile("country=UK"))
    expect(page.get_by_role("list", name="Filters")).to_contain_text("Country: United Kingdom")
    stats = get(f"{url}api/stats", **shop.RANGE, country="UK").json["data"][0]
    expect(page.locator("#figure-visitors .figure-value")).to_have_text(str(stats["visitors"]))
    card(page, "devices").locator("button.link").first.click()
    expect(page).to_have_url(re.compile("country=UK&device_type="))
    page.get_by_role("button", name="Remove the filter Country: United Kingdom").click()
    expect(page).not_to_have_url(re.compile("country="))
    page.go_back()
    expect(page).to_have_url(re.compile("country=UK"))
    page.get_by_text("Add a filter").click()
    page.get_by_label("What").select_option("utm_source")
    page.get_by_label("Value").fill(HOSTILE)
    page.get_by_role("button", name="Filter", exact=True).click()
    expect(page.get_by_role("list", name="Filters")).to_contain_text(f"Source: {HOSTILE}")
    page.goto(url + PERIOD)
    page.get_by_label("Time zone").select_option("America/New_York")
    expect(page).to_have_url(re.compile("tz=America%2FNew_York"))
    page.get_by_label("Compared with").select_option("none")
    expect(page.locator("#figure-orders .figure-change")).to_have_text("\u00a0")
    card(page, "funnel").get_by_text("Steps", exact=True).click()
    page.get_by_label("Types of event, in order").fill("product_view, purchase")
    card(page, "funnel").get_by_role("button", name="Show", exact=True).click()
    expect(card(page, "funnel").locator(".funnel-line")).to_have_count(2)
    expect(page).to_have_url(re.compile("steps=product_view,purchase"))


def test_the_theme_is_kept_for_both_pages(open_page: Open, url: str) -> None:
    page = open_page(url + PERIOD)
    background = "getComputedStyle(document.documentElement).backgroundColor"
    light = page.evaluate(background)
    page.get_by_label("Theme").select_option("dark")
    expect(page).to_have_url(re.compile("theme=dark"))
    assert page.evaluate(background) != light
    page.goto(url)
    assert page.evaluate(background) != light
    page.goto(f"{url}?theme=light")
    assert page.evaluate(background) == light


def test_a_product_and_a_user_have_pages_of_their_own(open_page: Open, url: str) -> None:
    page = open_page(url + PERIOD)
    products = card(page, "products")
    products.get_by_label("Find a product").fill("nothing of that name")
    expect(products.get_by_text("none found")).to_be_visible()
    products.get_by_label("Find a product").fill("")
    products.locator("tbody a").first.click()
    expect(page).to_have_url(re.compile(r"/products/\d+\?period=custom"))
    expect(card(page, "orders").locator("tbody tr").first).to_be_visible()
    expect(page.locator("#figure-revenue .figure-value")).to_have_text("$22.50")
    page.goto(f"{url}users/1{PERIOD}")
    expect(page.locator(".session").first).to_contain_text("Purchase")
    expect(page.locator("#figure-net .figure-value")).not_to_have_text("–")


def test_order_and_page_of_a_table_are_in_the_address(
    open_page: Open, url: str, store_client: Client
) -> None:
    when = shop.at("12:00") - timedelta(days=10)
    lines = [
        order(f"paged {number}", "completed", when, product_id=100 + number, total_amount=str(100 - number))
        for number in range(15)
    ]
    insert(store_client, "orders", lines, "orders of many products")
    page = open_page(f"{url}?period=custom&from={when.date()}&to={when.date()}")
    products = card(page, "products")
    where = products.locator(".pager [role=status]")
    first = products.locator("tbody tr").first.locator("td").first
    expect(where).to_have_text("1–10 of 15")
    expect(first).to_contain_text("Product 100")
    products.get_by_role("button", name=re.compile("^Revenue")).click()
    expect(page).to_have_url(re.compile(r"&sort=products\.revenue\.up$"))
    expect(first).to_contain_text("Product 114")
    products.get_by_role("button", name="Next").click()
    expect(page).to_have_url(re.compile(r"&pages=products\.2$"))
    page.reload()
    expect(where).to_have_text("11–15 of 15")
    expect(first).to_contain_text("Product 104")
    expect(products.get_by_role("columnheader", name="Revenue")).to_have_attribute("aria-sort", "ascending")
    page.go_back()
    expect(where).to_have_text("1–10 of 15")
    expect(first).to_contain_text("Product 114")
    page.go_back()
    expect(page).not_to_have_url(re.compile("sort="))
    expect(first).to_contain_text("Product 100")
    page.go_forward()
    page.go_forward()
    expect(where).to_have_text("11–15 of 15")
    page.get_by_role("link", name="90 days", exact=True).click()  # of which this is no second page
    expect(page).to_have_url(re.compile(r"period=90d.*sort=products\.revenue\.up$"))
    expect(where).to_contain_text("1–10 of")
