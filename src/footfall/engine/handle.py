"""A handle: one connection to chDB with settings of its own. It runs one statement at a time.

chDB formats a SELECT in whole only into memory, so rows are streamed by `INTO OUTFILE` into a pipe of our
own: every format comes out as ClickHouse writes it, in bounded memory, and a full pipe holds the engine back.
"""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from footfall.engine.exceptions import from_engine


@dataclass(frozen=True, slots=True)
class Stats:
    """What a statement did, as the engine counted it."""

    read_rows: int = 0
    read_bytes: int = 0
    written_rows: int = 0
    written_bytes: int = 0
    result_rows: int = 0
    result_bytes: int = 0
    elapsed_ns: int = 0


class Handle:
    """One connection; `changed` once a statement may have left something behind on it."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.changed = False

    def run(
        self, sql: bytes | str, format: str = "TabSeparated", params: Mapping[str, str] | None = None
    ) -> tuple[bytes, Stats]:
        """Runs a statement and returns its whole answer; `params` are values in ClickHouse's escaped form."""
        text = sql.encode(errors="surrogateescape") if isinstance(sql, str) else sql
        started = time.perf_counter_ns()
        try:
            result = self._connection.query(text, format, params=_given(params))
        except (RuntimeError, UnicodeDecodeError) as error:
            raise from_engine(error) from None
        return bytes(result.bytes()) if result.size() else b"", Stats(
            read_rows=result.storage_rows_read(),
            read_bytes=result.storage_bytes_read(),
            written_rows=result.rows_written(),
            written_bytes=result.bytes_written(),
            result_rows=result.rows_read(),
            result_bytes=result.bytes_read(),
            elapsed_ns=time.perf_counter_ns() - started,
        )

    def send(self, sql: bytes, format: str, params: Mapping[str, str]) -> Any:
        """Begins a SELECT whose blocks are fetched; nothing else may run on the handle meanwhile."""
        try:
            return self._connection.send_query(sql, format, params=_given(params))
        except (RuntimeError, UnicodeDecodeError) as error:
            raise from_engine(error) from None

    def watch(self, told: Callable[[dict[str, int]], None] | None) -> None:
        """Has it told, in the statement's thread, what a statement has done by then, or no more."""
        self._connection.set_progress_callback(told)

    def insert(self, sql: bytes, format: str) -> Any:
        """Begins an INSERT that data is appended to."""
        try:
            return self._connection.send_insert(sql, format)
        except (RuntimeError, UnicodeDecodeError) as error:
            raise from_engine(error) from None

    def apply(self, settings: Mapping[str, str]) -> None:
        """Sets settings on this handle; they stay until it is closed."""
        if settings:
            self.run("SET " + ", ".join(f"{name} = {quote(value)}" for name, value in settings.items()))

    def close(self) -> None:
        self._connection.close()


def quote(value: str) -> str:
    """A string as a literal of ClickHouse."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def escape(value: str) -> str:
    """A string in the escaped form in which query parameters are passed."""
    return value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\0", "\\0")


def _given(params: Mapping[str, str] | None) -> dict[str, str] | None:
    return {name: _without_surrogates(value) for name, value in params.items()} if params else None


def _without_surrogates(value: str) -> str:
    """A parameter's value with the bytes in it that are no UTF-8 written as escapes."""
    return re.sub("[\udc80-\udcff]", lambda found: f"\\x{ord(found[0]) & 0xFF:02X}", value)
