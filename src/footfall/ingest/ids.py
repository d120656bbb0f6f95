"""The index of accepted ids: what makes a second sending of the same item a duplicate.

It reaches back at least `REACH_MS`, or over the last `IDS_LIMIT` ids where these come faster; `reach` says
how far. Ids stand in generations: a full or old generation is set aside, and what is two generations old is
removed a little with each transaction. All functions run inside the caller's transaction.
"""

import sqlite3
from collections.abc import Iterable, Sequence

REACH_MS = 24 * 3_600_000
IDS_LIMIT = 50_000_000
SWEEP_IDS = 2_000
_SLOTS = 3
_AT_ONCE = 500

_SEEN = [
    f"SELECT key, value FROM ids_{slot} WHERE key IN ({', '.join('?' * _AT_ONCE)})"  # noqa: S608
    for slot in range(_SLOTS)
]
_ADD = [f"INSERT OR REPLACE INTO ids_{slot} (key, value) VALUES (?, ?)" for slot in range(_SLOTS)]  # noqa: S608
_FORGET = [f"DELETE FROM ids_{slot} WHERE key = ?" for slot in range(_SLOTS)]  # noqa: S608
_SWEEP = [
    f"DELETE FROM ids_{slot} WHERE key IN (SELECT key FROM ids_{slot} LIMIT ?)"  # noqa: S608
    for slot in range(_SLOTS)
]


def create(connection: sqlite3.Connection, now_ms: int) -> None:
    """The first generation."""
    connection.execute("INSERT OR IGNORE INTO id_generations VALUES (0, ?, 0)", (now_ms,))


def seen(connection: sqlite3.Connection, keys: Sequence[bytes]) -> dict[bytes, bytes]:
    """Those of `keys` that were accepted, each with its last value."""
    found: dict[bytes, bytes] = {}
    generations = _generations(connection)
    for start in range(0, len(keys), _AT_ONCE):
        part = list(keys[start : start + _AT_ONCE])
        part += part[:1] * (_AT_ONCE - len(part))
        for slot, _, _ in generations[-2:]:  # the newest last, so that its value holds
            found.update(connection.execute(_SEEN[slot], part))
    return found


def add(connection: sqlite3.Connection, pairs: Iterable[tuple[bytes, bytes]], now_ms: int) -> None:
    """Remembers ids with their values; starts a new generation when the current one is old or full."""
    generations = _generations(connection)
    slot, started_at, count = generations[-1]
    if len(generations) == _SLOTS:
        _sweep(connection, generations[0][0])
    elif now_ms - started_at >= REACH_MS or count >= IDS_LIMIT:
        slot, count = (slot + 1) % _SLOTS, 0
        connection.execute("INSERT INTO id_generations VALUES (?, ?, 0)", (slot, now_ms))
    known = list(pairs)
    connection.executemany(_ADD[slot], known)
    connection.execute("UPDATE id_generations SET ids = ids + ? WHERE slot = ?", (len(known), slot))


def forget(connection: sqlite3.Connection, keys: Iterable[bytes]) -> None:
    """Forgets ids of items that were refused after all, so that they may be sent again."""
    rows = [(key,) for key in keys]
    for statement in _FORGET:
        connection.executemany(statement, rows)


def reach(connection: sqlite3.Connection) -> tuple[int, int]:
    """Since when (ms) every accepted id is remembered, and how many ids that is."""
    generations = _generations(connection)[-2:]
    return generations[0][1], sum(ids for _, _, ids in generations)


def _generations(connection: sqlite3.Connection) -> list[tuple[int, int, int]]:
    """(slot, started_at, ids), the oldest first."""
    query = "SELECT slot, started_at, ids FROM id_generations ORDER BY started_at, rowid"
    return connection.execute(query).fetchall()


def _sweep(connection: sqlite3.Connection, slot: int) -> None:
    if not connection.execute(_SWEEP[slot], (SWEEP_IDS,)).rowcount:
        connection.execute("DELETE FROM id_generations WHERE slot = ?", (slot,))
