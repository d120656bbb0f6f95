"""Statements that are running, by the client's query id.

chDB gives queries ids of its own, so each statement carries a comment with the client's id; the comment
finds it in `system.processes`, which is how a query is killed.
"""

import asyncio
import re
import secrets
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote as percent
from uuid import uuid4

from footfall.engine import statement as statements
from footfall.engine.exceptions import (
    QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING,
    TOO_MANY_SIMULTANEOUS_QUERIES,
    EngineError,
)
from footfall.engine.handles import Handle, quote

_ID_OF_QUERY = rb"decodeURLComponent(extract(query, '.*/\\* query_id=([^ ]*) [0-9a-f]{16} \\*/'))"
KILL_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class Running:
    """One running statement."""

    query_id: str
    mark: str

    def marked(self, text: bytes) -> bytes:
        """The statement with its mark behind it."""
        return text + f"\n/* {self.mark} */".encode()

    def unmarked(self, error: EngineError) -> EngineError:
        """An error without the mark in its message."""
        return EngineError(error.code, error.message.replace(f"\n/* {self.mark} */", ""), error.name)


NOT_RUNNING = Running("", "")


class Registry:
    """Every running statement; ids are unique while they run."""

    def __init__(self, open_handle: Callable[[], Handle], executor: Executor) -> None:
        self._running: dict[str, Running] = {}
        self._open = open_handle
        self._executor = executor

    def start(self, query_id: str) -> Running:
        """Registers a statement; raises `EngineError` 216 while another one of that id runs."""
        query_id = query_id or str(uuid4())
        if query_id in self._running:
            raise EngineError(
                QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING, f"Query with id = {query_id} is already running."
            )
        running = Running(query_id, f"query_id={percent(query_id, safe='')} {secrets.token_hex(8)}")
        self._running[query_id] = running
        return running

    def end(self, running: Running) -> None:
        self._running.pop(running.query_id, None)

    def all(self) -> list[Running]:
        return list(self._running.values())

    async def kill(self, running: Running, until: "asyncio.Future[Any]") -> None:
        """Kills a statement, again and again until it has ended: it may not have begun yet."""
        loop = asyncio.get_running_loop()
        while not until.done():
            await loop.run_in_executor(self._executor, self._kill, running)
            await asyncio.wait({until}, timeout=KILL_EVERY_S)

    def _kill(self, running: Running) -> None:
        handle = self._open()
        try:
            handle.run(f"KILL QUERY WHERE position(query, {quote('/* ' + running.mark)}) > 0 ASYNC")
        finally:
            handle.close()


def translate_kill(text: bytes) -> bytes:
    """A KILL QUERY with `query_id` meaning the client's id, as it does on a server."""
    listed = list(statements.tokens(text))
    if len(listed) < 3 or not (listed[0].is_word(b"KILL") and listed[1].is_word(b"QUERY")):
        return text
    parts, at = [], 0
    for token in listed:
        if token.kind in ("word", "quoted") and re.fullmatch(rb'[`"]?(?:initial_)?query_id[`"]?', token.text):
            parts += [text[at : token.start], _ID_OF_QUERY]
            at = token.end
    return b"".join((*parts, text[at:]))


class Slots:
    """How many statements of one user run at once; a bounded number waits, the rest is refused."""

    def __init__(self, slots: int, waiting: int, wait_s: float) -> None:
        self._free = asyncio.Semaphore(slots)
        self._slots = slots
        self._room = waiting
        self._wait_s = wait_s

    async def take(self) -> None:
        """Waits for a slot; raises `EngineError` 202 where too many wait already or it takes too long."""
        if self._free.locked() and self._room <= 0:
            raise self._refusal()
        self._room -= 1
        try:
            await asyncio.wait_for(self._free.acquire(), self._wait_s)
        except TimeoutError:
            raise self._refusal() from None
        finally:
            self._room += 1

    def give_back(self) -> None:
        self._free.release()

    def _refusal(self) -> EngineError:
        return EngineError(
            TOO_MANY_SIMULTANEOUS_QUERIES, f"Too many simultaneous queries. Maximum: {self._slots}"
        )
