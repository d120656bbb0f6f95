"""The whole of it: a history is loaded, the stream runs, both pages show what the database holds, live.

Before the stream runs, what stands on the pages is compared with the truth about the history, which the
generator knows without any database.
"""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client
from playwright.sync_api import Locator, Page, expect

from footfall.config import Config
from tests import support
from tests.browser.test_dashboard import CARDS, card
from tests.browser.test_live import ARRIVAL_LIMIT_MS, line, send
from tests.conftest import empty

DAYS = 10
HISTORY = (
    *("--users", "400", "--products", "40", "--events", "6000", "--orders", "900"),
    *("--days", str(DAYS), "--order-days", str(DAYS)),
)
# Of each row of a table the id that it leads to, if any, and its cells: an exact value where one is given.
ROWS = """lines => lines.map((line) => [
    line.querySelector("a")?.pathname.split("/").at(-1) ?? null,
    ...[...line.cells].map((cell) => cell.querySelector("span[title]")?.title || cell.innerText.trim()),
])"""
NAMES = """codes => {
    const names = new Intl.DisplayNames("en-US", { type: "region" });
    return codes.map((code) => names.of(code === "UK" ? "GB" : code));
}"""
Truth = dict[str, Any]


@pytest.fixture(scope="module")
def history(
    config: Config, store_client: Client, ingest_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Truth]:
    """The truth about the history in the store, of which both pages are up."""
    empty(store_client)
    path = tmp_path_factory.mktemp("truth") / "truth.json"
    done = support.run(config, "generate", *HISTORY, "--truth", str(path))
    assert done.returncode == 0, done.stderr
    running = [support.start("dashboard", config), support.start("live", config)]
    yield json.loads(path.read_text())
    for process in running:
        process.stop()


@pytest.fixture(scope="module")
def shop(config: Config, history: Truth) -> Iterator[Config]:
    """A stack that lives: history, both pages, and a stream of 40 events a second."""
    stream = support.launch("stream", config, "--rate", "40", "--orders", "8")
    yield config
    stream.stop()


def rounded(value: object, places: str) -> Decimal:
    return Decimal(str(value)).quantize(Decimal(places), ROUND_HALF_UP)


def dollars(value: object, places: str = "0.01") -> str:
    exact = rounded(value, places)
    return f"{'-' if exact.is_signed() else ''}${abs(exact):,}"


def number(value: int) -> str:
    return f"{value:,}"


def day_of(text: str) -> str:
    day = date.fromisoformat(text[:10])
    return f"{day:%b} {day.day}"


def lines(table: Locator) -> list[list[str]]:
    """All rows of a card's table, page by page."""
    expect(table).to_have_attribute("data-state", re.compile("ready|empty"))
    found: list[list[str]] = table.locator("tbody tr").evaluate_all(ROWS)
    on = table.get_by_role("button", name="Next", exact=True)
    while on.count() and on.is_enabled():
        on.click()
        found += table.locator("tbody tr").evaluate_all(ROWS)
    return found


def expect_countries(page: Page, table: Locator, rows: list[Truth], purchases: str) -> None:
    codes = [row["country"] for row in rows]
    names = dict(zip(codes, page.evaluate(NAMES, codes), strict=True))
    assert sorted(line[1:] for line in lines(table)) == sorted(
        [names[r["country"]], dollars(r["revenue"]), number(r["unique_users"]), number(r[purchases])]
        for r in rows
    )


def test_the_dashboard_shows_the_truth_of_the_generator(
    config: Config, history: Truth, open_page: Callable[..., Page]
) -> None:
    until = datetime.fromisoformat(history["plan"]["until"]).date()
    since = until - timedelta(days=DAYS - 1)
    period = f"period=custom&from={since}&to={until}"
    page = open_page(f"{config.url('dashboard')}/?{period}&grain=month&tables=revenue,hourly")
    totals = history["totals"]
    expect(card(page, "figures")).to_have_attribute("data-state", "ready")
    figures = page.locator("#card-figures .figure-value").evaluate_all("all => all.map(({title}) => title)")
    assert figures == [
        *(number(totals[name]) for name in ("visitors", "sessions", "orders")),
        *(dollars(totals[name]) for name in ("net", "aov")),
        f"{rounded(totals['conversion'], '0.1')}%",
    ]
    expect(card(page, "funnel")).to_have_attribute("data-state", "ready")
    users = card(page, "funnel").locator(".funnel-users").all_inner_texts()
    assert users == [number(row["users"]) for row in history["funnel"]]
    sold = {row["product_id"]: row for row in history["products"] if row["status"] == "completed"}
    assert {row[0]: (row[2], row[4], row[5]) for row in lines(card(page, "products"))} == {
        product: (dollars(row["revenue"]), number(row["orders"]), number(row["quantity"]))
        for product, row in sold.items()
    }
    assert [row[2:7] for row in lines(card(page, "revenue"))] == [
        [
            *(dollars(row[name]) for name in ("gross", "refunds", "net")),
            *(number(row[name]) for name in ("orders", "buyers")),
        ]
        for row in history["months"]
    ]
    assert [row[1:] for row in lines(card(page, "hourly"))] == [
        [
            day_of(row["from"]),
            number(row["event_count"]),
            number(row["unique_users"]),
            dollars(row["revenue"]),
        ]
        for row in history["days"]
    ]
    expect_countries(page, card(page, "geography"), history["countries"], "purchases")
    expect(card(page, "segments")).to_have_attribute("data-state", "ready")
    tiles = card(page, "segments").locator(".tile").evaluate_all("all => all.map(({title}) => title)")
    segments = {text.split(" users ")[0]: text.split("), ")[1].split(" orders")[0] for text in tiles}
    assert segments == {
        f"{row['segment']}: {number(row['users'])}": f"{dollars(row['revenue'], '1')}, {row['orders']:,}"
        for row in history["segments"]
        if row["users"]
    }
    assert lines(card(page, "users")) == [
        [
            user["user_id"],
            user["user_id"],
            number(user["events"]),
            str(user["event_types"]),
            day_of(user["last_day"]),
        ]
        for user in history["top_users"]
    ]


def test_the_live_page_shows_the_truth_of_the_day(
    config: Config, history: Truth, open_page: Callable[..., Page]
) -> None:
    today = history["plan"]["until"][:10]
    page = open_page(config.url("live") + "/")
    rows = [row for row in history["country_days"] if row["day"] == today]
    expect_countries(page, card(page, "countries"), rows, "purchase_count")


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
