"""Settings of tables that are newer than the oldest server: applied where the store's version has them.

Projections are left to merges. A part fresh from an insert then has a dozen files instead of a hundred, and
a small insert takes a third of the time; merged parts have every projection, and the planner copes with
both. And what has no codec of its own is compressed by ZSTD: a projection takes nothing of its table's
codecs, and rollups declare none; the store compresses all but its largest parts by LZ4, which makes both
twice as large. Rollups, of which each INSERT writes some, take the cheaper level. docs/schema.md has figures.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from footfall.schema.retention import Store


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A setting and its value, the statement that changes it, what that does, and which tables it is for."""

    name: str
    value: str
    change: str
    told: str
    tables: Literal["with projections", "base", "rollups"]


_TO_MERGES: Final = "projections are left to merges"
_ZSTD: Final = "ZSTD compresses what has no codec of its own"
_WANTED: Final = (
    _Wanted(
        "materialize_projections_on_insert",
        "0",
        "ALTER TABLE footfall.{table:Identifier} MODIFY SETTING materialize_projections_on_insert = 0",
        _TO_MERGES,
        "with projections",
    ),
    _Wanted(
        "materialize_projections_on_merge",
        "1",
        "ALTER TABLE footfall.{table:Identifier} MODIFY SETTING materialize_projections_on_merge = 1",
        _TO_MERGES,
        "with projections",
    ),
    _Wanted(
        "default_compression_codec",
        "ZSTD(3)",
        "ALTER TABLE footfall.{table:Identifier} MODIFY SETTING default_compression_codec = 'ZSTD(3)'",
        _ZSTD,
        "base",
    ),
    _Wanted(
        "default_compression_codec",
        "ZSTD(1)",
        "ALTER TABLE footfall.{table:Identifier} MODIFY SETTING default_compression_codec = 'ZSTD(1)'",
        _ZSTD,
        "rollups",
    ),
)
_KNOWN: Final = "SELECT name, value FROM system.merge_tree_settings WHERE name IN {names:Array(String)}"
_TABLES: Final = r"""
SELECT
    name, engine_full,
    name IN (SELECT DISTINCT table FROM system.projections WHERE database = 'footfall') AS has_projections,
    name IN
    (
        SELECT extract(create_table_query, ' TO footfall\\.(\\w+)') FROM system.tables
        WHERE database = 'footfall' AND engine = 'MaterializedView'
    ) AS is_rollup
FROM system.tables
WHERE database = 'footfall' AND engine LIKE '%MergeTree'
ORDER BY name
"""


def apply(store: Store) -> Iterator[str]:
    """Changes the settings of tables that differ; yields a line for each kind of change that any had."""
    names = [wanted.name for wanted in _WANTED]
    defaults = dict(store.query(_KNOWN, parameters={"names": names}).result_rows)
    changed: dict[str, list[str]] = {}
    for table, engine, has_projections, is_rollup in store.query(_TABLES).result_rows:
        concerned = {"with projections": has_projections, "base": not is_rollup, "rollups": is_rollup}
        for wanted in _WANTED:
            if wanted.name not in defaults or not concerned[wanted.tables]:
                continue
            if _value(engine, wanted.name, defaults[wanted.name]) != wanted.value:
                store.command(wanted.change, parameters={"table": table})
                changed.setdefault(wanted.told, []).append(table)
    yield from (f"{told}: {', '.join(dict.fromkeys(tables))}" for told, tables in changed.items())


def _value(engine: str, name: str, default: str) -> str:
    """A setting of a table, by the text of its engine clause."""
    match = re.search(rf"\b{name} = '?([\w()]+)", engine)
    return match[1] if match else default
