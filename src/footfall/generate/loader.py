"""Writes blocks to the store: a few at a time, each until the store acknowledges it, each once.

A block's token is made of the plan and the block's number, so a block that is sent again, by a retry or by
a later run of the same plan, adds nothing. Blocks travel in the order of their numbers and at most
`IN_FLIGHT` are open at once; when the store is slower than the generator, the generator waits.
"""

import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from hashlib import blake2b
from io import BytesIO
from threading import Event, local
from types import TracebackType
from typing import Final, Self

import pyarrow as pa
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, OperationalError

from footfall import store
from footfall.config import Config
from footfall.errors import OurFault, StoreUnavailable, UsageError
from footfall.generate.blocks import Block
from footfall.generate.plan import Plan
from footfall.generate.progress import Meter

IN_FLIGHT: Final = 3
_THREADS: Final = 2
_PATIENCE_S: Final = 60.0
_PAUSE_LIMIT_S: Final = 5.0
NO_SCHEMA: Final = (60, 81)  # ClickHouse: UNKNOWN_TABLE, UNKNOWN_DATABASE
_BUSY: Final = (202, 241, 252)  # TOO_MANY_SIMULTANEOUS_QUERIES, MEMORY_LIMIT_EXCEEDED, TOO_MANY_PARTS


class Loader:
    """Sends the blocks of one plan as the store's user writer."""

    def __init__(self, config: Config, plan: Plan, meter: Meter) -> None:
        self._config = config
        # The same plan in another currency makes other rows: it must not pass for the same block.
        seed = f"{plan.command()} {config.currency}".encode()
        self._fingerprint = blake2b(seed, digest_size=8).hexdigest()
        self._meter = meter
        self._pool = ThreadPoolExecutor(_THREADS, "loader")
        self._open: deque[Future[None]] = deque()
        self._own = local()
        self._clients: list[Client] = []
        self._stopping = Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._stopping.set()
        self._pool.shutdown(wait=True, cancel_futures=kind is not None)
        for client in self._clients:
            client.close()

    def send(self, block: Block) -> None:
        """Hands a block over; waits while enough are open. Raises what an earlier block failed with."""
        while len(self._open) >= IN_FLIGHT:
            self._open.popleft().result()
        self._open.append(self._pool.submit(self._insert, block))

    def finish(self) -> None:
        """Waits until every block is acknowledged; raises what one failed with."""
        while self._open:
            self._open.popleft().result()

    def _client(self) -> Client:
        if not hasattr(self._own, "client"):
            self._own.client = store.connect(
                self._config, "writer", connect_timeout=5, send_receive_timeout=120, query_retries=0
            )
            self._clients.append(self._own.client)
        client: Client = self._own.client
        return client

    def _insert(self, block: Block) -> None:
        """Tries until the block is acknowledged, for a minute at most where the store does not answer."""
        deadline, pause = time.monotonic() + _PATIENCE_S, 0.1
        while True:
            try:
                self._try(block)
                self._meter.advance(block.rows)
                return
            except (ClickHouseError, OSError) as error:
                if not _passing(error):
                    raise _refusal(error) from error
                if time.monotonic() > deadline or self._stopping.wait(pause):
                    raise StoreUnavailable(
                        f"the store at {self._config.store_url} does not take the history: {error}; "
                        "run the same command again to go on where it stopped"
                    ) from error
                pause = min(pause * 2, _PAUSE_LIMIT_S)

    def _try(self, block: Block) -> None:
        self._client().raw_insert(
            f"footfall.{block.table}",
            pa.ipc.open_stream(block.data).schema.names,
            # As a stream: bytes would be sent a second time by the client itself, unseen by us.
            insert_block=BytesIO(block.data),
            settings={
                "insert_deduplicate": 1,
                "deduplicate_blocks_in_dependent_materialized_views": 1,
                "insert_deduplication_token": f"{self._fingerprint}-{block.number}",
                "async_insert": 0,
            },
            fmt="ArrowStream",
        )


def _passing(error: Exception) -> bool:
    """Whether trying again may help: no answer, or a store that is busy."""
    code = getattr(error, "code", None)
    return code in _BUSY or (code is None and isinstance(error, OperationalError | OSError))


def _refusal(error: Exception) -> Exception:
    if getattr(error, "code", None) in NO_SCHEMA:
        return UsageError("the store has no schema yet: run `footfall migrate` first")
    return OurFault(f"the store refused the history: {error}")
