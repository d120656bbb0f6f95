"""What is wrong with a schema, told by the store's own tables: Footfall's or anybody's.

Looks for figures that cannot be right (what merges of a rollup spoil, blocks that count again when they are
sent again), for what costs and serves nobody (whole-row projections), and for parts and TTLs that do not
behave. What queries never used is told by `usage`.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from clickhouse_connect.driver.client import Client

from footfall.schema import expiry
from footfall.schema.merging import spoiled

PARTS_LIMIT: Final = 300
"""Active parts of one partition above which inserts outrun merges."""

_TABLES: Final = """
SELECT t.name, t.engine, t.engine_full, t.partition_key, c.types, if(p.expires = 0, NULL, p.soonest)
FROM system.tables AS t
LEFT JOIN
(
    SELECT table, CAST(groupArray((name, type)), 'Map(String, String)') AS types FROM system.columns
    WHERE database = {database:String} GROUP BY table
) AS c ON c.table = t.name
LEFT JOIN
(
    SELECT table, toUnixTimestamp(min(delete_ttl_info_min)) AS expires,
        dateDiff('day', now(), min(delete_ttl_info_min)) AS soonest
    FROM system.parts WHERE active AND database = {database:String} GROUP BY table
) AS p ON p.table = t.name
WHERE t.database = {database:String} AND t.engine LIKE '%MergeTree'
ORDER BY t.name
"""
_INNER: Final = """
SELECT ['.inner_id.' || toString(uuid), '.inner.' || name], name FROM system.tables
WHERE database = {database:String} AND engine = 'MaterializedView'
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


def faults(client: Client, database: str) -> Iterator[str]:
    """A line for each fault of the database's schema."""
    of = {"database": database}
    views = {inner: f"{view} (its table)" for names, view in _rows(client, _INNER, of) for inner in names}
    yield from spoiled(client, database)
    tables = [(views.get(table, table), *told) for table, *told in _rows(client, _TABLES, of)]
    for name, engine, definition, partitions, types, soonest in sorted(tables, key=lambda row: row[0]):
        if _counts_again(engine, definition):
            yield (
                f"{name} keeps no log of inserted blocks: a block that is sent again counts twice; set "
                "non_replicated_deduplication_window"
            )
        yield from expiry.late(expiry.Table(name, definition, partitions, types, soonest))
    for table, name in _rows(client, _WHOLE_ROWS, of):
        yield f"{table}.{name} holds whole rows: every insert and merge writes them again; name its columns"
    for table, most in _rows(client, _PARTS, of | {"limit": PARTS_LIMIT}):
        yield f"{views.get(table, table)} has {most} parts in one partition: inserts outrun merges"
    for table, parts, rows in _rows(client, _EXPIRED, of):
        kept = f"{rows:,} rows in {parts} parts"
        yield f"{views.get(table, table)} keeps {kept} that its TTL should have removed: merges do not run"


def _counts_again(engine: str, definition: str) -> bool:
    window = re.search(r"deduplication_window = (\d+)", definition)
    return not engine.startswith(("Replicated", "Shared")) and (window is None or window[1] == "0")


def _rows(client: Client, sql: str, values: dict[str, Any]) -> Sequence[Sequence[Any]]:
    return client.query(sql, parameters=values).result_rows
