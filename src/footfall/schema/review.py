"""What is wrong with a schema, told by the store's own tables: Footfall's or anybody's.

Looks for figures that cannot be right (distinct counts and averages that a merge adds up, groups that a sort
key does not tell apart, blocks that count again when they are sent again), for what costs and serves nobody
(whole-row projections, indices and projections that no query of the last days used), and for parts and TTLs
that do not behave. It reads SELECTs of views as the store formats them, split at commas outside brackets.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from footfall.schema.plan import explain

PARTS_LIMIT: Final = 300
LOOK_BACK_DAYS: Final = 7
QUERIES_LOOKED_AT: Final = 500

_VIEWS: Final = """
SELECT v.name, v.as_select, t.name, t.engine, t.sorting_key
FROM system.tables AS v
INNER JOIN system.tables AS t ON t.database = v.database
    AND (t.name = '.inner_id.' || toString(v.uuid) OR t.name = '.inner.' || v.name
        OR t.name = extract(v.create_table_query, ' TO `?\\\\w+`?\\\\.`?(\\\\w+)'))
WHERE v.database = {database:String} AND v.engine = 'MaterializedView'
ORDER BY v.name
"""
_TABLES: Final = """
SELECT name, engine, engine_full, partition_key FROM system.tables
WHERE database = {database:String} AND engine LIKE '%MergeTree' ORDER BY name
"""
_PARTS: Final = """
SELECT table, max(parts) AS most FROM
(
    SELECT table, partition_id, count() AS parts FROM system.parts
    WHERE active AND database = {database:String} GROUP BY table, partition_id
)
GROUP BY table HAVING most > {limit:UInt32} ORDER BY table
"""
_EXPIRED: Final = """
SELECT table, count(), sum(rows) FROM system.parts
WHERE active AND database = {database:String}
    AND delete_ttl_info_max > toDateTime('1971-01-01') AND delete_ttl_info_max < now() - INTERVAL 1 DAY
GROUP BY table ORDER BY table
"""
_WHOLE_ROWS: Final = """
SELECT table, name FROM system.projections
WHERE database = {database:String} AND query LIKE 'SELECT * %' ORDER BY table, name
"""
_OBJECTS: Final = """
SELECT 'index', table, name FROM system.data_skipping_indices WHERE database = {database:String}
UNION ALL
SELECT 'projection', table, name FROM system.projections WHERE database = {database:String}
"""
_ASKED: Final = """
SELECT any(query), any(current_database) FROM system.query_log
WHERE type = 'QueryFinish' AND query_kind = 'Select' AND has(databases, {database:String})
    AND event_date >= today() - {days:UInt32}
GROUP BY normalized_query_hash ORDER BY count() DESC LIMIT {limit:UInt32}
"""
_PROJECTIONS_USED: Final = """
SELECT DISTINCT arrayJoin(projections) FROM system.query_log
WHERE type = 'QueryFinish' AND has(databases, {database:String}) AND event_date >= today() - {days:UInt32}
"""
_NOT_ADDING: Final = re.compile(
    r"\b(?P<name>uniq\w*|avg\w*|median\w*|quantile\w*|argM\w+|stddev\w*)\(|\bcount\(DISTINCT\b", re.I
)
_ALIAS: Final = re.compile(r"(?P<expression>.*) AS `?(?P<alias>\w+)`?\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Unused:
    """Objects that no query of the last days was served by, and how many queries were looked at."""

    objects: tuple[tuple[str, str, str], ...]
    queries: int
    not_understood: int


def faults(client: Client, database: str) -> Iterator[str]:
    """A line for each fault of the database's schema."""
    of = {"database": database}
    for name, select, target, engine, key in _rows(client, _VIEWS, of):
        if "Summing" in engine or "Aggregating" in engine:
            yield from _sums(name, select, target, engine)
        yield from _groups(name, select, target, key)
    for name, engine, definition, partitions in _rows(client, _TABLES, of):
        yield from _table(name, engine, definition, partitions)
    for table, name in _rows(client, _WHOLE_ROWS, of):
        yield f"{table}.{name} holds whole rows: every insert and merge writes them again; name its columns"
    for table, most in _rows(client, _PARTS, of | {"limit": PARTS_LIMIT}):
        yield f"{table} has {most} parts in one partition: inserts outrun merges"
    for table, parts, rows in _rows(client, _EXPIRED, of):
        kept = f"{rows:,} rows in {parts} parts"
        yield f"{table} keeps {kept} that its TTL should have removed: merges do not run"


