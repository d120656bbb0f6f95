"""Sessions: a handle that one client keeps, with its settings and temporary tables.

A session belongs to a user, runs one statement at a time (373 otherwise) and ends when it has been idle for
its time-out. Settings of a request's URL hold for that request; they are put back afterwards.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from footfall.engine.exceptions import (
    SESSION_IS_LOCKED,
    SESSION_NOT_FOUND,
    TOO_MANY_SIMULTANEOUS_QUERIES,
    EngineError,
)
from footfall.engine.handle import Handle, quote

MAX_SESSIONS = 1000
"""Sessions of one user at the most."""


@dataclass(slots=True)
class Session:
    """A client's handle; `handle` is made by the first statement that runs in it."""

    handle: Handle | None = None
    busy: bool = False
    idle_since: float = 0.0
    timeout_s: int = 60
    time_zone: str = ""
    """As its statements have set it; empty for the server's."""
    may_differ: bool = False
    """Whether a statement has run that may have left settings or temporary tables."""


class Sessions:
    """All sessions, by user and session id."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._sessions: dict[tuple[str, str], Session] = {}
        self._clock = clock

    def enter(self, user: str, session_id: str, timeout_s: int, *, must_exist: bool) -> Session:
        """The session of that id, locked for this statement."""
        self.expire()
        session = self._sessions.get((user, session_id))
        if session is None:
            if must_exist:
                raise EngineError(SESSION_NOT_FOUND, f"Session {session_id} not found")
            if sum(owner == user for owner, _ in self._sessions) >= MAX_SESSIONS:
                raise EngineError(
                    TOO_MANY_SIMULTANEOUS_QUERIES, f"Too many sessions. Maximum: {MAX_SESSIONS}"
                )
            session = self._sessions[user, session_id] = Session()
        if session.busy:
            raise EngineError(SESSION_IS_LOCKED, f"Session {session_id} is locked by a concurrent client")
        session.busy = True
        session.timeout_s = timeout_s
        return session

    def leave(self, session: Session) -> None:
        session.busy = False
        session.idle_since = self._clock()

    def end(self, user: str, session_id: str) -> None:
        """Ends a session that no statement runs in."""
        session = self._sessions.pop((user, session_id), None)
        if session is not None and session.handle is not None:
            session.handle.close()

    def expire(self) -> None:
        """Ends sessions that have been idle for too long."""
        now = self._clock()
        for key, session in list(self._sessions.items()):
            if not session.busy and now - session.idle_since > session.timeout_s:
                del self._sessions[key]
                if session.handle is not None:
                    session.handle.close()

    def close(self) -> None:
        for session in self._sessions.values():
            if session.handle is not None:
                session.handle.close()
        self._sessions.clear()


def before(handle: Handle, settings: Mapping[str, str]) -> str:
    """The statement that puts a handle's settings back to what they are now."""
    answer, _ = handle.run(
        "SELECT name, value, changed FROM system.settings WHERE name IN {names:Array(String)}",
        params={"names": "[" + ",".join(quote(name) for name in settings) + "]"},
    )
    puts = []
    for line in answer.decode(errors="surrogateescape").split("\n")[:-1]:
        name, value, changed = line.split("\t")
        puts.append(f"{name} = '{value}'" if changed == "1" else f"{name} = DEFAULT")
    return "SET " + ", ".join(puts) if puts else ""
