"""One run of a question at a time, however many ask it.

Who asks while a run of the same question is on its way gets the answer of the next one, together with all
others who wait. So an answer is never of a run that began before it was asked for: whoever has written and
then asks sees it. Only where the question names the rows that it is about (`kept`), a run that has begun does
as well. A page that is open on twenty screens costs the store what it costs on two.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class _Run(Generic[T]):
    """One run, and how many wait for it; it begins once the run before it has ended."""

    def __init__(self, work: Callable[[], Awaitable[T]], before: "_Run[T] | None") -> None:
        self.began = False
        self.waiting = 0
        self.task = asyncio.create_task(self._run(work, before))

    async def _run(self, work: Callable[[], Awaitable[T]], before: "_Run[T] | None") -> T:
        if before is not None:
            await asyncio.wait([before.task])
        self.began = True
        return await work()


class Shared(Generic[T]):
    """The runs of one process."""

    def __init__(self) -> None:
        self._newest: dict[Hashable, _Run[T]] = {}

    async def ask(self, question: Hashable, work: Callable[[], Awaitable[T]], *, begun: bool = False) -> T:
        """The answer of a run of `work` that begins now or later, or has `begun`; raises what the run raises.

        A run is cancelled when nobody waits for it any more.
        """
        run = self._newest.get(question)
        if run is None or (run.began and not begun):
            run = self._newest[question] = _Run(work, run)
        run.waiting += 1
        try:
            return await asyncio.shield(run.task)
        finally:
            run.waiting -= 1
            if not run.waiting:
                run.task.cancel()
                if self._newest.get(question) is run:
                    del self._newest[question]