def unused(client: Client, database: str) -> Unused:
    """Indices that left out no granule, and projections that were read by no query of the last days."""
    look = {"database": database, "days": LOOK_BACK_DAYS}
    used = {("projection", str(full)) for (full,) in _rows(client, _PROJECTIONS_USED, look)}
    asked = _rows(client, _ASKED, look | {"limit": QUERIES_LOOKED_AT})
    unknown = 0
    for query, current in asked:
        try:
            plan = explain(client, _bare(query), database=current)
        except DatabaseError:
            unknown += 1
            continue
        for read in plan:
            used |= {("index", f"{read.source}.{use.name}") for use in read.indices if use.left < use.came}
    objects = [(kind, table, name) for kind, table, name in _rows(client, _OBJECTS, {"database": database})]
    idle = [each for each in objects if (each[0], f"{database}.{each[1]}.{each[2]}") not in used]
    return Unused(tuple(sorted(idle)), len(asked), unknown)


def _sums(view: str, select: str, target: str, engine: str) -> Iterator[str]:
    """Columns whose values do not add, in a table whose merges add (or keep any one of them)."""
    for expression, alias in _items(select):
        for found in _NOT_ADDING.finditer(expression):
            name = found["name"] or "count(DISTINCT …)"
            if "State" not in name:
                merged = "adds them up" if "Summing" in engine else "keeps any one of them"
                yield (
                    f"{view}: {alias} is {name} as a plain number, and {target} ({engine}) {merged} when "
                    f"parts merge; keep a state ({found['name'] or 'uniq'}State) and read it with -Merge"
                )


def _groups(view: str, select: str, target: str, key: str) -> Iterator[str]:
    """Columns that rows are grouped by and that the sort key does not hold: their rows merge into one."""
    _, found, rest = select.partition(" GROUP BY ")
    if not found:
        return
    grouped = re.split(r" (?:HAVING|ORDER BY|SETTINGS|LIMIT) ", rest)[0]
    names = dict(_items(select))
    keys = set(_split(key))
    for expression in _split(grouped):
        column = names.get(expression, expression).strip("`")
        if column not in keys and expression not in keys:
            yield (
                f"{view}: groups by {column}, which the sort key of {target} ({key}) does not hold: rows "
                "that differ in it alone become one when parts merge"
            )


def _table(name: str, engine: str, definition: str, partitions: str) -> Iterator[str]:
    window = re.search(r"deduplication_window = (\d+)", definition)
    if not engine.startswith(("Replicated", "Shared")) and (window is None or window[1] == "0"):
        yield (
            f"{name} keeps no log of inserted blocks: a block that is sent again counts twice; set "
            "non_replicated_deduplication_window"
        )
    if " TTL " in definition and "ttl_only_drop_parts = 1" in definition and partitions:
        yield (
            f"{name} drops whole parts only (ttl_only_drop_parts) and has partitions by {partitions}: rows "
            "stay until the youngest of their part expires"
        )
    if " TTL " in definition and re.search(r"merge_with_ttl_timeout = \d{7,}", definition):
        yield f"{name} merges for its TTL too rarely (merge_with_ttl_timeout) for the TTL to act"


def _items(select: str) -> Iterator[tuple[str, str]]:
    """The expressions of a SELECT with their names."""
    body = re.search(r"SELECT (?:DISTINCT )?(.*)", select, re.DOTALL)
    listed = _until_from(body[1]) if body else ""
    for item in _split(listed):
        named = _ALIAS.match(item)
        yield (named["expression"], named["alias"]) if named else (item, item)


def _until_from(text: str) -> str:
    """The text before the first FROM outside brackets."""
    depth = 0
    for at, character in enumerate(text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth == 0 and text.startswith(" FROM ", at):
            return text[:at]
    return text


def _split(text: str) -> list[str]:
    """A list at its commas outside brackets."""
    pieces, depth, began = [], 0, 0
    for at, character in enumerate(text):
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(character, 0)
        if character == "," and depth == 0:
            pieces.append(text[began:at].strip())
            began = at + 1
    return [piece for piece in (*pieces, text[began:].strip()) if piece]


def _bare(query: str) -> str:
    """A logged query without its FORMAT, which EXPLAIN does not take there."""
    return re.sub(r"\s+FORMAT\s+\w+\s*\Z", "", query)


def _rows(client: Client, sql: str, values: dict[str, Any]) -> Sequence[Sequence[Any]]:
    return client.query(sql, parameters=values).result_rows
