"""What is behind a mark on the dashboard: a click, or a key, opens the rows that it stands for."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from clickhouse_connect.driver.client import Client
from playwright.sync_api import Locator, Page, expect

from footfall.config import Config
from tests import support
from tests.browser.test_dashboard import HOSTILE, PERIOD, card, plant, rows
from tests.conftest import empty
from tests.query import shop
from tests.schema.support import event, insert, order

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def url(config: Config, store_client: Client) -> Iterator[str]:
    """A dashboard over the small shop, and three orders of the day before with the same two products."""
    empty(store_client)
    shop.fill(store_client)
    plant(store_client)
    when = shop.at("8:00") - timedelta(days=1)
    lines = [
        order(f"pair {number}", "completed", when, user_id=2, product_id=product, total_amount="5")
        for number in range(3)
        for product in (1, 66)
    ]
    insert(store_client, "orders", lines, "orders of two products")
    process = support.start("dashboard", config)
    yield config.url("dashboard") + "/"
    process.stop()


def sheet(page: Page) -> Locator:
    return page.get_by_role("dialog")


def ready(page: Page, name: str) -> Locator:
    expect(card(page, name)).to_have_attribute("data-state", "ready")
    return card(page, name)


def test_a_bar_of_the_funnel_opens_its_users(open_page: Open, url: str) -> None:
    page = open_page(url + PERIOD)
    funnel = ready(page, "funnel")
    funnel.get_by_role("button", name="Checkout 2").click()
    expect(sheet(page)).to_contain_text("2 users who came as far as Checkout")
    expect(sheet(page).locator("tbody tr")).to_have_count(2)
    assert [row[0] for row in rows(sheet(page))] == ["1", "3"]
    page.keyboard.press("Escape")
    lost = funnel.get_by_role("button", name="1 went no further")
    lost.focus()
    page.keyboard.press("Enter")
    expect(sheet(page).locator("tbody tr")).to_have_count(1)
    assert rows(sheet(page)) == [["2", "Add to cart"]]
    sheet(page).get_by_text("How is this computed?").click()
    expect(sheet(page).get_by_text("Exactly the shoppers behind one bar")).to_be_visible()
    with page.expect_download() as file:
        sheet(page).get_by_role("link", name="CSV").first.click()
    assert [line.split(",")[0] for line in file.value.path().read_text().splitlines()] == ["user_id", "2"]
    sheet(page).get_by_role("link", name="2", exact=True).click()
    expect(page).to_have_url(re.compile("/users/2"))
    expect(page.locator("#page-title")).to_have_text("User 2")
    expect(page.locator("#page-note")).to_contain_text("United Kingdom")


def test_steps_of_ones_own_and_filters_hold_for_the_users_behind_them(open_page: Open, url: str) -> None:
    page = open_page(f"{url}{PERIOD}&steps=product_view,purchase&country=US")
    ready(page, "funnel").get_by_role("button", name="Product view 2").click()
    expect(sheet(page).locator("tbody tr")).to_have_count(2)
    assert [row[0] for row in rows(sheet(page))] == ["1", "3"]


def test_an_hour_of_the_week_opens_with_the_keyboard_alone(open_page: Open, url: str) -> None:
    page = open_page(url + PERIOD)
    week = ready(page, "week")
    cells = week.get_by_role("gridcell")
    assert cells.evaluate_all("cells => cells.filter((cell) => cell.tabIndex === 0).length") == 1
    cells.first.focus()
    for _ in range(shop.DAY.weekday()):
        page.keyboard.press("ArrowDown")
    for _ in range(9):
        page.keyboard.press("ArrowRight")
    expect(page.locator(":focus")).to_have_attribute("aria-label", re.compile(r"09:00: 9 events an hour"))
    page.keyboard.press("Enter")
    expect(sheet(page)).to_contain_text("9 events on average over 1 hour of the period")
    sheet(page).locator("tbody a").click()
    expect(page).to_have_url(re.compile(f"from={shop.DAY}&to={shop.DAY}"))


def test_a_point_in_time_opens_its_day(open_page: Open, url: str) -> None:
    page = open_page(url + "?period=30d")
    canvas = ready(page, "hourly").locator("canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box
    canvas.click(position={"x": box["width"] / 2, "y": box["height"] / 2})
    expect(page).to_have_url(re.compile("period=custom&from="))


def test_a_week_of_the_retention_opens_by_itself(open_page: Open, url: str) -> None:
    page = open_page(url + "?period=30d&country=US")
    monday = shop.DAY - timedelta(days=shop.DAY.weekday())
    ready(page, "retention").get_by_role("link", name=f"{monday:%b} {monday.day}", exact=True).click()
    week = f"period=custom&country=US&from={monday}&to={monday + timedelta(days=6)}"
    expect(page).to_have_url(re.compile(re.escape(week)))
    expect(page.locator(".period-words").first).to_contain_text(str(monday))


def test_a_search_term_opens_its_searches(open_page: Open, url: str, store_client: Client) -> None:
    searched = {"search_term": "lamp", "device_type": "mobile", "session_id": "a"}
    searches = [event("search", shop.at("11:00"), user, **searched) for user in (1, 2)]
    other = event("search", shop.at("11:01"), 3, **searched | {"search_term": " Lamp"})
    insert(store_client, "events", [*searches, other], "searches for lamps")
    page = open_page(f"{url}{PERIOD}&device_type=mobile")
    ready(page, "searches").get_by_role("button", name="lamp", exact=True).click()
    expect(sheet(page)).to_contain_text("3 searches, whatever the capitals")
    expect(sheet(page).get_by_role("status").first).to_have_text("2 found.")
    assert sorted(row[1] for row in rows(sheet(page))) == ["1", "2"]
    with page.expect_download() as file:
        sheet(page).get_by_role("link", name="CSV").first.click()
    assert file.value.path().read_text().count("lamp") == 2
    sheet(page).get_by_role("link", name="1", exact=True).click()
    expect(page).to_have_url(re.compile("/users/1"))


def test_customers_move_between_segments(open_page: Open, url: str) -> None:
    page = open_page(url + PERIOD)
    ready(page, "segments").get_by_role("button", name="Moves").click()
    table = sheet(page).get_by_role("table")
    # Ben and the hostile user bought on the day before; Ann and Cem on the day.
    total = sum(int(text) for row in rows(table) for text in row if text)
    assert total == 4
    assert [row[-1] for row in rows(table)].count("") == 1


def test_products_that_are_bought_together_are_named(open_page: Open, url: str) -> None:
    before = f"?period=custom&from={shop.BEFORE}&to={shop.BEFORE}"
    page = open_page(url + before)
    pair = ready(page, "together").locator("tbody tr")
    expect(pair).to_have_count(1)
    expect(pair).to_contain_text("Lamp")
    expect(pair).to_contain_text(HOSTILE)
    expect(pair.get_by_role("cell", name="3", exact=True)).to_be_visible()
    page.goto(f"{url}products/1{before}")
    expect(ready(page, "together").get_by_role("link", name=HOSTILE)).to_be_visible()
    trend = ready(page, "trend")
    expect(trend.get_by_role("img", name=re.compile(r"gross \$15.00, refunds \$0.00"))).to_be_visible()
    assert page.evaluate("window.hacked") is None


def test_top_products_have_a_line_of_their_days(open_page: Open, url: str) -> None:
    today = datetime.now(UTC).date()
    page = open_page(f"{url}?period=custom&from={shop.BEFORE}&to={today}")
    expect(ready(page, "products").locator("td .spark")).to_have_count(3)


def test_nothing_is_asked_twice(open_page: Open, url: str) -> None:
    page = open_page("about:blank")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for path in (PERIOD, "?period=today", f"users/1{PERIOD}", f"products/1{PERIOD}"):
        asked.clear()
        page.goto(url + path)
        for shown in page.locator("section.card[data-state]").all():
            expect(shown).to_have_attribute("data-state", re.compile("ready|empty"))
        assert [address for address, times in Counter(asked).items() if times > 1] == []


def test_a_refresh_leaves_the_focus_where_it_is(open_page: Open, url: str) -> None:
    page = open_page(url + PERIOD)
    ready(page, "funnel")
    link = ready(page, "products").locator("tbody a").nth(1)
    link.focus()
    link.evaluate("link => link.setAttribute('data-drawn', 'before')")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(link).not_to_have_attribute("data-drawn", "before")
    expect(link).to_be_focused()


def test_what_a_card_is_set_to_is_in_the_address(open_page: Open, url: str) -> None:
    page = open_page(url + PERIOD)
    ready(page, "sources").get_by_label("Sources by").select_option("referrer")
    expect(page).to_have_url(re.compile("sources=referrer"))
    expect(card(page, "sources").get_by_role("button", name="Referrer")).to_be_visible()
    ready(page, "products").get_by_label("Find a product").fill("mug")
    expect(page).to_have_url(re.compile("find=mug"))
    page.reload()
    expect(card(page, "products").locator("tbody tr")).to_have_count(1)
    expect(card(page, "sources").get_by_label("Sources by")).to_have_value("referrer")
    card(page, "week").get_by_role("button", name="Show as a table").click()
    expect(page).to_have_url(re.compile("tables=week"))
    page.reload()
    expect(card(page, "week").get_by_role("columnheader", name="Weekday")).to_be_visible()
    expect(card(page, "week").get_by_role("grid")).to_be_hidden()
    page.go_back()
    expect(card(page, "week").get_by_role("grid")).to_be_visible()
    page.go_back()
    expect(card(page, "sources").get_by_label("Sources by")).to_have_value("utm_source")
    expect(card(page, "products").locator("tbody tr")).to_have_count(2)
