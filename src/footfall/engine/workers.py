"""Threads that run statements: the shortest way from the event loop to a thread and back.

A `ThreadPoolExecutor` makes a future of its own for each call, with a lock and a condition, and chains the
loop's to it; that was a tenth of what a small statement cost the engine. Threads are started when there is
none that waits, up to `most`; what is submitted beyond that waits in line.
"""

import asyncio
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

Result = TypeVar("Result")


class Workers:
    """A bounded number of daemon threads for one event loop."""

    def __init__(self, most: int, name: str) -> None:
        self._most = most
        self._name = name
        self._work: queue.SimpleQueue[tuple[Any, ...] | None] = queue.SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._started = 0

    def submit(self, call: Callable[..., Result], *values: Any) -> "asyncio.Future[Result]":
        """Has `call(*values)` run by a thread; to be asked by the event loop, whose future it returns."""
        loop = asyncio.get_running_loop()
        result: asyncio.Future[Result] = loop.create_future()
        self._work.put((loop, result, call, values))
        if not self._idle.acquire(blocking=False) and self._started < self._most:
            self._started += 1
            threading.Thread(target=self._run, name=self._name, daemon=True).start()
        return result

    def stop(self) -> None:
        """Ends the threads, each once its call has ended; what waits in line is not begun."""
        with suppress(queue.Empty):
            while True:
                self._work.get_nowait()
        for _ in range(self._started):
            self._work.put(None)

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            loop, result, call, values = work
            how: Callable[..., None] = _finish
            try:
                what = call(*values)
            except BaseException as error:
                how, what = _fail, error
            self._idle.release()  # before who asked knows, and asks for more
            with suppress(RuntimeError):  # the loop has been closed: nobody waits
                loop.call_soon_threadsafe(how, result, what)
            del work, result, values, what  # nothing of a request outlives it here


def _finish(result: "asyncio.Future[Any]", done: Any) -> None:
    if not result.done():
        result.set_result(done)


def _fail(result: "asyncio.Future[Any]", error: BaseException) -> None:
    if not result.done():
        result.set_exception(error)
