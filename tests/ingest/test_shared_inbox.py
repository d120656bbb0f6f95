"""Two ingest processes on one inbox folder: what one knows the other knows, and either may die."""

import dataclasses
import threading
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from footfall import store
from footfall.config import Config
from footfall.schema.migrate import migrate
from tests import support
from tests.ingest.client import Client, settle
from tests.ingest.make import new_id

Start = Callable[..., support.Process]


@pytest.fixture
def pair(tmp_path: Any, start: Start) -> Iterator[tuple[Client, Client, support.Process]]:
    """Two shops, each at a process of its own, and the process that writes for both."""
    config = support.make_config(tmp_path, change_wait_s=3600, sync_interval_s=3600)
    start("engine", config)
    migrate(config)
    writes = start("ingest", config)
    one = Client(config)
    while not one.get("/readyz").body["writes"]:
        time.sleep(0.05)
    start("ingest", dataclasses.replace(config, ingest_port=support.free_port()))
    other = dataclasses.replace(config, ingest_port=support.free_port())
    start("ingest", other)
    yield one, Client(other), writes


def money(config: Config, *order_ids: str) -> dict[str, tuple[int, Decimal]]:
    """Rows and money by status, of some orders."""
    query = (
        "SELECT status, count(), sum(total_amount) FROM orders"
        " WHERE order_id IN {ids:Array(String)} GROUP BY status"
    )
    with store.connect(config, "footfall") as client:
        rows = client.query(query, parameters={"ids": list(order_ids)}).result_rows
    return {status: (count, total) for status, count, total in rows}


def test_the_same_ids_through_both_at_once_count_once_whoever_dies(
    pair: tuple[Client, Client, support.Process],
) -> None:
    one, other, writes = pair
    wrong = {"event_type": "page_view", "event_id": new_id(), "quantity": "many"}
    assert one.post("events", wrong).status == 422
    events = [[{"event_type": "page_view", "event_id": new_id()} for _ in range(30)] for _ in range(20)]
    told: list[dict[str, Any]] = []

    def send(shop: Client) -> None:
        told.extend(shop.post("events", batch).body for batch in events)

    threads = [threading.Thread(target=send, args=(shop,)) for shop in (one, other, one, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(answer["accepted"] for answer in told) == 600
    assert sum(answer["duplicate"] for answer in told) == 3 * 600
    settle(one)
    kept = other.get("/readyz").body["kept"]["rows"]
    assert kept >= 600  # by the one that writes, for both

    writes.kill()
    again = other.post("events", [*events[0], wrong | {"quantity": 1}], wait=True)
    assert (again.status, again.body["accepted"], again.body["duplicate"]) == (200, 1, 30)
    support.wait_until(lambda: other.get("/readyz").body["kept"]["rows"] > kept)
    with store.connect(one.config, "footfall") as client:
        assert client.query("SELECT count(), uniqExact(event_id) FROM events").result_rows == [(601, 601)]


def test_a_change_that_waits_at_one_goes_on_with_its_order_at_the_other(
    pair: tuple[Client, Client, support.Process],
) -> None:
    one, other, writes = pair
    lines = [{"product_id": "mug", "quantity": 2, "unit_price": "5"}]
    first, second = new_id("order"), new_id("order")
    for order_id in (first, second):
        early = other.post("orders", {"order_id": order_id, "status": "refunded"}, wait=True)
        assert (early.status, early.body["waiting"]) == (202, 1)
    assert one.get("/readyz").body["waiting_changes"] == other.get("/readyz").body["waiting_changes"] == 2
    assert one.post("orders", {"order_id": first, "status": "completed", "lines": lines}).status == 202
    settle(one)
    assert money(one.config, first) == {"completed": (1, Decimal(10)), "refunded": (1, Decimal(-10))}

    writes.kill()  # another takes over, and knows what waits
    late = other.post("orders", {"order_id": second, "status": "completed", "lines": lines}, wait=True)
    assert late.status == 200
    settle(other)
    assert money(other.config, second) == {"completed": (1, Decimal(10)), "refunded": (1, Decimal(-10))}
    assert other.get("/readyz").body["waiting_changes"] == 0
