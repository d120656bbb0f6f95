"""The inbox's log (SQLite's WAL): its pages reach the inbox's file beside the thread that commits.

SQLite would copy the log within whatever commit fills it: 64 MiB are written and synced, and all who wait for
that commit wait a third of a second longer. So no commit does; a thread copies now and then what there is.
Where the log has become long, the thread that commits copies the rest, which is what came meanwhile, for only
when nothing is left does SQLite begin the log anew. Where another process commits just then, or somebody
reads the log, it copies again after its next commit. Rows that come and go between two copies are never
copied.

A copy takes no lock that a batch waits for, and fails without harm: the log keeps what is not copied. Before
3.51.3, SQLite may lose commits where the log is begun anew just as a copy starts (sqlite.org/wal.html, "the
WAL-reset bug"). So a reader stands beside each copy: while it reads the log, that is not begun anew; where it
reads none of it, because all is copied, SQLite copies nothing beside it. That holds between processes, too.
"""

import contextlib
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from typing import Final

LOG_BYTES: Final = 32 << 20  # from here on, the log is begun anew
_COPY_S: Final = 2.0


class Log:
    """Copies the log of one inbox; `connect` gives a connection of the thread's own."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
        self._long = False  # whether the thread that commits is to copy the rest
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns when nothing is being copied."""
        self._stopping.set()
        self._thread.join()

    def committed(self, connection: sqlite3.Connection) -> None:
        """Copies the rest of a log that is long; for the thread that commits, between two transactions."""
        if self._long:
            self._long = self.copy(connection)

    def copy(self, connection: sqlite3.Connection) -> bool:
        """Copies what can be copied without waiting for anybody; whether the log is long."""
        # What fails (the disk is full, say) is told by the next commit.
        with contextlib.suppress(sqlite3.Error), closing(self._connect()) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT 1 FROM lanes LIMIT 1").fetchone()
            (page_bytes,) = connection.execute("PRAGMA page_size").fetchone()
            _, pages, _ = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            return bool(pages * page_bytes >= LOG_BYTES)
        return False

    def _run(self) -> None:
        with closing(self._connect()) as connection:
            while not self._stopping.wait(_COPY_S):
                if self.copy(connection):
                    self.copy(connection)  # what came meanwhile, which was much
                    self._long = True
