"""The inbox's log (SQLite's WAL): its pages reach the inbox's file beside the thread that commits.

SQLite would copy the log within whatever commit fills it: 64 MiB are written and synced, and all who wait for
that commit wait a third of a second longer. So no commit does; a thread copies now and then what there is.
Where the log has become long, it then copies the rest, which is what came meanwhile, while nobody commits:
for only when nothing is left does SQLite begin the log anew. Rows that come and go between two copies are
never copied.

A copy takes no lock that a batch waits for, but for that rest, and fails without harm: the log keeps what is
not copied. Before 3.51.3, SQLite may lose commits where the log is begun anew just as a copy starts
(sqlite.org/wal.html, "the WAL-reset bug"). So a reader stands beside each copy: while it reads the log, that
is not begun anew; where it reads none of it, because all is copied, SQLite copies nothing beside it. That
holds between processes, too.
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
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns when nothing is being copied."""
        self._stopping.set()
        self._thread.join()

    def copy(self, connection: sqlite3.Connection, beside: str = "BEGIN") -> int:
        """Copies what can be copied beside a transaction; returns the length of the log in pages."""
        # What fails (the disk is full, say) is told by the next commit.
        with contextlib.suppress(sqlite3.Error), closing(self._connect()) as reader:
            reader.execute(beside)
            reader.execute("SELECT 1 FROM lanes LIMIT 1").fetchone()
            _, pages, _ = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            return int(pages)
        return 0

    def _run(self) -> None:
        with closing(self._connect()) as connection:
            (page_bytes,) = connection.execute("PRAGMA page_size").fetchone()
            while not self._stopping.wait(_COPY_S):
                if self.copy(connection) * page_bytes >= LOG_BYTES:
                    self.copy(connection)  # what came meanwhile, which was much
                    self.copy(connection, "BEGIN IMMEDIATE")  # now nobody commits
