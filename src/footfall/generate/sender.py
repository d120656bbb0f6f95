"""Sends batches of items to ingest over HTTP: each until it is acknowledged, the same bytes every time.

A batch's bytes are made once, ids included, so a retry doubles nothing. Events go on several connections;
orders and users go one batch after the other, because a refund must not overtake its order. No answer, 429
and 5xx are tried again after a pause that doubles up to `PAUSE_LIMIT_S` (or is what Retry-After says); other
refusals are final. The caller looks at `waiting` before it adds: at `BACKLOG_ITEMS` it adds nothing more.
"""

import asyncio
import contextlib
import json
from collections import deque
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Literal, Self

import aiohttp
import msgspec

from footfall.config import Config
from footfall.errors import UsageError
from footfall.generate.items import Item

Kind = Literal["products", "users", "orders", "events"]

BACKLOG_ITEMS: Final = 100_000
BATCH_ITEMS: Final = 1_000
PAUSE_LIMIT_S: Final = 5.0
_FIRST_PAUSE_S: Final = 0.1
_ANSWER_LIMIT_S: Final = 15.0
_CONNECTIONS: Final[dict[Kind, int]] = {"products": 1, "users": 1, "orders": 1, "events": 4}
_AGAIN: Final = (408, 429, 500, 502, 503, 504)
_REASONS: Final = 10


@dataclass(slots=True)
class Tally:
    """What has become of items: each one sent is acknowledged, rejected or waiting. `retried`: requests."""

    sent: int = 0
    acknowledged: int = 0
    rejected: int = 0
    retried: int = 0
    reasons: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Batch:
    kind: Kind
    body: bytes
    items: int


class Sender:
    """Open connections to ingest, as an asynchronous context."""

    def __init__(self, config: Config) -> None:
        self._url = config.url("ingest")
        self._headers = {"Authorization": f"Bearer {config.write_key}", "Content-Type": "application/json"}
        self._queues: dict[Kind, deque[_Batch]] = {kind: deque() for kind in _CONNECTIONS}
        self._arrived: dict[Kind, asyncio.Event] = {kind: asyncio.Event() for kind in _CONNECTIONS}
        self._tasks: list[asyncio.Task[None]] = []
        self._refusal: UsageError | None = None
        self._idle = asyncio.Event()
        self.tally = Tally()

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            self._url,
            headers=self._headers,
            timeout=aiohttp.ClientTimeout(total=_ANSWER_LIMIT_S, connect=5),
            connector=aiohttp.TCPConnector(limit=sum(_CONNECTIONS.values())),
        )
        for kind, connections in _CONNECTIONS.items():
            self._tasks += [asyncio.create_task(self._work(kind)) for _ in range(connections)]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._session.close()

    @property
    def waiting(self) -> int:
        """Items that are neither acknowledged nor rejected yet."""
        return self.tally.sent - self.tally.acknowledged - self.tally.rejected

    def add(self, kind: Kind, items: list[Item]) -> None:
        """Makes batches of items and hands them over. Raises `UsageError` where ingest refused the key."""
        self.check()
        for start in range(0, len(items), BATCH_ITEMS):
            some = items[start : start + BATCH_ITEMS]
            self._queues[kind].append(_Batch(kind, msgspec.json.encode(some), len(some)))
            self.tally.sent += len(some)
            self._idle.clear()
        self._arrived[kind].set()

    def check(self) -> None:
        """Raises `UsageError` where ingest refused the write key."""
        if self._refusal is not None:
            raise self._refusal

    async def drain(self, limit_s: float) -> None:
        """Waits until nothing is waiting any more, or the time is up."""
        if self.waiting:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(limit_s):
                    await self._idle.wait()

    async def _work(self, kind: Kind) -> None:
        queue, arrived = self._queues[kind], self._arrived[kind]
        while True:
            while not queue:
                arrived.clear()
                await arrived.wait()
            await self._send(queue.popleft())

    async def _send(self, batch: _Batch) -> None:
        """Tries until ingest has answered for good."""
        pause = _FIRST_PAUSE_S
        while True:
            wait: float | None = None
            try:
                async with self._session.post(f"/v1/{batch.kind}", data=batch.body) as response:
                    answer = await response.read()
                    if response.status not in _AGAIN:
                        self._settle(batch, response.status, answer)
                        return
                    wait = _seconds(response.headers.get("Retry-After"))
            except (aiohttp.ClientError, TimeoutError, OSError):
                pass  # no answer: ingest may or may not have the batch, and the same bytes say the same
            self.tally.retried += 1
            await asyncio.sleep(min(pause if wait is None else wait, PAUSE_LIMIT_S))
            pause = min(pause * 2, PAUSE_LIMIT_S)

    def _settle(self, batch: _Batch, status: int, answer: bytes) -> None:
        """Counts what ingest said about a batch."""
        tally = self.tally
        if status in (401, 403):
            self._refusal = UsageError(f"ingest at {self._url} refused the write key (FOOTFALL_WRITE_KEY)")
        else:
            rejected = _rejected(answer) if status in (200, 202) else batch.items
            tally.acknowledged += batch.items - rejected
            tally.rejected += rejected
            if rejected and len(tally.reasons) < _REASONS:
                text = answer[:500].decode(errors="replace")
                tally.reasons.append(f"{batch.kind}, status {status}: {text}")
        if not self.waiting or self._refusal:
            self._idle.set()


def _rejected(receipt: bytes) -> int:
    rejected = json.loads(receipt)["rejected"]
    return int(rejected)


def _seconds(retry_after: str | None) -> float | None:
    try:
        return None if retry_after is None else max(float(retry_after), 0.0)
    except ValueError:
        return None
