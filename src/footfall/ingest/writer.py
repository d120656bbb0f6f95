"""The writer: takes rows from a lane of the inbox, in order, into the lane's table.

A block is fixed (rows, number, token) before its first try; it is tried until the store acknowledges it,
always the same rows under the same token; it is kept until a power cut can take it no more (`kept`), and then
forgotten. A block that was in doubt, because a try got no answer or a process died, is not believed but
checked (`repair`); one that the machine's own end put in doubt is checked before anything is sent.

One thread a lane, one block at a time. The store may be away for any time: the inbox takes what arrives.
"""

import logging
import threading
import time
import traceback
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Final

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from footfall import store
from footfall.config import Config
from footfall.ingest import blocks, chunks, heal, identities, kept, native, repair, supersede
from footfall.ingest.chunks import Block, Damaged
from footfall.ingest.fence import Passage
from footfall.ingest.inbox import Inbox
from footfall.ingest.lanes import IDENTITIES, Lane
from footfall.ingest.metrics import Metrics
from footfall.ingest.outage import Outage

PAUSE_LIMIT_S: Final = 5.0
_FIRST_PAUSE_S: Final = 0.1
_ANSWER_LIMIT_S: Final = 120
# A row of a small block costs the engine several times what one of a large block does. So where this many
# came within an interval, their block waits some intervals for more. So do rows that nobody looks for by
# themselves: what users and products are, and who a shopper turned out to be.
MANY_ROWS: Final = 500
PATIENT_INTERVALS: Final = 5
POLL_S: Final = 0.1  # how soon rows are noticed that another process put into the inbox

_log = logging.getLogger(__name__)


class Stopped(Exception):
    """The process is ending: what is open stays in the inbox."""


class StoreLink:
    """A thread's client of the store; made when it is needed, thrown away when it fails."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._client: Client | None = None

    @property
    def client(self) -> Client:
        if self._client is None:
            self._client = store.connect(
                self._config,
                "writer",
                connect_timeout=5,
                send_receive_timeout=_ANSWER_LIMIT_S,
                query_retries=0,
                form_encode_query_params=True,
            )
        return self._client

    def drop(self) -> None:
        """Closes the client: the next use connects anew."""
        if self._client is not None:
            self._client.close()
            self._client = None


class Worker(threading.Thread, ABC):
    """A thread of the writer: does its work until it is stopped, whatever the store does meanwhile."""

    def __init__(self, name: str, inbox: Inbox, config: Config, metrics: Metrics) -> None:
        super().__init__(name=name, daemon=True)
        self.inbox = inbox
        self.config = config
        self.metrics = metrics
        self.store = StoreLink(config)
        self.outage = Outage()  # the crew gives its workers one that they share
        self.stopping = threading.Event()
        self.reader = inbox.connect()
        self._passage = Passage(inbox.folder)

    @abstractmethod
    def work(self) -> None:
        """One round; waits a moment where there is nothing to do."""

    def run(self) -> None:
        """Rounds until stopped; a round that fails is tried again after a pause that doubles."""
        pause = _FIRST_PAUSE_S
        while not self.stopping.is_set():
            try:
                self.work()
                self.outage.succeeded(self.name)
                pause = _FIRST_PAUSE_S
            except Stopped:
                break
            except Exception as error:
                self.failed(error)
                _release(error)
                self.stopping.wait(pause)
                pause = min(pause * 2, PAUSE_LIMIT_S)
        self.close()

    def close(self) -> None:
        """Lets go of what the thread holds."""
        self.store.drop()
        self.reader.close()
        self._passage.close()

    @contextmanager
    def passed(self) -> Iterator[None]:
        """Keeps the fence from being raised until the end: nothing is left half done (see `fence`)."""
        with self._passage.passed(self.stopping) as passed:
            if not passed:
                raise Stopped
            yield

    def failed(self, error: Exception) -> None:
        """Notes what failed, without the rows that an error's text may quote."""
        self.store.drop()
        self.metrics.retries.labels(self.name).inc()
        self.outage.failed(self.name, describe(error))


