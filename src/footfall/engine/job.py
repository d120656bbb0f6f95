"""One statement with everything it needs to run, as a request has asked for it."""

import asyncio
from dataclasses import dataclass, field

from footfall.engine.handle import Stats
from footfall.engine.pipe import Pipe
from footfall.engine.protocol import Ask
from footfall.engine.reading import Reader
from footfall.engine.running import NOT_RUNNING, Running
from footfall.engine.sessions import Session
from footfall.engine.statement import Kind, Statement, time_zone
from footfall.engine.users import User

ONE_BLOCK = 64 << 20
"""Size of data in bytes that are written as one block; more are streamed."""


@dataclass(slots=True)
class Job:
    """One statement with everything it needs to run."""

    user: User
    ask: Ask
    statement: Statement
    readonly: int = 0
    running: Running = NOT_RUNNING
    session: Session | None = None
    pipe: Pipe | None = None
    data: Reader | None = None
    tables: tuple[tuple[str, str, str, bytes], ...] = ()
    is_bounded: bool = False
    """Whether its data are known to be no more than `ONE_BLOCK`."""
    is_crowded: bool = False
    """Whether more statements run than there are cores."""
    put_back: list[str] = field(default_factory=list)
    key: tuple[str, ...] = ()
    stuck: "asyncio.Future[tuple[bytes, Stats]] | None" = None
    """The statement, where it could not be stopped in time."""

    @property
    def time_zone(self) -> str | None:
        """The time zone in which its times are shown, where it is not the server's."""
        own = time_zone(self.statement)
        if own is None:
            own = self.ask.settings.get("session_timezone")
        return (self.session.time_zone if own is None and self.session is not None else own) or None

    @property
    def format(self) -> str:
        """The format of its rows."""
        return self.statement.format or self.ask.format

    @property
    def revision(self) -> int:
        """The revision of the protocol that its rows are for, 0 for none or where their format has none."""
        return self.ask.client_version if self.format.lower() == "native" else 0

    @property
    def limit_s(self) -> int:
        """Seconds that a statement that reads may take, 0 for any; its user may have lowered the limit."""
        if not self.user.guarded or self.statement.kind not in (Kind.SELECT, Kind.READ):
            return 0
        return int({**self.user.settings, **self.ask.settings}.get("max_execution_time", "0"))
