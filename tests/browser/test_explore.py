"""What the live page has for those who ask: the SQL box in full, the query builder, events and health."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from clickhouse_connect.driver.client import Client
from playwright.sync_api import Locator, Page, expect

from footfall.config import Config
from tests import support
from tests.browser.conftest import Complaints
from tests.browser.test_live import HOSTILE, line, run_sql, send
from tests.conftest import empty
from tests.query import shop

Open = Callable[..., Page]
CANCELLED = 394
RUNNING = "SELECT count() FROM system.processes WHERE user = 'analyst' AND query LIKE {name:String}"
ENDED = (
    "SELECT type, exception_code FROM system.query_log"
    " WHERE user = 'analyst' AND query LIKE {name:String} AND type != 'QueryStart'"
)


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


def test_a_statement_that_is_cancelled_ends_in_the_store(
    open_page: Open, url: str, store_client: Client
) -> None:
    page = open_page(url)
    name = f"endless_{uuid4().hex}"
    said = {"name": f"SELECT count() AS {name} %"}  # and not its estimate

    def running() -> int:
        count: int = store_client.query(RUNNING, parameters=said).result_rows[0][0]
        return count

    # It would take minutes; the store's limit for those who type is ten seconds.
    run_sql(page, f"SELECT count() AS {name} FROM numbers(900000000) WHERE MD5(toString(number)) != ''")
    support.wait_until(lambda: running() == 1)
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#sql-status")).to_have_text("Cancelled.")
    support.wait_until(lambda: running() == 0)
    store_client.command("SYSTEM FLUSH LOGS")
    ended = store_client.query(ENDED, parameters=said).result_rows
    assert ended == [("ExceptionWhileProcessing", CANCELLED)], "not by the limit of time"
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


def test_the_builder_orders_by_any_column_and_either_way(open_page: Open, url: str) -> None:
    page = open_page(url)
    page.get_by_role("tab", name="Query builder").click()
    form, statement = page.locator("#builder"), page.locator("#builder-sql")
    expect(statement).to_contain_text("ORDER BY rows DESC")  # the first measure
    form.get_by_label("Table").select_option("orders")
    form.get_by_role("button", name="Add a measure").click()
    form.get_by_label("Measure", exact=True).nth(1).select_option("sum")
    form.get_by_label("Of the column").nth(1).select_option("total_amount")
    form.get_by_label("Order by").select_option("sum_total_amount")
    expect(statement).to_contain_text("ORDER BY sum_total_amount DESC")
    form.get_by_label("Order by").select_option("status")
    form.get_by_label("Direction").select_option("least or earliest first")
    expect(statement).to_contain_text("ORDER BY status ASC")
    form.get_by_role("button", name="Run in the SQL box").click()
    first = page.locator("#sql-result tr:not(.space) td:first-child")
    expect(first).to_have_text(["adjusted", "completed", "pending", "refunded"])
    page.go_back()
    form.get_by_role("button", name="Remove this group").click()  # what it was ordered by
    expect(statement).to_contain_text("ORDER BY rows ASC")
    for _ in range(2):
        form.get_by_role("button", name="Remove this measure").first.click()
    expect(statement).to_have_text("SELECT * FROM orders LIMIT 100")
    form.get_by_label("Order by").select_option("order_timestamp")
    expect(statement).to_contain_text("ORDER BY order_timestamp ASC")


def test_a_plan_says_what_each_index_did(open_page: Open, url: str, store_client: Client) -> None:
    day = shop.DAY - timedelta(days=70)
    there, not_there = "61f0c404-5cb3-11e7-907b-a6006ad3dba0", "00000000-0000-4000-8000-000000000000"
    store_client.command(
        "INSERT INTO events (event_id, event_type, event_timestamp, session_id)"
        " SELECT {id:UUID}, 'planned', {when:DateTime64(3, 'UTC')}, 's' FROM numbers(3 * 8192)",
        parameters={"id": there, "when": datetime.combine(day, time(12), UTC)},
    )
    store_client.command("OPTIMIZE TABLE events FINAL")
    page = open_page(url)
    editor = page.locator("#sql-editor .cm-content")
    for event_id, left, did in ((there, 3, "kept all 3"), (not_there, 0, "kept none of 3")):
        editor.click()
        page.keyboard.press("Control+a")
        page.keyboard.insert_text(
            f"SELECT session_id FROM events WHERE event_date = '{day}' AND event_id = '{event_id}'"
        )
        page.get_by_role("button", name="Explain", exact=True).click()
        # How many granules other months have is for other tests to say.
        reads = (
            rf"^Reads rows of events: {left} of (\d+) granules \([\d.]+%\); the range of days kept 3 of \1;"
            rf" idx_event_id {did}\.$"
        )
        expect(page.locator("#sql-result li").first).to_have_text(re.compile(reads))


def test_an_event_opens_and_the_processes_say_how_they_are(open_page: Open, url: str, config: Config) -> None:
    page = open_page(url)
    expect(page.locator("#card-figures")).to_have_attribute("data-state", "ready")
    shown = send(config, user_id="4711", country="DE", page_url=HOSTILE)
    other = send(config, user_id="4711", country="FR")
    expect(line(page, other)).to_be_visible()
    page.locator("#stream-country").select_option("DE")
    expect(line(page, other)).to_have_count(0)
    line(page, shown).get_by_title("Show the whole event").click()
    expect(page.get_by_role("dialog")).to_contain_text(HOSTILE)
    page.keyboard.press("Escape")
    page.get_by_role("tab", name="Health").click()
    for process in ("engine", "ingest", "live"):
        expect(page.locator("#panel-health").get_by_role("row", name=process)).to_contain_text("ok")
    expect(page.locator("#panel-health")).to_contain_text(re.compile("of the last|in the last"))
    assert page.evaluate("window.hacked") is None


WHOLE = {
    "event_type": "purchase",
    "user_id": "4712",
    "session_id": "a session",
    "product_id": "17",
    "order_id": "order 17",
    "page_url": "/whole",
    "referrer": "https://referrer.example/",
    "search_term": "what was searched",
    "utm_source": "the source",
    "utm_medium": "the medium",
    "utm_campaign": "the campaign",
    "device_type": "tablet",
    "browser": "Firefox",
    "country": "FR",
    "revenue": 31.5,
    "currency": "USD",
    "quantity": 3,
    "duration_seconds": 47,
}
PLAN = "for admins alone"
FIELDS = {*WHOLE, "event_id", "event_timestamp", "ingested_at", "external_id"}


def open_whole(page: Page, config: Config, when: datetime) -> Locator:
    """Sends an event with all that one can have, opens it from the stream, and waits for what it is told."""
    moment = when.isoformat(timespec="milliseconds")
    shown = send(config, **WHOLE, event_timestamp=moment, properties={"plan": PLAN})
    line(page, shown).get_by_title("Show the whole event").click()
    sheet = page.get_by_role("dialog")
    expect(sheet).to_contain_text("the source")  # the stream has not brought it
    for value in WHOLE.values():
        expect(sheet).to_contain_text(str(value))
    expect(sheet.get_by_role("status")).to_have_text("\u00a0")
    return sheet


def names(sheet: Locator) -> set[str]:
    return {name.replace(" ", "_") for name in sheet.locator("dt").all_inner_texts()}


def test_a_whole_event_is_shown_however_late_or_early_it_is(
    open_page: Open, url: str, config: Config
) -> None:
    page = open_page(url)
    expect(page.locator("#card-figures")).to_have_attribute("data-state", "ready")
    for ago in (timedelta(days=40), timedelta(minutes=-5)):
        sheet = open_whole(page, config, datetime.now(UTC) - ago)
        assert names(sheet) == FIELDS | {"properties"}
        expect(sheet).to_contain_text(f'{{"plan": "{PLAN}"}}')
        page.keyboard.press("Escape")
        page.mouse.move(0, 0)  # the stream is held still while it is read
        page.get_by_label("Theme").focus()


def test_a_viewer_is_shown_no_properties(
    open_page: Open, config: Config, ingest_url: str, start: Callable[..., support.Process]
) -> None:
    """The page does not ask for them, and the server refuses them to who does."""
    opened = replace(
        config,
        host="0.0.0.0",
        live_port=support.free_port(),
        clickhouse_url=config.store_url,
        admin_password="an admin's password",
        viewer_password="a viewer's password",
    )
    start("live", opened)
    page = open_page(f"{opened.url('live')}/login")
    page.get_by_label("Password").fill("a viewer's password")
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("#card-figures")).to_have_attribute("data-state", "ready")
    assert names(open_whole(page, config, datetime.now(UTC))) == FIELDS
    assert PLAN not in page.content()
    asked = page.request.post(f"{opened.url('live')}/api/sql", data={"sql": "SELECT properties FROM events"})
    assert asked.status == 403
    page.close()  # before its stream ends
