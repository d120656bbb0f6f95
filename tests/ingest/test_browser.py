"""The beacon: what a page may send, and what whoever reads its source cannot do with its key."""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client as StoreClient

from footfall.ingest import keys
from tests import support
from tests.ingest.agents import CHROME, GPTBOT
from tests.ingest.client import Client, settle
from tests.ingest.make import new_id
from tests.ingest.page import SHOP, Page, view

Start = Callable[..., support.Process]
TABLES = ("events", "orders", "users", "products", "identities")


@pytest.fixture
def page(shop: Client) -> Iterator[Page]:
    name = new_id("page")
    text = keys.create(shop.config, name, ["browser"], origins=[SHOP])
    page = Page(shop.config, text)
    deadline = time.monotonic() + 2
    while page.send(b"[]").status == 401 and time.monotonic() < deadline:
        time.sleep(0.05)
    yield page
    keys.revoke(shop.config, name)


def rows(store_client: StoreClient, columns: str = "event_type") -> list[tuple[Any, ...]]:
    query = f"SELECT {columns} FROM footfall.events ORDER BY event_timestamp, event_id"
    return [tuple(row) for row in store_client.query(query).result_rows]


def figures(store_client: StoreClient, columns: str) -> tuple[Any, ...]:
    """Aggregates over all events."""
    return tuple(store_client.query(f"SELECT {columns} FROM footfall.events").result_rows[0])


def test_a_page_view_arrives_with_what_the_browser_says(
    shop: Client, page: Page, store_client: StoreClient
) -> None:
    answer = page.send(view(page_url="/cup", utm_source="mail", duration_seconds=3, age_ms=60_000))
    assert (answer.status, answer.body) == (202, {"accepted": 1, "duplicate": 0, "rejected": 0, "errors": []})
    assert answer.headers["access-control-allow-origin"] == SHOP
    assert answer.headers["vary"] == "Origin"
    settle(shop)
    columns = "page_url, utm_source, duration_seconds, device_type, browser, revenue, user_id != 0"
    assert rows(store_client, columns) == [("/cup", "mail", 3, "desktop", "Chrome", 0, True)]
    (age,) = rows(store_client, "dateDiff('second', event_timestamp, ingested_at)")[0]
    assert age == 60


def test_what_is_sent_again_counts_once(shop: Client, page: Page, store_client: StoreClient) -> None:
    batch = [view(), view()]
    assert page.send(batch).body["accepted"] == 2
    assert page.send([*batch, view()]).body["duplicate"] == 2
    settle(shop)
    assert len(rows(store_client)) == 3


@pytest.mark.parametrize(
    "origin", [None, "null", "https://evil.example", f"{SHOP}.evil.example", "http://shop.example"]
)
def test_a_page_of_another_origin_is_refused(page: Page, origin: str | None) -> None:
    answer = page.send(view(), origin=origin)
    assert (answer.status, answer.body["error"]["name"]) == (403, "FORBIDDEN")
    assert not any(name.startswith("access-control") for name in answer.headers)


def test_a_preflight_is_answered_for_the_keys_origins_alone(page: Page) -> None:
    path = f"/v1/browser?key={page.key}"
    good = page.client.request("OPTIONS", path, None, {"Origin": SHOP})
    assert (good.status, good.headers["access-control-allow-methods"]) == (204, "POST")
    assert good.headers["access-control-allow-origin"] == SHOP
    for bad in ({"Origin": "https://evil.example"}, {}):
        refused = page.client.request("OPTIONS", path, None, bad)
        assert refused.status == 403
        assert not any(name.startswith("access-control") for name in refused.headers)


def test_a_key_for_servers_is_refused_in_a_page(shop: Client, page: Page) -> None:
    refused = page.send(view(), key=shop.config.write_key)
    assert (refused.status, "for servers" in refused.body["error"]["message"]) == (403, True)
    assert page.send(view(), key="ffb_nonsense").status == 401


