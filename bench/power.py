"""What does it cost to survive a power cut: fsync at each INSERT, or blocks that are kept until a sync?

    python -m bench.power [--events N] [--runs N]

INSERTs of 100 and of 50,000 events into the full schema, in turns of five: with the engine's defaults, with
`fsync_after_insert` and `fsync_part_directory` on `events` and its rollups, and with the defaults and a
`syncfs` at least every ten seconds beside it, as ingest has it. Then what keeping costs in the inbox: a block
of 50,000 rows forgotten at once, or kept and released, in the inbox's own transactions.
"""

import argparse
import sys
import tempfile
import threading
import time
from contextlib import closing
from functools import partial
from pathlib import Path

from clickhouse_connect.driver.client import Client

from bench.report import Report, show, spread
from bench.stack import shop
from footfall import store
from footfall.config import Config
from footfall.ingest import blocks, chunks, kept
from footfall.ingest.inbox import Inbox
from footfall.ingest.lanes import EVENTS
from footfall.ingest.native import Row
from footfall.ingest.outcome import Entry
from footfall.model import derived_uuid

TURN = 5
SYNC_S = 10.0
_INSERT = """
    INSERT INTO footfall.events (event_id, event_type, event_timestamp, user_id, session_id, page_url,
                                 country, block_id)
    SELECT generateUUIDv4(), ['page_view', 'product_view', 'add_to_cart', 'purchase'][number % 4 + 1],
           now64(3), number % 5000 + 1, toString(number % 9000), concat('/products/', toString(number % 700)),
           'UK', {block:UInt64}
    FROM numbers({rows:UInt64})"""


def measure(*, events: int, runs: int) -> Report:
    """Rows of the report: what, then median, p95 and p99 in ms."""
    with shop(events) as config, store.connect(config, "footfall") as client:
        report = Report(
            "What surviving a power cut costs, ms",
            ["", "median", "p95", "p99"],
            events,
            runs,
            f"ClickHouse {client.server_version}",
        )
        for rows, count in ((100, runs), (50_000, max(2 * TURN, runs // 4))):
            times: dict[str, list[float]] = {"no fsync": [], "fsync at INSERT": [], "syncfs beside it": []}
            syncs: list[float] = []
            for _ in range(-(-count // TURN)):
                for way, taken in times.items():
                    _fsync(client, on=way == "fsync at INSERT")
                    stop = threading.Event()
                    beside = threading.Thread(target=_sync, args=(config, stop, syncs))
                    if way == "syncfs beside it":
                        beside.start()
                    taken += [_timed(client, rows) for _ in range(TURN)]
                    stop.set()
                    if beside.ident:
                        beside.join()
            report.rows += [[f"{rows:,} rows, {way}", *spread(taken)] for way, taken in times.items()]
            report.rows.append([f"a syncfs beside {rows:,} rows each", *spread(syncs * 2)])
        report.rows += _inbox(runs)
        return report


def _timed(client: Client, rows: int) -> float:
    block_id = blocks.new_block_id()
    began = time.perf_counter()
    parameters = {"rows": rows, "block": block_id}
    client.command(_INSERT, parameters=parameters, settings=blocks.insert_settings(block_id))
    return (time.perf_counter() - began) * 1000


def _fsync(client: Client, *, on: bool) -> None:
    for table in ("events", *EVENTS.rollups):
        client.command(
            f"ALTER TABLE footfall.{table} MODIFY SETTING"
            f" fsync_after_insert = {on:d}, fsync_part_directory = {on:d}"
        )


def _sync(config: Config, stop: threading.Event, times: list[float]) -> None:
    """Syncs at once, so that each turn has one, and every ten seconds from then on."""
    while not stop.is_set():
        began = time.perf_counter()
        kept.sync(config.data_dir)
        times.append((time.perf_counter() - began) * 1000)
        stop.wait(SYNC_S)


def _inbox(runs: int) -> list[list[str | float]]:
    """A block's end in the inbox: forgotten, or kept and released."""
    row: Row = (bytes(16), "page_view", 0, 0, 1, "session", 0, "", "/products/123456", "", "", "", "", "")
    row += ("mobile", "Chrome", "DE", 0, 0, "USD", 0, 0, b'{"a": "some property of an event"}', 0)
    times: dict[str, list[float]] = {"forgotten": [], "kept and released": []}
    with tempfile.TemporaryDirectory(prefix="footfall-bench-") as folder, closing(_opened(folder)) as inbox:
        for run in range(-1, max(10, runs // 4)):
            entries = [
                Entry(EVENTS.name, b"", b"", (derived_uuid(b"bench", number.to_bytes(4)), *row[1:]), 0)
                for number in range(50_000)
            ]
            for way, taken in times.items():
                block_id = blocks.new_block_id()
                inbox.run(partial(chunks.add, lane=EVENTS.name, entries=entries, now_ms=0, urgent=False))
                inbox.run(partial(chunks.fix, lane=EVENTS.name, block_id=block_id, rows_limit=50_000))
                began = time.perf_counter()
                if way == "forgotten":
                    inbox.run(partial(chunks.forget, lane=EVENTS.name, block_id=block_id))
                else:
                    inbox.run(partial(kept.keep, lane=EVENTS.name, block_id=block_id, now_ms=0))
                    inbox.run(partial(kept.release, before_ms=1))
                if run >= 0:
                    taken.append((time.perf_counter() - began) * 1000)
    return [[f"a block of 50,000 rows in the inbox, {way}", *spread(taken)] for way, taken in times.items()]


def _opened(folder: str) -> Inbox:
    return Inbox(Path(folder), 1 << 30)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=60)
    options = parser.parse_args()
    show(measure(events=options.events, runs=options.runs))
    return 0


if __name__ == "__main__":
    sys.exit(main())
