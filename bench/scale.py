"""What grows with the events, and how? The same measurements of shops of 1, 3, 10, 30 … million events.

A rollup's query should grow with the rollup and not with the events; nothing should fall off a cliff: the
last column tells by how much a query became slower with the last step, in which the events grow 3.3 times.
Queries are those of `reader`, within its limits, as the pages ask them. The
shops are made one after another, up to the size that is asked for, and asked once they are at rest;
`python -m bench.charts` draws all this.
"""

import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from statistics import median

from clickhouse_connect.driver.client import Client
from tests import support

from bench.queries import OVER_LIMIT, questions, within_limits
from bench.report import Report, in_turn
from bench.stack import empty, plan, rest
from footfall import store
from footfall.config import Config
from footfall.generate.history import generate
from footfall.query import NamedQuery, catalogue
from footfall.query.evidence import Samples, sample
from footfall.query.parameters import bind
from footfall.schema.migrate import migrate

STEPS = (1, 3, 10, 30, 100)
"""In hundredths of the largest size that is measured."""
SMALLEST = 1_000
PEAKS = ("engine's peak while it loaded, MiB", "while it answered, MiB")
_FAIR = {"use_query_condition_cache": 0}
_PARTS = """
SELECT max(parts) FROM
    (SELECT count() AS parts FROM system.parts WHERE active AND database = 'footfall' GROUP BY table)
"""
_BYTES = "SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = 'footfall'"
_EVENTS = "SELECT count() FROM footfall.events"
_ROLLUP_ROWS = """
SELECT sum(rows) FROM system.parts WHERE active AND database = 'footfall'
    AND table IN ('mv_hourly_events', 'mv_country_stats', 'mv_product_revenue')
"""


def measure(*, events: int, runs: int) -> list[Report]:
    """Loading, sizes, and each named query's time, at each step up to `events`."""
    sizes = [size for step in STEPS if (size := events * step // 100) >= SMALLEST]
    loading = Report(
        "Growth: loading and size",
        ["events", "rows/s loaded", "bytes an event", "GiB on disk", "most parts of a table"],
        events,
        runs,
        "",
    )
    loading.columns += ["rows of rollups by hour, country, product", *PEAKS]
    times = Report("Growth: named queries, ms", ["query", *(f"{size:,}" for size in sizes)], events, runs, "")
    times.columns.append("last step, times slower")
    of_query: dict[str, list[str | float]] = {}
    for size in sizes:
        with empty(size) as config:
            engine = support.start("engine", config)
            try:
                migrate(config)
                began = time.perf_counter()
                generate(config, plan(size))
                taken = time.perf_counter() - began
                with store.connect(config, "footfall") as client:
                    loading.engine = times.engine = f"ClickHouse {client.server_version}"
                    rest(client)
                    loaded_mib = peak_mib(engine.pid)
                    forget_peak(engine.pid)
                    queries = _queries(config, sample(client), runs)
                    loading.rows.append([*_sizes(client, taken), loaded_mib, peak_mib(engine.pid)])
                for name, ms in queries.items():
                    of_query.setdefault(name, [name]).append(ms)
            finally:
                engine.stop(60)
    times.rows = [[*row, _slower(row)] for row in of_query.values()]
    return [loading, times]


def _sizes(client: Client, seconds: float) -> list[str | float]:
    def one(sql: str) -> int:
        return int(client.query(sql).result_rows[0][0])

    held, whole = one(_EVENTS), one(_BYTES)
    return [held, held / seconds, whole / held, whole / (1 << 30), one(_PARTS), one(_ROLLUP_ROWS)]


def _queries(config: Config, of: Samples, runs: int) -> dict[str, str | float]:
    """The median of each named query, all in turn; words for one that takes more than a reader may."""
    queries = catalogue(config)
    with store.connect(config, "reader") as client:
        asks = {
            name: partial(_ask, client, queries[name], given) for name, given in questions(config, of).items()
        }
        within = {name: ask for name, ask in asks.items() if within_limits(ask)}
        taken = in_turn(list(within.values()), runs, warm_ups=0)
    times: dict[str, str | float] = dict.fromkeys(asks, OVER_LIMIT)
    return times | {name: median(each) for name, each in zip(within, taken, strict=True)}


def _ask(client: Client, query: NamedQuery, given: dict[str, str]) -> None:
    client.raw_query(query.sql, parameters=dict(bind(query, given).values), settings=_FAIR, fmt="Native")


def _slower(row: Sequence[str | float]) -> str | float:
    before, last = row[-2:]
    return "" if isinstance(before, str) or isinstance(last, str) else last / before


def forget_peak(pid: int) -> None:
    """Lets the process's peak begin again at what it holds now (proc(5), clear_refs)."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def peak_mib(pid: int) -> float:
    """The most memory that the process has held, MiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024
