"""Nothing moves: while a page is drawn for the first time, and when its figures are refreshed with new ones.

Chromium itself says what moved and by how much (layout shifts). On the live page the stream's own lines move
down as new ones arrive; all else stands still.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from clickhouse_connect.driver.client import Client
from playwright.sync_api import Page, expect

from footfall.config import Config
from tests import support
from tests.browser.test_live import line, send
from tests.conftest import empty
from tests.query import shop
from tests.schema.support import insert, order

Open = Callable[..., Page]
DRAWN_LIMIT = 0.01  # words of the period and of figures take the place of a dash
REFRESHED_LIMIT = 0.001  # a digit more makes a column of a table wider
WIDTHS = (390, 1440)
WATCH = """
    window.moved = 0;
    const place = ({ node }) => (node?.nodeType === Node.ELEMENT_NODE ? node : node?.parentElement);
    new PerformanceObserver((list) => {
        for (const { value, sources } of list.getEntries()) {
            if (sources.some((source) => !place(source)?.closest("#stream"))) window.moved += value;
        }
    }).observe({ type: "layout-shift", buffered: true });
"""


@pytest.fixture(scope="module")
def stack(config: Config, store_client: Client, ingest_url: str) -> Iterator[Config]:
    """Both pages over the small shop."""
    empty(store_client)
    shop.fill(store_client)
    running = [support.start("dashboard", config), support.start("live", config)]
    yield config
    for process in running:
        process.stop()


def watched(open_page: Open, url: str, width: int) -> Page:
    """A page that is drawn in full, watched from its beginning."""
    page = open_page("about:blank", width=width)
    page.context.add_init_script(WATCH)
    page.goto(url)
    for card in page.locator("section.card[data-state]").all():
        expect(card).not_to_have_attribute("data-state", "loading")
    return page


@pytest.mark.parametrize("path", ["/", "/products/1", "/users/1"])
@pytest.mark.parametrize("width", WIDTHS)
def test_a_page_of_figures_stands_still(
    open_page: Open, stack: Config, store_client: Client, path: str, width: int
) -> None:
    page = watched(open_page, f"{stack.url('dashboard')}{path}?period=7d", width)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.moved") < DRAWN_LIMIT
    now = datetime.now(UTC)
    lines = [order(f"still {now}", "completed", now, user_id=1, product_id=1, total_amount="1000")]
    insert(store_client, "orders", lines, f"still {now}")
    value = page.locator("#card-figures .figure-value").all_inner_texts()
    page.evaluate("window.moved = 0")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    support.wait_until(lambda: page.locator("#card-figures .figure-value").all_inner_texts() != value)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.moved") < REFRESHED_LIMIT


@pytest.mark.parametrize("width", WIDTHS)
def test_the_live_page_stands_still_but_for_its_stream(open_page: Open, stack: Config, width: int) -> None:
    page = watched(open_page, stack.url("live") + "/", width)
    expect(page.locator("#sql-editor .cm-content")).to_be_visible()
    first = send(stack, user_id="1")
    expect(line(page, first)).to_be_visible()
    expect(page.locator("#figure-rate .figure-change")).to_contain_text("a minute")
    expect(page.locator("#figure-errors .figure-value")).not_to_have_text("–")
    assert page.evaluate("window.moved") < DRAWN_LIMIT
    page.evaluate("window.moved = 0")
    for number in range(5):
        event_id = send(stack, user_id=str(4711 + number), country="DE")
    expect(line(page, event_id)).to_be_visible()
    assert page.evaluate("window.moved") < REFRESHED_LIMIT
