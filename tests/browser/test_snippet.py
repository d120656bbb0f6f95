"""The snippet `/footfall.js` in Chromium, on the pages of a little shop that another server serves."""

import gzip
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client as StoreClient
from playwright.sync_api import Browser, BrowserContext, Page, Route

from footfall.config import Config
from footfall.ingest import keys
from footfall.ingest.browser.beacon import SCRIPT
from footfall.model import anonymous_number
from tests import support
from tests.browser.conftest import LIMIT_MS, Complaints, launched
from tests.conftest import empty
from tests.ingest.agents import CHROME, SAFARI_IPHONE
from tests.ingest.client import Client, settle
from tests.ingest.make import new_id

LIMIT_BYTES = 3_000
BEACON = "**/v1/browser?*"


class Shop:
    """A shop's web server: every path is a page, and `/plain…` one that does not load the snippet."""

    def __init__(self, ingest_url: str) -> None:
        self.attributes = ""
        self.head = ""
        shop = self

        class Pages(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                page = "" if self.path.startswith("/plain") else shop.script(ingest_url)
                head = f"<title>Shop</title><link rel=icon href=data:,>{shop.head}{page}"
                body = f"<!doctype html>{head}<h1>Cups</h1>"
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
        self.origin = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def script(self, ingest_url: str) -> str:
        return f'<script defer src="{ingest_url}/footfall.js" {self.attributes}></script>'

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class Store:
    """What has arrived, once it has."""

    def __init__(self, config: Config, client: StoreClient) -> None:
        self.ingest = Client(config)
        self.client = client

    def rows(
        self, count: int, columns: str = "event_type, page_url", *, leaves: bool = False
    ) -> list[tuple[Any, ...]]:
        """The rows, once there are `count` of them; those of leaving only where they are asked for, because a
        slow machine leaves pages late."""
        deadline = time.monotonic() + LIMIT_MS / 1000
        while True:
            settle(self.ingest)
            which = "" if leaves else "WHERE event_type != 'page_leave'"
            query = f"SELECT {columns} FROM events {which} ORDER BY event_timestamp, event_type = 'page_view'"
            found = [tuple(row) for row in self.client.query(query).result_rows]
            if len(found) >= count or time.monotonic() > deadline:
                assert len(found) == count or leaves, found
                return found
            time.sleep(0.05)


@pytest.fixture
def stored(config: Config, store_client: StoreClient, ingest_url: str) -> Store:
    stored = Store(config, store_client)
    settle(stored.ingest)
    empty(store_client)
    return stored


@pytest.fixture
def shop(config: Config, ingest_url: str, stored: Store) -> Iterator[Shop]:
    shop = Shop(ingest_url)
    name = new_id("page")
    types = [*keys.BROWSER_EVENTS, "wish"]
    key = keys.create(config, name, ["browser"], origins=[shop.origin], event_types=types)
    shop.attributes = f'data-key="{key}"'
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline:
        options = stored.ingest.request("OPTIONS", f"/v1/browser?key={key}", None, {"Origin": shop.origin})
        if options.status == 204:
            break
        time.sleep(0.05)
    yield shop
    keys.revoke(config, name)
    shop.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium that does not call itself headless, in beacons of pages that are gone neither."""
    with launched(f"--user-agent={CHROME}") as browser:
        yield browser


@pytest.fixture
def visit(browser: Browser, complaints: Complaints) -> Iterator[Callable[..., Page]]:
    """Opens a page as a visitor of their own; `script` runs before the page's own."""
    contexts: list[BrowserContext] = []

    def visiting(url: str, *, agent: str | None = None, script: str = "", watched: bool = True) -> Page:
        context = browser.new_context(user_agent=agent)
        contexts.append(context)
        context.set_default_timeout(LIMIT_MS)
        if script:
            context.add_init_script(script)
        if watched:
            complaints.watch(context)
        page = context.new_page()
        page.goto(url)
        return page

    yield visiting
    for context in contexts:
        context.close()


def test_it_is_small() -> None:
    assert len(gzip.compress(SCRIPT.read_bytes(), 9)) < LIMIT_BYTES


def test_it_is_served_for_every_page_and_kept_by_browsers(stored: Store) -> None:
    foreign = {"Origin": "https://shop.example", "Sec-Fetch-Site": "cross-site", "Host": "stats.shop.example"}
    answer = stored.ingest.request("GET", "/footfall.js", None, foreign)
    assert (answer.status, answer.body.encode()) == (200, SCRIPT.read_bytes())
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    again = stored.ingest.request("GET", "/footfall.js", None, {"If-None-Match": answer.headers["etag"]})
    assert (again.status, again.body) == (304, "")


def test_a_page_view_tells_page_campaign_device_and_nothing_is_a_cookie(
    shop: Shop, visit: Callable[..., Page], stored: Store
) -> None:
    page = visit(f"{shop.origin}/cups?utm_source=mail&utm_campaign=may&token=secret", agent=SAFARI_IPHONE)
    columns = "event_type, page_url, utm_source, utm_campaign, device_type, browser, referrer, properties"
    assert stored.rows(1, columns) == [("page_view", "/cups", "mail", "may", "mobile", "Safari", "", "")]
    assert page.context.cookies() == []
    assert page.evaluate("localStorage.length") == 0


def test_single_page_navigation_is_page_views_and_time_on_each(
    shop: Shop, visit: Callable[..., Page], stored: Store
) -> None:
    page = visit(f"{shop.origin}/")
    page.wait_for_timeout(1_200)
    page.evaluate("history.pushState({}, '', '/cup/1')")
    page.evaluate("history.pushState({}, '', '/cup/1')")  # where it is already: no view
    page.evaluate("history.replaceState({}, '', '/cup/1?colour=red')")
    page.go_back()
    page.wait_for_url(f"{shop.origin}/cup/1")
    page.go_back()
    assert [row[1] for row in stored.rows(3)] == ["/", "/cup/1", "/"]
    rows = stored.rows(4, "event_type, page_url, duration_seconds > 0", leaves=True)
    assert rows[:3] == [("page_view", "/", 0), ("page_leave", "/", 1), ("page_view", "/cup/1", 0)]
    assert len(set(stored.rows(3, "user_id, session_id"))) == 1


def test_pages_that_are_told_apart_by_their_hash(
    shop: Shop, visit: Callable[..., Page], stored: Store
) -> None:
    shop.attributes += " data-hash"
    page = visit(f"{shop.origin}/#/")
    stored.rows(1)  # so that the next one is a millisecond later, at least
    page.evaluate("location.hash = '#/cup'")
    assert [row[1] for row in stored.rows(2)] == ["/#/", "/#/cup"]


def test_what_a_page_reports_before_the_snippet_is_there_and_after(
    shop: Shop, visit: Callable[..., Page], stored: Store
) -> None:
    shop.head = (
        "<script>window.footfall = window.footfall || function () "
        "{ (footfall.q = footfall.q || []).push(arguments) };"
        "footfall('search', {search_term: 'cup', shelf: 3})</script>"
    )
    page = visit(f"{shop.origin}/")
    page.evaluate("footfall('add_to_cart', {product_id: '7', quantity: 2, value: 0.1 + 0.2})")
    page.evaluate("footfall('purchase', {order_id: 'A1', revenue: 12.5, items: [{item_id: '7'}]})")
    page.evaluate("footfall('wish', {product_id: 'cup'})")
    columns = "event_type, search_term, product_id, order_id, quantity, toFloat64(value), revenue, properties"
    rows = {row[0]: row[1:] for row in stored.rows(5, columns)}
    assert rows["search"] == ("cup", 0, "", 0, 0, 0, '{"shelf":3}')
    assert rows["add_to_cart"] == ("", 7, "", 2, 0.3, 0, "")
    assert rows["purchase_unverified"] == ("", 0, "A1", 0, 12.5, 0, '{"items":[{"item_id":"7"}]}')
    assert rows["wish"][1] >> 63 == 1


def test_leaving_tells_how_long_the_page_was_looked_at(
    shop: Shop, visit: Callable[..., Page], stored: Store
) -> None:
    page = visit(f"{shop.origin}/first")
    page.wait_for_timeout(1_100)
    page.goto(f"{shop.origin}/second")
    page.wait_for_timeout(1_100)
    page.goto(f"{shop.origin}/plain")
    rows = stored.rows(4, "event_type, page_url, duration_seconds > 0", leaves=True)
    assert sorted(rows) == [
        ("page_leave", "/first", 1),
        ("page_leave", "/second", 1),
        ("page_view", "/first", 0),
        ("page_view", "/second", 0),
    ]
    assert len(set(stored.rows(2, "session_id"))) == 1


def test_where_a_visitor_came_from_stays_with_the_session_and_names_no_query(
    shop: Shop, visit: Callable[..., Page], stored: Store
) -> None:
    page = visit(f"{shop.origin}/plain")
    page.goto(f"{shop.origin}/landing?utm_source=mail", referer="http://127.0.0.1:9/ads/1?token=secret")
    page.goto(f"{shop.origin}/next?token=secret", referer=f"{shop.origin}/landing")
    page.evaluate("footfall('search', {search_term: 'cup'})")
    rows = stored.rows(3, "page_url, utm_source, referrer")
    assert [row[0] for row in rows] == ["/landing", "/next", "/next"]
    assert {row[1:] for row in rows} == {("mail", "http://127.0.0.1:9/ads/1")}


@pytest.mark.parametrize(
    "script",
    [
        "Object.defineProperty(Navigator.prototype, 'doNotTrack', {get: () => '1'})",
        "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {get: () => true})",
    ],
)
def test_who_does_not_want_to_be_tracked_is_left_alone(
    shop: Shop, visit: Callable[..., Page], stored: Store, script: str
) -> None:
    requests: list[str] = []
    page = visit(f"{shop.origin}/plain", script=script)
    page.on("request", lambda request: requests.append(request.url))
    page.goto(f"{shop.origin}/")
    page.evaluate("footfall('search', {search_term: 'cup'})")
    page.evaluate("history.pushState({}, '', '/cup/1')")
    page.goto(f"{shop.origin}/plain")
    assert not [url for url in requests if "/v1/browser" in url]
    assert page.evaluate("sessionStorage.length + localStorage.length") == 0
    stored.rows(0)


def test_a_page_of_another_origin_gets_nothing_in_and_gives_up(
    shop: Shop, visit: Callable[..., Page], stored: Store, config: Config
) -> None:
    key = keys.create(config, new_id("page"), ["browser"], origins=["https://elsewhere.example"])
    shop.attributes = f'data-key="{key}"'
    page = visit(f"{shop.origin}/", watched=False)
    page.wait_for_timeout(500)
    page.goto(f"{shop.origin}/plain")
    stored.rows(0)


def test_what_failed_is_sent_again_and_counts_once(
    shop: Shop, visit: Callable[..., Page], stored: Store, complaints: Complaints
) -> None:
    complaints.allowed = {503}
    complaints.expected = ("ERR_FAILED", "failed:")
    tries: list[str] = []

    def unlucky(route: Route) -> None:
        tries.append(route.request.post_data or "")
        if len(tries) == 1:
            route.abort()  # nobody was there
        elif len(tries) == 2:
            route.fulfill(status=503, headers={"Access-Control-Allow-Origin": "*"}, body="{}")
        elif len(tries) == 3:
            route.fetch()
            route.abort()  # it was taken, and the answer got lost
        else:
            route.continue_()

    page = visit(f"{shop.origin}/plain")
    page.route(BEACON, unlucky)
    page.goto(f"{shop.origin}/")
    deadline = time.monotonic() + LIMIT_MS / 1000
    while len(tries) < 4 and time.monotonic() < deadline:
        page.wait_for_timeout(50)
    ids = {event["event_id"] for text in tries for event in json.loads(text)}
    assert (len(tries), len(ids)) == (4, 1)
    assert stored.rows(1) == [("page_view", "/")]
    (age,) = stored.rows(1, "dateDiff('millisecond', event_timestamp, ingested_at)")[0]
    assert age > 500  # it happened when it happened, not when it was taken


def test_what_could_not_be_sent_waits_for_the_next_page(
    shop: Shop, visit: Callable[..., Page], stored: Store, complaints: Complaints
) -> None:
    complaints.expected = ("ERR_FAILED", "failed:")
    page = visit(f"{shop.origin}/plain", script="Navigator.prototype.sendBeacon = () => false")
    page.route(BEACON, lambda route: route.abort())
    page.goto(f"{shop.origin}/first")
    page.wait_for_timeout(400)
    page.goto(f"{shop.origin}/plain")
    stored.rows(0)
    page.unroute(BEACON)
    page.goto(f"{shop.origin}/second")
    assert [row[1] for row in stored.rows(2)] == ["/first", "/second"]


def test_storage_local_keeps_an_id_that_a_server_can_join_to_a_user(
    shop: Shop, visit: Callable[..., Page], stored: Store, config: Config
) -> None:
    shop.attributes += ' data-storage="local"'
    page = visit(f"{shop.origin}/")
    shopper = page.evaluate("footfall.id()")
    assert str(uuid.UUID(shopper)) == shopper
    again = page.context.new_page()
    again.goto(f"{shop.origin}/again")
    assert set(stored.rows(2, "user_id")) == {(anonymous_number(shopper),)}
    login = {"event_type": "login", "user_id": 7, "anonymous_id": shopper}
    stored.ingest.post("events", login, wait=True)
    stored.ingest.post("events", {"event_type": "purchase", "user_id": 7, "revenue": 5}, wait=True)
    steps = "steps=page_view,purchase"
    done = support.run(config, "query", "funnel", "--param", steps, "--format", "json")
    assert [row["users"] for row in json.loads(done.stdout)["data"]] == [1, 1]


def test_storage_none_leaves_nothing_in_the_browser_and_still_counts_a_visitor(
    shop: Shop, visit: Callable[..., Page], stored: Store, config: Config
) -> None:
    shop.attributes += ' data-storage="none"'
    page = visit(f"{shop.origin}/")
    page.goto(f"{shop.origin}/next")
    assert len(set(stored.rows(2, "user_id, session_id"))) == 1
    assert page.evaluate("sessionStorage.length + localStorage.length") == 0
    done = support.run(config, "query", "stats", "--format", "json")
    (figures,) = json.loads(done.stdout)["data"]
    assert (figures["visitors"], figures["sessions"], figures["page_views"]) == (1, 1, 2)


def test_a_browser_that_calls_itself_headless_is_a_bot(
    shop: Shop, visit: Callable[..., Page], stored: Store
) -> None:
    visit(f"{shop.origin}/", agent=CHROME.replace("Chrome/", "HeadlessChrome/"))
    assert stored.rows(1, "event_type, user_id, browser") == [("bot_page_view", 0, "HeadlessChrome")]
