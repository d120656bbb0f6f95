"""The pipe through which the engine's rows come to the event loop."""

import asyncio
import contextlib
import fcntl
import os

SIZE = 1 << 20


class Pipe:
    """Written by the engine as a file (`path`), read by the event loop; a full pipe holds the engine back."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(self._read, False)
        with contextlib.suppress(PermissionError):  # at the system's limit a small pipe is slower, not wrong
            fcntl.fcntl(self._write, fcntl.F_SETPIPE_SZ, SIZE)
        self._writing = True

    @property
    def path(self) -> str:
        return f"/dev/fd/{self._write}"

    def close_writer(self) -> None:
        """Ends the stream once the engine has closed its side too; safe from any thread."""
        if self._writing:
            self._writing = False
            os.close(self._write)

    async def read(self) -> bytes:
        """The next bytes, none at the end."""
        while True:
            try:
                return os.read(self._read, SIZE)
            except BlockingIOError:
                await self._readable()

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


def _wake(ready: "asyncio.Future[None]") -> None:
    if not ready.done():
        ready.set_result(None)
