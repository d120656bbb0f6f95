"""The tab of dead letters in a browser: reasons, the latest texts as text, how to send them again."""

from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from clickhouse_connect.driver.client import Client
from playwright.sync_api import Page, expect

from footfall.config import Config
from tests import support
from tests.browser.conftest import Complaints
from tests.conftest import empty
from tests.ingest.client import Client as Shop
from tests.ingest.client import settle

Open = Callable[..., Page]
HOSTILE = '<img src=x onerror="window.hacked=1"></pre><script>window.hacked=1</script>\u202e'


@pytest.fixture(scope="module")
def url(config: Config, store_client: Client, ingest_url: str) -> Iterator[str]:
    """A live page whose tab of dead letters is open, over an empty store."""
    settle(Shop(config))
    empty(store_client)
    process = support.start("live", config)
    yield f"{config.url('live')}/#letters"
    process.stop()


def test_letters_appear_by_themselves_and_hostile_texts_are_text(
    open_page: Open, url: str, config: Config
) -> None:
    page = open_page(url)
    panel = page.get_by_role("tabpanel")
    expect(panel.get_by_role("status")).to_have_text(
        "No dead letters: nothing was rejected in the last 30 days."
    )
    item = {"event_type": "x", f"{HOSTILE}{uuid4()}": HOSTILE}
    assert Shop(config).post("events", [item, {"event_type": "x", str(uuid4()): 1}]).status == 422
    row = panel.locator("tbody tr")
    expect(row).to_have_count(1)  # without doing anything
    expect(row).to_contain_text("unknown_field")
    expect(row).to_contain_text("<img src=x")  # the name of the field
    row.get_by_role("button", name="unknown_field").click()
    expect(panel.locator("li")).to_have_count(2)
    expect(panel.locator("pre").filter(has_text="<img src=x onerror=")).to_have_count(1)
    expect(panel).to_contain_text("footfall replay --reason unknown_field --kind events --dry-run")
    assert page.evaluate("window.hacked") is None
    assert page.locator("img, script:not([src])").count() == 0


@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_is_wider_than_the_screen(open_page: Open, url: str, width: int) -> None:
    page = open_page(url, width=width, dark=width == 390)
    panel = page.get_by_role("tabpanel")
    panel.get_by_role("button", name="unknown_field").click()
    expect(panel.locator("pre").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_store_that_is_away_is_told(
    open_page: Open, own_config: Config, start: Callable[..., support.Process], complaints: Complaints
) -> None:
    complaints.allowed = {503}
    start("live", own_config)
    page = open_page(f"{own_config.url('live')}/#letters")
    expect(page.get_by_role("tabpanel").get_by_role("status")).to_contain_text("the store does not answer")
    page.close()  # before its stream ends
