"""Takes over an inbox of an earlier release, in the transaction of the first start with this one.

Bodies stood in the table of chunks. Release 0.1 kept all ids in B-trees, in generations, each id behind a
byte that is its lane's number. Those of events, order lines and dead letters become runs; the others go on in
the tables of last values. It takes some seconds for a million ids.
"""

import sqlite3
from collections.abc import Iterator
from typing import Final

from footfall.ingest import ids, runs
from footfall.ingest.ids import Ids, RunRow
from footfall.ingest.lanes import DEAD_LETTERS, EVENTS, ORDER_ITEMS

# The lanes of release 0.1 by their number.
_ID_LANES: Final = {0: ORDER_ITEMS, 3: EVENTS.name, 9: DEAD_LETTERS.name}
_VALUE_LANES: Final = (1, 2, 4, 5, 6, 7, 8)
_RUN_IDS: Final = 1 << 20


def bodies(connection: sqlite3.Connection) -> None:
    """Moves the bodies of chunks to a table of their own."""
    if not connection.execute("SELECT 1 FROM pragma_table_info('chunks') WHERE name = 'body'").fetchone():
        return
    connection.execute("INSERT INTO bodies SELECT id, body FROM chunks")
    connection.execute("ALTER TABLE chunks ADD COLUMN size INTEGER NOT NULL DEFAULT 0")
    connection.execute("UPDATE chunks SET size = length(body)")
    connection.execute("ALTER TABLE chunks DROP COLUMN body")


def id_tables(connection: sqlite3.Connection, index: Ids, now_ms: int) -> None:
    """Moves what the earlier tables of ids remember, and removes them."""
    query = "SELECT 1 FROM sqlite_master WHERE name = 'id_generations'"
    if connection.execute(query).fetchone() is None:
        return
    generations = connection.execute(
        "SELECT slot, started_at FROM id_generations ORDER BY started_at, rowid"
    ).fetchall()[-2:]
    (salt,) = connection.execute("SELECT salt FROM id_index").fetchone()
    ends = [started_at for _, started_at in generations[1:]] + [now_ms]
    for age, ((slot, started_at), end) in enumerate(zip(generations, ends, strict=True)):
        for number, lane in _ID_LANES.items():
            for found in _ids(connection, slot, number):
                file = ids.new_file()
                count = runs.write(index.folder / file, found, salt)
                row = RunRow(file, lane, 0, count, age - len(generations), started_at, end)
                ids.register(connection, [row])
        for number in _VALUE_LANES:  # the newest last, so that its value holds
            connection.execute(
                f"INSERT OR REPLACE INTO values_0 SELECT key, value FROM ids_{slot}"  # noqa: S608
                " WHERE key >= ? AND key < ?",
                (bytes([number]), bytes([number + 1])),
            )
    connection.execute("UPDATE id_index SET since_ms = min(since_ms, ?)", (generations[0][1],))
    connection.execute("UPDATE value_generations SET keys = (SELECT count(*) FROM values_0)")
    for table in ("ids_0", "ids_1", "ids_2", "id_generations"):
        connection.execute(f"DROP TABLE {table}")


def _ids(connection: sqlite3.Connection, slot: int, number: int) -> Iterator[bytes]:
    """Ids of a lane in a generation, as many together as make a run."""
    rows = connection.execute(
        f"SELECT substr(key, 2) FROM ids_{slot} WHERE key >= ? AND key < ?",  # noqa: S608
        (bytes([number]), bytes([number + 1])),
    )
    while found := rows.fetchmany(_RUN_IDS):
        yield b"".join(key for (key,) in found)