class TableWriter(Worker):
    """Writes one lane to its table."""

    def __init__(self, lane: Lane, inbox: Inbox, config: Config, metrics: Metrics) -> None:
        super().__init__(lane.name, inbox, config, metrics)
        self.lane = lane
        # Blocks that were tried and not acknowledged. Of those that are open at the start, the process that
        # fixed them is gone: who knows what it tried.
        self._tried = set(chunks.open_blocks(self.reader, lane.name))

    def work(self) -> None:
        """Finishes what is open; then the next block, when it is large or old enough."""
        if not self.lane.keyed and (lost := chunks.lost_blocks(self.reader, self.lane.name)):
            with self.passed():
                self._recover(lost)
        for block_id in chunks.open_blocks(self.reader, self.lane.name):
            with self.passed():
                self._finish(block_id)
        if not self._due():
            return
        with self.passed():
            block_id = blocks.new_block_id()
            rows = self.config.flush_rows
            self.inbox.run(lambda connection: chunks.fix(connection, self.lane.name, block_id, rows))
            self._finish(block_id)

    def _due(self) -> bool:
        """Whether the lane's next block is full, old or awaited; waits a moment where it is not.

        While rows wait, more of them wake nobody: to look at each arrival costs more than the rows do.
        """
        arrived, awaited = self.inbox.arrived[self.lane.name], self.inbox.awaited[self.lane.name]
        arrived.clear()
        hurry = awaited.is_set()
        awaited.clear()
        head = chunks.head(self.reader, self.lane.name, self.config.flush_rows)
        if head is None:
            arrived.wait(POLL_S)
            return False
        age_ms = time.time_ns() // 1_000_000 - head.accepted_at
        interval_ms = self.config.flush_interval_ms
        if head.rows >= MANY_ROWS or self.lane is IDENTITIES:
            interval_ms *= PATIENT_INTERVALS
        left_ms = interval_ms - age_ms
        if hurry or head.urgent or head.full or left_ms <= 0:
            return True
        awaited.wait(min(left_ms / 1000, POLL_S))
        return False

    def _finish(self, block_id: int) -> None:
        """Sends a block until the store has it, checks it where that is in doubt, and keeps it."""
        block = chunks.load(self.reader, block_id)
        in_doubt = block.in_doubt or block_id in self._tried
        self._tried.add(block_id)
        if not block.lost:
            self._send(block)
        if self.lane.keyed:
            if in_doubt:
                # Once more under a new number: a keyed table keeps one row a key whatever happened.
                block = Block(blocks.new_block_id(), block.rows, block.bodies)
                self._send(block)
            supersede.remove(self.store.client, self.lane, block)
            identities.resolve(self.store.client, self.lane, block)
        elif in_doubt:
            if self._replaced(block):
                return  # by a new block, which is open now
            self._heal(repair.days(self.lane, block))
        self.inbox.reached(self.lane.name, chunks.reach(self.reader, self.lane.name, block_id))
        self._keep(block_id)
        self._tried.discard(block_id)

    def _keep(self, block_id: int) -> None:
        """Keeps a block that the store has; waits where the bound of kept blocks is reached."""
        now_ms = time.time_ns() // 1_000_000
        if not self.config.embedded:  # its disk is not ours
            self._forget(block_id)
            return
        while kept.totals(self.reader)[1] >= kept.KEPT_LIMIT_BYTES:
            if self.stopping.wait(POLL_S):
                raise Stopped
        self.inbox.run(lambda connection: kept.keep(connection, self.lane.name, block_id, now_ms))

    def _forget(self, block_id: int) -> None:
        self.inbox.run(lambda connection: chunks.forget(connection, self.lane.name, block_id))

    def _recover(self, block_ids: list[int]) -> None:
        """Checks blocks that were sent before the machine started, without sending them: the engine's logs
        of blocks may know more than its tables, or less."""
        days: set[int] = set()
        whole = []
        for block_id in block_ids:
            block = chunks.load(self.reader, block_id)
            days.update(repair.days(self.lane, block))
            if not self._replaced(block, looks=1):
                whole.append(block_id)
        self._heal(sorted(days))
        self._sync()
        for block_id in whole:
            self._forget(block_id)
            self._tried.discard(block_id)

    def _replaced(self, block: Block, looks: int = repair.LOOKS) -> bool:
        """Counts a block in its table; whether a new block, of what is missing, stands in its place."""
        client, ttl_days = self.store.client, repair.ttl_days(self.config, self.lane)
        short = repair.short(client, self.lane, block, ttl_days, looks)
        if not short.bodies:
            return False
        days = repair.days(self.lane, block)
        _log.warning("writer %s: %d of %d rows of a block are missing", self.name, short.rows, block.rows)
        self.metrics.repaired.labels(self.name).inc(short.rows)
        self._sync()  # the rows that are there are known by the old number, which is forgotten now
        old_id, new_id = block.block_id, blocks.new_block_id()
        self.inbox.run(
            lambda connection: chunks.replace(connection, self.lane.name, old_id, new_id, short.bodies, days)
        )
        self._tried.discard(old_id)
        return True

    def _heal(self, days: list[int]) -> None:
        """Compares the lane's rollups with raw rows on these days, and rebuilds those that differ."""
        for rollup, count in heal.heal(self.config, self.lane, days).items():
            _log.warning("writer %s: rebuilt %d days of %s", self.name, count, rollup)
            self.metrics.healed.labels(rollup).inc(count)

    def _sync(self) -> None:
        if self.config.embedded:
            kept.sync(self.config.data_dir)

    def _send(self, block: Block) -> None:
        if self.stopping.is_set():
            raise Stopped
        began = time.perf_counter()
        self.store.client.raw_insert(
            self.lane.table,
            [*(column.name for column in self.lane.columns), "block_id"],
            # As a stream: bytes would be sent a second time by the client itself, unseen by us.
            insert_block=BytesIO(native.block(self.lane.columns, block.bodies, block.block_id)),
            settings=blocks.insert_settings(block.block_id),
            fmt="Native",
        )
        self.metrics.flush_rows.labels(self.name).observe(block.rows)
        self.metrics.flush_seconds.labels(self.name).observe(time.perf_counter() - began)


def _release(error: BaseException | None) -> None:
    """Lets go of what the frames of a failed round hold: a block, and its bytes on their way.

    Errors of the client's library stand in cycles, so that each round would hold a block of 24 MiB until the
    collector looks, which it rarely does here.
    """
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__


def describe(error: Exception) -> str:
    """An error in a line without data: its kind, and ClickHouse's code where it has one."""
    if isinstance(error, ClickHouseError):
        code = getattr(error, "code", None)
        return f"the store answered {type(error).__name__}" + (f", code {code}" if code else "")
    if isinstance(error, Damaged):
        return error.message
    return type(error).__name__
