"""What a guarded user may run."""

from footfall.engine.exceptions import ACCESS_DENIED, EngineError
from footfall.engine.statement import Statement
from footfall.engine.users import User


class Guard:
    def __init__(self, open_handle: object) -> None: ...

    def check(self, user: User, given: Statement, _tables: frozenset[str] = frozenset()) -> Statement:
        if user.name in ("reader", "analyst"):
            raise EngineError(ACCESS_DENIED, "not yet")
        return given

    def close(self) -> None: ...