def test_whoever_reads_the_pages_source_can_forge_page_views_and_nothing_else(
    shop: Client, page: Page, store_client: StoreClient
) -> None:
    """A hostile page, or a program that plays one, tries everything that its key could be good for."""
    before = now_ms()
    victim = {"event_type": "page_view", "event_id": "order-77", "user_id": "ann", "anonymous_id": "cookie-5"}
    shop.post("events", victim | {"session_id": "session-1"}, wait=True)
    settle(shop)
    held = {table: count(store_client, table) for table in TABLES}
    shared: list[dict[str, Any]] = [
        view(user_id="ann"),
        view(revenue=1_000_000),
        view(event_type="purchase", revenue="9.90"),
        view(event_type="refund", value="9.90"),
        view(event_type="login"),
        view(event_type="bot_page_view"),
        view(event_type="purchase_unverified"),
        view(country="FR"),
        view(device_type="kiosk"),
        view(event_timestamp=0),
        view(age_ms=-60_000),
        view(age_ms=86_400_001),
        view(anonymous_id="cookie-5"),
        view(anonymous_id=str(uuid.uuid4()), user_id="ann"),
        view(session_id="session-1"),
        view(event_id="order-77"),
        view(event_id=None),
        {"event_type": "page_view"},
        view(properties={"x": "y" * 10_000}),
        view(properties=[1]),
        view(lines=[{"product_id": 1, "quantity": 1, "unit_price": 1}], order_id="1", status="completed"),
        {"user_id": "ann", "email": "evil@example.org"},
        view(currency="XTS"),
        view(client_ip="192.0.2.7"),
        view(user_agent="x"),
    ]
    for item in shared:
        answer = page.send(item)
        assert (answer.status, answer.body["error"]["name"]) == (422, "UNPROCESSABLE"), item
    for path in ("events", "orders", "users", "products"):
        for headers in ({"Authorization": f"Bearer {page.key}"}, {}):
            refused = page.client.request("POST", f"/v1/{path}", b"{}", {"Origin": SHOP} | headers)
            assert refused.status in {401, 403}
            assert not any(name.startswith("access-control") for name in refused.headers)
    settle(shop)
    assert {table: count(store_client, table) for table in TABLES} == held
    assert store_client.query("SELECT count() FROM footfall_private.dead_letters").result_rows == [(0,)]

    # The same ids as the server's take nothing from it, and names that it invents are no products.
    forged = str(uuid.uuid4())
    page.send(
        [view(event_id=forged, product_id="<script>"), view(event_type="purchase", value=5, order_id="77")]
    )
    mine = shop.post("events", {"event_type": "purchase", "event_id": forged, "user_id": "ann", "revenue": 5})
    assert mine.body["accepted"] == 1
    settle(shop)
    assert count(store_client, "products") == held["products"]
    assert count(store_client, "identities") == held["identities"]
    assert figures(store_client, "count(), sum(revenue), countIf(event_type = 'purchase')") == (4, 5, 1)
    assert ("purchase_unverified",) in rows(store_client)
    (earliest,) = figures(store_client, "min(toUnixTimestamp64Milli(event_timestamp))")
    assert earliest >= before


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def count(store_client: StoreClient, table: str) -> int:
    found: int = store_client.query(
        "SELECT count() FROM footfall.{table:Identifier}", parameters={"table": table}
    ).result_rows[0][0]
    return found


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"[]", 422),
        (b"nonsense", 422),
        (b"\xff\xfe", 422),
        (b"[" * 60_000, 422),
        (b"{" + b" " * 70_000, 413),
        (json.dumps([view()] * 51).encode(), 413),
    ],
)
def test_a_body_that_no_page_sends_is_refused(page: Page, body: bytes, status: int) -> None:
    answer = page.send(body)
    assert answer.status == status
    assert answer.headers["access-control-allow-origin"] == SHOP
    assert page.send(b"x", content_encoding="gzip").status == 415


def test_good_events_of_a_batch_are_kept_and_the_others_told_by_index(
    shop: Client, page: Page, store_client: StoreClient
) -> None:
    answer = page.send([view(), view(event_type="refund"), view(colour=1), view(quantity="x")])
    assert (answer.status, answer.body["accepted"], answer.body["rejected"]) == (202, 1, 3)
    assert [(e["index"], e["field"], e["code"]) for e in answer.body["errors"]] == [
        (1, "event_type", "not_allowed"),
        (2, "colour", "not_allowed"),
        (3, "quantity", "invalid_type"),
    ]
    settle(shop)
    assert rows(store_client) == [("page_view",)]


