"""Answers that are kept as long as they are true (decision 16).

An answer is kept under its question and the versions of the tables that it was read from; it answers who asks
the same and reads the same versions. The versions are read after the question, for each question, so a kept
answer is what the rows say at that moment: nothing is ever kept for a time. Whoever reads other versions
drops all answers that they end, those of an erased person too; where nobody asks for `IDLE_S`, all go.
Bounded by `BYTES`: what was asked for longest ago is forgotten first, and an answer that takes more than
`LARGEST` is not kept.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Iterable
from typing import Final, NamedTuple, Protocol

from footfall.web.shared import Shared
from footfall.web.versions import EVERYTHING, Versions

BYTES: Final = 32 << 20
LARGEST: Final = 2 << 20
IDLE_S: Final = 900.0

Question = Hashable
Work = Callable[[Versions | None], Awaitable[bytes]]


class Reader(Protocol):
    """What tells the versions; each look begins after it is asked for."""

    async def read(self) -> Versions | None: ...


class _Answer(NamedTuple):
    """An answer, the tables that it was read from and their versions."""

    body: bytes
    tables: tuple[str, ...]
    versions: tuple[str, ...]


class Kept:
    """The answers of one process."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._shared: Shared[bytes] = Shared()
        self._now: Versions | None = None
        self._answers: OrderedDict[Question, _Answer] = OrderedDict()
        self._idle: asyncio.TimerHandle | None = None
        self.bytes = 0

    async def ask(self, question: Question, tables: Iterable[str] | None, work: Work) -> bytes:
        """The answer of `work`, which reads `tables` and nothing else, or one that is kept.

        With None for `tables` nothing is kept. `work` is told the versions, where there are any.
        """
        now = await self._look() if tables is not None else None
        if tables is None or now is None:
            return await self._shared.ask(question, lambda: work(None))
        names = (EVERYTHING, *tables)
        versions = tuple(now.get(name, "") for name in names)
        found = self._answers.get(question)
        if found is not None and found.versions == versions:
            self._answers.move_to_end(question)
            return found.body
        body = await self._shared.ask((question, versions), lambda: work(now), begun=True)
        self._keep(question, _Answer(body, names, versions))
        return body

    async def _look(self) -> Versions | None:
        if self._idle is not None:
            self._idle.cancel()
        self._idle = asyncio.get_running_loop().call_later(IDLE_S, self._clear)
        now = await self._reader.read()
        if now != self._now:
            self._now = now
            for question in [key for key, answer in self._answers.items() if not self._holds(answer)]:
                self._forget(question)
        return now

    def _holds(self, answer: _Answer) -> bool:
        now = self._now or {}
        return answer.versions == tuple(now.get(name, "") for name in answer.tables)

    def _keep(self, question: Question, answer: _Answer) -> None:
        self._forget(question)
        if not self._holds(answer) or len(answer.body) > LARGEST:
            return
        self._answers[question] = answer
        self.bytes += len(answer.body)
        while self.bytes > BYTES:
            self._forget(next(iter(self._answers)))

    def _clear(self) -> None:
        self._answers.clear()
        self.bytes = 0

    def _forget(self, question: Question) -> None:
        gone = self._answers.pop(question, None)
        self.bytes -= len(gone.body) if gone is not None else 0
