"""The threads that run statements: as many as there are calls at once, and no more than they may be."""

import asyncio
import threading

import pytest

from footfall.engine.workers import Workers


def test_calls_share_as_few_threads_as_will_do() -> None:
    async def main() -> set[str]:
        workers = Workers(8, "test")
        names = {await workers.submit(lambda: str(threading.get_ident())) for _ in range(20)}
        workers.stop()
        return names

    assert len(asyncio.run(main())) == 1


def test_no_more_run_at_once_than_may_and_all_are_run() -> None:
    running, most, lock, full = 0, 0, threading.Lock(), threading.Event()

    def call(number: int) -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
            if running == 3:
                full.set()
        assert full.wait(10)  # nobody ends before three have begun
        with lock:
            running -= 1
        return number

    async def main() -> list[int]:
        workers = Workers(3, "test")
        try:
            return await asyncio.gather(*(workers.submit(call, number) for number in range(12)))
        finally:
            workers.stop()

    assert asyncio.run(main()) == list(range(12))
    assert most == 3


def test_an_error_reaches_who_asked_and_the_thread_goes_on() -> None:
    async def main() -> str:
        workers = Workers(1, "test")
        with pytest.raises(ZeroDivisionError):
            await workers.submit(lambda: 1 // 0)
        left = workers.submit(lambda: "nobody waits")
        left.cancel()
        try:
            return await workers.submit(lambda: "fine")
        finally:
            workers.stop()

    assert asyncio.run(main()) == "fine"


def test_what_waits_in_line_is_not_begun_once_they_stop() -> None:
    begun, go = threading.Event(), threading.Event()

    def hold() -> str:
        begun.set()
        go.wait(10)
        return "held"

    async def main() -> tuple[str, bool]:
        workers = Workers(1, "test")
        first, second = workers.submit(hold), workers.submit(lambda: "never")
        await asyncio.to_thread(begun.wait, 10)
        workers.stop()
        go.set()
        return await first, second.done()

    assert asyncio.run(main()) == ("held", False)
