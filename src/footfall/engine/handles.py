"""The handles that wait for their next request.

To prepare one costs 2 ms, so it is kept for the next request of the same user and settings (`run`); one that
a statement may have changed is closed after it, so that settings cannot leak.
"""

import threading
from pathlib import Path

from footfall.engine.database import Database
from footfall.engine.handle import Handle


class Handles:
    """Handles that are ready for use, with what they were prepared for; one request has one at a time."""

    KEPT = 64

    def __init__(self, database: Database) -> None:
        self._database = database
        self._ready: list[tuple[tuple[str, ...], Handle]] = []
        self._lock = threading.Lock()

    def take(self, key: tuple[str, ...]) -> Handle | None:
        """A handle that was prepared for `key` before, if one is free."""
        with self._lock:
            for at in range(len(self._ready) - 1, -1, -1):
                if self._ready[at][0] == key:
                    return self._ready.pop(at)[1]
        return None

    @property
    def backups(self) -> Path:
        """The folder of the database's backups."""
        return self._database.folders[1]

    def open(self) -> Handle:
        return self._database.open()

    def give_back(self, key: tuple[str, ...], handle: Handle) -> None:
        """Keeps an unchanged handle for the next request, instead of the one that waits longest."""
        if handle.changed:
            handle.close()
            return
        with self._lock:
            self._ready.append((key, handle))
            oldest = self._ready.pop(0)[1] if len(self._ready) > self.KEPT else None
        if oldest is not None:
            oldest.close()

    def close(self) -> None:
        with self._lock:
            for _, handle in self._ready:
                handle.close()
            self._ready.clear()
