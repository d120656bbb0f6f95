"""A shop that retries until it is answered, and the sums that must be equal in the end."""

import http.client
import json
import random
import threading
import time
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from clickhouse_connect.driver.client import Client as StoreClient

from footfall.config import Config
from tests.ingest.client import Client

EVENTS_AT_ONCE = 100
ORDERS_AT_ONCE = 10
DAYS = 5
DAY_MS = 86_400_000
PAID = Decimal(3)  # what an order of the shop brings, before it goes back
ROWS_AN_ORDER = 8  # two placed, two moved (out and in), one sent back, and the rest
Item = dict[str, Any]


def event(number: int, chance: random.Random | None = None) -> Item:
    """An event of the last days; each tenth is a purchase of 1 and some cents, each seventh of a text id."""
    chance = chance or random.Random()
    kind = "purchase" if number % 10 == 0 else "page_view"
    money = {"revenue": f"{1 + number % 97 / 100:.2f}"} if kind == "purchase" else {}
    user = f"shopper-{number % 500}" if number % 7 == 0 else str(1 + number % 500)
    return {
        "event_id": str(uuid.UUID(int=chance.getrandbits(128))),
        "event_type": kind,
        "event_timestamp": int(time.time() * 1000) - chance.randrange(DAYS) * DAY_MS,
        "user_id": user,
        "country": ("DE", "UK", "US")[number % 3],
        **money,
    }


def orders(number: int, chance: random.Random | None = None) -> list[Item]:
    """An order's way: placed, paid, one of its two lines sent back, then the rest. Of each fifth, the first
    three arrive the wrong way round."""
    chance = chance or random.Random()
    order = {"order_id": str(uuid.UUID(int=chance.getrandbits(128))), "user_id": f"buyer-{number % 500}"}
    lines = [{"product_id": f"sku-{number % 50}", "quantity": 2, "unit_price": "1.25"}]
    lines.append({"product_id": "100", "quantity": 1, "unit_price": "0.50"})
    way = [
        order | {"status": "pending", "lines": lines},
        order | {"status": "completed"},
        order | {"status": "refunded", "lines": [{"product_id": "100", "quantity": 1}]},
    ]
    return [*(reversed(way) if number % 5 == 0 else way), order | {"status": "refunded"}]


class Shop:
    """Threads that send batches, each again and again until it is acknowledged."""

    def __init__(self, config: Config, seed: int = 0) -> None:
        self.client = Client(config, timeout_s=20)
        self.events = 0
        self.revenue = Decimal(0)
        self.orders = 0
        self.ages: dict[str, int] = {}
        self.retries = 0
        self._seed = seed
        self._runs = 0
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        self._stop.clear()
        self._runs += 1
        senders = [self._send_events, self._send_events, self._send_orders, self._send_users]
        self._threads = [
            threading.Thread(target=send, args=(number, random.Random(f"{self._seed} {self._runs} {number}")))
            for number, send in enumerate(senders)
        ]
        for thread in self._threads:
            thread.start()

    def finish(self) -> None:
        """Sends what is begun until it is acknowledged, and no more."""
        self._stop.set()
        for thread in self._threads:
            thread.join(120)
            assert not thread.is_alive()

    def _send_events(self, sender: int, chance: random.Random) -> None:
        number = sender * 1_000_000
        while not self._stop.is_set():
            items = [event(number + i, chance) for i in range(EVENTS_AT_ONCE)]
            self._send("events", items, self._count_events)
            number += EVENTS_AT_ONCE

    def _count_events(self, items: list[Item]) -> None:
        self.events += len(items)
        self.revenue += sum((Decimal(str(item.get("revenue", 0))) for item in items), Decimal(0))

    def _send_orders(self, sender: int, chance: random.Random) -> None:
        number = sender * 1_000_000
        while not self._stop.is_set():
            items = [item for i in range(ORDERS_AT_ONCE) for item in orders(number + i, chance)]
            self._send("orders", items, self._count_orders)
            number += ORDERS_AT_ONCE

    def _count_orders(self, items: list[Item]) -> None:
        self.orders += len({item["order_id"] for item in items})

    def _send_users(self, _: int, chance: random.Random) -> None:
        while not self._stop.wait(0.05):
            names = [f"shopper-{chance.randrange(500)}" for _ in range(3)]
            items = [{"user_id": name, "age": chance.randrange(1, 100)} for name in dict.fromkeys(names)]
            self._send("users", items, self._count_users)

    def _count_users(self, items: list[Item]) -> None:
        self.ages |= {item["user_id"]: item["age"] for item in items}

    def _send(self, kind: str, items: list[Item], count: Callable[[list[Item]], None]) -> None:
        body = "\n".join(map(json.dumps, items)).encode()
        while not self._acknowledged(kind, body):
            self.retries += 1
            time.sleep(0.05)
        with _lock:
            count(items)

    def _acknowledged(self, kind: str, body: bytes) -> bool:
        try:
            answer = self.client.post(kind, body, headers={"Content-Type": "application/x-ndjson"})
        except (OSError, http.client.HTTPException):
            return False
        assert answer.status in {202, 503}, answer
        return answer.status == 202


