"""What the dashboard cannot vouch for it says so of: raw rows expired, a proof too long, the engine away."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from footfall import store
from footfall.config import Config
from footfall.schema.migrate import migrate
from tests import support
from tests.browser.conftest import Complaints
from tests.browser.test_dashboard import card
from tests.schema.support import event, insert

Open = Callable[..., Page]
LONG_AGO = datetime.now(UTC) - timedelta(days=200)
QUERY = """\
-- title: Slow
-- description: A number whose proof takes longer than a statement may.
-- reads: orders
-- column: n count ; a number
SELECT count() AS n FROM footfall.orders
"""
PROOF = "SELECT sum(sipHash64(number)) AS n FROM numbers(100000000000)"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """A shop of its own whose statements may take a second, with a query whose proof takes longer."""
    folder = tmp_path_factory.mktemp("unproved")
    queries = folder / "queries"
    queries.mkdir()
    (queries / "slow.sql").write_text(QUERY)
    (queries / "slow.proof.sql").write_text(PROOF)
    return support.make_config(folder, reader_time_s=1, queries=queries)


@pytest.fixture(scope="module")
def engine(stack: Config) -> Iterator[list[support.Process]]:
    """Its engine, the running one last, beside a dashboard. An event of long ago is in the rollups alone."""
    engines = [support.start("engine", stack)]
    migrate(stack)
    with store.connect(stack, "footfall") as client:
        insert(client, "events", [event("page_view", LONG_AGO, 1)], "old")
        client.command("OPTIMIZE TABLE footfall.events FINAL")
    dashboard = support.start("dashboard", stack)
    yield engines
    dashboard.stop()
    engines[-1].stop()


def proved(page: Page) -> Locator:
    """The verdict on the first figures of a page, which is never the green one."""
    expect(card(page, "figures")).to_have_attribute("data-state", "ready")
    card(page, "figures").get_by_role("button", name="How is this computed?").click()
    page.get_by_role("button", name="Prove it").first.click()
    verdict = page.locator(".verdict")
    expect(verdict).to_have_attribute("data-verdict", "cannot be proved")
    expect(verdict.locator("strong")).to_have_text("Cannot be proved")
    plain = verdict.evaluate("one => getComputedStyle(one).color")
    expect(verdict.locator("strong")).to_have_css("color", plain)  # neither green nor red
    return verdict


@pytest.mark.usefixtures("engine")
def test_a_figure_whose_raw_rows_have_expired_cannot_be_proved(
    open_page: Open, stack: Config, complaints: Complaints
) -> None:
    complaints.allowed = {429}  # what takes a second on a busy machine is asked again
    day = LONG_AGO.date()
    page = open_page(f"{stack.url('dashboard')}/?period=custom&from={day}&to={day}")
    expect(page.locator("#figure-visitors .figure-value")).to_have_text("1")
    reach = datetime.now(UTC).date() - timedelta(days=89)
    expect(proved(page)).to_contain_text(f"Raw rows reach back to {reach}")
    expect(page.locator("#figure-visitors path.line")).to_have_attribute("d", re.compile("M"))
    expect(page.locator("#figure-sessions path.line")).to_have_attribute("d", "")


@pytest.mark.usefixtures("engine")
def test_a_figure_whose_proof_takes_too_long_cannot_be_proved(
    open_page: Open, stack: Config, complaints: Complaints
) -> None:
    complaints.allowed = {429}
    page = open_page("about:blank")
    slow = f"{stack.url('dashboard')}/api/query/slow/proof"

    def instead(route: Route) -> None:
        route.continue_(url=slow)  # the proof of so small a shop is quick: that of the query above is not

    page.route("**/api/query/*/proof*", instead)
    page.goto(f"{stack.url('dashboard')}/products/1")
    expect(proved(page)).to_contain_text(re.compile("Timeout exceeded: .* maximum: 1000"))


def test_figures_stay_while_the_engine_is_away(
    open_page: Open, stack: Config, engine: list[support.Process], complaints: Complaints
) -> None:
    complaints.allowed = {429, 503}
    page = open_page(stack.url("dashboard"))
    expect(card(page, "figures")).to_have_attribute("data-state", "ready")
    engine[0].kill()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("#notice")).to_contain_text("The database does not answer")
    expect(card(page, "figures")).to_have_attribute("data-state", "stale")
    expect(page.locator("#figure-orders .figure-value")).to_have_text("0")
    expect(card(page, "figures").locator(".card-note")).to_contain_text("Not refreshed since")
    late = open_page(stack.url("dashboard"))
    expect(card(late, "figures")).to_contain_text("Comes as soon as the database answers.")
    expect(card(late, "figures")).to_have_attribute("data-state", "error")
    for shown in (page, late):  # the store's own words are not for those who look at figures
        expect(shown.locator("body")).not_to_contain_text(re.compile("Error|connect|127.0.0.1"))
    engine.append(support.start("engine", stack))
    for shown in (page, late):
        expect(shown.locator("#notice")).to_be_hidden()
        expect(card(shown, "figures")).to_have_attribute("data-state", "ready")
