"""Whatever the database holds is text: hostile names in every field, looked for wherever a page shows it.

The names stand in today's events and orders, so that both dashboards show them; the shop is called so, too.
Of referrers the dashboard shows the domain alone, which no such name can be.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from clickhouse_connect.driver.client import Client
from playwright.sync_api import Locator, Page, expect

from footfall.config import Config
from tests import support
from tests.browser.conftest import Complaints
from tests.browser.test_dashboard import HOSTILE, card, plant
from tests.browser.test_live import run_sql
from tests.conftest import empty
from tests.schema.support import insert, order

Open = Callable[..., Page]
FORMULA = '=HYPERLINK("http://127.0.0.1:9/"&A1)'
CARDS = ("products", "categories", "geography", "devices", "browsers", "sources", "searches", "users")
FACTS = (
    *("session id", "page url", "referrer", "search term", "order id", "utm source", "utm medium"),
    *("utm campaign", "device type", "browser", "country", "currency", "properties"),
)  # of an event in the stream


@pytest.fixture(scope="module")
def stack(config: Config, store_client: Client) -> Iterator[Config]:
    """Both pages of a hostile shop, of which one product is named like a formula."""
    empty(store_client)
    now = datetime.now(UTC)
    plant(store_client, now)
    line = order("formula", "completed", now, user_id=66, product_id=67, total_amount="5")
    insert(store_client, "orders", [line], "order of a formula")
    product = {"product_id": 67, "name": FORMULA, "updated_at": "2026-01-01 00:00:00.000"}
    insert(store_client, "products", [product], "formula")
    own = replace(config, shop_name=HOSTILE)
    running = [support.start(page, own) for page in ("dashboard", "live")]
    yield own
    for process in running:
        process.stop()


@pytest.fixture
def page(open_page: Open) -> Iterator[Page]:
    """A page on which nothing hostile has become more than text when the test is over."""
    page = open_page("about:blank")
    yield page
    unharmed(page)


def unharmed(page: Page) -> None:
    assert page.evaluate("window.hacked") is None
    assert page.locator("img, iframe, script:not([src])").count() == 0


def says(place: Locator, text: str = HOSTILE) -> None:
    expect(place).to_contain_text(text)


def downloaded(page: Page, link: Locator) -> str:
    with page.expect_download() as file:
        link.click()
    return Path(file.value.path()).read_text()


def test_every_card_filter_and_sheet_of_the_dashboard(page: Page, stack: Config) -> None:
    page.goto(f"{stack.url('dashboard')}/?period=today")
    says(page.locator("h1"))
    for name in CARDS:
        says(card(page, name))
    sources = card(page, "sources")
    for by in ("Medium", "Campaign"):
        sources.get_by_label("Sources by").select_option(f"by {by.lower()}")
        expect(sources.get_by_role("columnheader", name=by)).to_be_visible()
        says(sources)
    sources.get_by_role("button", name=HOSTILE).click()
    expect(page).to_have_url(re.compile("utm_campaign="))
    says(page.get_by_role("list", name="Filters"), f"Campaign: {HOSTILE}")
    page.reload()
    says(page.get_by_role("list", name="Filters"), f"Campaign: {HOSTILE}")
    expect(page.locator("#figure-visitors .figure-value")).to_have_text("1")
    card(page, "figures").get_by_role("button", name="How is this computed?").click()
    sheet = page.get_by_role("dialog")
    says(sheet.locator("dl").first, f"utm_campaign = {HOSTILE}")
    says(sheet.locator("pre").first, f"'{HOSTILE}'")
    page.keyboard.press("Escape")
    says(sources)
    searches = card(page, "searches").get_by_role("button", name=HOSTILE)
    searches.click()
    says(sheet.get_by_role("heading", name="Searches for"), f"“{HOSTILE}”")
    expect(sheet.locator("tbody tr")).to_have_count(1)
    page.keyboard.press("Escape")
    unharmed(page)
    page.goto(f"{stack.url('dashboard')}/?{urlencode({'period': 'today', 'steps': f'{HOSTILE},search'})}")
    card(page, "funnel").get_by_role("button", name=HOSTILE).first.click()
    says(page.locator("#sheet-title"))
    says(sheet.get_by_role("link").first)


def test_pages_of_one_product_and_one_user_and_of_what_is_not_there(
    page: Page, stack: Config, complaints: Complaints
) -> None:
    url = stack.url("dashboard")
    page.goto(f"{url}/products/66?period=today")
    for place in ("#page-title", "#page-note", "#card-activity", "#card-orders"):
        says(page.locator(place))
    expect(page).to_have_title(re.compile(re.escape(HOSTILE)))
    unharmed(page)
    page.goto(f"{url}/users/66?period=today")
    says(page.locator("#page-title"), f"User {HOSTILE}")
    says(page.locator("#card-orders"))
    session = page.locator(".session")
    expect(session).to_have_count(1)
    said = session.locator("p")
    expect(said).to_have_text(f"4 events · {HOSTILE} · {HOSTILE} · {HOSTILE}")  # device, browser, country
    says(session.locator(".tag").filter(has_text=HOSTILE))
    for about in (f"“{HOSTILE}”", f"order {HOSTILE}", HOSTILE):
        expect(session.locator(".event-about").get_by_text(about, exact=True).first).to_be_visible()
    unharmed(page)
    short, _, _ = HOSTILE.partition("<script>")
    page.goto(f"{url}/users/{quote(short, safe='')}")
    expect(page.locator("#page-title")).to_have_text(f"User {short}")
    unharmed(page)
    complaints.allowed = {404}
    page.goto(f"{url}/{quote(HOSTILE)}")
    says(page.locator("p").first, f"there is nothing at /{HOSTILE}")


def test_files_hold_no_formula_and_the_names_as_they_are(page: Page, stack: Config) -> None:
    page.goto(f"{stack.url('dashboard')}/?period=today")
    products = card(page, "products")
    says(products, FORMULA)
    quoted = HOSTILE.replace('"', '""')
    guarded = f'"\'{FORMULA.replace(chr(34), chr(34) * 2)}"'
    products.get_by_role("button", name="How is this computed?").click()
    files = [page.get_by_role("dialog").get_by_role("link", name="CSV").first]
    of_the_server = downloaded(page, files[0])
    page.keyboard.press("Escape")
    of_the_page = downloaded(page, products.get_by_role("button", name="Export as CSV"))
    for text in (of_the_server, of_the_page):
        assert guarded in text
        assert f'"{quoted}"' in text
        assert f",{FORMULA[:5]}" not in text and f'"{FORMULA[:5]}' not in text


def test_the_stream_the_boards_and_the_tabs_of_the_live_page(page: Page, stack: Config) -> None:
    page.goto(f"{stack.url('live')}/")
    says(page.locator("h1"))
    lines = page.locator("#stream li")
    expect(lines).to_have_count(4)
    for about in (f"“{HOSTILE}”", HOSTILE):
        expect(lines.locator(".event-about").get_by_text(about, exact=True).first).to_be_visible()
    says(page.locator("#stream-type"))
    says(page.locator("#stream-country"))
    lines.filter(has_text="“").first.get_by_role("button").click()
    for name in FACTS:
        fact = page.get_by_role("dialog").locator("dt").get_by_text(name, exact=True)
        expect(fact.locator("xpath=following-sibling::dd[1]")).to_have_text(HOSTILE)
    page.keyboard.press("Escape")
    for name in ("orders", "users", "countries"):
        says(card(page, name))
    panel = page.get_by_role("tabpanel")
    page.goto(f"{stack.url('live')}/#hourly?{urlencode({'event_type': HOSTILE})}")
    expect(panel.get_by_label("Type of event")).to_have_value(HOSTILE)
    expect(panel.locator("tbody tr")).not_to_have_count(0)
    panel.get_by_role("button", name="How is this computed?").click()
    says(page.get_by_role("dialog"), f"'{HOSTILE}'")
    page.keyboard.press("Escape")
    for tab, fill in {
        "Funnel": {"Steps, in order": f"{HOSTILE}, search"},
        "Countries": {},
        "Users": {},
        "User timeline": {"User": "66"},
        "Orders": {},
    }.items():
        page.get_by_role("tab", name=tab, exact=True).click()
        for label, value in fill.items():
            panel.get_by_label(label, exact=True).fill(value)
        panel.get_by_role("button", name="Show", exact=True).click()
        says(panel.locator("tbody"))
    unharmed(page)


def test_results_plans_and_errors_of_the_sql_box(page: Page, stack: Config, complaints: Complaints) -> None:
    complaints.allowed = {400}
    page.goto(f"{stack.url('live')}/")
    result = page.locator("#sql-result")
    rows = f"SELECT utm_campaign AS `{HOSTILE}`, count() AS n FROM events GROUP BY utm_campaign"
    run_sql(page, f"{rows} UNION ALL SELECT 'b', 1")
    says(result.locator("th").first)
    says(result.locator("tbody"))
    for shape in ("Bars", "Pie"):
        result.get_by_role("button", name=shape, exact=True).click()
        expect(result.get_by_role("img", name=HOSTILE)).to_be_visible()
    result.get_by_role("button", name="JSON", exact=True).click()
    escaped = HOSTILE.replace('"', '\\"')
    says(result.locator("pre"), f'"{escaped}": "{escaped}"')
    page.get_by_role("button", name="Explain", exact=True).click()
    expect(result).to_contain_text("granules")
    result.get_by_text("The store's own plan").click()
    run_sql(page, f"SELECT `{HOSTILE}` FROM events")
    says(result.get_by_role("alert"))
    page.get_by_label("History").focus()
    says(page.get_by_label("History"), HOSTILE[:40])
