"""Chunks and blocks: what the inbox holds, and the steps that move it. All run in the caller's transaction.

A chunk is rows of one lane that were accepted together. A block is the chunks of one INSERT: its rows and
its number are fixed here before it is first tried, so that every retry sends the same rows.

Where the file has lost rows of a chunk (a disk may do that), `load` and `items` raise `Damaged`: the lane
stands and says why, until somebody has seen to it. Sent in part, a block would be forgotten as a whole.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from msgspec import msgpack

from footfall.errors import OurFault
from footfall.ingest import native, quota
from footfall.ingest.kept import LOST
from footfall.ingest.lanes import BY_NAME, DEAD_LETTERS
from footfall.ingest.outcome import Entry

CHUNK_ROWS: Final = 5_000
CHUNK_BYTES: Final = 8 << 20
BLOCK_CHUNKS: Final = 2_000
BLOCK_BYTES: Final = 24 << 20
MONTHS_LIMIT: Final = 4

_packer = msgpack.Encoder()
_INSERT: Final = (
    "INSERT INTO chunks (lane, block_id, rows, months, accepted_at, urgent, size)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)
# Chunks that are in no block, and those of blocks that are open: others are kept.
_OLDEST: Final = """
    SELECT min(id) FROM chunks WHERE lane = ? AND block_id IS NULL
    UNION ALL SELECT min(c.id) FROM blocks b JOIN chunks c ON c.block_id = b.block_id WHERE b.lane = ?"""
_NEWEST: Final = _OLDEST.replace("min(", "max(")
_COUNT: Final = "UPDATE lanes SET rows = rows + ?, bytes = bytes + ? WHERE lane = ?"


class Damaged(OurFault):
    """The inbox's file lacks rows that it should hold; says how many, without data."""

    name = "INBOX_DAMAGED"


@dataclass(frozen=True, slots=True)
class Block:
    """One INSERT: its number, and its bodies with their number of rows.

    `in_doubt` and `days`: it stands for an earlier block (see `replace`), and these are that one's days.
    `lost`: the machine has started since it was sent (see `kept`).
    """

    block_id: int
    rows: int
    bodies: list[tuple[int, bytes]]
    in_doubt: bool = False
    days: tuple[int, ...] = ()
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Head:
    """What waits in a lane: rows and urgency of what one block would take, its oldest row's time, and whether
    it has reached one of its bounds, so that more would not go into it."""

    rows: int
    urgent: bool
    accepted_at: int
    full: bool


def add(
    connection: sqlite3.Connection, lane: str, entries: Sequence[Entry], now_ms: int, *, urgent: bool
) -> int:
    """Adds rows (or a stage's items) to a lane; returns the last chunk's id, 0 where nothing is kept."""
    last = 0
    if lane == DEAD_LETTERS.name:
        entries = quota.within(connection, entries, quota.today())
    for months, group in _by_months(entries):
        for start in range(0, len(group), CHUNK_ROWS):
            rows = [entry.row for entry in group[start : start + CHUNK_ROWS]]
            for count, body in _bodies(lane, rows):
                last = put(connection, lane, None, count, months, now_ms, body, urgent=urgent)
    return last


def _bodies(lane: str, rows: Sequence[Any]) -> Iterator[tuple[int, bytes]]:
    """Rows as bodies of bounded size, with their numbers of rows."""
    table = BY_NAME.get(lane)
    body = native.encode(table.columns, rows) if table else _packer.encode(rows)
    if len(body) <= CHUNK_BYTES or len(rows) == 1:
        yield len(rows), body
        return
    middle = len(rows) // 2
    yield from _bodies(lane, rows[:middle])
    yield from _bodies(lane, rows[middle:])


def put(
    connection: sqlite3.Connection,
    lane: str,
    block_id: int | None,
    rows: int,
    months: str,
    now_ms: int,
    body: bytes,
    *,
    urgent: bool,
) -> int:
    """Adds one chunk that is ready; returns its id."""
    chunk = (lane, block_id, rows, months, now_ms, urgent, len(body))
    chunk_id = connection.execute(_INSERT, chunk).lastrowid
    connection.execute("INSERT INTO bodies VALUES (?, ?)", (chunk_id, body))
    connection.execute(_COUNT, (rows, len(body), lane))
    return chunk_id or 0


def _by_months(entries: Sequence[Entry]) -> list[tuple[str, Sequence[Entry]]]:
    """Entries in groups that touch at most four partitions each; their order is kept within a group."""
    months = sorted({entry.month for entry in entries})
    if len(months) <= MONTHS_LIMIT:
        return [(",".join(map(str, months)), entries)]
    groups: list[tuple[str, Sequence[Entry]]] = []
    for start in range(0, len(months), MONTHS_LIMIT):
        part = months[start : start + MONTHS_LIMIT]
        groups.append((",".join(map(str, part)), [entry for entry in entries if entry.month in part]))
    return groups