_lock = threading.Lock()


def differences(client: StoreClient, shop: Shop) -> list[str]:
    """Where the store says something else than what the shop was acknowledged; empty where all is right."""
    found: dict[str, Any] = {**sums(client)}
    wanted: dict[str, Any] = dict.fromkeys(found, (shop.events, shop.revenue))
    count = "SELECT count(), uniqExact(entry_id) FROM orders"
    found["rows of orders"] = tuple(client.query(count).result_rows[0])
    wanted["rows of orders"] = (shop.orders * ROWS_AN_ORDER,) * 2
    money = {"pending": Decimal(0), "completed": shop.orders * PAID, "refunded": -shop.orders * PAID}
    for table in ("orders", "mv_product_revenue"):
        found[f"money in {table}"] = ledger(client, table)
        wanted[f"money in {table}"] = {status: (shop.orders, sum_) for status, sum_ in money.items()}
    ages = "SELECT external_id, age FROM current_users WHERE age > 0"
    found["ages of users"] = {row[0]: row[1] for row in client.query(ages).result_rows}
    wanted["ages of users"] = shop.ages
    for kind, named_in in (("user", ("events", "orders")), ("product", ("orders",))):
        texts, ids = (query.replace("user", kind) for query in _TEXTS)
        found[f"names of {kind}s"] = tuple(client.query(texts).result_rows[0])
        named = set()
        for table in named_in:
            named |= {row[0] for row in client.query(ids.replace("TABLE", table)).result_rows}
        wanted[f"names of {kind}s"] = (len(named),) * 3
    return [f"{name}: {found[name]} for {wanted[name]}" for name in found if found[name] != wanted[name]]


# Text ids: how many rows, ids and texts there are of those that have been named; and the named.
_TEXTS = (
    "SELECT count(), uniqExact(user_id), uniqExact(external_id) FROM current_users"
    " WHERE bitShiftRight(user_id, 63) = 1 AND user_id IN (SELECT user_id FROM events UNION ALL"
    " SELECT user_id FROM orders)",
    "SELECT DISTINCT user_id FROM TABLE WHERE bitShiftRight(user_id, 63) = 1",
)


def sums(client: StoreClient) -> dict[str, tuple[int, Decimal]]:
    """Rows and revenue of the base table and of each rollup that holds them."""
    queries = {
        "events": "SELECT count(), sum(revenue) FROM events",
        "distinct": "SELECT uniqExact(event_id), sum(revenue) FROM events",
        "mv_hourly_events": "SELECT sum(event_count), sum(total_revenue) FROM mv_hourly_events",
        "mv_daily_events": "SELECT sum(event_count), sum(revenue) FROM mv_daily_events WHERE event_type = ''",
        "mv_user_funnel": "SELECT countMerge(total_events), sumMerge(revenue) FROM mv_user_funnel",
        "mv_country_stats": "SELECT sum(event_count), sum(revenue) FROM mv_country_stats",
        "daily_user_activity": "SELECT sum(activity_count), (SELECT sum(revenue) FROM events)"
        " FROM daily_user_activity",
    }
    return {name: tuple(client.query(query).result_rows[0]) for name, query in queries.items()}


def ledger(client: StoreClient, table: str) -> dict[str, tuple[int, Decimal]]:
    """Distinct orders and money by status, of the ledger or of its rollup."""
    queries = {
        "orders": "SELECT status, uniqExact(order_id), sum(total_amount) FROM orders GROUP BY status",
        "mv_product_revenue": "SELECT status, (SELECT uniqExact(order_id) FROM orders), sum(total_revenue)"
        " FROM mv_product_revenue GROUP BY status",
    }
    return {status: (count, money) for status, count, money in client.query(queries[table]).result_rows}
