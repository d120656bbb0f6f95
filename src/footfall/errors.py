"""One tree of errors, split by whose fault it is.

Every error has a numeric `code` (ClickHouse's own numbers where the engine speaks, HTTP's elsewhere), a
symbolic `name` and a `message` that says what was wrong, where, and what to do. `to_json` is the one
shape in which ingest, dashboard and live send an error; the engine sends ClickHouse's text instead.
"""

from typing import Any


class FootfallError(Exception):
    """An error that a caller or an operator is told about."""

    code = 500
    name = "INTERNAL"

    def __init__(
        self, message: str, *, name: str | None = None, code: int | None = None, **where: Any
    ) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        if name is not None:
            self.name = name
        if code is not None:
            self.code = code

    def to_json(self) -> dict[str, Any]:
        """The one JSON shape of an error: `{"error": {"code", "name", "message", …where}}`."""
        return {"error": {"code": self.code, "name": self.name, "message": self.message, **self.where}}


class CallersFault(FootfallError):
    """What the caller sent cannot be accepted; sending it again unchanged fails again."""

    code = 400
    name = "BAD_REQUEST"


class UsageError(CallersFault):
    """A command line, a setting or a machine that Footfall cannot work with: one line, exit code 2."""

    name = "USAGE"


class InvalidParameter(CallersFault):
    """A parameter of a query or a request has a value that is not accepted."""

    name = "INVALID_PARAMETER"


class LimitExceeded(CallersFault):
    """A statement asks for more rows or bytes than its user may have; a narrower one passes."""

    name = "LIMIT_EXCEEDED"


class NotFound(CallersFault):
    """There is nothing of that name."""

    code = 404
    name = "NOT_FOUND"


class Unauthorized(CallersFault):
    """Credentials are missing or wrong."""

    code = 401
    name = "UNAUTHORIZED"


class Forbidden(CallersFault):
    """The caller is known and may not do this."""

    code = 403
    name = "FORBIDDEN"


class OurFault(FootfallError):
    """Nothing is wrong with the request; it may succeed when it is sent again."""


class StoreUnavailable(OurFault):
    """The engine or the ClickHouse server does not answer."""

    code = 503
    name = "STORE_UNAVAILABLE"


class Overloaded(OurFault):
    """A bound is reached (inbox full, too many queries): try again after a while."""

    code = 429
    name = "OVERLOADED"
