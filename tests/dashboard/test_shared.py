"""Who shares a run with whom: never an answer from before the question, two runs at most for a crowd."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from footfall.web.shared import Shared


class Work:
    """Work that ends when it is told to, and counts."""

    def __init__(self) -> None:
        self.begun = 0
        self.cancelled = 0
        self.end = asyncio.Event()

    async def __call__(self) -> int:
        self.begun += 1
        number = self.begun
        try:
            await self.end.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return number


async def started(*asks: Awaitable[int]) -> list[asyncio.Task[int]]:
    """Tasks that have come as far as they can."""
    tasks = [asyncio.ensure_future(ask) for ask in asks]
    for _ in range(5):
        await asyncio.sleep(0)
    return tasks


async def test_a_crowd_shares_the_run_that_begins_after_it_has_asked() -> None:
    shared: Shared[int] = Shared()
    work = Work()
    (first,) = await started(shared.ask("what", work))
    crowd = await started(*(shared.ask("what", work) for _ in range(16)))
    assert work.begun == 1
    work.end.set()
    assert await first == 1
    assert await asyncio.gather(*crowd) == [2] * 16
    assert await shared.ask("what", work) == 3


async def test_other_questions_wait_for_nobody() -> None:
    shared: Shared[int] = Shared()
    slow, quick = Work(), Work()
    (waiting,) = await started(shared.ask("slow", slow))
    quick.end.set()
    assert await shared.ask("quick", quick) == 1
    slow.end.set()
    assert await waiting == 1


async def test_an_error_reaches_all_who_share_it_and_nobody_later() -> None:
    shared: Shared[int] = Shared()

    async def fails() -> int:
        raise ValueError("no")

    answers = await asyncio.gather(*(shared.ask("what", fails) for _ in range(3)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [ValueError] * 3
    work = Work()
    work.end.set()
    assert await shared.ask("what", work) == 1


@pytest.mark.parametrize("leaving", [1, 2])
async def test_a_run_goes_on_until_the_last_who_waits_has_left(leaving: int) -> None:
    shared: Shared[int] = Shared()
    work = Work()
    asks: list[Callable[[], Awaitable[int]]] = [lambda: shared.ask("what", work)] * 2
    tasks = await started(*(ask() for ask in asks))
    assert work.begun == 1
    for task in tasks[:leaving]:
        task.cancel()
    await started()
    assert work.cancelled == (leaving == 2)
    work.end.set()
    assert await asyncio.gather(*tasks[leaving:]) == [1] * (2 - leaving)
    assert await shared.ask("what", work) == 2
