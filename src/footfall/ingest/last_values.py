"""The last value of each key, where that tells a change from a duplicate: attributes of users and products,
and who an anonymous shopper turned out to be.

It reaches back at least `reach_ms`, or over the last `VALUES_LIMIT` keys where these come faster. Keys stand
in generations: a full or old generation is set aside, and what is two generations old is removed a little
with each transaction. All functions run inside the caller's transaction.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final

VALUES_LIMIT = 10_000_000
SWEEP_KEYS: Final = 2_000
_SLOTS: Final = 3
_AT_ONCE: Final = 500

# By how many keys are asked for at once: few cost no more than they must.
_SEEN: Final = {
    size: [
        f"SELECT key, value FROM values_{slot} WHERE key IN ({', '.join('?' * size)})"  # noqa: S608
        for slot in range(_SLOTS)
    ]
    for size in (4, 40, _AT_ONCE)
}
_ADD: Final = [
    f"INSERT OR REPLACE INTO values_{slot} (key, value) VALUES (?, ?)"  # noqa: S608
    for slot in range(_SLOTS)
]
_SWEEP: Final = [
    f"DELETE FROM values_{slot} WHERE key IN (SELECT key FROM values_{slot} LIMIT ?)"  # noqa: S608
    for slot in range(_SLOTS)
]


def create(connection: sqlite3.Connection, now_ms: int) -> None:
    """The first generation."""
    connection.execute(
        "INSERT INTO value_generations SELECT 0, ?, 0 WHERE NOT EXISTS (SELECT 1 FROM value_generations)",
        (now_ms,),
    )


def seen(connection: sqlite3.Connection, keys: Sequence[bytes]) -> dict[bytes, bytes]:
    """Those of `keys` that were accepted, each with its last value."""
    found: dict[bytes, bytes] = {}
    if not keys:
        return found
    generations = _generations(connection)
    for start in range(0, len(keys), _AT_ONCE):
        part = list(keys[start : start + _AT_ONCE])
        size = next(size for size in _SEEN if size >= len(part))
        part += part[:1] * (size - len(part))
        for slot, _, _ in generations[-2:]:  # the newest last, so that its value holds
            found.update(connection.execute(_SEEN[size][slot], part))
    return found


def add(
    connection: sqlite3.Connection, pairs: Iterable[tuple[bytes, bytes]], now_ms: int, reach_ms: int
) -> None:
    """Remembers keys with their values; starts a new generation when the current one is old or full."""
    known = list(pairs)
    if not known:
        return
    generations = _generations(connection)
    slot, started_at, count = generations[-1]
    if len(generations) == _SLOTS:
        _sweep(connection, generations[0][0])
    elif now_ms - started_at >= reach_ms or count >= VALUES_LIMIT:
        slot, count = (slot + 1) % _SLOTS, 0
        connection.execute("INSERT INTO value_generations VALUES (?, ?, 0)", (slot, now_ms))
    connection.executemany(_ADD[slot], known)
    connection.execute("UPDATE value_generations SET keys = keys + ? WHERE slot = ?", (len(known), slot))


def _generations(connection: sqlite3.Connection) -> list[tuple[int, int, int]]:
    """(slot, started_at, keys), the oldest first."""
    query = "SELECT slot, started_at, keys FROM value_generations ORDER BY started_at, rowid"
    return connection.execute(query).fetchall()


def _sweep(connection: sqlite3.Connection, slot: int) -> None:
    if not connection.execute(_SWEEP[slot], (SWEEP_KEYS,)).rowcount:
        connection.execute("DELETE FROM value_generations WHERE slot = ?", (slot,))
