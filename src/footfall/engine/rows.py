"""A statement's rows on their way from the engine's pipe to the answer.

They are held back for a moment (`PATIENCE_S`), until they have ended or `HOLD` bytes are there, so that a
small answer has a whole summary, and an error before the first rows (`HEAD` bytes are no more than a format's
head) a status of its own; with `wait_end_of_query` until they have ended, however many; what does not fit in
memory waits in a file. A user's limit on the size of a result is counted here, because the engine counts it
by blocks; and so is the time of one who has a limit of time, because the engine looks at it between blocks
and a call that works on one large value is none.
"""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import IO, TypeVar

from footfall.engine.exceptions import TIMEOUT_EXCEEDED, TOO_MANY_ROWS_OR_BYTES, EngineError
from footfall.engine.handle import Stats
from footfall.engine.pipe import Pipe, Waiting

GRACE_S = 1.0
"""What a statement may take over its limit before its client is told without waiting for the engine."""
HOLD = 1 << 20
HEAD = 4096
PATIENCE_S = 0.05
"""How long the first piece waits for more, with the second half as long, and so on: many are a stream."""
IN_MEMORY = 8 << 20
ON_DISK = 1 << 30
Piece = TypeVar("Piece", bound=bytes | Waiting)
Outcome = tuple[bytes, Stats]


class Rows:
    """Bytes of one result, in order; `work` is the statement that makes them, `limit_s` 0 for any time."""

    def __init__(
        self, pipe: Pipe | None, work: "asyncio.Future[Outcome]", limit: int, limit_s: int, folder: Path
    ) -> None:
        self._pipe = pipe
        self._work = work
        self._limit = limit
        self._limit_s = limit_s
        self._end = asyncio.get_running_loop().time() + limit_s + GRACE_S if limit_s else None
        self._folder = folder
        self._file: IO[bytes] | None = None
        self._size = 0
        self._held: list[bytes] = []
        self._error: EngineError | None = None
        self.stats = Stats()
        self.ended = False

    async def hold(self, size: int = 0) -> None:
        """Waits until the rows have ended, are many (`size` bytes, 0 for `HOLD`) or take their time.

        Raises the statement's error where it comes before the first rows, or says that they are too many.
        """
        loop = asyncio.get_running_loop()
        first: float | None = None
        enough = min(size, IN_MEMORY) or HOLD
        with contextlib.suppress(TimeoutError):
            while not self.ended and self._size < enough:
                try:
                    async with asyncio.timeout_at(first and first + PATIENCE_S / len(self._held)):
                        self._held.append(await self._next(self._read))
                except EngineError as error:
                    if self._size <= HEAD or error.code == TOO_MANY_ROWS_OR_BYTES:
                        raise
                    self._error = error
                    return
                first = first or loop.time()

    async def hold_all(self) -> None:
        """Waits until the rows have ended; raises the statement's error."""
        file = self._file = tempfile.SpooledTemporaryFile(IN_MEMORY, "w+b", dir=str(self._folder))  # noqa: SIM115
        while not self.ended:
            file.write(await self._next(self._read))
            if self._size > ON_DISK:
                raise EngineError(
                    TOO_MANY_ROWS_OR_BYTES,
                    f"More than {ON_DISK} bytes of result wait for its end: leave wait_end_of_query out",
                )
        if self._size <= IN_MEMORY:
            file.seek(0)
            self._held.append(file.read())

    def whole(self) -> bytes | None:
        """All rows, where they have ended and are in memory."""
        return b"".join(self._held) if self.ended and self._size <= IN_MEMORY else None

    async def pieces(self) -> AsyncIterator[bytes]:
        """The rows from their first on, while they come; raises the statement's error."""
        async for piece in self._pieces(self._read):
            yield piece

    async def places(self) -> AsyncIterator[bytes | Waiting]:
        """The rows likewise, where they are: one in the pipe is to be taken before the next is asked for."""
        async for piece in self._pieces(self._find):
            yield piece

    async def _pieces(self, take: Callable[[], Awaitable[Piece]]) -> AsyncIterator[Piece | bytes]:
        for piece in self._held:
            yield piece
        self._held.clear()
        if self._error is not None:
            raise self._error
        if self._file is not None:
            self._file.seek(0)
            while piece := self._file.read(HOLD):
                yield piece
        while not self.ended:
            yield await self._next(take)

    @property
    def size(self) -> int:
        """Bytes so far."""
        return self._size

    async def settled(self, within_s: float) -> Stats | None:
        """What the statement did, where it has ended although not all of its rows have been read."""
        await asyncio.wait({self._work}, timeout=within_s)
        return self._work.result()[1] if self._work.done() and not self._work.exception() else None

    async def _read(self) -> bytes:
        return await self._pipe.read() if self._pipe is not None else b""

    async def _find(self) -> bytes | Waiting:
        return await self._pipe.find() if self._pipe is not None else b""

    async def _next(self, take: Callable[[], Awaitable[Piece]]) -> Piece | bytes:
        if self._pipe is None and self._work.done():
            return self._counted(self._last())
        try:
            async with asyncio.timeout_at(self._end):
                piece: Piece | bytes = await take()
                if not piece:
                    if not self._work.done():
                        await asyncio.shield(self._work)
                    piece = self._last()
        except TimeoutError:
            raise EngineError(
                TIMEOUT_EXCEEDED, f"Timeout exceeded: maximum: {self._limit_s * 1000} ms"
            ) from None
        return self._counted(piece)

    def _last(self) -> bytes:
        """What the statement returned; raises its error."""
        piece, self.stats = self._work.result()
        self.ended = True
        return piece

    def _counted(self, piece: Piece | bytes) -> Piece | bytes:
        self._size += len(piece)
        if self._limit and self._size > self._limit:
            raise EngineError(
                TOO_MANY_ROWS_OR_BYTES, f"Limit for result exceeded, max bytes: {self._limit} bytes"
            )
        return piece

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