@pytest.mark.parametrize("header", ["dnt", "sec_gpc"])
def test_who_does_not_want_to_be_tracked_is_not(
    shop: Client, page: Page, store_client: StoreClient, header: str
) -> None:
    assert page.send(view(), **{header: "1"}).status == 204
    assert page.send(view(), **{header: "0"}).status == 202
    settle(shop)
    assert len(rows(store_client)) == 1


def test_a_key_sends_the_types_that_it_was_made_for(shop: Client) -> None:
    text = keys.create(
        shop.config, new_id("page"), ["browser"], origins=[SHOP], event_types=["wish,page_view"]
    )
    page = Page(shop.config, text)
    deadline = time.monotonic() + 2
    while page.send(b"[]").status == 401 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert page.send(view(event_type="wish")).status == 202
    assert page.send(view(event_type="view_item")).status == 422
    assert page.send(view(event_type="search")).status == 422


def test_visitors_and_sessions_are_told_apart_without_cookies(
    shop: Client, page: Page, store_client: StoreClient
) -> None:
    for _ in range(2):
        page.send(view())
    page.send(view(), x_forwarded_for="192.0.2.9")  # nobody's proxy: anybody can write that
    page.send(view(), user_agent=CHROME.replace("141", "140"))
    mine = {"anonymous_id": str(uuid.uuid4()), "session_id": str(uuid.uuid4())}
    page.send([view(**mine), view(**mine)])
    settle(shop)
    nobody = "countIf(user_id = 0), countIf(session_id = '')"
    assert figures(store_client, f"uniqExact(user_id), uniqExact(session_id), {nobody}") == (3, 3, 0, 0)


def test_bots_that_run_the_script_and_programs_without_a_name_are_marked(
    shop: Client, page: Page, store_client: StoreClient
) -> None:
    page.send(view(), user_agent=GPTBOT)
    page.send(view(), user_agent="")
    settle(shop)
    found = rows(store_client, "event_type, user_id, session_id, device_type")
    assert found == [("bot_page_view", 0, "", "bot")] * 2


def test_a_purchase_joins_the_funnel_by_a_name_of_its_own(
    shop: Client, page: Page, store_client: StoreClient
) -> None:
    page.send([view(event_type="view_item", age_ms=9), view(event_type="purchase", value="12.50")])
    settle(shop)
    assert rows(store_client, "event_type, revenue, toFloat64(value)")[-1] == ("purchase_unverified", 0, 12.5)
    done = support.run(
        shop.config,
        "query",
        "funnel",
        "--param",
        "steps=product_view,purchase_unverified",
        "--format",
        "json",
    )
    assert [row["users"] for row in json.loads(done.stdout)["data"]] == [1, 1]


def test_a_page_of_thanks_that_is_loaded_again_is_no_other_purchase(page: Page) -> None:
    order = new_id("order")
    sent = [page.send(view(event_type="purchase", order_id=order)).body["accepted"] for _ in range(3)]
    assert sent == [1, 0, 0]
    assert page.send(view(event_type="purchase")).body["accepted"] == 1


def test_too_much_is_answered_with_429_and_when_to_come_again(shop: Client) -> None:
    text = keys.create(shop.config, new_id("page"), ["browser"], origins=[SHOP], rate=1)
    page = Page(shop.config, text)
    deadline = time.monotonic() + 2
    while page.send(b"[]").status == 401 and time.monotonic() < deadline:
        time.sleep(0.05)
    answers = [page.send([view() for _ in range(50)]) for _ in range(4)]
    assert [answer.status for answer in answers] == [202, 202, 429, 429]
    assert int(answers[-1].headers["retry-after"]) > 1
    assert answers[-1].headers["access-control-allow-origin"] == SHOP
    assert shop.post("events", {"event_type": "page_view"}).status == 202
