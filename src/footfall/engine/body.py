"""The body of a request, read by a worker thread while the event loop receives it.

Its beginning is read by the event loop itself, to find the statement. How much a decoder needs before it
gives its first byte is not known beforehand: where it wants more than is here (`NotYet`), more is received
and the body is read from its start again. Then a worker thread reads on: at most `LIMIT` bytes wait between
the two; above it the loop stops reading from the socket, so that a client that sends faster than the engine
takes is held back. A body that ends early raises `ClientGone`.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from footfall.engine.exceptions import LIMIT_EXCEEDED, SYNTAX_ERROR, EngineError

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
LIMIT = 8 << 20
SMALL = 1 << 20
BEGINNING = 80 << 20
"""What may be received before a statement is found: a block of the largest size, and more."""


class ClientGone(Exception):
    """The client closed the connection before its request was complete."""


class NotYet(Exception):
    """More than is here has to be received before a decoder gives anything."""


class Body:
    """What a client sends; `receive_small` first, then either all of it is here or `pump` brings the rest."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._loop = asyncio.get_running_loop()
        self._chunks: deque[bytes] = deque()
        self._waiting = 0
        self._given: list[bytes] = []
        self._changed = threading.Condition()
        self._room = asyncio.Event()
        self._failure: BaseException | None = None
        self._may_block = False
        self.complete = False

    async def receive_small(self) -> None:
        """Receives until the body is complete or more than `SMALL` bytes of it are here."""
        while not self.complete and self._waiting <= SMALL:
            await self._receive_one()

    async def receive_more(self) -> None:
        """Goes back to the body's start and receives as much again as is here."""
        self._chunks.extendleft(reversed(self._given))
        self._waiting += sum(map(len, self._given))
        self._given.clear()
        if self._waiting > BEGINNING:
            raise EngineError(
                LIMIT_EXCEEDED, f"No statement begins within the first {BEGINNING} bytes of the body"
            )
        wanted = 2 * self._waiting
        while not self.complete and self._waiting < wanted:
            await self._receive_one()

    async def receive_all(self, limit: int) -> None:
        """Receives the whole body; raises `EngineError` where it is longer than `limit` bytes."""
        while not self.complete:
            await self._receive_one()
            if self._waiting > limit:
                raise EngineError(SYNTAX_ERROR, f"Max query size exceeded: {limit} bytes")

    def may_be_awaited(self) -> None:
        """From now on a reader waits for what `pump` will bring; to be said before a worker thread starts."""
        self._may_block = True
        self._given.clear()

    async def pump(self) -> None:
        """Receives the rest, as fast as a worker thread reads it."""
        try:
            while not self.complete:
                while self._waiting > LIMIT:
                    self._room.clear()
                    await self._room.wait()
                await self._receive_one()
        except BaseException as error:
            with self._changed:
                self._failure = error if isinstance(error, ClientGone) else ClientGone()
                self._changed.notify_all()
            if not isinstance(error, ClientGone):
                raise

    async def _receive_one(self) -> None:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        with self._changed:
            if chunk := message.get("body"):
                self._chunks.append(chunk)
                self._waiting += len(chunk)
            self.complete = not message.get("more_body", False)
            self._changed.notify_all()

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes, none at the end; blocks until there are some, once `pump` brings them."""
        with self._changed:
            while not self._chunks:
                if self._failure is not None:
                    raise self._failure
                if self.complete:
                    return b""
                if not self._may_block:
                    raise NotYet
                self._changed.wait()
            chunk = self._chunks.popleft()
            if len(chunk) > size:
                self._chunks.appendleft(chunk[size:])
                chunk = chunk[:size]
            self._waiting -= len(chunk)
            if not self.complete:
                if not self._may_block:
                    self._given.append(chunk)
                elif self._waiting <= LIMIT:
                    self._loop.call_soon_threadsafe(self._room.set)
        return chunk

    def refuse_more(self) -> None:
        """Wakes a reader that waits for more than will come."""
        with self._changed:
            self._failure = self._failure or ClientGone()
            self._changed.notify_all()
