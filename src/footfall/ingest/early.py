"""Early changes: of an order, or of a payment, that we have not been told of yet. They wait, for a while.

Messages of one order may overtake each other on their way here: a refund may come before its order. Such a
change waits in the inbox until what it is about has come, or until its time is up (`change_wait_s`); then it
is decided as things stand, and becomes `unlinked` rows or a dead letter. Those that wait are in the order of
their arrival. At most `CHANGES_LIMIT` wait, and `BYTES_LIMIT` of them: beyond that the oldest are decided
before their time. All functions run in the caller's transaction.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from msgspec import msgpack

from footfall.ingest.changes import OrderChange, pack
from footfall.ingest.ledger import OrderState

CHANGES_LIMIT: Final = 100_000
BYTES_LIMIT: Final = 256 << 20
AT_ONCE: Final = 500
_decode = msgpack.Decoder(OrderChange).decode


@dataclass(slots=True)
class Early:
    """A change that waits until a time (ms); `id` 0: it is not kept yet."""

    id: int
    until: int
    change: OrderChange


def comes_early(state: OrderState, change: OrderChange) -> bool:
    """Whether what a change is about, an order or its payment, is not known yet and may still come."""
    if change.status == "cancelled" or (change.restates and change.status == "pending"):
        return not state.lines
    if change.status == "completed":
        return not state.lines and not change.lines
    if change.status == "refunded":
        lines = state.lines.values()
        unpaid = any(line.pending for line in lines) and not any(line.completed for line in lines)
        return unpaid or not lines
    return False


def of(connection: sqlite3.Connection, order_ids: Iterable[str]) -> dict[str, list[Early]]:
    """What waits for each of these orders, in the order of arrival."""
    found: dict[str, list[Early]] = defaultdict(list)
    query = "SELECT id, until, change FROM early WHERE order_id = ? ORDER BY id"
    for order_id in order_ids:
        for number, until, change in connection.execute(query, (order_id,)):
            found[order_id].append(Early(number, until, _decode(change)))
    return found


def due(connection: sqlite3.Connection, now_ms: int) -> set[int]:
    """Changes whose time is up, or that stand beyond the bounds: some of them, the oldest first."""
    count, size = totals(connection)
    query = "SELECT id, until FROM early ORDER BY id LIMIT ?"
    beyond = count - CHANGES_LIMIT if size <= BYTES_LIMIT else max(AT_ONCE, count - CHANGES_LIMIT)
    found = connection.execute(query, (AT_ONCE,)).fetchall() if count else []
    return {number for place, (number, until) in enumerate(found) if until <= now_ms or place < beyond}


def order_ids(connection: sqlite3.Connection, numbers: Iterable[int]) -> set[str]:
    """Orders of waiting changes."""
    query = "SELECT order_id FROM early WHERE id = ?"
    return {connection.execute(query, (number,)).fetchone()[0] for number in numbers}


def keep(connection: sqlite3.Connection, changes: Sequence[Early], gone: Iterable[int]) -> None:
    """Adds changes that begin to wait, and removes those that have been decided."""
    rows = [(one.change.order_id, one.until, pack(one.change)) for one in changes]
    connection.executemany("INSERT INTO early (order_id, until, change) VALUES (?, ?, ?)", rows)
    size = sum(len(row[2]) for row in rows)
    count = len(rows)
    for number in gone:
        (length,) = connection.execute(
            "DELETE FROM early WHERE id = ? RETURNING length(change)", (number,)
        ).fetchone()
        size, count = size - length, count - 1
    connection.execute("UPDATE early_totals SET changes = changes + ?, bytes = bytes + ?", (count, size))


def totals(connection: sqlite3.Connection) -> tuple[int, int]:
    """How many changes wait, and their bytes."""
    count, size = connection.execute("SELECT changes, bytes FROM early_totals").fetchone()
    return count, size
