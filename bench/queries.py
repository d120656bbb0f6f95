"""How fast does each of the brief's endpoints answer 16 clients at once?

Each client keeps its connection and asks again as soon as it has its answer; milliseconds are those of whole
answers, read to the end. Clients and servers share the cores. `the first` is the first answer of all, asked
for by one client alone; what comes then may be kept. `beside the stream` is the same again while ingest takes
100 events a second, so that the rows change under the answers. A second table has every named query alone:
one at a time, on the store, with what it reads.
"""

import http.client
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import median
from urllib.parse import urlencode, urlsplit

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError
from tests import support

from bench.report import Report, in_turn, spread
from bench.stack import shop, streaming
from footfall import store
from footfall.config import Config
from footfall.dashboard.app import ENDPOINTS
from footfall.limits import READERS_JOINS
from footfall.query import catalogue
from footfall.query.evidence import Samples, sample
from footfall.query.parameters import bind

CLIENTS = 16
OVER_LIMIT = "over a reader's limits"
_FAIR = {"use_query_condition_cache": 0, "max_execution_time": 0, **READERS_JOINS}


@dataclass
class _Clients:
    """What one endpoint's clients saw: milliseconds of each answer, and those that were no 200."""

    ms: list[float] = field(default_factory=list)
    failed: list[int] = field(default_factory=list)
    seconds: float = 0

    @property
    def spread(self) -> list[str | float]:
        return spread(self.ms)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.ms) / self.seconds


def measure(*, events: int, runs: int) -> list[Report]:
    """`runs` answers of each endpoint, of each client at least one."""
    with shop(events) as config, store.connect(config, "footfall") as client:
        asked = questions(config, sample(client))
        engine = f"ClickHouse {client.server_version}"
        alone = Report(
            "Named queries one at a time, over their default range",
            ["query", "ms", "rows read", "MiB read"],
            events,
            _each(runs),
            engine,
        )
        for name, given in asked.items():
            alone.rows.append([name, *_alone(client, config, name, given, _each(runs))])
        together = Report(
            f"Endpoints of the dashboard, {CLIENTS} clients, ms",
            [
                *("endpoint", "median", "p95", "p99", "answers/s", "the first"),
                *("median beside the stream", "p99 beside the stream", "failed"),
            ],
            events,
            _each(runs) * CLIENTS,
            engine,
        )
        targets = {path: _target(path, asked.get(name, {})) for path, name in ENDPOINTS.items()}
        dashboard = support.start("dashboard", config)
        try:
            first = {path: _ask(config, target, 1) for path, target in targets.items()}
            still = {path: _ask(config, target, _each(runs), CLIENTS) for path, target in targets.items()}
            with streaming(config):
                beside = {
                    path: _ask(config, target, _each(runs), CLIENTS) for path, target in targets.items()
                }
        finally:
            dashboard.stop()
        for path in targets:
            middle, _, p99 = beside[path].spread
            failed = sum(len(seen.failed) for seen in (first[path], still[path], beside[path]))
            row = [*still[path].spread, still[path].rate, *first[path].ms, middle, p99, failed]
            together.rows.append([path, *row])
        return [together, alone]


def questions(config: Config, of: Samples) -> dict[str, dict[str, str]]:
    """Every named query, and values for what must be given, or would find nothing in a shop of yesterday."""
    values = {"user_id": of.user_id, "session_id": of.session_id, "product_id": of.product_id}
    found = {}
    for query in catalogue(config).values():
        required = [parameter.name for parameter in query.parameters if parameter.required]
        found[query.name] = {name: values[name] for name in required}
    found["event_search"] = {"page_url": of.page_url}
    for name in ("arrivals", "latest_events"):
        found[name] = {"after": of.events_after}
    found["latest_orders"] = {"after": of.orders_after}
    for name in ("live_cards", "live_series", "live_types"):
        found[name] = {"at": of.at}
    return found


def within_limits(ask: Callable[[], object]) -> bool:
    """Whether the store answers within the limits of whoever asks."""
    try:
        ask()
    except DatabaseError:
        return False
    return True


def _alone(
    client: Client, config: Config, name: str, given: Mapping[str, str], runs: int
) -> list[str | float]:
    query = catalogue(config)[name]
    values = dict(bind(query, given).values)

    def ask() -> None:
        client.raw_query(query.sql, parameters=values, settings=_FAIR, fmt="Native")

    summary = client.query(query.sql, parameters=values, settings=_FAIR).summary
    (taken,) = in_turn([ask], runs, warm_ups=1)
    return [median(taken), int(summary["read_rows"]), int(summary["read_bytes"]) / (1 << 20)]


def _ask(config: Config, target: str, runs: int, clients: int = 1) -> _Clients:
    seen = _Clients()
    threads = [threading.Thread(target=_client, args=(config, target, runs, seen)) for _ in range(clients)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seen.seconds = time.perf_counter() - began
    return seen


def _client(config: Config, target: str, runs: int, seen: _Clients) -> None:
    address = urlsplit(config.url("dashboard"))
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=120)
    for _ in range(runs):
        began = time.perf_counter()
        connection.request("GET", target, headers={"Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        answer.read()
        seen.ms.append((time.perf_counter() - began) * 1000)
        if answer.status != 200:
            seen.failed.append(answer.status)
    connection.close()


def _each(runs: int) -> int:
    """Answers of each client."""
    return max(1, runs // CLIENTS)


def _target(path: str, given: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(given)}" if given else path
