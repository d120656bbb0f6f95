"""A shop that retries until it is answered, and the sums that must be equal in the end."""

import http.client
import json
import random
import threading
import time
import uuid
from decimal import Decimal
from typing import Any

from clickhouse_connect.driver.client import Client as StoreClient

from footfall.config import Config
from tests.ingest.client import Client

EVENTS_AT_ONCE = 100
ORDERS_AT_ONCE = 10
Item = dict[str, Any]


def event(number: int) -> Item:
    """An event of the last days; each tenth is a purchase of 1 and some cents."""
    kind = "purchase" if number % 10 == 0 else "page_view"
    money = {"revenue": f"{1 + number % 97 / 100:.2f}"} if kind == "purchase" else {}
    return {
        "event_id": str(uuid.UUID(int=random.getrandbits(128))),
        "event_type": kind,
        "event_timestamp": int(time.time() * 1000) - random.randrange(5 * 86_400_000),
        "user_id": str(1 + number % 500),
        "country": ("DE", "UK", "US")[number % 3],
        **money,
    }


def orders(number: int) -> list[Item]:
    """An order's way: placed, paid, and one of its two lines sent back."""
    order = {"order_id": str(uuid.uuid4()), "user_id": str(1 + number % 500)}
    lines = [{"product_id": str(number % 50), "quantity": 2, "unit_price": "1.25"}]
    lines.append({"product_id": "100", "quantity": 1, "unit_price": "0.50"})
    return [
        order | {"status": "pending", "lines": lines},
        order | {"status": "completed"},
        order | {"status": "refunded", "lines": [{"product_id": "100", "quantity": 1}]},
    ]


class Shop:
    """Threads that send batches, each again and again until it is acknowledged."""

    def __init__(self, config: Config) -> None:
        self.client = Client(config, timeout_s=20)
        self.events: list[Item] = []
        self.orders: list[Item] = []
        self.retries = 0
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(number, number == 2)) for number in range(3)
        ]

    @property
    def revenue(self) -> Decimal:
        return sum((Decimal(str(item.get("revenue", 0))) for item in self.events), Decimal(0))

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def finish(self) -> None:
        """Sends what is begun until it is acknowledged, and no more."""
        self._stop.set()
        for thread in self._threads:
            thread.join(90)
            assert not thread.is_alive()

    def _run(self, sender: int, sells: bool) -> None:
        number = sender * 1_000_000
        while not self._stop.is_set():
            if sells:
                items = [item for i in range(ORDERS_AT_ONCE) for item in orders(number + i)]
            else:
                items = [event(number + i) for i in range(EVENTS_AT_ONCE)]
            number += EVENTS_AT_ONCE
            body = "\n".join(map(json.dumps, items)).encode()
            while not self._acknowledged("orders" if sells else "events", body):
                self.retries += 1
                time.sleep(0.05)
            (self.orders if sells else self.events).extend(items)

    def _acknowledged(self, kind: str, body: bytes) -> bool:
        try:
            answer = self.client.post(kind, body, headers={"Content-Type": "application/x-ndjson"})
        except (OSError, http.client.HTTPException):
            return False
        assert answer.status in {202, 503}, answer
        return answer.status == 202


def sums(client: StoreClient) -> dict[str, tuple[int, Decimal]]:
    """Rows and revenue of the base table and of each rollup that holds them."""
    queries = {
        "events": "SELECT count(), sum(revenue) FROM events",
        "distinct": "SELECT uniqExact(event_id), sum(revenue) FROM events",
        "mv_hourly_events": "SELECT sum(event_count), sum(total_revenue) FROM mv_hourly_events",
        "mv_user_funnel": "SELECT countMerge(total_events), sumMerge(revenue) FROM mv_user_funnel",
        "mv_country_stats": "SELECT sum(event_count), sum(revenue) FROM mv_country_stats",
        "daily_user_activity": "SELECT sum(activity_count), (SELECT sum(revenue) FROM events)"
        " FROM daily_user_activity",
    }
    return {name: tuple(client.query(query).result_rows[0]) for name, query in queries.items()}


def ledger(client: StoreClient, table: str) -> dict[str, tuple[int, Decimal]]:
    """Distinct orders and money by status, of the ledger or of its rollup."""
    queries = {
        "orders": "SELECT status, uniq(order_id), sum(total_amount) FROM orders GROUP BY status",
        "mv_product_revenue": "SELECT status, uniqMerge(order_count), sum(total_revenue)"
        " FROM mv_product_revenue GROUP BY status",
    }
    return {status: (count, money) for status, count, money in client.query(queries[table]).result_rows}
