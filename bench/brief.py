"""The brief's figures, and where ours stand in the tables of the measurements."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from bench.report import shown

Results = Mapping[str, Mapping[str, Any]]
Row = list[str | float]
Tables = Callable[[list[list[Row]]], str]


@dataclass(frozen=True)
class Figure:
    """One figure: what the brief says of it, or our aim, and how ours is read out of a question's tables."""

    what: str
    said: str
    question: str
    ours: Tables


def beside_ours(figures: Results, asked: Sequence["Figure"], heading: str) -> Iterator[str]:
    """A table in Markdown: what, what is said or aimed at, ours, the command."""
    yield f"| what | {heading} | ours | measured by |"
    yield "|---|---|---|---|"
    for each in asked:
        measured = figures[each.question]
        ours = each.ours([table["rows"] for table in measured["tables"]])
        yield f"| {each.what} | {each.said} | {ours} | `{measured['command']}` |"


def row_of(rows: list[Row], name: str) -> Row:
    """The one row of that name."""
    (found,) = [row for row in rows if row[0] == name]
    return found


def inserts(into: str) -> Tables:
    """Median and percentiles of the INSERTs of that row."""

    def ours(tables: list[list[Row]]) -> str:
        _, middle, p95, p99 = row_of(tables[0], into)
        return f"median {shown(middle)}, p95 {shown(p95)}, p99 {shown(p99)} ms"

    return ours


def _size(table: str) -> Tables:
    def ours(tables: list[list[Row]]) -> str:
        row = row_of(tables[0], table)
        size = float(row[5])
        return f"{size:.2f} MiB" if size >= 0.1 else f"{size * 1024:.1f} KiB"

    return ours


def _rollup_sizes(tables: list[list[Row]]) -> str:
    return f"{sum(float(row[5]) for row in tables[0] if str(row[0]).startswith(('mv_', 'daily_'))):.2f} MiB"


def compression(tables: list[list[Row]]) -> str:
    """How many times smaller the whole of the first table is."""
    return f"{float(row_of(tables[0], 'all')[5]):.2f}x"


def _rollups(tables: list[list[Row]]) -> str:
    times = [float(row[4]) for row in tables[0]]
    return f"{shown(min(times))} to {shown(max(times))}x, median {shown(median(times))}x"


def _skipped(tables: list[list[Row]]) -> str:
    skipped = [float(row[4]) for row in tables[0]]
    enough = sum(share >= 90 for share in skipped)
    return f"{shown(max(skipped))} % at best; 90 % and more by {enough} of {len(skipped)}"


def _an_hour(tables: list[list[Row]]) -> str:
    per_second = float(row_of(tables[0], "NDJSON: until queryable, events/s")[1])
    return f"{shown(int(3600 * per_second))}, until queryable"


FIGURES = (
    Figure("events an hour", "360,000", "ingest", _an_hour),
    Figure("INSERT of 100 events into the full schema", "under 100 ms", "insert", inserts("the full schema")),
    Figure("compression of the base table", "2.92x", "compression", compression),
    Figure("from rollups against raw rows", "10 to 100 times faster", "rollups", _rollups),
    Figure("granules that an index skips", "90 % and more", "indices", _skipped),
    Figure("granules that a projection spares", "chosen automatically", "projections", _skipped),
    Figure("users (10,000)", "1.06 MiB", "storage", _size("users")),
    Figure("products (1,000)", "23.53 KiB", "storage", _size("products")),
    Figure("events (294,000)", "61.75 MiB", "storage", _size("events")),
    Figure("orders (30,000)", "1.94 MiB", "storage", _size("orders")),
    Figure("all rollups", "4 to 5 MiB", "storage", _rollup_sizes),
    Figure("everything", "70 MiB", "storage", _size("all")),
)
