"""How fast is ingest, beside the engine alone, and what does it take of the machine?

Batches of 1,000 events (NDJSON, then JSON) are sent as fast as they are answered, until all can be queried.
In the same run the engine alone takes the same rows, in Native over HTTP in blocks of 100,000: that is what
nothing in front of it could pass. CPU times are of whole processes, so what an event costs is told however
busy the machine is. Then single events and small batches at a fixed rate, each timed from when it was due.
"""

import itertools
import secrets
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import psutil
from clickhouse_connect.driver.client import Client
from tests import support

from bench.bodies import Template, templates
from bench.load import Connection, Load, flood, paced
from bench.raw import Raw
from bench.report import Report, spread
from footfall import store
from footfall.config import Config
from footfall.ingest.blocks import insert_settings, new_block_id
from footfall.schema.migrate import migrate

BATCH = 1_000
TEMPLATES = 64
CLIENTS = 4
BLOCK = 100_000
SINGLE_RATE = 4_000.0
SINGLE_CLIENTS = 32
PROBES_A_S = 2.0
SETTLE_LIMIT_S = 600
_MIB = 1 << 20
Row = list[str | float]


@dataclass
class Stack:
    """A running engine and ingest, and the processes that they are."""

    config: Config
    engine: psutil.Process
    ingest: psutil.Process
    store: Client


def measure(*, seconds: float) -> Report:
    """NDJSON for `seconds` beside the engine alone, JSON for a fifth of it, then latencies."""
    report = Report("Ingest", ["what", "figure", "aim"], 0, 1, f"chDB {version('chdb')}")
    numbers = itertools.count(secrets.randbits(20) << 11)
    with _stack() as stack:
        ndjson = templates(TEMPLATES, BATCH, ndjson=True)
        _flood(stack, ndjson, min(seconds, 10.0), numbers)  # all warm, and rows for the engine
        alone = _alone(stack, max(2.0, min(seconds, 60.0)))
        report.rows += _rates("NDJSON", stack, ndjson, seconds, numbers, alone)
        json = templates(TEMPLATES, BATCH, ndjson=False)
        report.rows += _rates("JSON", stack, json, seconds / 5, numbers, alone)
        after = _alone(stack, max(2.0, min(seconds, 60.0)))
        report.rows += [
            ["the engine alone, Native, rows/s: before", alone.rate, ""],
            ["the engine alone, Native, rows/s: after", after.rate, ""],
            ["the engine alone, CPU a row, µs", alone.cpu_us, ""],
        ]
        report.rows += _singles(stack, min(seconds, 60.0), numbers)
        report.rows += _small(stack, seconds, numbers)
        report.events = _number(stack.store, _COUNT)
    return report


@contextmanager
def _stack() -> Iterator[Stack]:
    with tempfile.TemporaryDirectory(prefix="footfall-bench-") as folder:
        config = support.make_config(Path(folder))
        engine = support.start("engine", config)
        try:
            migrate(config)
            ingest = support.start("ingest", config)
            try:
                yield Stack(config, psutil.Process(engine.pid), psutil.Process(ingest.pid), _client(config))
            finally:
                ingest.stop()
        finally:
            engine.stop()


@dataclass
class Spent:
    """CPU seconds of both processes, and the most of what was seen of parts and of ingest's memory."""

    engine_s: float = 0.0
    ingest_s: float = 0.0
    parts: int = 0
    resident: float = 0.0


@contextmanager
def _watched(stack: Stack) -> Iterator[Spent]:
    """Watches both processes; the figures are whole after the block."""
    spent, ended = Spent(), threading.Event()
    before = _cpu_s(stack.engine), _cpu_s(stack.ingest)

    def look() -> None:
        client = _client(stack.config)
        while not ended.wait(1.0):
            spent.resident = max(spent.resident, stack.ingest.memory_info().rss / _MIB)
            spent.parts = max(spent.parts, _number(client, _PARTS))
        client.close()

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield spent
    finally:
        ended.set()
        watcher.join()
        spent.engine_s = _cpu_s(stack.engine) - before[0]
        spent.ingest_s = _cpu_s(stack.ingest) - before[1]


_PARTS = (
    "SELECT max(parts) FROM (SELECT count() AS parts FROM system.parts WHERE active GROUP BY database, table)"
)
_COUNT = "SELECT count() FROM footfall.events"


def _client(config: Config) -> Client:
    return store.connect(config, "footfall")


def _number(client: Client, query: str) -> int:
    return int(client.query(query).result_rows[0][0])


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _flood(
    stack: Stack, bodies: list[Template], seconds: float, numbers: Iterator[int]
) -> tuple[Load, float]:
    """Sends for so long; what came of it, and the seconds until all of it could be queried."""
    held = _number(stack.store, _COUNT)
    connections = [Connection(stack.config) for _ in range(CLIENTS)]
    began = time.perf_counter()
    load = flood(connections, bodies, seconds, numbers)
    deadline = time.monotonic() + SETTLE_LIMIT_S
    while _number(stack.store, _COUNT) < held + load.accepted:
        if time.monotonic() > deadline:
            raise RuntimeError("the rows do not arrive")
        time.sleep(0.02)
    for connection in connections:
        connection.close()
    return load, time.perf_counter() - began


