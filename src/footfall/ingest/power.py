"""The guard against power cuts: has the kernel write the engine's parts, then lets go of the kept blocks.

One `syncfs` of the data folder's file system speaks for every block that was acknowledged before it began.
It runs every few seconds while blocks are kept, and at once where they come to half of their bound.
"""

import time
from typing import Final

from footfall.config import Config
from footfall.ingest import kept
from footfall.ingest.inbox import Inbox
from footfall.ingest.metrics import Metrics
from footfall.ingest.writer import Worker

_LOOK_S: Final = 0.5
_BREATH_S: Final = 0.01  # between two removals, for batches that came meanwhile


class PowerGuard(Worker):
    """Lets go of blocks that no power cut can take any more."""

    def __init__(self, inbox: Inbox, config: Config, metrics: Metrics) -> None:
        super().__init__("power guard", inbox, config, metrics)
        self._synced_at = time.monotonic()

    def work(self) -> None:
        """One look, and a sync where it is due."""
        _, size, oldest = kept.totals(self.reader)
        waited = time.monotonic() - self._synced_at
        if oldest is None or (waited < self.config.sync_interval_s and size < kept.KEPT_LIMIT_BYTES // 2):
            self.stopping.wait(_LOOK_S)
            return
        before_ms = time.time_ns() // 1_000_000
        began = time.perf_counter()
        kept.sync(self.config.data_dir)
        self.metrics.sync_seconds.observe(time.perf_counter() - began)
        self._synced_at = time.monotonic()
        while self.inbox.run(lambda c: kept.release(c, before_ms)):
            if self.stopping.wait(_BREATH_S):
                break
