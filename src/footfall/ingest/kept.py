"""Kept blocks: rows that the store has acknowledged, and that a power cut could still take from its disk.

The engine writes its parts without fsync. So an acknowledged block stays in the inbox until the kernel has
written everything that was unwritten when it was acknowledged (`PowerGuard` asks for that every few seconds).
At the first start after the machine itself has started, every block that is kept or open is in doubt:
`writer` counts its rows in the table, without sending it, and writes what is missing.

Kept blocks wait for nothing: they count neither as rows that wait nor towards the inbox's limit. Their bytes
are bounded: at `KEPT_LIMIT_BYTES` the writer waits for the kernel. All functions run in the caller's
transaction.
"""

import ctypes
import os
import sqlite3
from pathlib import Path
from typing import Final

KEPT_LIMIT_BYTES: Final = 256 << 20
RELEASE_BYTES: Final = 1 << 20  # removed in one transaction: batches wait for little more than that

LOST: Final = (
    2  # `blocks.in_doubt` of a block that a power cut may have taken in part, from rows and from logs
)
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_OPEN: Final = "INSERT INTO blocks (block_id, lane, rows) VALUES (?, ?, ?)"
_COUNT: Final = "UPDATE lanes SET rows = rows + ?, bytes = bytes + ? WHERE lane = ?"


def boot_id() -> str:
    """What names the time since the machine started; empty where the system does not say."""
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return ""


def keep(connection: sqlite3.Connection, lane: str, block_id: int, now_ms: int) -> None:
    """Keeps an open block that the store has acknowledged now."""
    rows, size = _size(connection, block_id)
    connection.execute("DELETE FROM blocks WHERE block_id = ?", (block_id,))
    connection.execute("INSERT INTO kept VALUES (?, ?, ?, ?, ?)", (block_id, lane, rows, size, now_ms))
    connection.execute(_COUNT, (-rows, -size, lane))


def release(connection: sqlite3.Connection, before_ms: int) -> bool:
    """Lets go of some chunks of blocks that were acknowledged before a time; whether there may be more."""
    left = RELEASE_BYTES
    query = "SELECT block_id FROM kept WHERE acknowledged_at < ? ORDER BY block_id LIMIT 1000"
    blocks = connection.execute(query, (before_ms,)).fetchall()
    for (block_id,) in blocks:
        left -= _release(connection, block_id, left)
        if left <= 0:
            break
    return bool(blocks)


def _release(connection: sqlite3.Connection, block_id: int, limit: int) -> int:
    """Removes a block's first chunks, of `limit` bytes or a chunk more, and the block with its last.

    Returns their bytes. What is left of it is a smaller block, and nothing is in doubt of what has gone.
    """
    last = rows = size = 0
    query = "SELECT id, rows, size FROM chunks WHERE block_id = ? ORDER BY id"
    for chunk_id, chunk_rows, chunk_size in connection.execute(query, (block_id,)):
        last, rows, size = chunk_id, rows + chunk_rows, size + chunk_size
        if size >= limit:
            break
    connection.execute("DELETE FROM chunks WHERE block_id = ? AND id <= ?", (block_id, last))
    connection.execute(
        "UPDATE kept SET rows = rows - ?, bytes = bytes - ? WHERE block_id = ?", (rows, size, block_id)
    )
    connection.execute(
        "DELETE FROM kept WHERE block_id = ?1 AND NOT EXISTS (SELECT 1 FROM chunks WHERE block_id = ?1)",
        (block_id,),
    )
    return size


def doubt_after_a_boot(connection: sqlite3.Connection, boot: str) -> int:
    """Where the machine has started since the last look, opens all kept blocks, in doubt; returns how many.

    A system that does not name its boots may have started each time.
    """
    row = connection.execute("SELECT boot_id FROM boot").fetchone()
    if row is not None and row[0] == boot and boot:
        return 0
    connection.execute("INSERT OR REPLACE INTO boot VALUES (1, ?)", (boot,))
    if row is None:  # nothing was written here before
        return 0
    kept = connection.execute("SELECT block_id, lane, rows, bytes FROM kept").fetchall()
    for block_id, lane, rows, size in kept:
        connection.execute(
            "INSERT INTO blocks (block_id, lane, rows) VALUES (?, ?, ?)", (block_id, lane, rows)
        )
        connection.execute(_COUNT, (rows, size, lane))
    connection.execute("DELETE FROM kept")
    connection.execute("UPDATE blocks SET in_doubt = ?", (LOST,))
    return len(kept)


def totals(connection: sqlite3.Connection) -> tuple[int, int, int | None]:
    """Rows and bytes of kept blocks, and when the oldest was acknowledged."""
    query = "SELECT coalesce(sum(rows), 0), coalesce(sum(bytes), 0), min(acknowledged_at) FROM kept"
    rows, size, oldest = connection.execute(query).fetchone()
    return rows, size, oldest


def oldest_chunk(connection: sqlite3.Connection, lane: str) -> int | None:
    """The oldest chunk of a lane that is kept."""
    query = "SELECT min(c.id) FROM kept k JOIN chunks c ON c.block_id = k.block_id WHERE k.lane = ?"
    (found,) = connection.execute(query, (lane,)).fetchone()
    return None if found is None else int(found)


def sync(folder: Path) -> None:
    """Returns when the kernel has written everything of this folder's file system to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
        if syncfs is None:
            os.sync()
        elif syncfs(descriptor):
            raise OSError(ctypes.get_errno(), "syncfs failed")
    finally:
        os.close(descriptor)


def _size(connection: sqlite3.Connection, block_id: int) -> tuple[int, int]:
    query = "SELECT sum(rows), sum(size) FROM chunks WHERE block_id = ?"
    rows, size = connection.execute(query, (block_id,)).fetchone()
    return rows, size
