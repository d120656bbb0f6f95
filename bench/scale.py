"""What grows with the events, and how? The same measurements of shops of 1, 3, 10, 30 … million events.

A rollup's query should grow with the rollup and not with the events; nothing should fall off a cliff. The
shops are made one after another, up to the size that is asked for; `python -m bench.charts` draws all this.
"""

import tempfile
import time
from functools import partial
from pathlib import Path
from statistics import median

from clickhouse_connect.driver.client import Client
from tests import support

from bench.queries import questions
from bench.report import Report, in_turn
from bench.stack import plan
from footfall import store
from footfall.config import Config
from footfall.generate.history import generate
from footfall.limits import READERS_JOINS
from footfall.query import NamedQuery, catalogue
from footfall.query.evidence import sample
from footfall.query.parameters import bind
from footfall.schema.migrate import migrate

STEPS = (1, 3, 10, 30, 100)
"""In hundredths of the largest size that is measured."""
SMALLEST = 1_000
_FAIR = {"use_query_condition_cache": 0, "max_execution_time": 0, **READERS_JOINS}
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
    loading.columns += ["rows of rollups by hour, country, product", "engine's peak, MiB"]
    times = Report("Growth: named queries, ms", ["query", *(f"{size:,}" for size in sizes)], events, runs, "")
    of_query: dict[str, list[str | float]] = {}
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="footfall-bench-") as folder:
            config = support.make_config(Path(folder))
            engine = support.start("engine", config)
            try:
                migrate(config)
                began = time.perf_counter()
                generate(config, plan(size))
                taken = time.perf_counter() - began
                with store.connect(config, "footfall") as client:
                    loading.engine = times.engine = f"ClickHouse {client.server_version}"
                    queries = _queries(client, config, runs)
                    loading.rows.append([*_sizes(client, taken), peak_mib(engine.pid)])
                for name, ms in queries.items():
                    of_query.setdefault(name, [name]).append(ms)
            finally:
                engine.stop(60)
    times.rows = list(of_query.values())
    return [loading, times]


def _sizes(client: Client, seconds: float) -> list[str | float]:
    def one(sql: str) -> int:
        return int(client.query(sql).result_rows[0][0])

    held, whole = one(_EVENTS), one(_BYTES)
    return [held, held / seconds, whole / held, whole / (1 << 30), one(_PARTS), one(_ROLLUP_ROWS)]


def _queries(client: Client, config: Config, runs: int) -> dict[str, float]:
    """The median of each named query, all in turn."""
    asked = questions(config, sample(client))
    queries = catalogue(config)
    taken = in_turn(
        [partial(_ask, client, queries[name], given) for name, given in asked.items()], runs, warm_ups=1
    )
    return {name: median(times) for name, times in zip(asked, taken, strict=True)}


def _ask(client: Client, query: NamedQuery, given: dict[str, str]) -> None:
    client.raw_query(query.sql, parameters=dict(bind(query, given).values), settings=_FAIR, fmt="Native")


def peak_mib(pid: int) -> float:
    """The most memory that the process has held, MiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024
