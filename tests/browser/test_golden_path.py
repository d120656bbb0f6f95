"""The whole of it: a history is loaded, the stream runs, both pages show what the database holds, live."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from clickhouse_connect.driver.client import Client
from playwright.sync_api import Page, expect

from footfall.config import Config
from tests import support
from tests.browser.test_dashboard import CARDS
from tests.browser.test_live import ARRIVAL_LIMIT_MS, line, send
from tests.conftest import empty

HISTORY = ("--users", "400", "--products", "40", "--events", "6000", "--orders", "900", "--days", "10")


@pytest.fixture(scope="module")
def shop(config: Config, store_client: Client, ingest_url: str) -> Iterator[Config]:
    """A stack that lives: history, both pages, and a stream of 40 events a second."""
    empty(store_client)
    done = support.run(config, "generate", *HISTORY)
    assert done.returncode == 0, done.stderr
    running = [support.start("dashboard", config), support.start("live", config)]
    running.append(support.launch("stream", config, "--rate", "40", "--orders", "8"))
    yield config
    for process in reversed(running):
        process.stop()


def raw(client: Client, day: date) -> tuple[int, int, int, float]:
    """Visitors, sessions, orders and net revenue of a day, counted on the raw rows."""
    visitors, sessions = client.query(
        "SELECT uniqExactIf(user_id, user_id != 0), uniqExactIf(session_id, session_id != '')"
        " FROM footfall.events WHERE event_date = {day:Date}",
        parameters={"day": day},
    ).result_rows[0]
    orders, net = client.query(
        "SELECT uniqExactIf(order_id, status = 'completed'),"
        " sumIf(total_amount, status IN ('completed', 'refunded', 'cancelled'))"
        " FROM footfall.orders WHERE order_date = {day:Date}",
        parameters={"day": day},
    ).result_rows[0]
    return visitors, sessions, orders, net


def test_the_dashboard_shows_what_the_raw_rows_say(
    shop: Config, open_page: Callable[..., Page], store_client: Client
) -> None:
    page = open_page(shop.url("dashboard") + "/?period=yesterday")
    expect(page.locator("#card-figures")).to_have_attribute("data-state", "ready")
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    visitors, sessions, orders, net = raw(store_client, yesterday)
    assert orders > 0
    for name, value in (("visitors", visitors), ("sessions", sessions), ("orders", orders)):
        expect(page.locator(f"#figure-{name} .figure-value")).to_have_text(f"{value:,}")
    expect(page.locator("#figure-net .figure-value")).to_have_attribute("title", f"${net:,.2f}")
    for name in CARDS:
        expect(page.locator(f"#card-{name}")).to_have_attribute("data-state", "ready")


def test_a_figure_of_the_running_day_is_proved_while_events_stream_in(
    shop: Config, open_page: Callable[..., Page]
) -> None:
    page = open_page(shop.url("dashboard") + "/?period=today")
    expect(page.locator("#card-funnel")).to_have_attribute("data-state", "ready")
    page.locator("#card-funnel").get_by_role("button", name="How is this computed?").click()
    page.get_by_role("button", name="Prove it").click()
    expect(page.locator('[data-verdict="equal"]')).to_be_visible()


def test_the_live_page_moves_and_shows_what_is_posted(
    shop: Config, open_page: Callable[..., Page], store_client: Client
) -> None:
    page = open_page(shop.url("live") + "/")
    expect(page.locator("#figure-rate .figure-change")).to_have_text(re.compile(r"[1-9].* a minute"))
    expect(page.locator("#figure-errors .figure-value")).to_have_text("0.0%")
    for name in ("types", "orders", "users", "countries"):
        expect(page.locator(f"#card-{name}")).to_have_attribute("data-state", "ready")
    first = page.locator("#stream li").first
    newest = first.get_attribute("data-event-id")
    expect(first).not_to_have_attribute("data-event-id", newest or "")
    page.get_by_placeholder("User, country, page, order").fill("/golden")
    event_id = send(shop, event_type="product_view", user_id="4711", page_url="/golden/path")
    expect(line(page, event_id)).to_be_visible(timeout=ARRIVAL_LIMIT_MS)
    today = datetime.now(UTC).date()
    shown = page.locator("#figure-orders .figure-value").inner_text()
    assert 0 < int(shown.replace(",", "")) <= raw(store_client, today)[2]
