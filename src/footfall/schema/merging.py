"""What a materialized view writes and the merges of its target spoil.

A merge makes one row of all rows of a sort key: it adds up numbers (SummingMergeTree) or keeps one value of
many. So distinct counts, averages and quotients, extremes and quantiles must be states, and what rows are
grouped by must stand in the key, where it is stored at all. Plain MergeTree keeps every row: nothing is said
of it. A view is read as the store understands it (`tree`); of one that the store cannot explain, because what
it reads is gone, and of one that is made anew on a schedule, nothing is said either.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from footfall.schema.tree import Node, Select, selects

_VIEWS: Final = """
SELECT
    v.name, v.as_select, if(v.to_table = '', v.name, t.name) AS target,
    t.engine, t.engine_full, t.sorting_key, c.columns
FROM
(
    SELECT
        name, as_select,
        extract(create_table_query, ' TO `?(\\\\w+)`?\\\\.') AS to_database,
        extract(create_table_query, ' TO `?\\\\w+`?\\\\.`?(\\\\w+)') AS to_table,
        if(to_table = '', {database:String}, to_database) AS target_database,
        if(to_table = '', ['.inner_id.' || toString(uuid), '.inner.' || name], [to_table]) AS targets
    FROM system.tables
    WHERE database = {database:String} AND engine = 'MaterializedView'
        AND NOT match(create_table_query, ' REFRESH (EVERY|AFTER) ')
) AS v
INNER JOIN system.tables AS t ON t.database = v.target_database
INNER JOIN
(
    SELECT database, table, groupArray((name, type)) AS columns FROM system.columns GROUP BY database, table
) AS c ON c.database = t.database AND c.table = t.name
WHERE has(v.targets, t.name)
ORDER BY v.name
"""
_MERGING: Final = re.compile(r"(Replicated|Shared)?(Summing|Aggregating|Replacing|Coalescing)MergeTree")
_SUMMED: Final = re.compile(r"\w*SummingMergeTree\((.*?)\)+(?: PARTITION| PRIMARY| ORDER|\Z)")
_NUMBER: Final = re.compile(r"(Nullable\()?(U?Int|Float|BFloat|Decimal)")
# By the names that the store resolves functions to.
_NOT_ADDING: Final = re.compile(
    r"uniq|avg|median|quantile|arg(Min|Max)|min(?!Map)|max(?!Map)|any|stddev|var(Pop|Samp)|covar|corr|entropy|skew"
    r"|kurt|groupUniqArray|topK|\w+Distinct"
)
_KEPT_AS_WELL: Final = re.compile(r"any|\w+Map")
"""What is as good when one value of many is kept, and maps, of which SummingMergeTree adds up some."""


@dataclass(frozen=True, slots=True)
class _Target:
    name: str
    engine: str
    key: str
    summed: frozenset[str]
    columns: dict[str, str]

    def in_key(self, column: str) -> bool:
        return column in re.findall(r"\w+", self.key)

    def adds_up(self, column: str) -> bool:
        """Whether a merge adds this column's values up."""
        named = not self.summed or column in self.summed
        return "Summing" in self.engine and named and _NUMBER.match(self.columns[column]) is not None


def spoiled(client: Client, database: str) -> Iterator[str]:
    """A line for each column of each view that merges spoil."""
    for view, sql, name, engine, full, key, columns in client.query(
        _VIEWS, parameters={"database": database}
    ).result_rows:
        if not _MERGING.fullmatch(engine):
            continue
        try:
            found = selects(client, sql)
        except DatabaseError:
            continue
        target = _Target(name, engine, key, _summed(full), dict(columns))
        for select in found:
            yield from _sums(view, select, target)
            yield from _groups(view, select, target)


def _sums(view: str, select: Select, target: _Target) -> Iterator[str]:
    """Columns whose values are no longer right once a merge added them up, or kept one of them."""
    for column, node in select.columns:
        plain = "AggregateFunction(" not in target.columns.get(column, "AggregateFunction(")
        if not plain or target.in_key(column):
            continue
        adds = target.adds_up(column)
        if name := _why_not(node, adds=adds):
            merged = "adds them up" if adds else "keeps any one of them"
            yield (
                f"{view}: {column} is {name} as a plain value, and {target.name} ({target.engine}) {merged} "
                "when parts merge; keep states and read them with -Merge, or sums and counts and divide later"
            )


def _why_not(node: Node, *, adds: bool) -> str | None:
    """What in an expression is spoilt by a merge that adds values up, or keeps one; None where nothing is."""
    if node.kind == "aggregate":
        wrong = _NOT_ADDING.match(node.name) if adds else not _KEPT_AS_WELL.match(node.name)
        return node.name if wrong else None
    among = [name for part in node.below if (name := _why_not(part, adds=adds))]
    if not among and node.name.startswith(("divide", "intDiv")) and all(map(_aggregates, node.below)):
        return "a quotient of " + " and ".join(name for part in node.below for name in _aggregates(part))
    return among[0] if among else None


def _aggregates(node: Node) -> list[str]:
    return [each.name for each in node.all() if each.kind == "aggregate"]


def _groups(view: str, select: Select, target: _Target) -> Iterator[str]:
    """Stored columns that rows are grouped by and that the sort key does not hold: their rows become one."""
    names = {node: name for name, node in select.columns if name in target.columns}
    in_key = {group for group in select.groups if group in names and target.in_key(names[group])}
    for group in select.groups:
        sources = {node for node in group.all() if node.kind == "column"}
        decided = group.kind == "constant" or (sources and sources <= in_key)
        if group in names and group not in in_key and not decided:
            yield (
                f"{view}: groups by {names[group]}, which the sort key of {target.name} ({target.key}) does "
                "not hold: rows that differ in it alone become one when parts merge"
            )


def _summed(engine: str) -> frozenset[str]:
    """The columns that a SummingMergeTree is told to add up; none where it adds up all."""
    found = _SUMMED.match(engine)
    return frozenset(re.findall(r"\w+", re.sub(r"'[^']*'", "", found[1]))) if found else frozenset()
