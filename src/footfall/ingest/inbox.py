"""The inbox: the durable journal between an answer of 202 and the tables.

One thread owns the connection that writes. It takes whatever waits (batches of requests, and steps of the
writer) into one transaction, so that many requests share one fsync, and answers them when it is on disk:
what was answered survives any crash. Several processes may share one inbox; SQLite's lock orders them.

Bounds: at `limit_bytes` of rows that wait, batches are refused (`Overloaded`); where the disk is full,
everything in the transaction is refused (`OurFault`, 503) and nothing that was answered is lost.
"""

import asyncio
import contextlib
import logging
import queue
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from footfall.errors import FootfallError, OurFault, Overloaded
from footfall.ingest import admission, chunks, ids, last_values, upgrade
from footfall.ingest.batch import Accepted, Batch
from footfall.ingest.ids import Bounds, Ids
from footfall.ingest.keeper import Keeper
from footfall.ingest.lanes import LANES
from footfall.ingest.log import Log

_log = logging.getLogger(__name__)

T = TypeVar("T")
Step = Callable[[sqlite3.Connection], Any]

_JOURNAL: Final = Path(__file__).with_name("journal.sql")
_GROUP_ITEMS: Final = 20_000
# A commit costs nearly the same for one request as for twenty. So after one of this many, the next waits a
# little for others to go with it.
_CROWD: Final = 4
_LINGER_S: Final = 0.002
_BUSY_S: Final = 30.0
ROOM_BYTES: Final = 16 << 20  # with less room on the disk than that, the next batches will not be kept
_PROBE_BYTES: Final = 64 << 10
_PROBE_S: Final = 5.0
# Of a new file. A batch of 1,000 events costs a fifth less of the processor than with 4 KiB.
_PAGE_BYTES: Final = 8_192
_CACHE_BYTES: Final = 4 << 20  # of each of a dozen connections; the page cache holds the rest


