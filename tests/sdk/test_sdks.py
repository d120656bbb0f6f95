"""The SDKs themselves, from their registries, against the real ingest over a network that fails.

Each plays the same day of a shop, and the named queries say the same of it.
"""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client as StoreClient

from tests.ingest.client import Client, settle
from tests.ingest.make import new_id
from tests.query.conftest import Ask
from tests.sdk.flaky import Flaky

HERE = Path(__file__).parent
SDKS = {
    "segment-analytics-python": [sys.executable, str(HERE / "segment_python.py")],
    "rudder-sdk-python": [sys.executable, str(HERE / "rudder_python.py")],
    "@segment/analytics-node": ["node", str(HERE / "segment_node.mjs")],
    "@rudderstack/rudder-sdk-node": ["node", str(HERE / "rudder_node.mjs")],
}
PACKS = {name for name in SDKS if name != "@segment/analytics-node"}  # which has no gzip
FAILURES = ["503", "lost", "drop", "429", "lost"]
AGAIN = ["503", "lost"]  # SDKs wait longer after each failure in a row
Act = list[dict[str, Any]]


def play(sdk: str, act: Act, shop: Client, url: str, *, packed: bool) -> None:
    """Runs the SDK to its end, in a process of its own."""
    environment = os.environ | {"URL": url, "KEY": shop.config.write_key, "GZIP": str(int(packed))}
    done = subprocess.run(
        SDKS[sdk], input=json.dumps(act), env=environment, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    settle(shop)


class Day:
    """A day of the shop: Ada browses, logs in and buys; Bob browses, and buys under a name that is only
    later known to be his."""

    def __init__(self) -> None:
        self.ada, self.bob, self.order, self.other = (new_id(name) for name in ("ada", "bob", "o", "p"))
        self.cup = new_id("cup")  # ingest remembers what other tests said of theirs
        self.cookie = {"anonymous_id": new_id("cookie")}
        self.other_cookie = new_id("cookie")

    def browsing(self) -> Act:
        cup = {"product_id": self.cup, "name": "Cup", "category": "Kitchen", "price": 12.5, "quantity": 1}
        page = {"url": "https://shop.example/", "referrer": "https://search.example/", "title": "Shop"}
        campaign = {"context": {"campaign": {"source": "newsletter", "medium": "email"}}}
        bob = {"anonymous_id": self.other_cookie}
        return [
            {"call": "page", "name": "Home", "properties": page} | self.cookie | campaign,
            {"call": "track", "event": "Products Searched", "properties": {"query": "cup"}} | self.cookie,
            {"call": "track", "event": "Product Viewed", "properties": cup} | self.cookie,
            {"call": "track", "event": "Product Added", "properties": cup} | self.cookie,
            {"call": "track", "event": "Product Viewed", "properties": cup} | bob,
            self._bought(self.bob, self.other, revenue=12.5, quantity=1),
        ]

    def joining(self) -> Act:
        user = {"user_id": self.ada}
        traits = {"name": "Ada", "email": "ada@example.org", "age": 36, "address": {"country": "GB"}}
        return [
            {"call": "identify", "traits": traits} | user | self.cookie,
            {"call": "track", "event": "Checkout Started", "properties": {"order_id": self.order}} | user,
            self._bought(self.ada, self.order, revenue=22.5, quantity=2),
            {"call": "group", "group_id": "club", "traits": {"name": "The Club"}} | user,
            {"call": "alias", "previous_id": self.other_cookie, "user_id": self.bob},
        ]

    def returning(self) -> Act:
        """Apart from the others: SDKs for Node send their batches at once, in no order."""
        refund = {"order_id": self.order, "products": [{"product_id": self.cup, "quantity": 1}]}
        return [{"call": "track", "event": "Order Refunded", "properties": refund, "user_id": self.ada}]

    def _bought(self, user: str, order: str, *, revenue: float, quantity: int) -> dict[str, Any]:
        bought = [{"product_id": self.cup, "price": 12.5, "quantity": quantity}]
        said = {"order_id": order, "revenue": revenue, "shipping": 3, "currency": "USD", "products": bought}
        return {"call": "track", "event": "Order Completed", "properties": said, "user_id": user}


@pytest.mark.parametrize("sdk", SDKS)
async def test_a_shop_that_uses_the_sdk_has_its_figures(
    sdk: str, shop: Client, store_client: StoreClient, ask: Ask
) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%d")
    day = Day()

    async def people() -> tuple[int, int]:
        (row,) = await ask("people", until=tomorrow)
        return int(row["people"]), int(row["ids"])

    async def bought_after_looking() -> list[int]:
        rows = await ask("funnel", steps="product_view,purchase", mode="unordered", until=tomorrow)
        return [int(row["users"]) for row in rows]

    with Flaky(shop.config.ingest_port) as network:
        play(sdk, day.browsing(), shop, network.url, packed=False)
        assert await bought_after_looking() == [2, 0], "nobody knows yet who bought"
        assert await people() == (3, 3)
        play(sdk, day.joining(), shop, network.url, packed=sdk in PACKS)
        play(sdk, day.returning(), shop, network.url, packed=False)
        assert {request.outcome for request in network.seen} == {"pass"}
        assert any("content-encoding: gzip" in request.head.lower() for request in network.seen) == (
            sdk in PACKS
        )
    assert await bought_after_looking() == [2, 2], "each is one person, before and after"
    assert await people() == (2, 4)

    (orders,) = await ask("order_totals", until=tomorrow)
    assert (int(orders["orders"]), int(orders["buyers"])) == (2, 2)
    money = [Decimal(orders[name]) for name in ("gross", "refunds", "net")]
    assert money == [Decimal(35), Decimal("-11.25"), Decimal("23.75")]
    (events,) = await ask("event_totals", until=tomorrow)
    assert (int(events["events"]), int(events["purchases"]), int(events["users"])) == (10, 2, 4)
    steps = {row["step"]: int(row["users"]) for row in await ask("conversion_funnel", until=tomorrow)}
    assert steps == {"page_view": 1, "product_view": 1, "add_to_cart": 1, "checkout": 1, "purchase": 1}
    types = {row["event_type"]: int(row["event_count"]) for row in await ask("event_types", until=tomorrow)}
    assert types == {
        "page_view": 1,
        "search": 1,
        "product_view": 2,
        "add_to_cart": 1,
        "checkout": 1,
        "purchase": 2,
        "refund": 1,
        "group": 1,
    }
    (top,) = await ask("top_products", until=tomorrow)
    assert (top["external_id"], top["name"], Decimal(top["revenue"])) == (day.cup, "Cup", Decimal(35))
    (country, email) = store_client.query(
        "SELECT u.country, c.email FROM footfall.current_users AS u"
        " JOIN footfall_private.contacts AS c USING (user_id)"
    ).result_rows[0]
    assert (country, email) == ("UK", "ada@example.org")
    page = store_client.query(
        "SELECT page_url, referrer, utm_source, utm_medium FROM events WHERE event_type = 'page_view'"
    ).result_rows
    assert page == [("https://shop.example/", "https://search.example/", "newsletter", "email")]
    assert store_client.query("SELECT count() FROM footfall_private.dead_letters").result_rows == [(0,)]


@pytest.mark.parametrize("sdk", SDKS)
async def test_the_sdk_s_retries_count_once(sdk: str, shop: Client, ask: Ask) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%d")
    day = Day()
    with Flaky(shop.config.ingest_port, FAILURES) as network:
        play(sdk, [*day.browsing(), *day.joining()], shop, network.url, packed=sdk in PACKS)
        network.failures += AGAIN
        play(sdk, day.returning(), shop, network.url, packed=sdk in PACKS)
        outcomes = [request.outcome for request in network.seen]
    assert sorted(outcomes[: len(FAILURES)]) == sorted(FAILURES)
    assert sorted(outcome for outcome in outcomes if outcome != "pass") == sorted(FAILURES + AGAIN)
    (orders,) = await ask("order_totals", until=tomorrow)
    assert (int(orders["orders"]), Decimal(orders["net"])) == (2, Decimal("23.75"))
    (events,) = await ask("event_totals", until=tomorrow)
    assert (int(events["events"]), int(events["purchases"])) == (10, 2)


@pytest.mark.parametrize("sdk", SDKS)
def test_what_is_refused_is_not_sent_again(sdk: str, shop: Client) -> None:
    """An SDK gives up at once, and tells the shop, where its messages can never be taken."""
    bad = {"call": "track", "event": "Order Completed", "user_id": "u", "properties": {"revenue": "a lot"}}
    with Flaky(shop.config.ingest_port) as network:
        with pytest.raises(AssertionError, match="not delivered"):
            play(sdk, [bad], shop, network.url, packed=False)
        assert len(network.seen) == 1
