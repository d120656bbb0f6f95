"""The live page in a browser: what is posted appears, boards are the database's, SQL runs and refuses."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from clickhouse_connect.driver.client import Client
from playwright.sync_api import Locator, Page, expect

from footfall import store
from footfall.config import Config
from footfall.schema.migrate import migrate
from tests import support
from tests.browser.conftest import Complaints
from tests.ingest.client import Client as Shop

Open = Callable[..., Page]
HOSTILE = '"><img src=x onerror="window.hacked=1">'
ARRIVAL_LIMIT_MS = 10_000
DRAWN = "new Promise((then) => requestAnimationFrame(() => requestAnimationFrame(then)))"


@pytest.fixture
def page(open_page: Open, live_url: str) -> Page:
    """The page, once its figures are there."""
    page = open_page(live_url)
    expect(page.locator("#card-figures")).to_have_attribute("data-state", "ready")
    return page


def send(config: Config, **fields: object) -> str:
    event_id = str(uuid4())
    item = {"event_id": event_id, "event_type": "page_view"} | fields
    assert Shop(config).post("events", item).status == 202
    return event_id


def line(page: Page, event_id: str) -> Locator:
    return page.locator(f'#stream [data-event-id="{event_id}"]')


def run_sql(page: Page, statement: str) -> None:
    editor = page.locator("#sql-editor .cm-content")
    editor.click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(statement)
    page.keyboard.press("Control+Enter")


def test_a_posted_event_comes_to_the_page_by_itself(page: Page, config: Config) -> None:
    send(config)  # the first one opens what is opened once
    expect(page.locator("#stream li").first).to_be_visible()
    event_id = send(
        config, event_type="add_to_cart", user_id="4711", page_url="/lamp", country="DE", value=12.5
    )
    expect(line(page, event_id)).to_be_visible(timeout=ARRIVAL_LIMIT_MS)
    for text in ("Add to cart", "4711", "/lamp", "DE", "$12.50"):
        expect(line(page, event_id)).to_contain_text(text)


def test_an_order_is_on_the_page_and_in_its_figures(page: Page, config: Config, store_client: Client) -> None:
    number = f"live-{uuid4().hex[:8]}"
    lines = [{"product_id": "1", "quantity": 2, "unit_price": 10}]
    order = {"order_id": number, "user_id": "1", "status": "completed", "lines": lines}
    assert Shop(config).post("orders", order, wait=True).status == 200
    expect(page.locator("#card-orders").get_by_text(number)).to_be_visible()
    today = datetime.now(UTC).date()
    orders, revenue = store_client.query(
        "SELECT uniqExact(order_id), sum(total_amount) FROM orders"
        " WHERE status = 'completed' AND order_date = {today:Date}",
        parameters={"today": today},
    ).result_rows[0]
    expect(page.locator("#figure-orders .figure-value")).to_have_text(str(orders))
    expect(page.locator("#figure-revenue .figure-value")).to_have_attribute("title", f"${revenue:,.2f}")


def test_hostile_fields_are_text(page: Page, config: Config) -> None:
    event_id = send(config, page_url=HOSTILE, session_id=HOSTILE)
    expect(line(page, event_id)).to_contain_text(HOSTILE)
    search = send(config, event_type="search", search_term=HOSTILE, user_id=HOSTILE)
    expect(line(page, search)).to_contain_text(HOSTILE)
    run_sql(page, f"SELECT '{HOSTILE}' AS `{HOSTILE}`")
    expect(page.locator("#sql-result tr:not(.space) td")).to_have_text(HOSTILE)
    assert page.evaluate("window.hacked") is None
    assert page.locator("img").count() == 0


def test_the_stream_can_be_filtered_and_held(page: Page, config: Config) -> None:
    wanted, other = send(config, user_id="31337"), send(config, user_id="4711")
    expect(line(page, other)).to_be_visible()
    page.get_by_placeholder("User, country, page, order").fill("31337")
    expect(line(page, wanted)).to_be_visible()
    expect(line(page, other)).to_be_hidden()
    page.get_by_role("button", name="Pause").click()
    held = send(config, user_id="31337")
    expect(page.get_by_role("button", name="1 new")).to_be_visible()
    expect(line(page, held)).to_have_count(0)
    page.get_by_role("button", name="Pause").click()
    expect(line(page, held)).to_be_visible()


def test_a_click_on_a_country_or_a_type_filters_the_stream(page: Page, config: Config) -> None:
    wanted, other = send(config, country="DE", user_id="1"), send(config, country="FR", user_id="1")
    expect(line(page, other)).to_be_visible()
    country = page.locator("#card-countries").get_by_role("button", name="Germany")
    country.click()
    expect(page.locator("#stream-country")).to_have_value("DE")
    expect(line(page, wanted)).to_be_visible()
    expect(line(page, other)).to_have_count(0)
    country.click()
    expect(line(page, other)).to_be_visible()
    views = [{"event_id": str(uuid4()), "event_type": "page_view"} for _ in range(500)]
    assert Shop(config).post("events", views).status == 202
    canvas = page.locator("#card-types canvas")
    box = canvas.bounding_box()
    assert box
    chosen = page.locator("#stream-type")

    def click_a_bar() -> bool:
        """One of the newest bars, at the right edge, has page views as its lowest part."""
        for back in range(2, 80, 3):
            canvas.click(position={"x": box["width"] - back, "y": box["height"] - 40})
            page.evaluate(DRAWN)  # a chart takes clicks frame by frame
            if chosen.input_value():
                return True
        return False

    support.wait_until(click_a_bar)
    expect(chosen).to_have_value("page_view")


def test_of_a_burst_a_sample_is_shown_and_the_rest_told(page: Page, config: Config) -> None:
    page.evaluate(
        """() => {
            window.told = [];
            const more = document.getElementById("stream-more");
            new MutationObserver(() => window.told.push(more.textContent)).observe(more, { childList: true });
        }"""
    )
    burst = [{"event_id": str(uuid4()), "event_type": "page_view", "user_id": "1"} for _ in range(1500)]
    assert Shop(config).post("events", burst).status == 202
    told = re.compile(r"and 1,\d{3} more this second")
    support.wait_until(lambda: told.search(str(page.evaluate("window.told"))) is not None)
    expect(page.locator("#stream-more")).to_have_text("")
    assert page.locator("#stream li").count() <= 200


def test_the_stream_is_one_stop_of_the_tab_key_and_the_arrows_go_through_it(
    page: Page, config: Config
) -> None:
    older, newer = send(config, user_id="4711"), send(config, user_id="4712")
    expect(line(page, older)).to_be_visible()
    expect(line(page, newer)).to_be_visible()
    stream = page.locator("#stream")
    assert stream.locator("a, button").evaluate_all("all => all.every((one) => one.tabIndex === -1)")
    stream.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(stream.locator("li").nth(1).get_by_role("button")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(stream.locator("li").nth(1).get_by_role("link")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("event id")


def test_the_stream_shows_and_finds_the_shops_own_user_id(page: Page, config: Config) -> None:
    shoppers = {"user_id": "cust-77", "country": "DE"}
    assert Shop(config).post("users", shoppers, wait=True).status == 200
    event_id, other = send(config, user_id="cust-77"), send(config, user_id="4711")
    expect(line(page, event_id).get_by_role("link")).to_have_text("cust-77")
    page.get_by_placeholder("User, country, page, order").fill("CUST-77")
    expect(line(page, event_id)).to_be_visible()
    expect(line(page, other)).to_be_hidden()
    line(page, event_id).get_by_role("link").click()
    expect(page.locator("#panel-timeline tbody tr")).to_have_count(1)


def test_a_long_order_number_keeps_its_end(page: Page, config: Config) -> None:
    number = f"ORDER-2026-{uuid4().hex}"
    event_id = send(config, event_type="purchase", user_id="1", order_id=number, revenue=5)
    expect(line(page, event_id)).to_contain_text(f"…{number[-5:]}")
    expect(line(page, event_id).get_by_title(f"order {number}")).to_be_visible()


def test_signups_and_logins_have_a_name_in_the_chart(page: Page, config: Config) -> None:
    send(config, event_type="signup", user_id="1")
    expect(page.locator("#card-types")).to_have_attribute("data-state", "ready")
    expect(page.locator("#card-types .legend")).to_contain_text("Signup, login")


def test_a_user_in_the_stream_opens_the_users_timeline(page: Page, config: Config) -> None:
    event_id = send(config, user_id="999001", page_url="/first")
    line(page, event_id).get_by_role("link", name="999001").click()
    expect(page.get_by_role("tab", name="User timeline")).to_have_attribute("aria-selected", "true")
    panel = page.locator("#panel-timeline")
    expect(panel.locator("tbody tr")).to_have_count(1)
    send(config, user_id="999001", page_url="/second")
    expect(panel.get_by_text("/second")).to_be_visible()  # without doing anything: it is real-time


def test_sql_runs_and_shows_its_error_in_place(page: Page, complaints: Complaints) -> None:
    complaints.allowed = {400}
    run_sql(
        page, "SELECT status, sum(total_amount) AS money FROM orders WHERE order_id = 'o1' GROUP BY status"
    )
    result = page.locator("#sql-result")
    expect(result.get_by_role("row", name="completed 30")).to_be_visible()
    expect(page.locator("#sql-status")).to_contain_text("2 rows")
    run_sql(page, "DROP TABLE events")
    expect(result.get_by_role("alert")).to_contain_text("ACCESS_DENIED")
    run_sql(page, "SELECT nothing FROM events")
    expect(result.get_by_role("alert")).to_contain_text("nothing")
    run_sql(page, "SELECT number FROM numbers(100000)")
    expect(page.locator("#sql-status")).to_contain_text("at most 1,000 rows")
    run_sql(page, "SELECT groupArray(repeat('x', 100000)) FROM numbers(60)")
    expect(result).to_contain_text("The first row alone is larger than 4 MiB")
    run_sql(page, "SELECT sum(number) FROM numbers(100000000000)")
    expect(result.get_by_role("alert")).to_contain_text("A narrower statement passes")
    run_sql(page, "SELECT toDecimal64(-12.5, 1), '+49', '+49 1', '=1+1'")
    expect(result.get_by_role("cell", name="=1+1")).to_be_visible()
    with page.expect_download() as file:
        result.get_by_role("button", name="Export as CSV").click()
    assert file.value.path().read_text().endswith("\n-12.5,+49,'+49 1,'=1+1\n"), "a number is no formula"
    run_sql(page, "SELECT 1 FORMAT CSV")
    expect(result.get_by_role("alert")).to_contain_text("leave FORMAT out")
    run_sql(page, "EXPLAIN AST SELECT 1")
    expect(result.get_by_text("SelectWithUnionQuery")).to_be_visible()


@pytest.mark.parametrize(
    ("tab", "fill", "shows"),
    [
        ("Hours", {"Period": "last 7 days"}, "Nov|Dec|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct"),
        ("Funnel", {"Steps, in order": "product_view, add_to_cart, purchase"}, "Add to cart"),
        ("Countries", {"Period": "last 7 days"}, "United Kingdom"),
        ("Users", {"Country": "US"}, "United States"),
        ("Orders", {"User": "1", "Product": "2", "Status": "refunded"}, "-\\$10.00"),
    ],
)
def test_the_briefs_access_paths_are_tabs(page: Page, tab: str, fill: dict[str, str], shows: str) -> None:
    page.get_by_role("tab", name=tab, exact=True).click()
    panel = page.get_by_role("tabpanel")
    for label, value in fill.items():
        field = panel.get_by_label(label, exact=True)
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    panel.get_by_role("button", name="Show", exact=True).click()
    expect(panel.locator("tbody tr").filter(has_text=re.compile(shows)).first).to_be_visible()
    panel.get_by_role("button", name="How is this computed?").click()
    expect(page.get_by_role("dialog").get_by_text("Rows read")).to_be_visible()


def test_what_an_api_refuses_is_said_in_the_panel(page: Page, complaints: Complaints) -> None:
    complaints.allowed = {400}
    page.get_by_role("tab", name="Funnel", exact=True).click()
    page.get_by_label("Steps, in order").fill("purchase")
    page.get_by_role("tabpanel").get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_role("tabpanel").get_by_role("status")).to_contain_text("it takes 2..12")


@pytest.mark.parametrize("width", [390, 768, 1440, 2560])
def test_nothing_is_wider_than_the_screen(open_page: Open, live_url: str, width: int) -> None:
    page = open_page(live_url, width=width, dark=width == 768)
    expect(page.locator("#card-figures")).to_have_attribute("data-state", "ready")
    expect(page.locator("#sql-editor .cm-content")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_page_recovers_with_the_engine_and_with_its_server(
    open_page: Open,
    own_config: Config,
    start: Callable[..., support.Process],
    complaints: Complaints,
) -> None:
    complaints.expected = ("ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_CONNECTION_REFUSED")
    complaints.allowed = {503}
    live = start("live", own_config)
    page = open_page(own_config.url("live"))
    for card in page.locator("section.card[data-state]").all():
        expect(card).to_have_attribute("data-state", "error")
        expect(card).to_contain_text("Comes as soon as the database answers.")
    engine = start("engine", own_config)
    migrate(own_config)
    expect(page.locator("#card-figures")).to_have_attribute("data-state", "ready")
    with store.connect(own_config, "footfall") as owner:
        owner.command("RENAME TABLE footfall.orders TO footfall.hidden")
        expect(page.locator("#card-orders")).to_have_attribute("data-state", "stale")
        expect(page.locator("#card-orders .card-note")).to_contain_text("Not refreshed since")
        expect(page.locator("#card-users")).to_have_attribute("data-state", "empty")
        owner.command("RENAME TABLE footfall.hidden TO footfall.orders")
    expect(page.locator("#card-orders")).to_have_attribute("data-state", "empty")
    expect(page.locator("#card-figures")).to_have_attribute("data-state", "ready")
    engine.kill()
    expect(page.locator("#notice")).to_contain_text("The database does not answer")
    expect(page.locator("#card-figures")).to_have_attribute("data-state", "stale")
    start("engine", own_config)
    expect(page.locator("#notice")).to_be_hidden()
    expect(page.locator("#card-figures")).to_have_attribute("data-state", "ready")
    live.kill()
    expect(page.locator("#notice")).to_contain_text("The stream is interrupted")
    start("live", own_config)
    expect(page.locator("#notice")).to_be_hidden()
