"""Statements that are running, by the client's query id.

chDB gives queries ids of its own and knows one user, so each statement carries a mark: a comment with what
the client's request said about it, and a random word. The word finds it in `system.processes`, which is how
a statement is killed; `introspection` shows the rest of the mark in the columns it belongs to. Of a statement
with parameters the engine keeps what it has made of it, without comments: there the mark is a value that a
WITH names and nothing reads.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import Executor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from typing import Any
from urllib.parse import quote as percent

from footfall.engine import chance
from footfall.engine.exceptions import (
    QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING,
    TOO_MANY_SIMULTANEOUS_QUERIES,
    EngineError,
)
from footfall.engine.handle import Handle, quote
from footfall.engine.statement import tokens

KILL_AGAIN_S = 0.1
LONGEST_PAUSE_S = 5.0
ABOUT = ("query_id", "user", "http_method", "http_user_agent", "http_referer", "forwarded_for", "quota_key")
MARK = r"(?:\n| ')/\*((?: [a-z_]+=[^ ]*)+) [0-9a-f]{16} \*/"
"""What finds a mark in a text, with what it says in the first group."""
NAMED_MARK = r"'/\*(?: [a-z_]+=[^ ]*)+ [0-9a-f]{16} \*/' AS _[0-9a-f]{16}"
"""What finds a mark that a WITH names."""
_CUT_MARK = re.compile(r"(?:\n|WITH ')/\* query_id=[^*]*?\.\.\.")
_HEADERS = ("user-agent", "referer", "x-forwarded-for", "x-clickhouse-quota")
"""The headers that the last names of `ABOUT` stand for."""
_LONGEST_HEADER = 200
_LONGEST_TEXT = 10_000


@dataclass(frozen=True, slots=True)
class Running:
    """One running statement: `about` is ` name=value` of each of `ABOUT` that was said, `word` its own."""

    query_id: str
    about: str
    word: str

    def marked(self, text: bytes) -> bytes:
        """The statement with its mark behind it."""
        return text + self._mark().encode()

    def named(self, text: bytes) -> bytes:
        """A SELECT with parameters, and its mark in front; any other statement as `marked`."""
        first, second, *_ = (*islice(tokens(text), 2), None, None)
        if first is None or second is None:
            return self.marked(text)
        if first.is_word(b"SELECT"):
            return text[: first.start] + f"WITH {self._name()} ".encode() + text[first.start :]
        if first.is_word(b"WITH") and not second.is_word(b"RECURSIVE"):
            return text[: first.end] + f" {self._name()},".encode() + text[first.end :]
        return self.marked(text)

    def marked_aside(self, text: bytes) -> bytes:
        """A statement that helps this one: it is killed with it, and is none that the client sees."""
        return text + f"\n/* {self.word} */".encode()

    def unmarked(self, error: EngineError) -> EngineError:
        """An error without the mark in its message, which may have cut it short."""
        message = error.message.replace(self._mark(), "")
        message = message.replace(f"WITH {self._name()} ", "").replace(f" {self._name()},", "")
        message = _CUT_MARK.sub("...", message)
        return EngineError(error.code, message, error.name)

    def telling(self, text: bytes) -> "Running":
        """With the client's text in the mark, where another one runs instead."""
        return replace(self, about=f"{self.about} text={percent(text[:_LONGEST_TEXT], safe='')}")

    @property
    def found(self) -> str:
        """An expression of the word that does not hold the word, so that who looks does not find itself."""
        return f"{quote(f' {self.word[:4]}')} || {quote(f'{self.word[4:]} */')}"

    def _mark(self) -> str:
        return f"\n/*{self.about} {self.word} */"

    def _name(self) -> str:
        return f"'/*{self.about} {self.word} */' AS _{self.word}"


NOT_RUNNING = Running("", "", "")