class Inbox:
    """One process's door to the inbox in `folder`.

    `arrived` and `awaited` tell the writer of this process that a lane got rows, and that somebody waits for
    what is in it.
    """

    def __init__(self, folder: Path, limit_bytes: int, bounds: Bounds | None = None) -> None:
        self.folder = folder
        self.limit_bytes = limit_bytes
        self.arrived: dict[str, threading.Event] = {lane: threading.Event() for lane in LANES}
        self.awaited: dict[str, threading.Event] = {lane: threading.Event() for lane in LANES}
        self._path = folder / "inbox.sqlite"
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._crowded = False
        self.failing = False  # whether a commit could not be written, and no batch has been since
        self._loop: asyncio.AbstractEventLoop | None = None
        self._moved = asyncio.Event()
        self._reached: dict[str, int] = {}
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._connection = self.connect()
        self._connection.executescript(_JOURNAL.read_text())
        self._connection.execute("BEGIN IMMEDIATE")
        upgrade.bodies(self._connection)
        self._connection.executemany(
            "INSERT OR IGNORE INTO lanes VALUES (?, 0, 0)", [(lane,) for lane in (*LANES, "receipts")]
        )
        ids.create(self._connection, _now_ms())
        last_values.create(self._connection, _now_ms())
        self.ids = Ids(folder / "ids", bounds or Bounds())
        upgrade.id_tables(self._connection, self.ids, _now_ms())
        self.ids.begin(self._connection)
        self._connection.execute("COMMIT")
        self.keeper = Keeper(self, self.ids, _now_ms)
        self._thread = threading.Thread(target=self._run, name="inbox", daemon=True)
        self._log = Log(self.connect)
        self._thread.start()
        self.keeper.start()
        self._log.start()

    def connect(self) -> sqlite3.Connection:
        """A connection of the caller's own; one that only reads never waits for the writer."""
        connection = sqlite3.connect(
            self._path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
        )
        connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA wal_autocheckpoint = 0")  # no commit copies the log: `log` does
        connection.execute(f"PRAGMA cache_size = -{_CACHE_BYTES >> 10}")
        return connection

    def close(self) -> None:
        """Finishes what waits, and closes."""
        self.keeper.stop()
        self._log.stop()
        self._queue.put(None)
        self._thread.join()
        self._connection.close()

    async def accept(self, batch: Batch) -> Accepted:
        """Returns when the batch is on disk; raises `Overloaded` or `OurFault` where it is not."""
        self._loop = asyncio.get_running_loop()
        waiting = _Waiting(batch=batch, answer=self._loop.create_future())
        self._queue.put(waiting)
        result: Accepted = await waiting.answer  # type: ignore[misc]
        return result

    def run(self, step: Callable[[sqlite3.Connection], T]) -> T:
        """Runs a step of the writer inside a transaction; for threads. Raises what the step raises."""
        waiting = _Waiting(step=step, future=Future())
        self._queue.put(waiting)
        result: T = waiting.future.result()  # type: ignore[union-attr]
        return result

    async def writable(self) -> bool:
        """Whether a batch would be kept: the disk has room, and since the last batch no commit has failed.

        After one that was not, it tries by writing a little: so the answer is right again once the disk is,
        also where nobody sends.
        """
        if shutil.disk_usage(self.folder).free < ROOM_BYTES:
            return False
        if not self.failing:
            return True
        try:
            async with asyncio.timeout(_PROBE_S):
                await asyncio.to_thread(self.run, _probe)
        except (TimeoutError, OurFault):
            return False
        self.failing = False
        return True

    def reached(self, lane: str, chunk_id: int) -> None:
        """Tells that a lane is in its table up to this chunk, a commit before the inbox does; for threads."""
        self._reached[lane] = max(chunk_id, self._reached.get(lane, 0))
        _deliver([], self._loop, self._signal, moved=True)

    def waits(self, reader: sqlite3.Connection, lane: str, chunk_id: int) -> bool:
        """Whether anything of a lane up to this chunk is not in its table."""
        return chunk_id > self._reached.get(lane, 0) and chunks.waits(reader, lane, chunk_id)

    async def moved(self, timeout_s: float) -> None:
        """Returns when this process has moved something on, or after `timeout_s`."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._moved.wait()
        except TimeoutError:
            pass

    def _run(self) -> None:
        closing = False
        while not closing:
            group, closing = self._gather()
            if group:
                results = self._commit(group)
                for lane in {
                    lane for _, result in results if isinstance(result, Accepted) for lane in result.chunks
                }:
                    if any(waiting.batch.urgent for waiting in group if waiting.batch):
                        self.awaited[lane].set()
                    self.arrived[lane].set()
                if self.ids.recent >= self.ids.bounds.recent:
                    self.keeper.look()
                _deliver(results, self._loop, self._signal)

    def _gather(self) -> "tuple[list[_Waiting], bool]":
        """Everything that waits, at least one, as far as it fits one transaction."""
        group: list[_Waiting] = []
        items = 0
        while items < _GROUP_ITEMS:
            try:
                waiting = self._queue.get(block=not group)
            except queue.Empty:
                break
            if waiting is None:
                return group, True
            group.append(waiting)
            items += waiting.batch.count + 1 if waiting.batch else 1
            if self._crowded and len(group) == 1:
                time.sleep(_LINGER_S)
        self._crowded = len(group) >= _CROWD
        return group, False

    def _commit(self, group: "list[_Waiting]") -> "list[tuple[_Waiting, Any]]":
        """One transaction for the whole group; the result, or the error, of each."""
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            self.ids.begin(connection)
            results = [(waiting, self._savepoint(waiting.step)) for waiting in group if waiting.step]
            batches = [waiting for waiting in group if waiting.batch]
            if batches:
                results += self._admit(connection, batches)
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._undo()
            self.failing = True
            failure = OurFault(f"the inbox cannot be written: {error}", name="INBOX_UNAVAILABLE", code=503)
            return [(waiting, failure) for waiting in group]
        except Exception as error:
            self._undo()
            if len(group) == 1:
                _log.exception("a batch could not be kept")
                return [(group[0], OurFault(f"the batch could not be kept: {type(error).__name__}"))]
            # One of them is at fault: each gets a transaction of its own, so that the others pass.
            return [result for waiting in group for result in self._commit([waiting])]
        if batches:  # housekeeping may pass where a batch does not
            self.failing = False
        return results

    def _undo(self) -> None:
        self.ids.stale = True
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def _savepoint(self, step: Step) -> Any:
        """A step's result; one that fails undoes its own changes and nothing else."""
        connection = self._connection
        changes = self.ids.changes
        connection.execute("SAVEPOINT step")
        try:
            result = step(connection)
        except sqlite3.Error:
            raise
        except Exception as error:
            connection.execute("ROLLBACK TO step")
            result = error
            if changes != self.ids.changes:
                self.ids.stale = True
                self.ids.begin(connection)
        connection.execute("RELEASE step")
        return result

    def _admit(self, connection: sqlite3.Connection, group: "list[_Waiting]") -> "list[tuple[_Waiting, Any]]":
        """Batches, where there is room for them."""
        if chunks.total_bytes(connection) >= self.limit_bytes:
            full = Overloaded("the inbox is full: the store has not taken what was accepted before")
            return [(waiting, full) for waiting in group]
        if self.ids.recent >= self.ids.bounds.waiting:
            behind = Overloaded("the index of ids is behind: the disk does not take what was accepted before")
            return [(waiting, behind) for waiting in group]
        batches = [waiting.batch for waiting in group if waiting.batch]
        return list(zip(group, admission.admit(connection, self.ids, batches, _now_ms()), strict=True))

    def _signal(self) -> None:
        """Wakes those who wait for `moved`; runs in the event loop."""
        self._moved.set()
        self._moved = asyncio.Event()


@dataclass(slots=True)
class _Waiting:
    """A batch or a step, and where its result goes."""

    batch: Batch | None = None
    step: Step | None = None
    answer: "asyncio.Future[Accepted] | None" = None
    future: "Future[Any] | None" = None


def _probe(connection: sqlite3.Connection) -> None:
    """Writes as much as a small batch does."""
    connection.execute("INSERT OR REPLACE INTO probe VALUES (1, randomblob(?))", (_PROBE_BYTES,))


def _deliver(
    results: "list[tuple[_Waiting, Any]]",
    loop: asyncio.AbstractEventLoop | None,
    signal: Callable[[], None],
    *,
    moved: bool = False,
) -> None:
    """Hands out results: to threads at once, to the event loop in one go."""
    answers = []
    for waiting, result in results:
        if waiting.future is not None:
            moved = True
            if isinstance(result, Exception):
                waiting.future.set_exception(result)
            else:
                waiting.future.set_result(result)
        elif waiting.answer is not None:
            answers.append((waiting.answer, result))
    if loop is None:
        return
    with contextlib.suppress(RuntimeError):  # the loop has ended, and with it whoever waited
        loop.call_soon_threadsafe(_resolve, answers)
        if moved:
            loop.call_soon_threadsafe(signal)


def _resolve(answers: "list[tuple[asyncio.Future[Accepted], Any]]") -> None:
    for answer, result in answers:
        if answer.done():  # the request was given up
            continue
        if isinstance(result, FootfallError):
            answer.set_exception(result)
        else:
            answer.set_result(result)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
