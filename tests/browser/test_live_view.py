"""What the live page is set to is in its address; its bars can be hit; lines of SQL are numbered in place."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from clickhouse_connect.driver.client import Client
from playwright.sync_api import Locator, Page, expect

from footfall.config import Config
from tests import support
from tests.browser.conftest import Complaints
from tests.browser.test_live import run_sql
from tests.conftest import empty
from tests.query import shop
from tests.schema.support import event, insert

Open = Callable[..., Page]
APART = """() => {
    const tops = (selector) => [...document.querySelectorAll(selector)]
        .filter((one) => one.offsetHeight > 0)
        .map((one) => { const text = document.createRange(); text.selectNodeContents(one); return text; })
        .map((text) => text.getClientRects()[0].top);
    const [numbers, lines] = [".cm-lineNumbers .cm-gutterElement", ".cm-line"].map(tops);
    return lines.map((top, index) => Math.abs(top - numbers[index]));
}"""


@pytest.fixture(scope="module")
def url(config: Config, store_client: Client) -> Iterator[str]:
    """A live page over the small shop; of late many looked, and then one gave a thing back."""
    empty(store_client)
    shop.fill(store_client)
    now = datetime.now(UTC)
    views = [event("page_view", now - timedelta(minutes=5), 1) for _ in range(3000)]
    insert(store_client, "events", views, "many views")
    insert(
        store_client, "events", [event("refund", now - timedelta(minutes=2), 1, revenue="-1")], "one refund"
    )
    process = support.start("live", config)
    yield config.url("live") + "/"
    process.stop()


@pytest.fixture
def page(open_page: Open, url: str) -> Page:
    page = open_page(url)
    expect(page.locator("#card-types")).to_have_attribute("data-state", "ready")
    return page


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("dark", [False, True])
def test_line_numbers_stand_at_their_lines_before_they_are_scrolled_to(
    open_page: Open, url: str, width: int, dark: bool
) -> None:
    page = open_page(url, width=width, dark=dark)
    expect(page.locator("#sql-editor .cm-line")).to_have_count(5)
    support.wait_until(lambda: max(page.evaluate(APART)) < 0.5)
    assert page.evaluate("scrollY") == 0
    run_sql(
        page,
        "SELECT 1,\n\n" + "  'a long text that takes more than a line of a narrow screen',\n" * 3 + "  2",
    )
    expect(page.locator("#sql-editor .cm-line")).to_have_count(6)
    support.wait_until(lambda: max(page.evaluate(APART)) < 0.5)


def test_filters_are_in_the_address_and_go_back(page: Page) -> None:
    chosen, country, text = (page.locator(f"#stream-{name}") for name in ("type", "country", "text"))
    page.locator("#card-countries").get_by_role("button", name="United States").click()
    expect(page).to_have_url(re.compile(r"/\?country=US$"))
    chosen.select_option("refund")
    expect(page).to_have_url(re.compile("country=US&event_type=refund"))
    text.fill("4711")
    expect(page).to_have_url(re.compile("find=4711"))
    page.reload()
    for field, value in ((chosen, "refund"), (country, "US"), (text, "4711")):
        expect(field).to_have_value(value)
    page.go_back()
    for field, value in ((chosen, ""), (country, "US"), (text, "")):
        expect(field).to_have_value(value)


def test_a_card_that_is_shown_as_a_table_is_so_in_the_address(page: Page) -> None:
    card = page.locator("#card-types")
    card.get_by_role("button", name="Show as a table").click()
    expect(page).to_have_url(re.compile(r"\?tables=types$"))
    page.reload()
    expect(card.locator("tbody tr").filter(has_text="Refund")).to_contain_text("1")
    expect(card.locator("canvas")).to_be_hidden()
    page.go_back()
    expect(card.locator("canvas")).to_be_visible()
    expect(card.locator("tbody")).to_have_count(0)


def test_every_card_is_exported_as_it_is_shown(page: Page) -> None:
    heads = {
        "figures": "events last minute",
        "types": "From,Event,Events",
        "countries": "Code,Country",
        "users": "User,Events",
    }
    for name, head in heads.items():
        expect(page.locator(f"#card-{name}")).to_have_attribute("data-state", re.compile("ready|empty"))
        with page.expect_download() as file:
            page.locator(f"#card-{name}").get_by_role("button", name="Export as CSV").click()
        assert file.value.path().read_text().startswith(head)


def test_a_tab_and_what_it_shows_are_in_the_address(page: Page, complaints: Complaints) -> None:
    complaints.allowed = {400}  # until the parameter has its value
    run_sql(page, "SELECT {n:UInt8} + 1 AS more")
    page.get_by_label("n (UInt8)").fill("41")
    page.get_by_role("button", name="Run", exact=True).click()
    cell = page.locator("#sql-result tr:not(.space) td")
    expect(cell).to_have_text("42")
    page.get_by_role("tab", name="Orders", exact=True).click()
    panel = page.locator("#panel-orders")
    panel.get_by_label("User").fill("1")
    panel.get_by_role("button", name="Show", exact=True).click()
    expect(page).to_have_url(re.compile(r"#orders\?period=last\+30\+days&user_id=1$"))
    page.go_back()
    expect(panel.get_by_label("User")).to_have_value("")
    page.go_back()
    page.reload()
    expect(page.locator("#sql-editor .cm-content")).to_have_text("SELECT {n:UInt8} + 1 AS more")
    expect(page.get_by_label("n (UInt8)")).to_have_value("41")


def test_the_shape_of_a_result_is_in_the_address(page: Page) -> None:
    run_sql(page, "SELECT country, count() AS n FROM events GROUP BY country")

    def shape(name: str) -> Locator:
        return page.locator("#sql-result").get_by_role("button", name=name, exact=True)

    shape("Bars").click()
    expect(page).to_have_url(re.compile(r"/\?shown=bar#sql\?text="))
    shape("Pie").click()
    expect(page).to_have_url(re.compile(r"/\?shown=pie#sql"))
    page.go_back()
    expect(shape("Bars")).to_have_attribute("aria-pressed", "true")
    page.reload()
    page.get_by_role("button", name="Run", exact=True).click()
    expect(shape("Bars")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("img", name=re.compile("n by country"))).to_be_visible()
    page.go_back()
    expect(shape("Table")).to_have_attribute("aria-pressed", "true")
    page.go_forward()
    run_sql(page, "SELECT country, sum(revenue) AS money FROM events GROUP BY country")
    expect(shape("Table")).to_have_attribute("aria-pressed", "true")  # another statement begins anew
    expect(page).to_have_url(re.compile("/#sql"))


def test_a_bar_that_is_hardly_there_can_be_hit(page: Page) -> None:
    canvas = page.locator("#card-types canvas")
    box = canvas.bounding_box()
    assert box
    chosen = page.locator("#stream-type")
    drawn = "new Promise((then) => requestAnimationFrame(() => requestAnimationFrame(then)))"
    for back in range(4, int(box["width"]), 6):  # from the newest on, above what is drawn of one
        canvas.click(position={"x": box["width"] - back, "y": box["height"] - 34})
        page.evaluate(drawn)  # a chart takes clicks frame by frame
        if chosen.input_value():
            break
    expect(chosen).to_have_value("refund")


def test_times_are_of_the_zone_that_is_chosen(page: Page) -> None:
    shown = page.locator("#stream li time").first
    moment = datetime.fromisoformat(shown.get_attribute("datetime") or "")
    expect(shown).to_have_text(f"{moment:%H:%M:%S}")
    page.get_by_label("Time zone").select_option("America/New_York")
    expect(page).to_have_url(re.compile("tz=America%2FNew_York"))
    there = moment.astimezone(ZoneInfo("America/New_York"))
    expect(shown).to_have_text(f"{there:%H:%M:%S}")
    expect(page.get_by_role("img", name=re.compile("times are New York"))).to_be_visible()
    page.reload()
    expect(page.get_by_label("Time zone")).to_have_value("America/New_York")
    expect(shown).to_have_text(f"{there:%H:%M:%S}")


def test_the_stream_says_what_it_shows_and_gives_a_file_of_it(page: Page) -> None:
    stream = page.locator("#card-stream")
    page.locator("#stream-type").select_option("refund")
    expect(stream.locator("li")).to_have_count(1)
    with page.expect_download() as download:
        stream.get_by_role("button", name="Export as CSV").click()
    header, line = download.value.path().read_text().splitlines()
    refund = dict(zip(header.split(","), line.split(","), strict=True))
    assert (refund["event_type"], refund["revenue"], refund["user_id"]) == ("refund", "-1", "1")
    stream.get_by_role("button", name="How is this computed?").click()
    sheet = page.get_by_role("dialog")
    expect(sheet).to_contain_text("the time from the newest event's acceptance")
    expect(sheet).to_contain_text("a fair sample, spread evenly")
    expect(sheet.get_by_text("Rows read")).to_be_visible()
    expect(sheet.locator("pre.code").first).to_contain_text("ORDER BY ingested_at DESC")


def test_the_error_rate_is_explained(page: Page) -> None:
    page.locator("#card-figures").get_by_role("button", name="How is this computed?").click()
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_role("heading", name="Error rate")).to_be_visible()
    expect(sheet).to_contain_text("of all that were accepted or rejected in the last 60 seconds")
