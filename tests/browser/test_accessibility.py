"""Every page in both themes: axe-core finds nothing; none is wider than a screen or too heavy.

One Chromium opens each page once a theme; all that is loaded, data too, is weighed as it comes over the wire.
Which pages there are the templates say: one that nobody opens is noticed.
"""

import dataclasses
import re
from collections.abc import Callable, Iterator

import pytest
from clickhouse_connect.driver.client import Client
from playwright.sync_api import Page, expect

from footfall.config import Config
from footfall.web.app import WEB
from tests import support
from tests.browser.conftest import Complaints
from tests.browser.test_dashboard import CARDS, PERIOD, plant
from tests.browser.test_live import send
from tests.conftest import empty
from tests.query import shop

AXE = support.ROOT / "node_modules" / "axe-core" / "axe.min.js"
WIDTHS = (390, 768, 2560)
WEIGHT_LIMIT_BYTES = 400_000
VIEWER = "a viewer's password"

# WCAG 2.2 AA and below, as the rules' tags say.
RUN = """async () => {
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    const { violations } = await axe.run(document, { runOnly: tags });
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
}"""


@pytest.fixture(scope="module")
def pages(config: Config, store_client: Client, ingest_url: str) -> Iterator[dict[str, str]]:
    """Addresses of every page over the small shop, with hostile names; the login stands on an open bind."""
    empty(store_client)
    shop.fill(store_client)
    plant(store_client)
    opened = dataclasses.replace(
        config,
        host="0.0.0.0",
        live_port=support.free_port(),
        clickhouse_url=config.store_url,
        admin_password="a password",
        viewer_password=VIEWER,
    )
    running = [support.start("dashboard", config), support.start("live", config)]
    running.append(support.start("live", opened))
    dashboard = config.url("dashboard")
    yield {
        "dashboard": f"{dashboard}/{PERIOD}&country=US",
        "product": f"{dashboard}/products/1{PERIOD}",
        "user": f"{dashboard}/users/1{PERIOD}",
        "live": f"{config.url('live')}/",
        "login": f"{opened.url('live')}/login",
        "error": f"{dashboard}/nothing",
    }
    for process in running:
        process.stop()


def ready(page: Page) -> None:
    """Waits for every card; one has nothing to show of a shop this small."""
    for card in page.locator("section.card[data-state]").all():
        expect(card).to_have_attribute("data-state", re.compile("ready|empty"))


def findings(page: Page) -> list[str]:
    """What axe finds; without motion, so that no colour is on its way."""
    page.emulate_media(reduced_motion="reduce")
    page.evaluate(AXE.read_text())
    found: list[str] = page.evaluate(RUN)
    return found


def fits(page: Page) -> None:
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        # Charts follow. The page's own policy lets nothing be evaluated in it again and again.
        support.wait_until(
            lambda: page.evaluate("document.documentElement.scrollWidth <= innerWidth") is True
        )
    page.set_viewport_size({"width": 1440, "height": 900})


def test_every_template_of_a_whole_page_is_opened_here(pages: dict[str, str]) -> None:
    templates = (WEB / "templates").glob("*.html")
    whole = {path.stem for path in templates if re.match("<!doctype|{% extends", path.read_text())}
    assert set(pages) == whole - {"base"}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nothing_is_found_on_any_page(
    pages: dict[str, str], open_page: Callable[..., Page], complaints: Complaints, dark: bool
) -> None:
    complaints.allowed = {404}
    for name in ("dashboard", "product", "user", "login", "error"):
        page = open_page(pages[name], dark=dark)
        if name == "dashboard":
            for card in CARDS:
                expect(page.locator(f"#card-{card}")).to_have_attribute("data-state", "ready")
        else:
            ready(page)
        assert findings(page) == [], name
        fits(page)
        if name == "dashboard":
            page.locator("#card-revenue").get_by_role("button", name="How is this computed?").click()
            expect(page.get_by_role("dialog").get_by_text("Rows read").first).to_be_visible()
            assert findings(page) == [], "sheet"
    live = open_page(pages["live"], dark=dark)
    ready(live)
    for tab in live.get_by_role("tab").all():
        tab.click()
        expect(tab).to_have_attribute("aria-selected", "true")
        assert findings(live) == [], tab.inner_text()
    fits(live)


def test_a_viewer_logs_in_and_sees_what_viewers_may(
    pages: dict[str, str], open_page: Callable[..., Page]
) -> None:
    page = open_page(pages["login"])
    page.get_by_label("Password").fill(VIEWER)
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("#card-figures")).to_have_attribute("data-state", "ready")
    names = page.get_by_role("tab").all_inner_texts()
    assert "Orders" in names and not {"SQL", "Query builder", "Dead letters"} & set(names)
    page.locator("#card-figures").get_by_role("button", name="How is this computed?").click()
    expect(page.get_by_role("dialog").get_by_text("Rows read").first).to_be_visible()
    expect(page.get_by_role("dialog").get_by_role("link", name="Open in SQL")).to_have_count(0)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_label("Password")).to_be_visible()


@pytest.mark.parametrize("name", ["dashboard", "live"])
def test_a_page_weighs_less_than_it_may(
    pages: dict[str, str], open_page: Callable[..., Page], config: Config, name: str
) -> None:
    send(config, country="DE", user_id="1")  # so that there is a map to load
    page = open_page("about:blank")
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    came: list[int] = []
    session.on("Network.loadingFinished", lambda loaded: came.append(loaded["encodedDataLength"]))
    page.goto(pages[name])
    if name == "live":
        expect(page.locator("#sql-editor .cm-content")).to_be_visible()
    else:
        ready(page)
    expect(page.locator(".chart-map canvas")).to_be_visible()
    assert len(came) > 5
    assert sum(came) < WEIGHT_LIMIT_BYTES, came
