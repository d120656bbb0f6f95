"""A statement's result on its way to its client: progress while it is awaited, headers, rows.

Where the rows end within what is held back, the answer is sent whole and its summary is complete. Where they
are more, they are streamed behind headers that tell what the statement had done by then, as on a server.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from starlette.types import Receive, Scope

from footfall.engine import codecs
from footfall.engine.answer import Answer
from footfall.engine.early import EarlyHeaders
from footfall.engine.job import Job
from footfall.engine.progress import Progress, ended
from footfall.engine.request import SHORT
from footfall.engine.rows import Rows
from footfall.engine.splice import SPLICES, Splice
from footfall.engine.statement import Kind

PROGRESS_EVERY_S = 0.05
SETTLES_S = 0.02
"""What a statement that has read everything may take to end; it does not end before its rows are taken."""


@dataclass(frozen=True, slots=True)
class Client:
    """What a request came through and what its answer goes through."""

    method: str
    headers: Mapping[str, str]
    scope: Scope
    receive: Receive
    answer: Answer

    @property
    def is_old(self) -> bool:
        """HTTP/1.0 has no chunks: without a length, half a result would look like a whole one."""
        return bool(self.scope["http_version"] == "1.0")


@dataclass(frozen=True, slots=True)
class Result:
    """One running statement: its job, its rows, when it began, and what asks how far it has come."""

    job: Job
    rows: Rows
    started_ns: int
    so_far: Callable[[int], Awaitable[Progress | None]]
    content_types: Mapping[str, str]

    async def send(self, client: Client) -> None:
        """Sends headers and rows; raises the statement's error."""
        job, rows, answer = self.job, self.rows, client.answer
        await self._hold(client)
        whole = rows.whole()
        if job.statement.kind in (Kind.SELECT, Kind.READ) or whole != b"":
            format = job.format
            answer.headers["X-ClickHouse-Format"] = format
            answer.headers["Content-Type"] = self.content_types.get(
                format.lower(), "text/plain; charset=UTF-8"
            )
            answer.headers.update(job.ask.response_headers)
            if (zone := await _time_zone(job)) is not None:
                answer.headers["X-ClickHouse-Timezone"] = zone
        answer.headers["X-ClickHouse-Summary"] = (await self._done()).summary()
        if whole is None and client.is_old and not job.ask.blocks_out:
            answer.headers["Content-Length"] = str(rows.size)
        elif whole != b"" and job.ask.may_compress and (accepted := client.headers.get("accept-encoding")):
            answer.encode_as(codecs.choose(accepted), job.ask.compress_level)
        if whole is not None:
            await answer.whole(whole)
        else:
            with self._shortcut(client) as shortcut:
                await answer.stream(rows.places() if shortcut else rows.pieces(), shortcut)

    def _shortcut(self, client: Client) -> AbstractContextManager[Splice | None]:
        """The way that leaves rows as they are, for a client that takes them so."""
        if not SPLICES or client.method == "HEAD" or client.is_old or client.answer.is_encoded:
            return nullcontext()
        return Splice(client.scope)

    async def _hold(self, client: Client) -> None:
        """Awaits the end of the rows, or many of them; meanwhile the client may get progress lines."""
        ask = self.job.ask
        whole = ask.wait_end_of_query or self.job.pipe is None or client.is_old
        rows = self.rows.hold_all() if whole else self.rows.hold(ask.buffer_size)
        if ask.progress_every_ms is None or client.is_old or client.method == "HEAD":
            return await rows
        held, headers = asyncio.ensure_future(rows), EarlyHeaders(client.scope)
        every_s = max(ask.progress_every_ms / 1000, PROGRESS_EVERY_S)
        try:
            while not (await asyncio.wait({held}, timeout=every_s))[0]:
                done = await self.so_far(self._elapsed_ns())
                if done is not None and (done.read_rows or done.written_rows) and not held.done():
                    await client.answer.early(headers, "X-ClickHouse-Progress", done.line())
            held.result()
        finally:
            held.cancel()

    async def _done(self) -> Progress:
        """What the statement has done; the engine may be through with it before its rows are."""
        rows, elapsed = self.rows, self._elapsed_ns()
        if rows.ended:
            return ended(rows.stats, elapsed)
        done = await self.so_far(elapsed)
        if done is None and (stats := await rows.settled(SETTLES_S)) is not None:
            done = ended(stats, elapsed)
        return done or Progress(elapsed_ns=elapsed)

    def _elapsed_ns(self) -> int:
        return time.perf_counter_ns() - self.started_ns


async def _time_zone(job: Job) -> str | None:
    """As the job tells it; a long statement is read in a thread."""
    if len(job.statement.text) < SHORT:
        return job.time_zone
    return await asyncio.to_thread(lambda: job.time_zone)
