"""The pipe through which the engine's rows come to the event loop.

Most results are small and soon there. As long as the event loop has not begun to read (`claim`), the thread
that ran the statement takes all rows and closes the pipe (`settle`): the loop, which serves everybody, makes
no system call for them.
"""

import asyncio
import contextlib
import fcntl
import os
import select
import struct
import termios
import threading
from dataclasses import dataclass

SIZE = 1 << 20
USUAL = 64 << 10
_INT = struct.Struct("i")


@dataclass(frozen=True, slots=True)
class Waiting:
    """So many bytes that are still in a pipe, by the descriptor that they are read from."""

    pipe: int
    size: int

    def __len__(self) -> int:
        return self.size


class Pipe:
    """Written by the engine as a file (`path`) or by `write`, read by the event loop; held back when full."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)  # the engine opens its end anew
        self._writing = True
        self._is_large = False
        self._turn = threading.Lock()
        self._claimed = False

    @property
    def path(self) -> str:
        return f"/dev/fd/{self._write}"

    def write(self, data: bytes) -> None:
        """Writes what the engine has not written itself, from the statement's thread.

        A full pipe holds it back; raises `BrokenPipeError` once nobody reads.
        """
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[os.write(self._write, rest) :]
            except BlockingIOError:
                room = select.poll()
                room.register(self._write, select.POLLOUT)
                room.poll()

    def close_writer(self) -> None:
        """Ends the stream once the engine has closed its side too; safe from any thread."""
        if self._writing:
            self._writing = False
            os.close(self._write)

    def is_filling(self) -> bool:
        """Whether many rows wait in it, so that the engine may soon be held back."""
        with self._turn:
            return self._read >= 0 and len(self._waiting()) >= USUAL // 2

    def claim(self) -> bool:
        """Makes its rows the event loop's to read; False where `settle` has taken them."""
        with self._turn:
            self._claimed = True
            if self._read >= 0 and len(self._waiting()) >= USUAL // 2:
                self._enlarge()
            return self._read >= 0

    def settle(self) -> bytes:
        """All rows of a statement that has ended, if nobody has begun to read them; closes the pipe then."""
        with self._turn:
            if self._claimed:
                return b""
            rows = b""
            with contextlib.suppress(BlockingIOError):
                rows = os.read(self._read, SIZE)
            self.close_writer()
            self.close()
            return rows

    async def read(self) -> bytes:
        """The next bytes, none at the end."""
        while True:
            try:
                piece = os.read(self._read, SIZE)
            except BlockingIOError:
                await self._readable()
                continue
            if len(piece) >= USUAL:
                self._enlarge()
            return piece

    async def find(self) -> bytes | Waiting:
        """The next bytes where they are: in the pipe, mostly; none at the end."""
        while True:
            if waiting := self._waiting():
                return waiting
            try:
                return os.read(self._read, SIZE)  # nothing was there: only this tells whether more will come
            except BlockingIOError:
                await self._readable()

    def _waiting(self) -> Waiting:
        return Waiting(self._read, *_INT.unpack(fcntl.ioctl(self._read, termios.FIONREAD, bytes(4))))

    def _enlarge(self) -> None:
        """Makes room for more, once the pipe has been full: most answers are short."""
        if not self._is_large:
            self._is_large = True
            with contextlib.suppress(PermissionError):  # a small pipe, at the system's limit, is only slower
                fcntl.fcntl(self._read, fcntl.F_SETPIPE_SZ, SIZE)

    async def _readable(self) -> None:
        loop = asyncio.get_running_loop()
        ready: asyncio.Future[None] = loop.create_future()
        loop.add_reader(self._read, _wake, ready)
        try:
            await ready
        finally:
            loop.remove_reader(self._read)

    def close(self) -> None:
        os.close(self._read)
        self._read = -1


def _wake(ready: "asyncio.Future[None]") -> None:
    if not ready.done():
        ready.set_result(None)
