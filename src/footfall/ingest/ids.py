"""The index of accepted ids: what makes a second sending of the same item a duplicate.

It reaches back at least `Bounds.reach_ms`, or over the last `Bounds.limit` ids where these come faster;
`reach` says how far. Ids of dead letters have a bound of their own. The newest ids stand in a table, a row
for each transaction that accepted some, and in the memory of every process of the inbox; `keeper` moves them
to runs (see `runs`). So accepting writes no B-tree, and an id is durable in the transaction that accepts its
row.

What a process holds in memory is what the tables say: it catches up with other processes at the start of each
transaction, and reads everything again after one that was undone. Only the inbox's thread uses it.
"""

import logging
import secrets
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, field
from pathlib import Path
from typing import Final

from footfall.ingest import runs
from footfall.ingest.lanes import DEAD_LETTERS, EVENTS, ORDER_ITEMS
from footfall.ingest.runs import ID_BYTES, Run

ITEM_LANES: Final = (EVENTS.name, ORDER_ITEMS)
LETTER_LANES: Final = (DEAD_LETTERS.name,)
LANES: Final = (*ITEM_LANES, *LETTER_LANES)

# Forgotten ids that no run holds any more; those of rows are in no run yet.
_UNREMEMBERED: Final = (
    "DELETE FROM id_forgotten WHERE lane = ? AND at_ms < (SELECT min(first_at) FROM id_runs WHERE lane = ?)"
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far the index reaches, and its shape: ids that become a run, and runs that become one.

    `letters`: as `limit`, of dead letters. `waiting`: ids in memory at which batches are refused, for the
    disk does not keep up.
    """

    reach_ms: int = 24 * 3_600_000
    limit: int = 200_000_000
    letters: int = 10_000_000
    recent: int = 1 << 18
    waiting: int = 1 << 20
    fan: int = 10


@dataclass(slots=True)
class _Lane:
    """A lane's ids: the newest, those that are being written to a run, and the runs."""

    fresh: set[bytes] = field(default_factory=set)
    frozen: set[bytes] = field(default_factory=set)
    runs: dict[str, Run] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Frozen:
    """Ids on their way to runs: all those of the table's rows `first` to `last`."""

    ids: dict[str, set[bytes]]
    first: int
    last: int
    first_at: int
    last_at: int


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run as the table knows it. `last`: the row that its newest ids came from; times in ms."""

    file: str
    lane: str
    level: int
    ids: int
    last: int
    first_at: int
    last_at: int


class Ids:
    """One process's view of the index; every method runs inside a transaction that writes."""

    def __init__(self, folder: Path, bounds: Bounds) -> None:
        self.folder = folder
        self.bounds = bounds
        self.salt = 0
        self.stale = True  # memory may not be what the tables say
        self._lanes = {lane: _Lane() for lane in LANES}
        self._forgotten: set[str] = set()  # lanes of which ids were forgotten
        self._version = 0
        self._last = 0  # the newest of the table's rows that is in memory
        self._changes = 0
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    @property
    def recent(self) -> int:
        """Ids in memory."""
        return sum(len(lane.fresh) + len(lane.frozen) for lane in self._lanes.values())

    @property
    def changes(self) -> int:
        """A number that moves with every change; of a change that is undone, set `stale`."""
        return self._changes

    def begin(self, connection: sqlite3.Connection) -> None:
        """Catches up with the tables."""
        (version,) = connection.execute("PRAGMA data_version").fetchone()
        if not self.stale and version == self._version:  # no other connection has written
            return
        rows = listed(connection)
        if self.stale or {row.file for row in rows} != {
            file for lane in self._lanes.values() for file in lane.runs
        }:
            self._restart(connection, rows)
        self._catch_up(connection)
        self._version = version
        self.stale = False

    def seen(self, connection: sqlite3.Connection, lane: str, keys: Sequence[bytes]) -> set[bytes]:
        """Those of `keys` (16 bytes each) that were accepted."""
        held = self._lanes[lane]
        found = held.fresh.intersection(keys)
        if held.frozen:
            found |= held.frozen.intersection(keys)
        if held.runs and keys:
            wanted = runs.probe(b"".join(keys), self.salt)
            for run in held.runs.values():
                found.update(keys[place] for place in run.find(wanted))
        if found and lane in self._forgotten:
            query = "SELECT 1 FROM id_forgotten WHERE lane = ? AND key = ?"
            found = {key for key in found if not connection.execute(query, (lane, key)).fetchone()}
        return found

    def add(self, connection: sqlite3.Connection, lane: str, keys: Sequence[bytes], now_ms: int) -> None:
        """Remembers ids."""
        if not keys:
            return
        self._changes += 1
        row = connection.execute(
            "INSERT INTO id_batches (lane, at_ms, ids) VALUES (?, ?, ?)", (lane, now_ms, b"".join(keys))
        )
        self._last = row.lastrowid or 0
        self._lanes[lane].fresh.update(keys)
        if lane in self._forgotten:
            rows = [(lane, key) for key in keys]
            connection.executemany("DELETE FROM id_forgotten WHERE lane = ? AND key = ?", rows)

    def forget(self, connection: sqlite3.Connection, lane: str, keys: Iterable[bytes], now_ms: int) -> None:
        """Forgets ids of items that were refused after all, so that they may be sent again."""
        rows = [(lane, key, now_ms) for key in keys]
        if rows:
            self._changes += 1
            self._forgotten.add(lane)
            connection.executemany("INSERT OR REPLACE INTO id_forgotten VALUES (?, ?, ?)", rows)

    def freeze(self, connection: sqlite3.Connection) -> Frozen | None:
        """The newest ids, to be written to runs; they are looked up in memory until `moved`."""
        first, last, *times = connection.execute(
            "SELECT min(seq), max(seq), min(at_ms), max(at_ms) FROM id_batches"
        ).fetchone()
        if first is None:
            return None
        for held in self._lanes.values():
            held.frozen, held.fresh = held.frozen | held.fresh if held.frozen else held.fresh, set()
        return Frozen({lane: held.frozen for lane, held in self._lanes.items()}, first, last, *times)

    def moved(self, connection: sqlite3.Connection, frozen: Frozen, made: Sequence[RunRow]) -> None:
        """Puts runs in the place of the table's rows that they were made of."""
        (first,) = connection.execute("SELECT min(seq) FROM id_batches").fetchone()
        self._changes += 1
        if first != frozen.first:  # another process moved them: these files are nobody's
            self.stale = True
            return
        connection.execute("DELETE FROM id_batches WHERE seq <= ?", (frozen.last,))
        register(connection, made)
        for lane, held in self._lanes.items():
            if held.frozen is not frozen.ids[lane]:  # read again meanwhile
                self.stale = True
                return
        for row in made:
            self._lanes[row.lane].runs[row.file] = self._open(row)
        for held in self._lanes.values():
            held.frozen = set()

    def merged(self, connection: sqlite3.Connection, made: RunRow, sources: Sequence[RunRow]) -> bool:
        """Puts one run in the place of several, where all of them are still there."""
        files = {row.file for row in sources}
        if not files <= {row.file for row in listed(connection)}:
            return False
        self._changes += 1
        register(connection, [made])
        self._remove(connection, sources)
        self._lanes[made.lane].runs[made.file] = self._open(made)
        return True

    def drop(self, connection: sqlite3.Connection, old: Sequence[RunRow]) -> None:
        """Lets go of runs that are beyond the reach."""
        self._changes += 1
        self._remove(connection, old)
        since = max((row.last_at for row in old if row.lane in ITEM_LANES), default=0)
        connection.execute("UPDATE id_index SET since_ms = max(since_ms, ?)", (since,))
        for lane in LANES:
            connection.execute(_UNREMEMBERED, (lane, lane))

    def _remove(self, connection: sqlite3.Connection, rows: Iterable[RunRow]) -> None:
        for row in rows:
            connection.execute("DELETE FROM id_runs WHERE file = ?", (row.file,))
            self._lanes[row.lane].runs.pop(row.file, None)

    def _restart(self, connection: sqlite3.Connection, rows: Sequence[RunRow]) -> None:
        """Empties the memory, and opens the runs that there are now."""
        (self.salt,) = connection.execute("SELECT salt FROM id_index").fetchone()
        self._last = 0
        was, self._lanes = self._lanes, {lane: _Lane() for lane in LANES}
        for row in rows:
            try:
                self._lanes[row.lane].runs[row.file] = was[row.lane].runs.get(row.file) or self._open(row)
            except (FileNotFoundError, runs.Damaged) as error:
                _log.error("%d accepted ids are lost, for their file cannot be read: %s", row.ids, error)
                self.drop(connection, [row])

    def _catch_up(self, connection: sqlite3.Connection) -> None:
        query = "SELECT seq, lane, ids FROM id_batches WHERE seq > ? ORDER BY seq"
        for seq, lane, ids in connection.execute(query, (self._last,)):
            self._last = seq
            self._lanes[lane].fresh.update(split(ids))
        query = "SELECT 1 FROM id_forgotten WHERE lane = ? LIMIT 1"
        self._forgotten = {lane for lane in LANES if connection.execute(query, (lane,)).fetchone()}

    def _open(self, row: RunRow) -> Run:
        return Run(self.folder / row.file, self.salt)


def create(connection: sqlite3.Connection, now_ms: int) -> None:
    """An index that remembers everything from now on."""
    connection.execute("INSERT OR IGNORE INTO id_index VALUES (1, ?, ?)", (secrets.randbits(63), now_ms))


def listed(connection: sqlite3.Connection) -> list[RunRow]:
    """The runs, the oldest first."""
    query = "SELECT file, lane, level, ids, last, first_at, last_at FROM id_runs ORDER BY last, rowid"
    return [RunRow(*row) for row in connection.execute(query)]


def reach(connection: sqlite3.Connection) -> tuple[int, int]:
    """Since when (ms) every accepted id is remembered, and how many ids that is, dead letters' included."""
    (since,) = connection.execute("SELECT since_ms FROM id_index").fetchone()
    (moved,) = connection.execute("SELECT coalesce(sum(ids), 0) FROM id_runs").fetchone()
    (recent,) = connection.execute("SELECT coalesce(sum(length(ids)), 0) FROM id_batches").fetchone()
    return since, moved + recent // ID_BYTES


def new_file() -> str:
    """The name of a run that is to be made."""
    return f"{secrets.token_hex(8)}.run"


def split(ids: bytes) -> list[bytes]:
    """Ids that stand one after the other."""
    return [ids[at : at + ID_BYTES] for at in range(0, len(ids), ID_BYTES)]


def register(connection: sqlite3.Connection, made: Iterable[RunRow]) -> None:
    """Adds runs, whose files are on disk."""
    connection.executemany(
        "INSERT INTO id_runs (file, lane, level, ids, last, first_at, last_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [astuple(row) for row in made],
    )
