"""What tests of upkeep share: a stack of their own, a shop that sends all the time, and damage."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from clickhouse_connect.driver.client import Client as StoreClient

from footfall import store
from footfall.config import Config
from tests import support
from tests.crash.shop import Shop, differences
from tests.ingest.client import Client, settle

Start = Callable[..., support.Process]
# Rows that a rollup loses.
DAMAGE = {
    "mv_hourly_events": "event_type = 'purchase'",
    "mv_daily_events": "event_type = 'purchase'",
    "mv_user_funnel": "user_id % 3 = 0",
    "mv_country_stats": "country = 'DE'",
    "daily_user_activity": "user_id % 3 = 0",
    "mv_product_revenue": "status = 'refunded'",
}
ROLLUPS = tuple(DAMAGE)


class PacedShop(Shop):
    """A shop that leaves the machine some time for what is tested beside it."""

    def _send(self, *arguments: Any) -> None:
        super()._send(*arguments)
        self._stop.wait(0.05)


@contextmanager
def sending(shop: Shop) -> Iterator[None]:
    """A shop that sends from several threads until the block ends, and until all is acknowledged."""
    shop.start()
    try:
        yield
    finally:
        shop.finish()


def tear(client: StoreClient) -> None:
    """Takes rows out of every rollup, as a block that was written in part leaves it."""
    for rollup, rows in DAMAGE.items():
        client.command(f"ALTER TABLE {rollup} DELETE WHERE {rows}", settings={"mutations_sync": 2})


def wrong(config: Config, shop: Shop) -> list[str]:
    """Where the store differs from what the shop was acknowledged, once ingest has settled."""
    settle(Client(config), 120)
    with store.connect(config, "footfall") as client:
        return differences(client, shop)


class Watch:
    """Asks the same of the store again and again, and keeps what it was told."""

    def __init__(self, config: Config, query: str) -> None:
        self.told: list[Any] = []
        self._config = config
        self._query = query
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        with store.connect(self._config, "footfall") as client:
            while not self._stop.is_set():
                self.told.append(client.query(self._query).result_rows)
