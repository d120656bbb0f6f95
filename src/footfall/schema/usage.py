"""Which indices and projections the queries of the last days were served by, as the query log tells.

The log names the projections that a query read. It does not name indices: of each kind of query the newest
text is explained again, on the data of today, and an index served it where it left granules out. Kinds come
most costly first, as many as are looked at; texts that the store cannot explain (cut short, tables that are
gone) are counted. Nothing is run but EXPLAIN.
"""

import re
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from footfall.schema.plan import explain, skipping

Kind = Literal["projection", "index"]
LOOK_BACK_DAYS: Final = 7
QUERIES_LOOKED_AT: Final = 500
UNLOGGED: Final = {"log_queries": 0}
"""Settings of what is asked about a schema, which is no use of it."""
_EXPLAINED: Final[dict[str, Any]] = {"use_query_condition_cache": 0, "max_execution_time": 10}
"""An EXPLAIN runs the subqueries that an index is asked with."""

_LOGS: Final = "SELECT count() FROM system.tables WHERE database = 'system' AND name = 'query_log'"
_OBJECTS: Final = """
SELECT 'index', table, name FROM system.data_skipping_indices WHERE database = {database:String}
UNION ALL
SELECT 'projection', table, name FROM system.projections WHERE database = {database:String}
"""
_ASKED: Final = """
SELECT
    argMax(query, event_time_microseconds), argMax(current_database, event_time_microseconds),
    count() AS times, sum(query_duration_ms) AS cost, groupUniqArrayArray(projections)
FROM system.query_log
WHERE type = 'QueryFinish' AND query_kind = 'Select' AND has(databases, {database:String})
    AND event_date >= today() - {days:UInt32}
GROUP BY normalized_query_hash ORDER BY cost DESC LIMIT {limit:UInt32}
"""
# Where a client's rows go and how they are written, which EXPLAIN does not take.
_OUTPUT: Final = re.compile(r"(\s+INTO OUTFILE '[^']*'( APPEND| TRUNCATE)?)?(\s+FORMAT\s+\w+)?\s*\Z")


class Object(NamedTuple):
    """An index or a projection."""

    kind: Kind
    table: str
    name: str


@dataclass(slots=True)
class Use:
    """Queries that an object served: kinds, how often they were asked, and the costliest of them."""

    kinds: int = 0
    times: int = 0
    costliest: str = ""
    database: str = ""
    mean_ms: float = 0


@dataclass(frozen=True, slots=True)
class Usage:
    """Each object with what it served, and how many kinds of query were looked at."""

    objects: dict[Object, Use]
    queries: int
    not_understood: int

    @property
    def unused(self) -> list[Object]:
        """Objects that served no query that was looked at."""
        return [each for each, use in self.objects.items() if not use.kinds]


def objects(client: Client, database: str) -> list[Object]:
    """The indices and projections of a database."""
    rows = client.query(_OBJECTS, parameters={"database": database}).result_rows
    return sorted(Object(kind, table, name) for kind, table, name in rows)


def logs(client: Client) -> bool:
    """Whether the store keeps a log of queries."""
    return bool(int(client.query(_LOGS).result_rows[0][0]))


def usage(client: Client, database: str) -> Usage:
    """What the logged queries of a database were served by."""
    uses = {each: Use() for each in objects(client, database)}
    look = {"database": database, "days": LOOK_BACK_DAYS, "limit": QUERIES_LOOKED_AT}
    asked = client.query(_ASKED, parameters=look).result_rows if logs(client) else []
    not_understood = 0
    for query, current, times, cost, projections in asked:
        served = {("projection", str(full)) for full in projections}
        text = _OUTPUT.sub("", query)
        try:
            plan = explain(client, text, database=current, **_EXPLAINED)
            served |= {("index", f"{source}.{name}") for source, name in skipping(plan)}
        except DatabaseError:
            not_understood += 1
        for each, use in uses.items():
            if (each.kind, f"{database}.{each.table}.{each.name}") in served:
                if not use.kinds:
                    use.costliest, use.database, use.mean_ms = text, current, cost / times
                use.kinds += 1
                use.times += times
    return Usage(uses, len(asked), not_understood)