def head(connection: sqlite3.Connection, lane: str, rows_limit: int) -> Head | None:
    """What the lane's next block would hold; None where nothing waits."""
    taken, full = _next(connection, lane, rows_limit)
    if not taken:
        return None
    return Head(sum(c[1] for c in taken), any(c[4] for c in taken), taken[0][3], full)


def fix(connection: sqlite3.Connection, lane: str, block_id: int, rows_limit: int) -> None:
    """Fixes the lane's next block: its chunks in order, as many as its bounds allow."""
    taken, _ = _next(connection, lane, rows_limit)
    connection.execute(
        "UPDATE chunks SET block_id = ? WHERE lane = ? AND block_id IS NULL AND id <= ?",
        (block_id, lane, taken[-1][0]),
    )
    connection.execute(
        "INSERT INTO blocks (block_id, lane, rows) VALUES (?, ?, ?)",
        (block_id, lane, sum(chunk[1] for chunk in taken)),
    )


def _next(
    connection: sqlite3.Connection, lane: str, rows_limit: int
) -> tuple[list[tuple[int, int, str, int, int]], bool]:
    """(id, rows, months, accepted_at, urgent) of the chunks that come next, at least one where any wait; and
    whether they fill a block."""
    taken: list[tuple[int, int, str, int, int]] = []
    rows = size = 0
    months: set[str] = set()
    query = (
        "SELECT id, rows, months, accepted_at, urgent, size FROM chunks"
        " WHERE lane = ? AND block_id IS NULL ORDER BY id LIMIT ?"
    )
    for *chunk, length in connection.execute(query, (lane, BLOCK_CHUNKS)):
        rows += chunk[1]
        size += length
        months.update(chunk[2].split(","))
        if taken and (rows > rows_limit or size > BLOCK_BYTES or len(months) > MONTHS_LIMIT):
            return taken, True
        taken.append((chunk[0], chunk[1], chunk[2], chunk[3], chunk[4]))
    return taken, rows >= rows_limit or len(taken) == BLOCK_CHUNKS


def open_blocks(connection: sqlite3.Connection, lane: str) -> list[int]:
    """Blocks of a lane that were fixed and are not known to be in the table, the oldest first."""
    query = "SELECT block_id FROM blocks WHERE lane = ? ORDER BY block_id"
    return [block_id for (block_id,) in connection.execute(query, (lane,))]


def lost_blocks(connection: sqlite3.Connection, lane: str) -> list[int]:
    """Open blocks of a lane that were sent before the machine started, the oldest first."""
    query = "SELECT block_id FROM blocks WHERE lane = ? AND in_doubt = ? ORDER BY block_id"
    return [block_id for (block_id,) in connection.execute(query, (lane, LOST))]


def load(connection: sqlite3.Connection, block_id: int) -> Block:
    """A block with its rows."""
    rows, in_doubt, days = connection.execute(
        "SELECT rows, in_doubt, days FROM blocks WHERE block_id = ?", (block_id,)
    ).fetchone()
    query = (
        "SELECT rows, body FROM chunks JOIN bodies USING (id)"
        " WHERE block_id = ? AND length(body) = size ORDER BY id"
    )
    bodies = connection.execute(query, (block_id,)).fetchall()
    if gone := rows - sum(count for count, _ in bodies):
        raise Damaged(f"inbox.sqlite is damaged: {gone} of {rows} rows of a block are gone")
    return Block(block_id, rows, bodies, in_doubt > 0, tuple(map(int, days.split())), in_doubt == LOST)


def reach(connection: sqlite3.Connection, lane: str, block_id: int) -> int:
    """The chunk up to which a lane is in its table once this open block is; 0 where others are before."""
    (last,) = connection.execute("SELECT max(id) FROM chunks WHERE block_id = ?", (block_id,)).fetchone()
    query = "SELECT 1 FROM chunks WHERE lane = ? AND block_id IS NULL AND id < ? LIMIT 1"
    before = connection.execute(query, (lane, last)).fetchone()
    return 0 if before or open_blocks(connection, lane) != [block_id] else int(last)


def forget(connection: sqlite3.Connection, lane: str, block_id: int) -> None:
    """Removes a block whose rows are in the table."""
    rows, size = connection.execute(
        "SELECT sum(rows), sum(size) FROM chunks WHERE block_id = ?", (block_id,)
    ).fetchone()
    connection.execute("DELETE FROM chunks WHERE block_id = ?", (block_id,))
    connection.execute("DELETE FROM blocks WHERE block_id = ?", (block_id,))
    connection.execute(_COUNT, (-rows, -size, lane))


