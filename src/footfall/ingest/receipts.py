"""Receipts: what was answered to each request, for 7 days.

A batch's id is a UUID of version 7, so the oldest receipts come first and are removed a few with each
transaction. At most `RECEIPTS_LIMIT` are kept; beyond it the oldest go before their time.
"""

import os
import sqlite3

from msgspec import Struct

from footfall.ingest.outcome import ItemError

KEPT_MS = 7 * 86_400_000
RECEIPTS_LIMIT = 5_000_000
ERRORS_LIMIT = 100
_SWEEP = 20
_COUNT = "UPDATE lanes SET rows = rows + ? WHERE lane = 'receipts' RETURNING rows"
_OLDEST = (
    "DELETE FROM receipts WHERE batch_id IN"
    " (SELECT batch_id FROM receipts WHERE batch_id < ? ORDER BY batch_id LIMIT ?)"
)


class Receipt(Struct, frozen=True):
    """The answer to a request. `errors` holds the first 100 rejected items."""

    batch_id: str
    accepted: int
    duplicate: int
    rejected: int
    errors: list[ItemError]


def new_batch_id(now_ms: int) -> bytes:
    """The 16 bytes of a UUID of version 7."""
    random = bytearray(os.urandom(10))
    random[0] = random[0] & 0x0F | 0x70
    random[2] = random[2] & 0x3F | 0x80
    return now_ms.to_bytes(6) + bytes(random)


def keep(connection: sqlite3.Connection, answers: list[tuple[bytes, bytes]], now_ms: int) -> None:
    """Keeps answers (as JSON) by their batch's id, and lets go of the oldest."""
    if not answers:
        return
    connection.executemany("INSERT OR REPLACE INTO receipts (batch_id, answer) VALUES (?, ?)", answers)
    (count,) = connection.execute(_COUNT, (len(answers),)).fetchone()
    newest_to_go = b"\xff" * 16 if count > RECEIPTS_LIMIT else (now_ms - KEPT_MS).to_bytes(6) + bytes(10)
    gone = connection.execute(_OLDEST, (newest_to_go, len(answers) + _SWEEP)).rowcount
    if gone:
        connection.execute(_COUNT, (-gone,)).fetchone()


def find(connection: sqlite3.Connection, batch_id: bytes) -> bytes | None:
    """The answer of a batch as JSON; None where there is none, or none any more."""
    row = connection.execute("SELECT answer FROM receipts WHERE batch_id = ?", (batch_id,)).fetchone()
    return row[0] if row else None
