"""Rows on the shortest way: from the engine's pipe into the client's socket within the kernel, uncopied.

Python never sees these bytes: it writes the head of a chunk, moves what waits in the pipe behind it
(splice(2)), and ends the chunk. That needs the transport's own buffer to be empty, so it is emptied before
each chunk; what is sent the usual way in between keeps its place.
"""

import asyncio
import os
import socket
from collections.abc import Callable, MutableMapping
from contextlib import AbstractContextManager
from typing import Any

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from footfall.engine.body import ClientGone
from footfall.engine.early import EXTENSION, EarlyProtocol
from footfall.engine.pipe import Waiting

SPLICES = hasattr(os, "splice")
"""Whether the system can do it."""


class Splice(AbstractContextManager["Splice"]):
    """One answer's chunks out of a pipe; its body must be sent in chunks."""

    def __init__(self, scope: MutableMapping[str, Any]) -> None:
        connection, cycle = scope["extensions"][EXTENSION]
        self._connection: EarlyProtocol = connection
        self._cycle: RequestResponseCycle = cycle
        if cycle.transport.is_closing():
            raise ClientGone
        self._loop = asyncio.get_running_loop()
        self._room: asyncio.Future[None] | None = None
        # The transport watches its own descriptor: to wait for room in the socket takes another one.
        self._socket: socket.socket = cycle.transport.get_extra_info("socket").dup()
        cycle.transport.set_write_buffer_limits(0)
        self.sent = 0

    async def chunk(self, rows: Waiting) -> None:
        """Sends what waits in a pipe; raises `ClientGone` where nobody is there any more."""
        if not self._cycle.chunked_encoding:
            raise RuntimeError("an answer without chunks takes no shortcut")
        if self._cycle.transport.get_write_buffer_size():
            await self._cycle.flow.drain()
        left = len(rows)
        await self._write(b"%x\r\n" % left, socket.MSG_MORE)
        while left:
            left -= await self._when_there_is_room(self._move, rows.pipe, left)
        await self._write(b"\r\n")

    @property
    def waits(self) -> bool:
        """Whether it is the client's turn to take something."""
        return self._room is not None

    def wake(self) -> None:
        """Ends the waiting for room, so that it is seen who has gone."""
        if self._room is not None and not self._room.done():
            self._room.set_result(None)

    def __enter__(self) -> "Splice":
        self._connection.shortcut = self
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.shortcut = None
        self._socket.close()
        if not self._cycle.transport.is_closing():
            self._cycle.transport.set_write_buffer_limits()

    def _move(self, pipe: int, size: int) -> int:
        flags = os.SPLICE_F_MOVE | os.SPLICE_F_NONBLOCK | os.SPLICE_F_MORE
        return os.splice(pipe, self._socket.fileno(), size, flags=flags)

    async def _write(self, data: bytes, flags: int = 0) -> None:
        while data:
            data = data[await self._when_there_is_room(self._socket.send, data, flags) :]

    async def _when_there_is_room(self, call: Callable[..., int], *values: Any) -> int:
        while not self._cycle.disconnected:
            try:
                sent = call(*values)
                self.sent += sent
                return sent
            except BlockingIOError:
                await self._wait_for_room()
            except (ConnectionError, TimeoutError):
                break
        raise ClientGone

    async def _wait_for_room(self) -> None:
        self._room = self._loop.create_future()
        self._loop.add_writer(self._socket, self.wake)
        try:
            await self._room
        finally:
            self._loop.remove_writer(self._socket)
            self._room = None
