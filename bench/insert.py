"""How long does an INSERT of 100 events into the full schema take, and what does the schema cost of it?

The same rows go into `events` (14 indices, 8 projections, five rollups) and into a bare copy of the table,
as JSONEachRow over HTTP, each under a token of its own; then again beside the brief's stream, which sends 100
events a second to ingest.
"""

import contextlib
import secrets
import time
import uuid
from functools import partial

import msgspec
from clickhouse_connect.driver.client import Client

from bench.report import Report, in_turn, spread
from bench.stack import shop, streaming
from footfall import store

ROWS = 100
_BARE = """
CREATE OR REPLACE TABLE footfall.events_bare (event_id UUID, event_type LowCardinality(String),
    event_timestamp DateTime64(3, 'UTC'), event_date Date DEFAULT toDate(event_timestamp), user_id UInt64,
    session_id String, page_url String, country LowCardinality(String))
ENGINE = MergeTree
PARTITION BY toYYYYMM(event_date)
ORDER BY (event_type, event_date, user_id, event_timestamp)
"""


def measure(*, events: int, runs: int) -> Report:
    """INSERTs of 100 rows, in turn into the bare table and into the full schema."""
    with shop(events) as config, store.connect(config, "footfall") as client:
        client.command(_BARE)
        report = Report(
            "INSERT of 100 events over HTTP, ms",
            ["into", "median", "p95", "p99"],
            events,
            runs,
            f"ClickHouse {client.server_version}",
        )
        tables = ("events_bare", "events")
        for beside, running in (("", contextlib.nullcontext()), (", beside the stream", streaming(config))):
            with running:
                times = in_turn([partial(_insert, client, table) for table in tables], runs)
            names = (f"the bare table{beside}", f"the full schema{beside}")
            report.rows += [[name, *spread(taken)] for name, taken in zip(names, times, strict=True)]
        return report


def _insert(client: Client, table: str) -> None:
    now_ms = time.time_ns() // 1_000_000
    rows = [
        {
            "event_id": str(uuid.uuid4()),
            "event_type": ("page_view", "product_view", "add_to_cart", "purchase")[number % 4],
            "event_timestamp": now_ms / 1000,
            "user_id": str(number + 1),
            "session_id": f"bench-{number}",
            "page_url": f"/products/{number}",
            "country": "UK",
        }
        for number in range(ROWS)
    ]
    client.raw_insert(
        table,
        list(rows[0]),
        insert_block=b"\n".join(map(msgspec.json.encode, rows)),
        settings={
            "insert_deduplicate": 1,
            "deduplicate_blocks_in_dependent_materialized_views": 1,
            "insert_deduplication_token": secrets.token_hex(16),
        },
        fmt="JSONEachRow",
    )
