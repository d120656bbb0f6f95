"""What the log says while the writer's rounds fail: one line when it begins, one when it is over.

All workers of a process share one `Outage`, because what stops one (the store is away) mostly stops them all.
A failure of another kind is told too, once; the rest are counted, and the last line says how many they were.
"""

import logging
import threading
import time
from typing import Final

KINDS_LIMIT: Final = 20  # lines of one outage, however many kinds of failure it has

_log = logging.getLogger(__name__)


class Outage:
    """Failed rounds of several workers, from the first failure until each of them has succeeded again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failing: set[str] = set()
        self._told: set[str] = set()
        self._tries = 0
        self._began = 0.0

    def failed(self, worker: str, what: str) -> None:
        """Notes a failed round; `what` says what failed, without data."""
        with self._lock:
            if not self._failing:
                self._began = time.monotonic()
            self._failing.add(worker)
            self._tries += 1
            if what not in self._told and len(self._told) < KINDS_LIMIT:
                self._told.add(what)
                _log.warning("writer %s: %s; trying again until it works", worker, what)

    def succeeded(self, worker: str) -> None:
        """Notes a round that worked."""
        if worker not in self._failing:  # the usual case, without waiting for anybody
            return
        with self._lock:
            self._failing.discard(worker)
            if not self._failing:
                seconds = time.monotonic() - self._began
                _log.warning("the writer works again after %.1f s and %d failed tries", seconds, self._tries)
                self._told.clear()
                self._tries = 0
