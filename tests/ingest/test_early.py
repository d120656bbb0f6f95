"""Changes that come before their order: they wait for it, for a bounded time, and nothing is dropped."""

import time
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client as StoreClient
from hypothesis import given, settings
from hypothesis import strategies as st

from footfall.config import Config
from footfall.ingest import early
from footfall.ingest.early import Early
from footfall.ingest.inbox import Inbox
from footfall.ingest.ledger import OrderState
from footfall.ingest.metrics import Metrics
from footfall.ingest.orders import Round
from footfall.model import OrderLine
from tests import support
from tests.ingest.client import Client, settle
from tests.ingest.make import new_id
from tests.ingest.test_ledger import brief, change

Start = Callable[..., support.Process]
LINES = [{"product_id": "A", "quantity": 3, "unit_price": "10.00"}]
ONE_BACK: dict[str, Any] = {
    "status": "refunded",
    "lines": [{"product_id": "A", "quantity": 1, "unit_price": "10.00"}],
}


@pytest.fixture
def order(shop: Client) -> dict[str, Any]:
    return {"order_id": new_id("order"), "user_id": "7"}


def money(client: StoreClient, order: dict[str, Any]) -> list[tuple[str, Decimal, int]]:
    query = (
        "SELECT status, sum(total_amount) AS money, max(unlinked) FROM orders"
        " WHERE order_id = {order:String} GROUP BY status HAVING money != 0 ORDER BY status"
    )
    rows = client.query(query, parameters={"order": order["order_id"]}).result_rows
    return [(status, amount, int(unlinked)) for status, amount, unlinked in rows]


def waiting(shop: Client) -> int:
    found: int = shop.get("/readyz").body["waiting_changes"]
    lines = shop.get("/metrics").body.splitlines()
    assert f"footfall_ingest_waiting_changes {float(found)}" in lines
    return found


def test_a_refund_that_overtakes_its_order_waits_for_it(
    shop: Client, store_client: StoreClient, order: dict[str, Any]
) -> None:
    before = waiting(shop)
    began = time.monotonic()
    answer = shop.post("orders", order | ONE_BACK, wait=True)
    assert time.monotonic() - began < 20  # who waits for rows does not wait for an order
    assert (answer.status, answer.body["accepted"], answer.body["waiting"]) == (202, 1, 1)
    again = shop.post("orders", order | ONE_BACK)
    assert (again.body["accepted"], again.body["duplicate"]) == (0, 1)
    receipt = f"/v1/receipts/{answer.body['batch_id']}"
    assert shop.get(receipt).body["waiting"] == 1
    assert waiting(shop) == before + 1
    assert money(store_client, order) == []
    placed = shop.post("orders", order | {"status": "completed", "lines": LINES}, wait=True)
    assert (placed.status, placed.body.get("waiting")) == (200, None)
    assert money(store_client, order) == [("completed", Decimal(30), 0), ("refunded", Decimal(-10), 0)]
    assert "waiting" not in shop.get(receipt).body
    assert waiting(shop) == before


def test_an_order_that_arrives_back_to_front_comes_out_right(
    shop: Client, store_client: StoreClient, order: dict[str, Any]
) -> None:
    changes: list[dict[str, Any]] = [
        ONE_BACK,
        {"status": "completed"},
        {"status": "pending", "lines": LINES},
    ]
    for one in changes:
        assert shop.post("orders", order | one, wait=True).status in {200, 202}
    assert money(store_client, order) == [("completed", Decimal(30), 0), ("refunded", Decimal(-10), 0)]


def test_a_refund_waits_for_the_payment_too(
    shop: Client, store_client: StoreClient, order: dict[str, Any]
) -> None:
    changes: list[dict[str, Any]] = [{"status": "pending", "lines": LINES}, ONE_BACK, {"status": "completed"}]
    assert shop.post("orders", [order | one for one in changes], wait=True).body["accepted"] == 3
    assert money(store_client, order) == [("completed", Decimal(30), 0), ("refunded", Decimal(-10), 0)]


def test_an_import_does_not_wait(shop: Client, store_client: StoreClient, order: dict[str, Any]) -> None:
    answer = shop.post("orders", order | ONE_BACK, wait=True, headers={"X-Footfall-Import": "1"})
    assert answer.status == 200
    assert money(store_client, order) == [("refunded", Decimal(-10), 1)]


