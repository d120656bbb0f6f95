"""What the live page has for those who ask: the SQL box in full, the query builder, events and health."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client
from playwright.sync_api import Page, expect

from footfall.config import Config
from tests import support
from tests.browser.conftest import Complaints
from tests.browser.test_live import HOSTILE, line, run_sql, send
from tests.conftest import empty
from tests.query import shop

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("queries")


@pytest.fixture(scope="module")
def url(config: Config, store_client: Client, ingest_url: str, saved: Path) -> Iterator[str]:
    """A live page over the small shop that keeps queries in a folder of its own."""
    empty(store_client)
    shop.fill(store_client)
    process = support.start("live", replace(config, live_port=support.free_port(), queries=str(saved)))
    yield process.config.url("live") + "/"
    process.stop()


def test_a_statement_takes_parameters_and_its_result_the_shape_that_suits(
    open_page: Open, url: str, complaints: Complaints
) -> None:
    complaints.allowed = {400}  # the first run has no value for its parameter
    page = open_page(url)
    result = page.locator("#sql-result")
    run_sql(page, "SELECT country, count() AS n FROM events WHERE user_id > {least:UInt64} GROUP BY country")
    page.get_by_label("least (UInt64)").fill("0")
    expect(page.locator("#sql-cost")).to_contain_text("reads about")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator("#sql-status")).to_contain_text("2 rows")
    for view in ("Map", "Bars", "Pie"):
        result.get_by_role("button", name=view, exact=True).click()
        expect(result.get_by_role("img", name=re.compile("n by country"))).to_be_visible()
    result.get_by_role("button", name="JSON", exact=True).click()
    expect(result.locator("pre")).to_contain_text('"country": "UK"')
    page.get_by_role("button", name="Explain", exact=True).click()
    expect(result).to_contain_text(re.compile(r"Reads .*: \d+ of \d+ granules"))
    page.get_by_label("History").focus()
    expect(page.get_by_label("History").locator("option")).to_have_count(2)
    run_sql(page, "SELECT number AS n FROM numbers(900)")
    expect(page.locator("#sql-status")).to_contain_text("900 rows")
    assert result.locator("tbody tr").count() < 100
    result.get_by_role("group", name="Result").evaluate("box => box.scrollTo(0, box.scrollHeight)")
    expect(result.get_by_role("cell", name="899", exact=True)).to_be_visible()


def test_a_statement_is_cancelled(open_page: Open, url: str) -> None:
    page = open_page(url)
    # As soon as it can be: on a busy machine the store's limit of time might end the statement first.
    page.get_by_role("button", name="Cancel").evaluate(
        """button => new MutationObserver((_, observer) => {
            observer.disconnect();
            button.click();
        }).observe(button, { attributeFilter: ["disabled"] })"""
    )
    run_sql(page, "SELECT sum(sipHash64(number)) FROM numbers(100000000000)")
    expect(page.locator("#sql-status")).to_have_text("Cancelled.")
    run_sql(page, "SELECT 42 AS answer")
    expect(page.locator("#sql-result").get_by_role("cell", name="42", exact=True)).to_be_visible()


def test_the_place_of_an_error_is_marked(open_page: Open, url: str, complaints: Complaints) -> None:
    complaints.allowed = {400}
    page = open_page(url)
    run_sql(page, "SELECT nothing FROM events")
    expect(page.locator(".cm-wrong")).to_have_text("nothing")
    run_sql(page, "SELECT 1 +")
    expect(page.locator("#sql-result").get_by_role("alert")).to_contain_text("SYNTAX_ERROR")
    run_sql(page, "\n  SELECT 'größer €', 1 2 3")
    expect(page.locator(".cm-wrong")).to_have_text("2")


def test_names_are_completed(open_page: Open, url: str) -> None:
    page = open_page(url)
    content = page.locator("#sql-editor .cm-content")
    with page.expect_response("**/api/queries"):
        expect(content).to_be_visible()
    # What is typed, what is offered for it, and what then stands there.
    for typed, offered, taken in (
        ("SELECT * FROM mv_dai", "mv_daily_events", "SELECT * FROM mv_daily_events"),
        ("SELECT ses FROM events", "session_id", "SELECT session_id FROM events"),
        ("SELECT toStartOfFif", "toStartOfFifteenMinutes", "SELECT toStartOfFifteenMinutes("),
        ("hourly_ses", "hourly_sessions", "toDateTime(event_timestamp, 'UTC')"),
    ):
        content.fill("")
        content.press_sequentially(typed)
        for _ in range(len(typed) - len(typed.removesuffix(" FROM events"))):
            content.press("ArrowLeft")
        content.press("Control+Space")
        option = page.locator(".cm-tooltip-autocomplete li").filter(has_text=offered).first
        expect(option).to_be_visible()
        option.click()
        expect(content).to_contain_text(taken)
    expect(page.locator("#sql-params label")).to_have_text(
        ["from (DateTime64(3, 'UTC'))", "to (DateTime64(3, 'UTC'))"]
    )


def test_a_statement_is_saved_as_a_named_query(open_page: Open, url: str, saved: Path) -> None:
    page = open_page(url)
    run_sql(page, "SELECT status, count() AS lines FROM orders WHERE order_id > {but:String} GROUP BY status")
    page.get_by_label("but (String)").fill("a")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator("#sql-status")).to_contain_text("rows")
    page.locator("#sql-save summary").click()
    page.get_by_label("Name").fill("lines_by_status")
    page.get_by_label("Title").fill(f"Lines by status {HOSTILE}")
    page.get_by_role("button", name="Save as a named query").click()
    expect(page.locator("#sql-saved")).to_contain_text("Saved as lines_by_status")
    text = (saved / "lines_by_status.sql").read_text()
    assert "-- reads: orders" in text and "-- param: but String = a ; any" in text
    answer = page.request.get(f"{url}api/query/lines_by_status").json()
    assert {row["status"] for row in answer["data"]} >= {"completed"}
    assert answer["meta"]["title"] == f"Lines by status {HOSTILE}"


def test_the_builder_makes_sql_that_runs(open_page: Open, url: str) -> None:
    page = open_page(url)
    page.get_by_role("tab", name="Query builder").click()
    expect(page.locator("#builder-sql")).to_contain_text("FROM events")  # tables are read when it is opened
    page.get_by_role("button", name="Add a filter").click()
    page.get_by_label("Where the column").select_option("event_type")
    page.get_by_label("Value").fill("it's")
    expect(page.locator("#builder-sql")).to_contain_text(r"WHERE event_type = 'it\'s'")
    page.get_by_label("Comparison").select_option("IN")
    page.get_by_label("Value").fill("purchase, page_view")
    page.get_by_role("button", name="Run in the SQL box").click()
    expect(page.get_by_role("tab", name="SQL")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#sql-status")).to_contain_text("2 rows")
    page.go_back()
    expect(page.get_by_role("tab", name="Query builder")).to_have_attribute("aria-selected", "true")


def test_an_event_opens_and_the_processes_say_how_they_are(open_page: Open, url: str, config: Config) -> None:
    page = open_page(url)
    expect(page.locator("#card-figures")).to_have_attribute("data-state", "ready")
    shown = send(config, user_id="4711", country="DE", page_url=HOSTILE, utm_campaign="autumn")
    other = send(config, user_id="4711", country="FR")
    expect(line(page, other)).to_be_visible()
    page.locator("#stream-country").select_option("DE")
    expect(line(page, other)).to_have_count(0)
    line(page, shown).get_by_title("Show the whole event").click()
    expect(page.get_by_role("dialog")).to_contain_text("autumn")
    expect(page.get_by_role("dialog")).to_contain_text(HOSTILE)
    page.keyboard.press("Escape")
    page.get_by_role("tab", name="Health").click()
    for process in ("engine", "ingest", "live"):
        expect(page.locator("#panel-health").get_by_role("row", name=process)).to_contain_text("ok")
    expect(page.locator("#panel-health")).to_contain_text(re.compile("of the last|in the last"))
    assert page.evaluate("window.hacked") is None
