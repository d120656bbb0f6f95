"""`kill -9` under load: what was acknowledged is in the base table and in every rollup exactly once."""

import random
import time
from collections.abc import Callable
from decimal import Decimal

import pytest

from footfall import store
from footfall.config import Config
from footfall.schema.migrate import migrate
from tests import support
from tests.crash.shop import Shop, ledger, sums
from tests.ingest.client import Client, settle

Start = Callable[..., support.Process]


@pytest.mark.parametrize("victim", ["engine", "ingest", "both"])
def test_killed_under_load_nothing_is_lost_and_nothing_doubled(
    victim: str, own_config: Config, start: Start
) -> None:
    running = {"engine": start("engine", own_config)}
    migrate(own_config)
    running["ingest"] = start("ingest", own_config)
    shop = Shop(own_config)
    shop.start()
    try:
        for _ in range(2):
            time.sleep(0.8 + random.random() * 0.7)
            names = ["engine", "ingest"] if victim == "both" else [victim]
            for name in names:
                running[name].kill()
            for name in names:
                running[name] = start(name, own_config)
        time.sleep(0.5)
    finally:
        shop.finish()
    settle(Client(own_config))
    with store.connect(own_config, "footfall") as client:
        found = sums(client)
        ((rows, distinct),) = client.query("SELECT count(), uniqExact(entry_id) FROM orders").result_rows
        base, rollup = ledger(client, "orders"), ledger(client, "mv_product_revenue")
    assert shop.events
    assert shop.orders
    assert found == dict.fromkeys(found, (len(shop.events), shop.revenue)), shop.retries
    # Each order is three changes and seven rows: two placed, two moved (out and in), one sent back.
    count = len(shop.orders) // 3
    assert rows == distinct == count * 7
    assert base == rollup
    assert base == {
        "pending": (count, Decimal(0)),
        "completed": (count, count * Decimal(3)),
        "refunded": (count, count * Decimal("-0.50")),
    }
