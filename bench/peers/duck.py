"""DuckDB as a peer: the shop's rows from Parquet, in the order of Footfall's sort keys."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

_KEYS = {
    "events": "event_type, event_date, user_id, event_timestamp",
    "orders": "status, order_date, user_id, order_timestamp",
}


class Duck:
    """One database file, as many threads as there are cores."""

    name = "DuckDB"

    def __init__(self, folder: Path) -> None:
        self._file = folder / "peer.duckdb"
        self._connection = duckdb.connect(str(self._file))
        self._connection.execute(f"SET threads = {len(os.sched_getaffinity(0))}")
        self._connection.execute(f"SET temp_directory = '{folder}'")
        self._connection.execute("SET TimeZone = 'UTC'")

    def load(self, table: str, parquet: Path) -> None:
        """Makes `table` of a Parquet file."""
        self._connection.execute(
            f"CREATE TABLE {table} AS SELECT * FROM read_parquet('{parquet}') ORDER BY {_KEYS[table]}"
        )
        self._connection.execute("CHECKPOINT")

    def ask(self, sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """The rows of an answer."""
        used = {name: value for name, value in values.items() if f"${name}" in sql}
        return self._connection.execute(sql, used).fetchall()

    def size(self) -> int:
        """Bytes on disk."""
        return self._file.stat().st_size

    def close(self) -> None:
        self._connection.close()
