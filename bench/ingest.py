"""How fast is ingest, beside the engine alone, and what does it take of the machine?

Batches of 1,000 events (NDJSON, then JSON) are sent as fast as they are answered, until all can be queried.
In the same run the engine alone takes such rows, in Native over HTTP in blocks of 100,000: that is what
nothing in front of it could pass. It takes them in two forms: as the engine itself gives rows out (several
blocks a request), and as ingest sends them (one block), which costs the engine half as much. CPU times are of
whole processes, so what an event costs is told however busy the machine is.

Before each load from clients, the engine merges what the one before has left: millions of rows, whose merges
would be part of the next figure. Latencies are those of the brief's shop, in a stack of its own: of single
events at a fixed rate; and at the brief's rate, `footfall stream` (100 events and 20 orders a second), with
the dashboard's endpoints asked and the live page's stream read all the while, and batches of 100 events on
top, each timed from when it was due.
"""

import itertools
import os
import re
import secrets
import sys
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
from bench.pages import watched_pages
from bench.raw import Raw
from bench.report import Report, spread
from bench.stack import plan, rest
from footfall import store
from footfall.config import Config
from footfall.generate.history import generate
from footfall.ingest import native
from footfall.ingest.blocks import insert_settings, new_block_id
from footfall.ingest.bulk import Bulk
from footfall.ingest.fields import Rules
from footfall.ingest.lanes import EVENTS
from footfall.ingest.outcome import Occurrences, Sender
from footfall.ingest.split import split
from footfall.schema.migrate import migrate

BATCH = 1_000
TEMPLATES = 64
CLIENTS = 4
BLOCK = 100_000
SINGLE_RATE = 4_000.0
SINGLE_CLIENTS = 32
PROBES_A_S = 2.0
SETTLE_LIMIT_S = 600
LEAST_S = 2.0  # of shorter floods, waiting for the last block would be most
_MIB = 1 << 20
_CORES = os.cpu_count() or 1
Row = list[str | float]


@dataclass
class Stack:
    """A running engine and ingest, and a client of the engine."""

    config: Config
    engine: support.Process
    ingest: support.Process
    store: Client


def measure(*, events: int, seconds: float) -> Report:
    """NDJSON for `seconds` beside the engine alone, JSON for a fifth; latencies in a shop of `events`."""
    report = Report("Ingest", ["what", "figure", "aim"], 0, 1, f"chDB {version('chdb')}")
    numbers = itertools.count(secrets.randbits(20) << 11)
    alone_s = max(2.0, min(seconds, 60.0) / 2)
    with running_stack() as stack:
        ndjson = templates(TEMPLATES, BATCH, ndjson=True)
        flood_until_queryable(stack, ndjson, min(seconds, 10.0), numbers)  # all warm, and rows for the engine
        alone = [_alone(stack, alone_s, _selected(stack)), _alone(stack, alone_s, _sent(ndjson, numbers))]
        rest(stack.store)
        report.rows += _rates("NDJSON", stack, ndjson, max(LEAST_S, seconds), numbers, alone)
        json = templates(TEMPLATES, BATCH, ndjson=False)
        rest(stack.store)
        report.rows += _rates("JSON", stack, json, max(LEAST_S, seconds / 5), numbers, alone)
        for form, one in zip(("as it gives rows out", "as ingest sends them"), alone, strict=True):
            report.rows += [
                [f"the engine alone, Native, {form}: rows/s", one.rate, ""],
                [f"the engine alone, Native, {form}: CPU a row, µs", one.cpu_us, ""],
            ]
        report.events = number(stack.store, _COUNT)
    with running_stack() as stack:
        generate(stack.config, plan(events))
        rest(stack.store)
        report.rows += _singles(stack, min(seconds, 60.0), numbers)
        rest(stack.store)
        report.rows += _beside_pages(stack, min(seconds, 120.0), numbers)
    return report


@contextmanager
def running_stack() -> Iterator[Stack]:
    """A stack in a folder that goes afterwards; an engine that was put in its place is stopped, too."""
    with tempfile.TemporaryDirectory(prefix="footfall-bench-") as folder:
        config = support.make_config(Path(folder))
        engine = support.start("engine", config)
        try:
            migrate(config)
            ingest = support.start("ingest", config)
            stack = Stack(config, engine, ingest, _client(config))
            try:
                yield stack
            except Exception:
                print(ingest.output()[-4_000:], file=sys.stderr)
                raise
            finally:
                ingest.stop()
                engine = stack.engine
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
def watched(stack: Stack) -> Iterator[Spent]:
    """Watches both processes; the figures are whole after the block."""
    spent, ended = Spent(), threading.Event()
    before = _cpu_s(stack.engine), _cpu_s(stack.ingest)

    def look() -> None:
        client = _client(stack.config)
        while not ended.wait(1.0):
            spent.resident = max(spent.resident, psutil.Process(stack.ingest.pid).memory_info().rss / _MIB)
            spent.parts = max(spent.parts, number(client, _PARTS))
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
_FOUND = "SELECT count() FROM footfall.events WHERE event_id = {id:UUID}"


def _client(config: Config) -> Client:
    return store.connect(config, "footfall")


def number(client: Client, query: str) -> int:
    return int(client.query(query).result_rows[0][0])


def _cpu_s(process: support.Process) -> float:
    times = psutil.Process(process.pid).cpu_times()
    return float(times.user + times.system)


def flood_until_queryable(
    stack: Stack, bodies: list[Template], seconds: float, numbers: Iterator[int]
) -> tuple[Load, float]:
    """Sends for so long; what came of it, and the seconds until all of it could be queried."""
    held = number(stack.store, _COUNT)
    connections = [Connection(stack.config) for _ in range(CLIENTS)]
    began = time.perf_counter()
    load = flood(connections, bodies, seconds, numbers)
    deadline = time.monotonic() + SETTLE_LIMIT_S
    while number(stack.store, _COUNT) < held + load.accepted:
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


