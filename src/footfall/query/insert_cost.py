"""What an index or a projection costs an INSERT: a copy of the table with all of them, less one without it.

The table is only read: some of its rows go to memory, and from there in turn into copies that stand in a
database of their own, do not merge, and are dropped afterwards. Projections are made at once in the copies,
though tables leave them to merges: it is the work that a merge does later. The processor's time is told, as
the query log has it, because that of a clock drowns in what else a machine does; a few percent are noise.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from clickhouse_connect.driver.client import Client

from footfall.errors import UsageError
from footfall.schema.usage import UNLOGGED, Kind, logs

COPIES: Final = "footfall_copies"
ROWS: Final = 20_000
WHOLE: Final = "whole"
"""The copy that lacks nothing."""
_COMMENT: Final = f"{COPIES}."
_TAKEN: Final = "SELECT count() FROM system.databases WHERE name = {database:String}"
_LEFT_TO_MERGES: Final = """
SELECT count() FROM system.merge_tree_settings WHERE name = 'materialize_projections_on_insert'
"""
_CPU_MS: Final = """
SELECT
    substring(log_comment, length({comment:String}) + 1) AS copy,
    median(ProfileEvents['UserTimeMicroseconds'] + ProfileEvents['SystemTimeMicroseconds']) / 1000
FROM
(
    SELECT log_comment, ProfileEvents
    FROM system.query_log
    WHERE type = 'QueryFinish' AND query_kind = 'Insert' AND startsWith(log_comment, {comment:String})
        AND event_date >= today() - 1 AND event_time_microseconds >= {since:DateTime64(6)}
    ORDER BY event_time_microseconds DESC
    LIMIT {runs:UInt32} BY log_comment
)
GROUP BY copy
"""


@contextmanager
def copies(client: Client, table: str, kind: Kind, names: Sequence[str]) -> Iterator[list[str]]:
    """Empty copies of a table: `WHOLE`, and one without each object, under its name.

    Raises `UsageError` where their database is there already.
    """
    if client.query(_TAKEN, parameters={"database": COPIES}).result_rows[0][0]:
        raise UsageError(
            f"there is a database {COPIES}, as an interrupted run leaves it: drop it, and try again"
        )
    at_once = client.query(_LEFT_TO_MERGES).result_rows[0][0]
    client.command(f"CREATE DATABASE {COPIES}")
    try:
        client.command(
            f"CREATE TABLE {COPIES}.rows ENGINE = Memory AS SELECT * FROM footfall.{table} LIMIT {ROWS}",  # noqa: S608
            settings=UNLOGGED | {"max_execution_time": 0},
        )
        made = [WHOLE, *names]
        for copy in made:
            client.command(f"CREATE TABLE {COPIES}.{copy} AS footfall.{table}")
            client.command(f"SYSTEM STOP MERGES {COPIES}.{copy}")
            if at_once:
                client.command(
                    f"ALTER TABLE {COPIES}.{copy} MODIFY SETTING materialize_projections_on_insert = 1"
                )
            if copy != WHOLE:
                client.command(f"ALTER TABLE {COPIES}.{copy} DROP {kind.upper()} {copy}")
        yield made
    finally:
        client.command(f"DROP DATABASE {COPIES} SYNC")


def insert(client: Client, copy: str) -> None:
    """Inserts the rows into a copy."""
    client.command(
        f"INSERT INTO {COPIES}.{copy} SELECT * FROM {COPIES}.rows",  # noqa: S608
        settings={
            "max_execution_time": 0,
            "insert_deduplicate": 0,
            "log_queries": 1,
            "log_comment": _COMMENT + copy,
        },
    )


def insert_cpu_ms(
    client: Client, table: str, kind: Kind, names: Sequence[str], runs: int
) -> dict[str, float]:
    """Median ms of processor time that an INSERT of up to `ROWS` rows takes, by the copy that it goes to.

    Raises `UsageError` where the store keeps no log of queries, which is what tells.
    """
    if not logs(client):
        raise UsageError(
            "the store keeps no system.query_log, which tells what an INSERT takes: switch it on"
        )
    ((since,),) = client.query("SELECT toString(now64(6))").result_rows
    with copies(client, table, kind, names) as made:
        for run in range(1 + runs):  # the first to warm up; none is always the one after the heaviest
            first = run % len(made)
            for copy in made[first:] + made[:first]:
                insert(client, copy)
    client.command("SYSTEM FLUSH LOGS")
    asked = {"comment": _COMMENT, "since": since, "runs": runs}
    return {str(copy): float(ms) for copy, ms in client.query(_CPU_MS, parameters=asked).result_rows}