def test_when_its_time_is_up_a_change_is_decided_as_things_stand(
    fresh_store: Config, store_client: StoreClient, tmp_path: Path, start: Start
) -> None:
    config = support.make_config(tmp_path, change_wait_s=1, **store_of(fresh_store))
    start("ingest", config)
    shop, order = Client(config), {"order_id": new_id("order")}
    unknown = {"order_id": new_id("order"), "status": "completed"}
    answer = shop.post("orders", [order | ONE_BACK, unknown])
    deadline = time.monotonic() + 30
    while shop.get(f"/v1/receipts/{answer.body['batch_id']}").body["rejected"] == 0:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    settle(shop)
    receipt = shop.get(f"/v1/receipts/{answer.body['batch_id']}").body
    assert (receipt["accepted"], receipt["rejected"], receipt.get("waiting")) == (1, 1, None)
    assert [(error["index"], error["code"]) for error in receipt["errors"]] == [(1, "no_lines")]
    assert money(store_client, order) == [("refunded", Decimal(-10), 1)]
    letters = store_client.query("SELECT kind, reason FROM footfall_private.dead_letters").result_rows
    assert letters == [("orders", "no_lines")]
    again = shop.post("orders", unknown | {"lines": LINES}, wait=True)
    assert (again.status, again.body["accepted"]) == (200, 1)


def test_what_waits_survives_the_process(
    fresh_store: Config, store_client: StoreClient, tmp_path: Path, start: Start
) -> None:
    config = support.make_config(tmp_path, **store_of(fresh_store))
    ingest = start("ingest", config)
    shop, order = Client(config), {"order_id": new_id("order")}
    assert shop.post("orders", order | ONE_BACK, wait=True).body["waiting"] == 1
    ingest.kill()
    start("ingest", config)
    assert waiting(shop) == 1
    shop.post("orders", order | {"status": "completed", "lines": LINES}, wait=True)
    assert money(store_client, order) == [("completed", Decimal(30), 0), ("refunded", Decimal(-10), 0)]
    assert waiting(shop) == 0


def store_of(config: Config) -> dict[str, Any]:
    """Settings of another ingest in front of the same store."""
    passwords = ("password", "writer_password", "reader_password", "analyst_password")
    return {"engine_port": config.engine_port} | {name: getattr(config, name) for name in passwords}


def test_beyond_the_bounds_the_oldest_are_decided_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = Inbox(tmp_path, 1 << 30)
    waits = [Early(0, 10_000, change("refunded", entry_id=str(number))) for number in range(5)]
    inbox.run(lambda connection: early.keep(connection, waits, []))
    with closing(inbox.connect()) as reader:
        assert early.totals(reader)[0] == 5
        assert early.due(reader, 9_999) == set()
        assert early.due(reader, 10_000) == {1, 2, 3, 4, 5}
        monkeypatch.setattr(early, "CHANGES_LIMIT", 3)
        assert early.due(reader, 0) == {1, 2}
        monkeypatch.setattr(early, "BYTES_LIMIT", 1)
        assert early.due(reader, 0)
        inbox.run(lambda connection: early.keep(connection, [], [1, 2, 3, 4, 5]))
        assert early.totals(reader) == (0, 0)
    inbox.close()


WAY = [
    ("pending", {"lines": [OrderLine(product_id=p, quantity=4, unit_price=Decimal(5)) for p in "AB"]}),
    ("completed", {}),
    ("refunded", {"lines": [OrderLine(product_id="A", quantity=1)]}),
    ("refunded", {"lines": [OrderLine(product_id="B", quantity=3)]}),
    ("cancelled", {"lines": [OrderLine(product_id="A", quantity=2)]}),
]


@given(st.permutations(range(len(WAY))), st.integers(0, len(WAY)))
@settings(max_examples=150, deadline=None)
def test_in_whatever_order_they_arrive_the_sums_are_the_same(order: list[int], split: int) -> None:
    # A cancellation before the payment is one of an unpaid order, which is another story.
    order = [number for number in order if number != 4] + [4]
    states, kept = {"o": OrderState()}, {"o": list[Early]()}
    rows = []
    for part in (order[:split], order[split:]):
        round_ = Round(states, kept, 0, 1_000, Metrics())
        for number in part:
            status, values = WAY[number]
            round_.take(change(status, **values))
        rows += round_.rows
        assert round_.letters == []
    assert kept["o"] == []
    sums: dict[str, tuple[int, float]] = {}
    for _, status, units, amount, unlinked in brief(rows):
        assert not unlinked
        held = sums.get(status, (0, 0.0))
        sums[status] = (held[0] + units, held[1] + amount)
    assert sums == {"pending": (0, 0), "completed": (8, 40), "refunded": (-4, -20), "cancelled": (-2, -10)}
