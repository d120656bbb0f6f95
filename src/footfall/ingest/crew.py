"""The writer's threads, in the one process of an inbox that may write.

Several ingest processes may share an inbox; the one that holds its lock file writes blocks for all. When it
ends, however it ends, the kernel lets go of the lock and another takes over.
"""

import fcntl
import logging
import threading
import time
from typing import Final

from footfall.config import Config
from footfall.ingest import kept
from footfall.ingest.inbox import Inbox
from footfall.ingest.lanes import TABLES
from footfall.ingest.metrics import Metrics
from footfall.ingest.orders import OrderStage
from footfall.ingest.outage import Outage
from footfall.ingest.power import PowerGuard
from footfall.ingest.profiles import ProfileStage
from footfall.ingest.writer import TableWriter, Worker

_LOOK_S: Final = 0.5
_STOP_S: Final = 2.0

_log = logging.getLogger(__name__)


class Crew:
    """Starts the writer's threads as soon as this process may write."""

    def __init__(self, config: Config, inbox: Inbox, metrics: Metrics) -> None:
        self.config = config
        self.inbox = inbox
        self.metrics = metrics
        self.writes = False
        self._workers: list[Worker] = []
        self._outage = Outage()
        self._stopping = threading.Event()
        self._lock = (inbox.folder / "writer.lock").open("a")
        self._thread = threading.Thread(target=self._run, name="crew", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stops the threads; an INSERT that runs is left to its end for a moment, then to the next start."""
        self._stopping.set()
        self._thread.join()
        for worker in self._workers:
            worker.stopping.set()
            for event in self.inbox.arrived.values():
                event.set()
        deadline = time.monotonic() + _STOP_S
        for worker in self._workers:
            worker.join(max(0.0, deadline - time.monotonic()))
        if not any(worker.is_alive() for worker in self._workers):
            self._lock.close()  # else nobody else may write before this process has ended

    def _run(self) -> None:
        while not self._stopping.is_set() and not self.writes:
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._begin()
                self._outage.succeeded("crew")
            except BlockingIOError:
                self._stopping.wait(_LOOK_S)
            except Exception as error:
                self._outage.failed("crew", type(error).__name__)
                self._stopping.wait(_LOOK_S)

    def _begin(self) -> None:
        lost = self.inbox.run(lambda connection: kept.doubt_after_a_boot(connection, kept.boot_id()))
        if lost:
            _log.warning("the machine has started since the last run: %d blocks are checked", lost)
        shared = (self.inbox, self.config, self.metrics)
        self._workers = [
            *(TableWriter(lane, *shared) for lane in TABLES),
            OrderStage("order stage", *shared),
            ProfileStage("users", *shared),
            ProfileStage("products", *shared),
        ]
        if self.config.embedded:
            self._workers.append(PowerGuard(*shared))
        for worker in self._workers:
            worker.outage = self._outage
            worker.start()
        self.writes = True