@dataclass
class Alone:
    """What the engine takes with nothing in front of it: rows a second, and CPU µs a row."""

    rate: float
    cpu_us: float


def _alone(stack: Stack, seconds: float) -> Alone:
    """Blocks of rows that ingest wrote, sent again as Native."""
    rows = min(BLOCK, _number(stack.store, _COUNT))
    block = stack.store.raw_query(f"SELECT * FROM footfall.events LIMIT {rows}", fmt="Native")
    engine = Raw(stack.config)
    cpu, began, count = _cpu_s(stack.engine), time.perf_counter(), 0
    while count == 0 or time.perf_counter() - began < seconds:
        settings = ", ".join(f"{name} = {value!r}" for name, value in insert_settings(new_block_id()).items())
        engine.ask(f"INSERT INTO footfall.events SETTINGS {settings} FORMAT Native", block)
        count += rows
    taken = time.perf_counter() - began
    engine.close()
    return Alone(count / taken, (_cpu_s(stack.engine) - cpu) / count * 1e6)


def _rates(
    name: str, stack: Stack, bodies: list[Template], seconds: float, numbers: Iterator[int], alone: Alone
) -> list[Row]:
    with _watched(stack) as spent:
        load, until_queryable_s = _flood(stack, bodies, seconds, numbers)
    events = load.accepted
    rate = events / until_queryable_s
    return [
        [f"{name}: accepted, events/s", events / load.seconds, ""],
        [f"{name}: until queryable, events/s", rate, "100,000"],
        [f"{name}: of the engine alone", rate / alone.rate, "at least 0.35"],
        [f"{name}: CPU an event, µs: ingest", spent.ingest_s / events * 1e6, ""],
        [f"{name}: CPU an event, µs: engine", spent.engine_s / events * 1e6, ""],
        [f"{name}: CPU an event, µs: load generator", load.cpu_s / events * 1e6, ""],
        [f"{name}: the load generator's cores", load.cpu_s / load.seconds, ""],
        [f"{name}: answers 429 or 503", float(load.again), ""],
        [f"{name}: most parts of a table", float(spent.parts), "below 300"],
        [f"{name}: ingest's memory, MiB", spent.resident, "below 476 (500 MB)"],
    ]


def _singles(stack: Stack, seconds: float, numbers: Iterator[int]) -> list[Row]:
    connections = [Connection(stack.config) for _ in range(SINGLE_CLIENTS)]
    bodies = templates(1_000, 1, ndjson=True)
    with _watched(stack) as spent:
        load = paced(connections, bodies, seconds, numbers, SINGLE_RATE)
    for connection in connections:
        connection.close()
    p50, _, p99 = spread(load.latencies)
    return [
        ["single events: requests/s", load.accepted / load.seconds, "4,000"],
        ["single events: 202 after, ms: p50", p50, ""],
        ["single events: 202 after, ms: p99", p99, "at most 50"],
        ["single events: CPU of ingest a request, µs", spent.ingest_s / load.requests * 1e6, ""],
    ]


def _small(stack: Stack, seconds: float, numbers: Iterator[int]) -> list[Row]:
    """Batches of 100 at the brief's rate: answered once they can be queried, and without waiting for that."""
    bodies = templates(16, 100, ndjson=True)
    connections = [Connection(stack.config) for _ in range(CLIENTS)]
    waited = paced(connections, bodies, seconds, numbers, 1.0, "/v1/events?wait=true")
    probes = max(2, int(seconds * PROBES_A_S))
    found = [_until_queryable(stack, connections[0], bodies[0].body(next(numbers))) for _ in range(probes)]
    for connection in connections:
        connection.close()
    p50, p95, p99 = spread(waited.latencies)
    return [
        ["100 events and wait=true, ms: p50", p50, ""],
        ["100 events and wait=true, ms: p95", p95, "at most 100"],
        ["100 events and wait=true, ms: p99", p99, "at most 150"],
        ["100 events, from 202 to queryable, ms: p99", spread(found)[2], "at most 500"],
    ]


def _until_queryable(stack: Stack, connection: Connection, body: bytes) -> float:
    """Milliseconds from an answer of 202 until the rows are found."""
    held = _number(stack.store, _COUNT)
    status, _ = connection.post("/v1/events", "application/x-ndjson", body)
    assert status == 202
    began = time.perf_counter()
    while _number(stack.store, _COUNT) == held:
        time.sleep(0.005)
    taken = time.perf_counter() - began
    time.sleep(max(0.0, 1 / PROBES_A_S - taken))
    return taken * 1000
