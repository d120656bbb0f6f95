"""A shop that retries until it is answered, and the sums that must be equal in the end."""

import http.client
import json
import random
import threading
import time
import uuid
from decimal import Decimal

from clickhouse_connect.driver.client import Client as StoreClient

from footfall.config import Config
from tests.ingest.client import Client

BATCH = 100


def event(number: int) -> dict[str, object]:
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


class Shop:
    """Threads that send batches, each again and again until it is acknowledged."""

    def __init__(self, config: Config, senders: int = 3) -> None:
        self.client = Client(config, timeout_s=20)
        self.sent = 0
        self.revenue = Decimal(0)
        self.retries = 0
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(number,)) for number in range(senders)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def finish(self) -> None:
        """Sends what is begun until it is acknowledged, and no more."""
        self._stop.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive()

    def _run(self, sender: int) -> None:
        number = sender * 1_000_000
        while not self._stop.is_set():
            events = [event(number + i) for i in range(BATCH)]
            number += BATCH
            body = "\n".join(map(json.dumps, events)).encode()
            while not self._acknowledged(body):
                self.retries += 1
                time.sleep(0.05)
            with self._lock:
                self.sent += BATCH
                self.revenue += sum(Decimal(str(e.get("revenue", 0))) for e in events)

    def _acknowledged(self, body: bytes) -> bool:
        try:
            answer = self.client.post("events", body, headers={"Content-Type": "application/x-ndjson"})
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
