"""A card says what it does not know: what is partial, what could not be drawn, and both sides of a proof."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from clickhouse_connect.driver.client import Client
from playwright.sync_api import Locator, Page, Route, expect

from footfall.config import Config
from tests import support
from tests.browser.conftest import Complaints
from tests.browser.test_dashboard import card
from tests.conftest import empty
from tests.query import shop
from tests.schema.support import event, insert

Open = Callable[..., Page]
DAY = f"?period=custom&from={shop.DAY}&to={shop.DAY}"
LONG_AGO = datetime.now(UTC) - timedelta(days=200)
WRONG = shop.DAY - timedelta(days=5)
REACH = datetime.now(UTC).date() - timedelta(days=89)
SINCE = f"from {REACH:%b} {REACH.day} {REACH.year} on"
REFRESHES = "**/api/query/stats?*"


@pytest.fixture(scope="module")
def url(config: Config, store_client: Client) -> Iterator[str]:
    """A dashboard over the small shop; an event of long ago and hours of a wrong day are in rollups alone."""
    empty(store_client)
    shop.fill(store_client)
    insert(store_client, "events", [event("page_view", LONG_AGO, 1, browser="Safari")], "old")
    store_client.command("OPTIMIZE TABLE footfall.events FINAL")
    hours = [{"event_date": str(WRONG), "event_hour": hour, "event_count": hour + 1} for hour in range(24)]
    insert(store_client, "mv_hourly_events", hours, "wrong hours")
    process = support.start("dashboard", config)
    yield config.url("dashboard") + "/"
    process.stop()


def proved(page: Page, name: str) -> Locator:
    """The verdict on the first answer of a card."""
    expect(card(page, name)).to_have_attribute("data-state", "ready")
    card(page, name).get_by_role("button", name="How is this computed?").click()
    page.get_by_role("dialog").get_by_role("button", name="Prove it").first.click()
    return page.locator(".verdict")


def note(page: Page, name: str) -> Locator:
    expect(card(page, name)).not_to_have_attribute("data-state", "loading")
    return card(page, name).locator(".card-note")


def test_rows_that_are_equal_are_shown_from_both_sides(open_page: Open, url: str) -> None:
    page = open_page(url + DAY)
    verdict = proved(page, "hourly")
    expect(verdict).to_have_attribute("data-verdict", "equal")
    both = verdict.locator("table.both tbody")
    expect(both).to_have_count(20)
    expect(verdict).to_contain_text("and 4 more rows, equal as well")
    nine = both.filter(has_text=f"{shop.DAY} 09:00 UTC").locator("tr")
    assert [line.locator("td").all_inner_texts() for line in nine.all()] == [
        ["Answer", "9", "3", "12.5"],
        ["Raw rows", "9", "3", "12.5"],
    ]


def test_of_many_differences_it_is_told_how_many_are_not_shown(open_page: Open, url: str) -> None:
    page = open_page(f"{url}?period=custom&from={WRONG}&to={WRONG}")
    verdict = proved(page, "hourly")
    expect(verdict).to_have_attribute("data-verdict", "different")
    expect(verdict.locator("tbody tr")).to_have_count(20)
    expect(verdict).to_contain_text("24 cells differ from the raw rows")
    expect(verdict).to_contain_text("and 4 more cells")


def test_what_raw_rows_answer_themselves_is_not_green(open_page: Open, url: str) -> None:
    page = open_page(f"{url}{DAY}&browser=Safari")
    verdict = proved(page, "figures")
    expect(verdict).to_have_attribute("data-verdict", "cannot be proved")
    expect(verdict).to_contain_text("Nothing to compare: the raw rows themselves give this answer")
    expect(verdict).to_contain_text("cannot filter by browser")


def test_figures_that_reach_beyond_the_rows_that_are_kept_say_so(open_page: Open, url: str) -> None:
    page = open_page(f"{url}?period=90d&browser=Safari")
    expect(note(page, "figures")).to_contain_text("not compared with the 90 days before, of which details")
    expect(page.locator("#figure-visitors .figure-change")).to_have_text("\u00a0")
    expect(note(page, "figures")).not_to_contain_text("counted from")
    start = LONG_AGO.date()
    page.goto(f"{url}?period=custom&from={start}&to={shop.DAY}&browser=Safari")
    expect(note(page, "figures")).to_contain_text(f"counted {SINCE}: older details are no longer kept")
    expect(note(page, "devices")).to_contain_text(f"counted {SINCE}")
    page.goto(f"{url}?period=custom&from={start}&to={start}&browser=Safari")
    expect(card(page, "figures")).to_have_attribute("data-state", "empty")
    expect(card(page, "figures")).to_contain_text(f"What this card counts is kept {SINCE}")
    page.goto(f"{url}?period=custom&from={start}&to={start}")  # rollups know of it
    expect(page.locator("#figure-visitors .figure-value")).to_have_text("1")
    page.goto(f"{url}?period=custom&from={start}&to={shop.DAY}&tz=Asia/Kolkata")
    expect(note(page, "figures")).to_contain_text("days are UTC")
    page.goto(f"{url}?period=30d&tz=Asia/Kolkata")
    expect(note(page, "figures")).not_to_contain_text("UTC")
    page.goto(url + DAY)
    expect(note(page, "figures")).not_to_contain_text(re.compile("kept|compared"))


def test_a_comparison_with_a_year_before_is_of_what_rollups_hold(open_page: Open, url: str) -> None:
    page = open_page(f"{url}?period=30d&compare=year")
    expect(note(page, "figures")).to_contain_text("orders, aov not compared with a year before")
    expect(page.locator("#figure-orders .figure-change")).to_have_text("– a year before")
    expect(page.locator("#figure-visitors .figure-change")).to_have_text("0 a year before")
    expect(note(page, "revenue")).to_contain_text("not compared with a year before")
    page.goto(f"{url}?period=30d&compare=year&tz=Asia/Kolkata")
    expect(note(page, "figures")).to_contain_text("compared with a year before in days of UTC")
    expect(note(page, "figures")).not_to_contain_text("days are UTC")


def test_what_a_long_period_leaves_out_is_told(open_page: Open, url: str) -> None:
    page = open_page(f"{url}?period=90d")
    expect(note(page, "products")).to_contain_text("rates from view to purchase: in periods of up to 31 days")
    expect(note(page, "funnel")).to_contain_text("median times: in periods of up to 31 days")
    page.goto(f"{url}?period=30d")
    for name in ("products", "funnel"):
        expect(note(page, name)).not_to_contain_text("31 days")


def test_a_card_that_cannot_be_drawn_says_so_and_the_others_go_on(
    open_page: Open, url: str, complaints: Complaints
) -> None:
    complaints.expected = ("null",)
    page = open_page("about:blank")
    page.clock.install()

    def broken(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json=answer.json() | {"data": [None]})

    page.route("**/api/query/country_stats?*", broken)
    page.goto(url + DAY)
    expect(card(page, "geography")).to_have_attribute("data-state", "error")
    expect(card(page, "geography")).to_contain_text("This card could not be drawn")
    expect(card(page, "figures")).to_have_attribute("data-state", "ready")
    page.wait_for_load_state("networkidle")
    page.unroute("**/api/query/country_stats?*")
    with page.expect_request(REFRESHES):
        page.clock.fast_forward(16_000)
    expect(card(page, "geography")).to_have_attribute("data-state", "ready")


def test_a_page_that_nobody_looks_at_asks_nothing(open_page: Open, url: str) -> None:
    page = open_page("about:blank")
    page.clock.install()
    held: list[Route] = []
    page.route(REFRESHES, lambda route: held.append(route))
    look = """away => {
        Object.defineProperty(document, "hidden", { value: away, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    with page.expect_request(REFRESHES):
        page.goto(url + DAY)
    page.evaluate(look, True)  # while answers are on their way
    for route in held:
        route.continue_()
    page.unroute(REFRESHES)
    expect(card(page, "figures")).to_have_attribute("data-state", "ready")
    page.wait_for_load_state("networkidle")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.fast_forward(60_000)
    page.evaluate("fetch('/healthz')")  # what the timers asked was asked before
    assert [address for address in asked if "/api/" in address] == []
    with page.expect_request(REFRESHES):
        page.evaluate(look, False)