@dataclass
class Block:
    """Rows of an INSERT: the columns that it names, its data and its number of rows."""

    columns: str
    data: bytes
    rows: int


def _selected(stack: Stack) -> Block:
    """Rows that ingest wrote, as the engine gives them out: all columns, in several blocks of Native."""
    rows = min(BLOCK, number(stack.store, _COUNT))
    return Block("", stack.store.raw_query(f"SELECT * FROM footfall.events LIMIT {rows}", fmt="Native"), rows)


def _sent(bodies: list[Template], numbers: Iterator[int]) -> Block:
    """Rows as ingest sends them: one block."""
    bulk = Bulk(Rules("USD", 90, 365))
    sender = Sender(bytes(16), "", "http", time.time_ns() // 1_000_000)
    made = []
    for number in itertools.islice(numbers, BLOCK // BATCH):
        items = split(bodies[number % len(bodies)].body(number), ndjson=True)
        rows = bulk.plain(items[:], sender, Occurrences()).rows
        assert rows is not None
        made.append((len(rows.keys), rows.body))
    columns = ", ".join([*(column.name for column in EVENTS.columns), "block_id"])
    return Block(f" ({columns})", native.block(EVENTS.columns, made, new_block_id()), BLOCK)


def _alone(stack: Stack, seconds: float, block: Block) -> Alone:
    """The block again and again, over one connection."""
    engine = Raw(stack.config)
    cpu, began, count = _cpu_s(stack.engine), time.perf_counter(), 0
    while count == 0 or time.perf_counter() - began < seconds:
        settings = ", ".join(f"{name} = {value!r}" for name, value in insert_settings(new_block_id()).items())
        engine.ask(
            f"INSERT INTO footfall.events{block.columns} SETTINGS {settings} FORMAT Native", block.data
        )
        count += block.rows
    taken = time.perf_counter() - began
    engine.close()
    return Alone(count / taken, (_cpu_s(stack.engine) - cpu) / count * 1e6)


def _rates(
    name: str,
    stack: Stack,
    bodies: list[Template],
    seconds: float,
    numbers: Iterator[int],
    alone: list[Alone],
) -> list[Row]:
    with watched(stack) as spent:
        load, until_queryable_s = flood_until_queryable(stack, bodies, seconds, numbers)
    events = load.accepted
    rate = events / until_queryable_s
    return [
        [f"{name}: accepted, events/s", events / load.seconds, ""],
        [f"{name}: until queryable, events/s", rate, "100,000"],
        [f"{name}: of the engine alone, as it gives rows out", rate / alone[0].rate, "at least 0.35"],
        [f"{name}: of the engine alone, as ingest sends them", rate / alone[1].rate, ""],
        [f"{name}: CPU an event, µs: ingest", spent.ingest_s / events * 1e6, ""],
        [f"{name}: CPU an event, µs: engine", spent.engine_s / events * 1e6, ""],
        [f"{name}: CPU an event, µs: load generator", load.cpu_s / events * 1e6, ""],
        [f"{name}: the load generator's share of the cores", load.cpu_s / load.seconds / _CORES, ""],
        [f"{name}: answers 429 or 503", float(load.again), ""],
        [f"{name}: most parts of a table", float(spent.parts), "below 300"],
        [f"{name}: ingest's memory, MiB", spent.resident, "below 476 (500 MB)"],
    ]


def _singles(stack: Stack, seconds: float, numbers: Iterator[int]) -> list[Row]:
    connections = [Connection(stack.config) for _ in range(SINGLE_CLIENTS)]
    bodies = templates(1_000, 1, ndjson=True)
    with watched(stack) as spent:
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


def _beside_pages(stack: Stack, seconds: float, numbers: Iterator[int]) -> list[Row]:
    """Batches of 100 beside the brief's rate and pages that are looked at: answered once they can be queried,
    and without waiting for that."""
    bodies = templates(16, 100, ndjson=True)
    connections = [Connection(stack.config) for _ in range(CLIENTS)]
    with watched_pages(stack.config) as asked:
        stream = support.launch("stream", stack.config)
        try:
            waited = paced(connections, bodies, seconds, numbers, 1.0, "/v1/events?wait=true")
            probes = max(2, int(seconds * PROBES_A_S))
            body = bodies[0]
            found = [_until_queryable(stack, connections[0], body.body(next(numbers))) for _ in range(probes)]
        finally:
            stream.stop()
    for connection in connections:
        connection.close()
    p50, p95, p99 = spread(waited.latencies)
    return [
        ["100 events and wait=true, ms: p50", p50, ""],
        ["100 events and wait=true, ms: p95", p95, "at most 100"],
        ["100 events and wait=true, ms: p99", p99, "at most 150"],
        ["100 events, from 202 to queryable, ms: p99", spread(found)[2], "at most 500"],
        ["meanwhile, answers of the dashboard and frames of the live page", float(asked.answers), ""],
    ]


def _until_queryable(stack: Stack, connection: Connection, body: bytes) -> float:
    """Milliseconds from an answer of 202 until the last of its events is found."""
    (event_id,) = re.findall(rb'"event_id":"([^"]+)"', body)[-1:]
    status, _ = connection.post("/v1/events", "application/x-ndjson", body)
    assert status == 202
    began = time.perf_counter()
    while not stack.store.query(_FOUND, parameters={"id": event_id.decode()}).result_rows[0][0]:
        time.sleep(0.005)
    taken = time.perf_counter() - began
    time.sleep(max(0.0, 1 / PROBES_A_S - taken))
    return taken * 1000
