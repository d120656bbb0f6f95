"""Answers that are kept as long as they are true (decision 16).

An answer is kept under its question and the versions of the tables that it was read from; it answers who asks
the same and reads the same versions. The versions are read after the question, for each question, so a kept
answer is what the rows say at that moment: nothing is ever kept for a time. Whoever reads other versions
drops all answers that they end, those of an erased person too; where nobody asks for `IDLE_S`, all go.

Keeping pays where rows rest. Beside a stream versions are other ones each time: a question whose answer ended
before anyone asked for it again is answered without a look at them, for a second, and for twice as long each
time that this happens again, up to `DIRECT_S`.

Bounded by `BYTES`: what was asked for longest ago is forgotten first, and an answer that takes more than
`LARGEST` is not kept.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Iterable
from dataclasses import dataclass
from time import monotonic
from typing import Final, NamedTuple, Protocol

from footfall.web.shared import Shared
from footfall.web.versions import EVERYTHING, Versions

BYTES: Final = 32 << 20
LARGEST: Final = 2 << 20
IDLE_S: Final = 900.0
DIRECT_S: Final = 64.0

Question = Hashable
Work = Callable[[Versions | None], Awaitable[bytes]]


class Reader(Protocol):
    """What tells the versions; each look begins after it is asked for."""

    async def read(self) -> Versions | None: ...


@dataclass(slots=True)
class _Answer:
    """An answer, the tables that it was read from and their versions, and whether it was asked for again."""

    body: bytes
    tables: tuple[str, ...]
    versions: tuple[str, ...]
    again: bool = False


class _Direct(NamedTuple):
    """Until when a question is answered without a look at versions, and for how many seconds that is."""

    until: float
    seconds: float


class Kept:
    """The answers of one process."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._shared: Shared[bytes] = Shared()
        self._now: Versions | None = None
        self._answers: OrderedDict[Question, _Answer] = OrderedDict()
        self._direct: dict[int, _Direct] = {}  # by the hash of a question
        self._idle: asyncio.TimerHandle | None = None
        self.bytes = 0

    async def ask(self, question: Question, tables: Iterable[str] | None, work: Work) -> bytes:
        """The answer of `work`, which reads `tables` and nothing else, or one that is kept.

        With None for `tables` nothing is kept. `work` is told the versions, where there are any.
        """
        if tables is None or self._is_direct(question) or (now := await self._look()) is None:
            return await self._shared.ask(question, lambda: work(None))
        names = (EVERYTHING, *tables)
        versions = tuple(now.get(name, "") for name in names)
        found = self._answers.get(question)
        if found is not None and found.versions == versions:
            self._answers.move_to_end(question)
            found.again = True
            self._direct.pop(hash(question), None)
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
            self._end()
        return now

    def _end(self) -> None:
        """Forgets the answers that do not hold any more."""
        now = monotonic()
        self._direct = {key: one for key, one in self._direct.items() if now < one.until + DIRECT_S}
        for question, answer in [*self._answers.items()]:
            if not self._holds(answer):
                self._forget(question)
                if not answer.again:
                    self._in_vain(question)

    def _in_vain(self, question: Question) -> None:
        """Remembers that an answer ended before anyone asked for it again."""
        if not self._is_direct(question):
            before = self._direct.get(hash(question))
            seconds = min(2 * before.seconds, DIRECT_S) if before is not None else 1.0
            self._direct[hash(question)] = _Direct(monotonic() + seconds, seconds)

    def _is_direct(self, question: Question) -> bool:
        direct = self._direct.get(hash(question))
        return direct is not None and monotonic() < direct.until

    def _holds(self, answer: _Answer) -> bool:
        now = self._now or {}
        return answer.versions == tuple(now.get(name, "") for name in answer.tables)

    def _keep(self, question: Question, answer: _Answer) -> None:
        self._forget(question)
        if not self._holds(answer):
            self._in_vain(question)
        if self._is_direct(question) or len(answer.body) > LARGEST:
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
