"""The keeper of the index of ids: a thread that moves ids to runs, merges runs, and drops what is too old.

Each process of an inbox has one; a lock file lets one of them work at a time, and the kernel lets go of it
when that process ends, however it ends. A file counts from the transaction that registers it: what is made
and not registered is removed by the next who works, and what was replaced is removed after the transaction.

Merges go in tiers: ten runs of a level become one of the next, up to `LEVELS`. With runs of 262,144 ids and
200 million ids that is 27 runs at the most, and each id is written three times.
"""

import fcntl
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import groupby
from typing import Final, Protocol, TypeVar

from footfall.errors import OurFault
from footfall.ingest import ids, runs
from footfall.ingest.ids import Frozen, Ids, RunRow

LEVELS: Final = 2
_LOOK_S: Final = 30.0
_RETRY_S: Final = 1.0

_log = logging.getLogger(__name__)
T = TypeVar("T")


class Journal(Protocol):
    """What the keeper needs of the inbox."""

    def connect(self) -> sqlite3.Connection: ...
    def run(self, step: Callable[[sqlite3.Connection], T]) -> T: ...


class Keeper:
    """Keeps the index of one inbox in shape."""

    def __init__(self, journal: Journal, index: Ids, now_ms: Callable[[], int]) -> None:
        self._journal = journal
        self._index = index
        self._bounds = index.bounds
        self._now_ms = now_ms
        self._due = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="ids", daemon=True)

    def start(self) -> None:
        self._due.set()  # a process that was killed may have left files
        self._thread.start()

    def stop(self) -> None:
        """Returns when nothing is under way any more; a merge is given up."""
        self._stopping = True
        self._due.set()
        self._thread.join()

    def look(self) -> None:
        """Tells the keeper that there may be something to do."""
        self._due.set()

    def _run(self) -> None:
        while not self._stopping:
            self._due.wait(_LOOK_S)
            self._due.clear()
            try:
                self.tend()
            except _Stopped:
                return
            except Exception as error:
                if not isinstance(error, OurFault):  # the inbox tells by itself that it cannot write
                    _log.warning("the index of ids could not be kept in shape: %s", error)
                time.sleep(_RETRY_S)

    def tend(self) -> None:
        """Does all that there is to do, unless another process is at it."""
        with self._alone() as alone:
            if not alone:
                return
            with closing(self._journal.connect()) as reader:
                self._remove_strays(reader)
                self._move()
                self._drop(reader)
                while group := _mergeable(ids.listed(reader), self._bounds.fan):
                    self._merge(group)
                    self._drop(reader)

    def _move(self) -> None:
        """Makes runs of the newest ids, where they are many."""
        frozen: Frozen | None = self._journal.run(self._freeze)
        if frozen is None:
            return
        made = [self._written(lane, b"".join(found), frozen) for lane, found in frozen.ids.items() if found]
        self._journal.run(lambda connection: self._index.moved(connection, frozen, made))

    def _freeze(self, connection: sqlite3.Connection) -> Frozen | None:
        return self._index.freeze(connection) if self._index.recent >= self._bounds.recent else None

    def _written(self, lane: str, found: bytes, frozen: Frozen) -> RunRow:
        file = ids.new_file()
        count = runs.write(self._index.folder / file, found, self._index.salt)
        return RunRow(file, lane, 0, count, frozen.last, frozen.first_at, frozen.last_at)

    def _merge(self, group: Sequence[RunRow]) -> None:
        file = ids.new_file()
        sources = [self._index.folder / row.file for row in group]
        count = runs.merge(self._index.folder / file, sources, self._index.salt, self._between)
        oldest, newest = group[0], group[-1]
        made = RunRow(
            file, newest.lane, newest.level + 1, count, newest.last, oldest.first_at, newest.last_at
        )
        if self._journal.run(lambda connection: self._index.merged(connection, made, group)):
            self._unlink(group)

    def _between(self) -> None:
        """What cannot wait until a merge is done."""
        if self._stopping:
            raise _Stopped
        self._move()

    def _drop(self, reader: sqlite3.Connection) -> None:
        """Drops runs that are beyond the reach or the limit."""
        old = _beyond(reader, self._bounds, self._now_ms())
        if old:
            self._journal.run(lambda connection: self._index.drop(connection, old))
            self._unlink(old)

    def _unlink(self, rows: Sequence[RunRow]) -> None:
        for row in rows:
            (self._index.folder / row.file).unlink(missing_ok=True)

    def _remove_strays(self, reader: sqlite3.Connection) -> None:
        """Removes files that no table names: of a process that was killed before or after a change."""
        named = {row.file for row in ids.listed(reader)}
        for path in self._index.folder.iterdir():
            if path.suffix in {".run", ".draft"} and path.name not in named:
                path.unlink(missing_ok=True)

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        """Whether nobody else works on the runs, now and until the end."""
        with (self._index.folder / "keeper.lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True


class _Stopped(Exception):
    """The keeper shall end."""


def _mergeable(rows: Sequence[RunRow], fan: int) -> list[RunRow]:
    """The oldest runs of a lane and level that make one of the next; none where they are too few."""
    groups: dict[tuple[str, int], list[RunRow]] = {}
    for row in rows:
        if row.level < LEVELS:
            group = groups.setdefault((row.lane, row.level), [])
            group.append(row)
            if len(group) == fan:
                return group
    return []


def _beyond(reader: sqlite3.Connection, bounds: ids.Bounds, now_ms: int) -> list[RunRow]:
    """Runs of which every id is older than the reach, or has at least the limit of newer ones.

    Ids of dead letters count for themselves: a flood of bad items pushes out no item that was accepted.
    """
    rows = ids.listed(reader)
    recent: dict[str, int] = dict(
        reader.execute("SELECT lane, sum(length(ids)) FROM id_batches GROUP BY lane").fetchall()
    )
    old = [row for row in rows if row.last_at < now_ms - bounds.reach_ms]
    for lanes, limit in ((ids.ITEM_LANES, bounds.limit), (ids.LETTER_LANES, bounds.letters)):
        newer = sum(recent.get(lane, 0) for lane in lanes) // runs.ID_BYTES
        own = sorted((row for row in rows if row.lane in lanes), key=lambda row: row.last, reverse=True)
        for _, together in groupby(own, key=lambda row: row.last):  # one transaction's, of several lanes
            group = list(together)
            if newer >= limit:
                old += [row for row in group if row not in old]
            newer += sum(row.ids for row in group)
    return old
