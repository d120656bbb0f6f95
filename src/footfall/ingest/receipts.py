"""Receipts: what was answered to each request, for 7 days.

A stage may decide otherwise when an item's turn comes: an order's change that is not allowed, or changes
nothing. Such corrections stand beside the answer, and who asks for the receipt gets both in one.

A batch's id is a UUID of version 7, so the oldest receipts come first and are removed a few with each
transaction. At most `RECEIPTS_LIMIT` are kept, of `BYTES_LIMIT` together; beyond it the oldest go before
their time.
"""

import os
import sqlite3
from collections.abc import Mapping

import msgspec
from msgspec import Struct

from footfall.ingest.outcome import ItemError

KEPT_MS = 7 * 86_400_000
RECEIPTS_LIMIT = 5_000_000
BYTES_LIMIT = 1 << 30
STRAY_MS = 3_600_000  # how long a correction waits for its receipt
ERRORS_LIMIT = 100
_SWEEP = 20
_RANDOM_BYTES = 1_000
_INSERT = "INSERT OR REPLACE INTO receipts (batch_id, answer) VALUES "
_INSERTS = [(size, _INSERT + ", ".join(["(?, ?)"] * size)) for size in (64, 16, 4, 1)]
_COUNT = (
    "UPDATE lanes SET rows = max(0, rows + ?), bytes = max(0, bytes + ?) WHERE lane = 'receipts'"
    " RETURNING rows, bytes"
)
_OLDEST = (
    "DELETE FROM receipts WHERE batch_id IN"
    " (SELECT batch_id FROM receipts WHERE batch_id < ? ORDER BY batch_id LIMIT ?) RETURNING length(answer)"
)
_STRAYS = (
    "DELETE FROM corrections WHERE batch_id IN (SELECT batch_id FROM corrections"
    " WHERE batch_id < min((SELECT min(batch_id) FROM receipts), ?) ORDER BY batch_id LIMIT ?)"
)


class Receipt(Struct, frozen=True, omit_defaults=True):
    """The answer to a request. `errors` holds the first 100 rejected items.

    `waiting`: changes among the accepted that came before their order, and are not decided yet.
    """

    batch_id: str
    accepted: int
    duplicate: int
    rejected: int
    errors: list[ItemError]
    waiting: int = 0


class Correction(Struct):
    """Items of a batch that were accepted and then came to nothing, and what was refused of them."""

    duplicate: int = 0
    rejected: int = 0
    errors: list[ItemError] = []
    waiting: int = 0

    def add(self, other: "Correction") -> None:
        """Adds what was decided later."""
        self.duplicate += other.duplicate
        self.rejected += other.rejected
        self.waiting += other.waiting
        self.errors = _first(self.errors, other.errors)


_receipt = msgspec.json.Decoder(Receipt)
_correction = msgspec.json.Decoder(Correction)
_encode = msgspec.json.Encoder().encode


class _Random:
    """Random bytes, fetched many at a time: the event loop loses its turn each time that it asks for some."""

    def __init__(self) -> None:
        self._held = b""

    def take(self, count: int) -> bytes:
        if len(self._held) < count:
            self._held = os.urandom(_RANDOM_BYTES)
        taken, self._held = self._held[:count], self._held[count:]
        return taken


_random = _Random()


def new_batch_id(now_ms: int) -> bytes:
    """The 16 bytes of a UUID of version 7."""
    random = bytearray(_random.take(10))
    random[0] = random[0] & 0x0F | 0x70
    random[2] = random[2] & 0x3F | 0x80
    return now_ms.to_bytes(6) + bytes(random)


def keep(connection: sqlite3.Connection, answers: list[tuple[bytes, bytes]], now_ms: int) -> None:
    """Keeps answers (as JSON) by their batch's id, and lets go of the oldest."""
    if not answers:
        return
    _insert(connection, answers)
    added = sum(len(answer) for _, answer in answers)
    count, size = connection.execute(_COUNT, (len(answers), added)).fetchone()
    full = count > RECEIPTS_LIMIT or size > BYTES_LIMIT
    newest_to_go = b"\xff" * 16 if full else (now_ms - KEPT_MS).to_bytes(6) + bytes(10)
    gone = connection.execute(_OLDEST, (newest_to_go, len(answers) + _SWEEP)).fetchall()
    if gone:
        connection.execute(_COUNT, (-len(gone), -sum(length for (length,) in gone))).fetchone()
    connection.execute(_STRAYS, ((now_ms - STRAY_MS).to_bytes(6) + bytes(10), len(answers) + _SWEEP))


def _insert(connection: sqlite3.Connection, answers: list[tuple[bytes, bytes]]) -> None:
    """Many rows in few statements: at the end of each, other threads take over and may keep the time."""
    start = 0
    for size, statement in _INSERTS:
        while len(answers) - start >= size:
            connection.execute(statement, [value for row in answers[start : start + size] for value in row])
            start += size


def correct(connection: sqlite3.Connection, corrections: Mapping[bytes, Correction]) -> None:
    """Adds corrections of batches; those whose answer is kept only later count as well."""
    for batch_id, correction in corrections.items():
        held = _held(connection, batch_id)
        held.add(correction)
        connection.execute("INSERT OR REPLACE INTO corrections VALUES (?, ?)", (batch_id, _encode(held)))


def corrected(connection: sqlite3.Connection, batch_id: bytes, receipt: Receipt) -> Receipt:
    """The receipt as it stands by now."""
    held = _held(connection, batch_id)
    return Receipt(
        receipt.batch_id,
        receipt.accepted - held.duplicate - held.rejected,
        receipt.duplicate + held.duplicate,
        receipt.rejected + held.rejected,
        _first(receipt.errors, held.errors),
        held.waiting,
    )


def find(connection: sqlite3.Connection, batch_id: bytes) -> Receipt | None:
    """The answer of a batch as it stands by now; None where there is none, or none any more."""
    row = connection.execute("SELECT answer FROM receipts WHERE batch_id = ?", (batch_id,)).fetchone()
    return corrected(connection, batch_id, _receipt.decode(row[0])) if row else None


def _held(connection: sqlite3.Connection, batch_id: bytes) -> Correction:
    query = "SELECT correction FROM corrections WHERE batch_id = ?"
    row = connection.execute(query, (batch_id,)).fetchone()
    return _correction.decode(row[0]) if row else Correction()


def _first(errors: list[ItemError], more: list[ItemError]) -> list[ItemError]:
    """The first errors of both, in the order of their items."""
    if not more:
        return errors
    every = sorted([*errors, *more], key=lambda error: -1 if error.index is None else error.index)
    return every[:ERRORS_LIMIT]
