"""Runs a named query, or SQL that somebody typed, and gives the answer with what is to be known about it.

Rows hold plain Python values: ids are strings (they exceed 2^53), money is `Decimal`, times are aware UTC
datetimes, and a number that is not finite is None. `meta` says where the figures come from: query, SQL,
parameters as bound, what it reads, when it was computed, rows and bytes read (the store's own count),
milliseconds, freshness (time of the newest row it could see), which columns are estimates, why raw rows
answered where a rollup did not, the first day of rows that are kept where the range begins before it
(`complete_from`) and the columns that this concerns (`incomplete`), and notes. With `compare=before`,
`before` holds the answer for the range before. Values reach the SQL as bound parameters only.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import msgspec
from clickhouse_connect.driver.asyncclient import AsyncClient
from clickhouse_connect.driver.query import QueryResult

from footfall.query.catalogue import Column, NamedQuery
from footfall.query.choose import Choice, choose
from footfall.query.exchange import execute, store_error
from footfall.query.freshness import freshness
from footfall.query.parameters import Bound, as_shown
from footfall.query.reach import ROLLUPS
from footfall.query.times import before

__all__ = ["Answer", "Row", "chosen", "run", "run_bound", "run_chosen", "run_sql", "store_error"]

Row = dict[str, Any]
_SAFE_INTEGER = 1 << 53
_ESTIMATED = "estimated from states of distinct counts: exact up to some thousands, mostly within 1 % above"
_PROVED = "; the proof counts the raw rows exactly"
_WITH_TYPES = "JSONCompactStringsEachRowWithNamesAndTypes"
_HEADER_LINES = 2
_UNITS = {"Date": "day", "Date32": "day", "Bool": "flag"}


@dataclass(frozen=True, slots=True)
class Answer:
    """Columns, rows by column name, `meta`, and the answer for the range before where it was asked for."""

    columns: tuple[Column, ...]
    rows: list[Row]
    meta: dict[str, Any]
    before: "Answer | None" = None


async def run(client: AsyncClient, query: NamedQuery, params: Mapping[str, str]) -> Answer:
    """The answer of `query`; raises `InvalidParameter` for a value that its header does not accept."""
    return await run_chosen(client, query, await chosen(client, query, params))


async def chosen(client: AsyncClient, query: NamedQuery, params: Mapping[str, str]) -> tuple[Choice, ...]:
    """What answers: a statement with its values; with `compare=before`, that for the range before as well."""
    choice = await choose(client, query, params)
    if choice.bound.values.get("compare") != "before":
        return (choice,)
    times, zone = choice.bound.times, choice.bound.zone
    start, end = before(times["from"], times["to"], zone)
    earlier = {**params, "from": as_shown(start), "to": as_shown(end), "compare": ""}
    return choice, await choose(client, query, earlier)


async def run_chosen(
    client: AsyncClient,
    query: NamedQuery,
    choices: Sequence[Choice],
    versions: Mapping[str, str] | None = None,
) -> Answer:
    """The answer of what was chosen; `versions` are as `freshness` takes them."""
    newest = await freshness(client, query.reads, versions)
    answer, *earlier = [
        await run_bound(client, query, choice.sql, choice.bound, newest, choice.because) for choice in choices
    ]
    return replace(answer, before=earlier[0]) if earlier else answer


async def run_bound(
    client: AsyncClient,
    query: NamedQuery,
    sql: str,
    bound: Bound,
    newest: datetime | None,
    because: str | None = None,
) -> Answer:
    """The answer of one of the statements of `query`, with parameters that are bound already."""
    result, elapsed_ms = await execute(client, sql, bound.values)
    estimates = query.estimates if sql == query.sql else ()
    proved = _PROVED if query.proof else ""
    estimated = (f"{', '.join(estimates)}: {_ESTIMATED}{proved}",) if estimates else ()
    raw = (f"answered from raw rows: {because}",) if because else ()
    meta = {
        "query": query.name,
        "title": query.title,
        "sql": sql,
        "params": bound.shown,
        "reads": list(query.reads if sql == query.sql else raw_tables(query)),
        "computed_at": datetime.now(UTC),
        **_cost(result, elapsed_ms),
        "freshness": newest,
        "estimates": list(estimates),
        "raw_because": because,
        "complete_from": bound.complete_from,
        "incomplete": _incomplete(query, sql) if bound.complete_from else [],
        "notes": [*raw, *query.notes, *estimated, *bound.notes],
    }
    return Answer(query.columns, _rows(result, query.columns), meta)


def _incomplete(query: NamedQuery, sql: str) -> list[str]:
    """The columns that count raw rows alone: those that are declared so, where others come from a rollup."""
    raw = [column.name for column in query.columns if column.raw]
    return raw if raw and sql == query.sql else [column.name for column in query.columns]


def raw_tables(query: NamedQuery) -> list[str]:
    """What the twin of a query reads: the tables that feed its rollups, and those it reads anyhow."""
    return list(dict.fromkeys(ROLLUPS.get(table, table) for table in query.reads))


async def run_sql(client: AsyncClient, sql: str) -> Answer:
    """The answer of SQL that somebody typed; `client` is `analyst`, whose rights and limits are the guard."""
    result, elapsed_ms = await execute(client, sql, {})
    types = {
        name: kind.name for name, kind in zip(result.column_names, result.column_types, strict=True)
    } or await _types(client, sql)
    columns = tuple(Column(name, _unit(name, kind), kind) for name, kind in types.items())
    meta = {"query": None, "title": "SQL", "sql": sql, **_cost(result, elapsed_ms), "notes": []}
    return Answer(columns, _rows(result, columns), meta)


async def _types(client: AsyncClient, sql: str) -> dict[str, str]:
    """Types by name of the columns of a statement without rows: the driver tells them with rows alone."""
    text = await client.raw_query(sql, transport_settings={"X-ClickHouse-Format": _WITH_TYPES})
    lines = [msgspec.json.decode(line) for line in text.splitlines()]
    return dict(zip(*lines[:2], strict=True)) if len(lines) >= _HEADER_LINES else {}


def _cost(result: QueryResult, elapsed_ms: float) -> dict[str, Any]:
    return {
        "rows_read": int(result.summary.get("read_rows", 0)),
        "bytes_read": int(result.summary.get("read_bytes", 0)),
        "elapsed_ms": elapsed_ms,
    }


def _unit(name: str, type_name: str) -> str:
    if name == "id" or name.endswith("_id"):
        return "id"
    if type_name.startswith("DateTime"):
        return "time"
    return _UNITS.get(type_name, "count" if "Int" in type_name else "text")


def _rows(result: QueryResult, columns: tuple[Column, ...]) -> list[Row]:
    return plain_rows(result.column_names, result.result_rows, columns)


def plain_rows(names: Sequence[str], rows: Iterable[Sequence[Any]], columns: tuple[Column, ...]) -> list[Row]:
    """Rows as the driver gives them, by column name and with plain values."""
    units = {column.name: column.unit for column in columns}
    fields = [(name, units.get(name, "")) for name in names]
    return [
        {name: _plain(value, unit) for (name, unit), value in zip(fields, row, strict=True)} for row in rows
    ]


def _plain(value: Any, unit: str) -> Any:
    if value is None:
        return None
    if unit == "id":
        return str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, int) and abs(value) > _SAFE_INTEGER:
        return str(value)
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return value