@lru_cache(1024)
def _about(said: tuple[str, ...]) -> str:
    """What one client says again and again, as it stands in a mark behind the query id."""
    named = zip(ABOUT[1:], said, strict=True)
    return "".join(f" {name}={percent(value, safe='', errors='replace')}" for name, value in named if value)


class Registry:
    """Every running statement; ids are unique while they run."""

    def __init__(self, open_handle: Callable[[], Handle], executor: Executor) -> None:
        self._running: dict[str, Running] = {}
        self._open = open_handle
        self._executor = executor

    def start(self, query_id: str, user: str, method: str, headers: Mapping[str, str]) -> Running:
        """Registers a statement; raises `EngineError` 216 while another one of that id runs."""
        query_id = query_id or chance.query_id()
        if query_id in self._running:
            raise EngineError(
                QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING, f"Query with id = {query_id} is already running."
            )
        said = (user, method, *(headers.get(header, "")[:_LONGEST_HEADER] for header in _HEADERS))
        about = f" query_id={percent(query_id, safe='', errors='replace')}{_about(said)}"
        running = Running(query_id, about, chance.word())
        self._running[query_id] = running
        return running

    def end(self, running: Running, stuck: "asyncio.Future[Any] | None" = None) -> None:
        """Forgets a statement; one that could not be stopped, once it has ended."""
        if stuck is not None and not stuck.done():
            stuck.add_done_callback(lambda _: self.end(running))
        else:
            self._running.pop(running.query_id, None)

    def __len__(self) -> int:
        return len(self._running)

    def all(self) -> list[Running]:
        return list(self._running.values())

    async def kill(self, running: Running, until: "asyncio.Future[Any]") -> None:
        """Kills a statement, again and again until it has ended: it may not have begun yet."""
        loop = asyncio.get_running_loop()
        pause_s = KILL_AGAIN_S
        while not until.done():
            await loop.run_in_executor(self._executor, self._kill, running)
            await asyncio.wait({until}, timeout=pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    def _kill(self, running: Running) -> None:
        handle = self._open()
        try:
            with suppress(EngineError):  # somebody's KILL may hit this one: it is said again
                handle.run(f"KILL QUERY WHERE position(query, {running.found}) > 0 ASYNC")
        finally:
            handle.close()


class Slots:
    """How many statements of one user run at once; a bounded number waits, the rest is refused.

    A call that the engine cannot stop yet gives its slot back all the same, as long as there are no more of
    these than slots.
    """

    def __init__(self, slots: int, waiting: int, wait_s: float) -> None:
        self._free = asyncio.Semaphore(slots)
        self._slots = slots
        self._stuck = 0
        self._room = waiting
        self._wait_s = wait_s

    async def take(self) -> None:
        """Waits for a slot; raises `EngineError` 202 where too many wait already or it takes too long."""
        if not self._free.locked():
            await self._free.acquire()
            return
        if self._room <= 0:
            raise self._refusal()
        self._room -= 1
        try:
            await asyncio.wait_for(self._free.acquire(), self._wait_s)
        except TimeoutError:
            raise self._refusal() from None
        finally:
            self._room += 1

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """A slot for as long as the context lasts."""
        await self.take()
        try:
            yield
        finally:
            self.give_back()

    def give_back(self, work: "asyncio.Future[Any] | None" = None) -> None:
        """Frees the slot of a statement whose client has its answer; `work` where the engine goes on."""
        if work is None or work.done():
            self._free.release()
        elif self._stuck < self._slots:
            self._stuck += 1
            work.add_done_callback(self._came_loose)
            self._free.release()
        else:
            work.add_done_callback(lambda _: self._free.release())

    def _came_loose(self, _: "asyncio.Future[Any]") -> None:
        self._stuck -= 1

    def _refusal(self) -> EngineError:
        return EngineError(
            TOO_MANY_SIMULTANEOUS_QUERIES, f"Too many simultaneous queries. Maximum: {self._slots}"
        )