def replace(
    connection: sqlite3.Connection,
    lane: str,
    old_id: int,
    new_id: int,
    bodies: Sequence[tuple[int, bytes]],
    days: Sequence[int],
) -> None:
    """Puts a new block with what the table lacks in the place of one that was taken in part.

    It stays in doubt, and keeps the old one's `days`: their rollups have not been compared yet.
    """
    months, accepted_at = connection.execute(
        "SELECT group_concat(DISTINCT months), min(accepted_at) FROM chunks WHERE block_id = ?", (old_id,)
    ).fetchone()
    forget(connection, lane, old_id)
    for rows, body in bodies:
        put(connection, lane, new_id, rows, months, accepted_at, body, urgent=True)
    connection.execute(
        "INSERT INTO blocks (block_id, lane, rows, in_doubt, days) VALUES (?, ?, ?, 1, ?)",
        (new_id, lane, sum(rows for rows, _ in bodies), " ".join(map(str, days))),
    )


def waits(connection: sqlite3.Connection, lane: str, chunk_id: int) -> bool:
    """Whether anything up to this chunk is still in the lane."""
    first = oldest_id(connection, lane)
    return first is not None and first <= chunk_id


def last_id(connection: sqlite3.Connection, lane: str) -> int:
    """The newest chunk of a lane that is not in its table; 0 where there is none."""
    found = connection.execute(_NEWEST, (lane, lane)).fetchall()
    return max(int(chunk_id or 0) for (chunk_id,) in found)


def oldest_id(connection: sqlite3.Connection, lane: str) -> int | None:
    """The oldest chunk of a lane that is not in its table."""
    found = connection.execute(_OLDEST, (lane, lane)).fetchall()
    return min((int(chunk_id) for (chunk_id,) in found if chunk_id is not None), default=None)


def on_their_way(connection: sqlite3.Connection, lane: str) -> Iterator[tuple[int, int, bytes]]:
    """(id, rows, body) of the chunks of a lane that are not in its table, the newest first."""
    query = (
        "SELECT id, rows, body FROM chunks JOIN bodies USING (id) WHERE id IN ("
        "SELECT id FROM chunks WHERE lane = ?1 AND block_id IS NULL"
        " UNION ALL SELECT c.id FROM blocks b JOIN chunks c ON c.block_id = b.block_id WHERE b.lane = ?1"
        ") ORDER BY id DESC"
    )
    return connection.execute(query, (lane,))


def total_bytes(connection: sqlite3.Connection) -> int:
    """Bytes of everything that waits."""
    (found,) = connection.execute("SELECT sum(bytes) FROM lanes WHERE lane != 'receipts'").fetchone()
    return int(found)


def sizes(connection: sqlite3.Connection) -> dict[str, tuple[int, int]]:
    """Rows and bytes that wait, by lane."""
    query = "SELECT lane, rows, bytes FROM lanes WHERE lane != 'receipts'"
    return {lane: (rows, size) for lane, rows, size in connection.execute(query)}


def oldest(connection: sqlite3.Connection) -> int | None:
    """When the oldest of what waits was accepted; None where nothing waits."""
    found = [oldest_id(connection, lane) for (lane,) in connection.execute("SELECT lane FROM lanes")]
    first = min((chunk_id for chunk_id in found if chunk_id is not None), default=None)
    query = "SELECT accepted_at FROM chunks WHERE id = ?"
    row = connection.execute(query, (first,)).fetchone()
    return None if row is None else int(row[0])


def items(connection: sqlite3.Connection, lane: str, limit: int) -> list[tuple[int, bool, bytes]]:
    """(id, urgent, body) of a stage's next chunks, in order: `limit` at the most, and of bounded size."""
    query = (
        "SELECT c.id, urgent, body FROM chunks c LEFT JOIN bodies b ON b.id = c.id AND length(body) = size"
        " WHERE lane = ? AND block_id IS NULL ORDER BY c.id LIMIT ?"
    )
    taken: list[tuple[int, bool, bytes]] = []
    size = 0
    for chunk_id, urgent, body in connection.execute(query, (lane, limit)):
        if body is None:
            raise Damaged(f"inbox.sqlite is damaged: items of {lane} are gone")
        size += len(body)
        if taken and size > BLOCK_BYTES:
            break
        taken.append((chunk_id, bool(urgent), body))
    return taken


def consume(connection: sqlite3.Connection, lane: str, last: int) -> None:
    """Removes a stage's chunks up to `last`, which have become rows of other lanes."""
    rows, size = connection.execute(
        "SELECT sum(rows), sum(size) FROM chunks WHERE lane = ? AND block_id IS NULL AND id <= ?",
        (lane, last),
    ).fetchone()
    connection.execute("DELETE FROM chunks WHERE lane = ? AND block_id IS NULL AND id <= ?", (lane, last))
    connection.execute(_COUNT, (-rows, -size, lane))
