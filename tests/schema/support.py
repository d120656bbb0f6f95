"""What tests of the schema share: blocks of rows as ingest inserts them, and a look at what is there."""

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

from clickhouse_connect.driver.client import Client

BLOCK = {
    "insert_deduplicate": 1,
    "deduplicate_blocks_in_dependent_materialized_views": 1,
    "async_insert": 0,
}
"""Settings of every insert, whatever the server's version takes for granted."""

OPTIMIZED = (
    "mv_hourly_events",
    "mv_daily_events",
    "mv_user_funnel",
    "mv_country_stats",
    "daily_user_activity",
    "mv_product_revenue",
)


def insert(client: Client, table: str, rows: list[dict[str, Any]], token: str) -> None:
    """Inserts one block, as ingest does."""
    lines = "\n".join(json.dumps(row) for row in rows)
    client.raw_insert(
        table=f"footfall.{table}",
        column_names=list(rows[0]),
        insert_block=lines.encode(),
        fmt="JSONEachRow",
        settings=BLOCK | {"insert_deduplication_token": token},
    )


def event(kind: str, when: datetime, user: int, **more: Any) -> dict[str, Any]:
    """A row of events; `user` 0 is nobody."""
    return {
        "event_id": str(uuid4()),
        "event_type": kind,
        "event_timestamp": text(when),
        "user_id": user,
        "session_id": more.pop("session_id", ""),
        "country": more.pop("country", "US"),
        "revenue": more.pop("revenue", "0"),
    } | more


def order(number: str, status: str, when: datetime, **more: Any) -> dict[str, Any]:
    """A row of orders."""
    return {
        "entry_id": str(uuid4()),
        "order_id": number,
        "line_id": more.pop("line_id", "1"),
        "user_id": more.pop("user_id", 1),
        "product_id": more.pop("product_id", 1),
        "order_timestamp": text(when),
        "status": status,
        "quantity": more.pop("quantity", 1),
        "total_amount": more.pop("total_amount", "0"),
    } | more


def moment(day: date, seconds: float) -> datetime:
    """A moment of a day, UTC."""
    return datetime.combine(day, time(), UTC) + timedelta(seconds=seconds)


def text(when: datetime) -> str:
    """A moment as ClickHouse reads it, to the millisecond."""
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def merge(client: Client, tables: Iterable[str] = OPTIMIZED) -> None:
    """Merges all parts of the rollups into one a partition."""
    for table in tables:
        client.command("OPTIMIZE TABLE footfall.{table:Identifier} FINAL", parameters={"table": table})


def rows(client: Client, sql: str, **parameters: Any) -> list[tuple[Any, ...]]:
    """A query's rows as tuples."""
    return [tuple(row) for row in client.query(sql, parameters=parameters).result_rows]


def schema(client: Client) -> dict[str, str]:
    """Each object's definition as the engine holds it, a table's settings by their names.

    The engine keeps settings in the order in which they were given.
    """
    found = rows(
        client,
        "SELECT database || '.' || name, create_table_query FROM system.tables"
        " WHERE database IN ('footfall', 'footfall_private')",
    )
    return {name: settings_sorted(text) for name, text in found}


def settings_sorted(text: str) -> str:
    """A definition with a table's settings in the order of their names."""
    before, clause, settings = text.partition(" SETTINGS ")
    return before + clause + ", ".join(sorted(settings.split(", ")))


def drop(client: Client) -> None:
    """Removes Footfall's databases."""
    for database in ("footfall", "footfall_private"):
        client.command(
            "DROP DATABASE IF EXISTS {database:Identifier} SYNC", parameters={"database": database}
        )
