"""Errors as ClickHouse's HTTP interface sends them.

An error has ClickHouse's own number and symbolic name; its text is `Code: N. DB::Exception: … (NAME)
(version …)` and its HTTP status follows from the number, as in ClickHouse's `exceptionCodeToHTTPStatus`.
"""

import re

from footfall.errors import FootfallError

READONLY = 164
SYNTAX_ERROR = 62
UNKNOWN_SETTING = 115
TOO_MANY_SIMULTANEOUS_QUERIES = 202
QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING = 216
INTO_OUTFILE_NOT_ALLOWED = 358
SESSION_NOT_FOUND = 372
SESSION_IS_LOCKED = 373
TIMEOUT_EXCEEDED = 159
INVALID_SESSION_TIMEOUT = 374
QUERY_WAS_CANCELLED = 394
TOO_MANY_ROWS_OR_BYTES = 396
SETTING_CONSTRAINT_VIOLATION = 452
ACCESS_DENIED = 497
AUTHENTICATION_FAILED = 516

_NAMES = {
    36: "BAD_ARGUMENTS",
    48: "NOT_IMPLEMENTED",
    SYNTAX_ERROR: "SYNTAX_ERROR",
    69: "ARGUMENT_OUT_OF_BOUND",
    73: "UNKNOWN_FORMAT",
    78: "UNKNOWN_TYPE_OF_QUERY",
    UNKNOWN_SETTING: "UNKNOWN_SETTING",
    117: "INCORRECT_DATA",
    158: "TOO_MANY_ROWS",
    READONLY: "READONLY",
    TOO_MANY_SIMULTANEOUS_QUERIES: "TOO_MANY_SIMULTANEOUS_QUERIES",
    210: "NETWORK_ERROR",
    QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING: "QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING",
    INTO_OUTFILE_NOT_ALLOWED: "INTO_OUTFILE_NOT_ALLOWED",
    SESSION_NOT_FOUND: "SESSION_NOT_FOUND",
    SESSION_IS_LOCKED: "SESSION_IS_LOCKED",
    TIMEOUT_EXCEEDED: "TIMEOUT_EXCEEDED",
    INVALID_SESSION_TIMEOUT: "INVALID_SESSION_TIMEOUT",
    QUERY_WAS_CANCELLED: "QUERY_WAS_CANCELLED",
    TOO_MANY_ROWS_OR_BYTES: "TOO_MANY_ROWS_OR_BYTES",
    SETTING_CONSTRAINT_VIOLATION: "SETTING_CONSTRAINT_VIOLATION",
    ACCESS_DENIED: "ACCESS_DENIED",
    AUTHENTICATION_FAILED: "AUTHENTICATION_FAILED",
    1001: "STD_EXCEPTION",
    1002: "UNKNOWN_EXCEPTION",
}

_STATUS = {
    **dict.fromkeys((192, 193, ACCESS_DENIED, AUTHENTICATION_FAILED, 512), 403),
    **dict.fromkeys((6, 8, 10, 15, 25, 26, 27, 36, 38, 41, 44, 53, 56, 62, 72, 117, 167, 168, 223, 224), 400),
    **dict.fromkeys((321, 376, 427, 441, 467, 675, 676), 400),
    **dict.fromkeys((46, 47, 50, 56, 60, 63, 73, 78, 81, 106, 115, 336, 511), 404),
    48: 501,
    76: 503,
    159: 408,
    194: 401,
    209: 503,
    381: 411,
    439: 503,
    TOO_MANY_SIMULTANEOUS_QUERIES: 503,
    718: 415,
    720: 415,
}

_TEXT = re.compile(
    r"\A(?:Streaming (?:query|insert \w+) failed: )?(?:Code: (?P<code>\d+)\. DB::Exception: )+"
    r"(?P<message>.*?)\s*(?:\((?P<name>[A-Z][A-Z0-9_]*)\)(?: \(version [^)]*\))?\.?\s*)+\Z",
    re.DOTALL,
)

# Cut off at a NUL that it quotes, or from a library of the engine's.
_UNUSUAL = re.compile(
    r"\A(?:Streaming (?:query|insert \w+) failed: )?"
    r"(?P<message>(?:std::exception\. )?Code: (?P<code>\d+)[.,] .*?)(?: \(version [^)]*\))?\Z",
    re.DOTALL,
)


class EngineError(FootfallError):
    """An error of ClickHouse's interface: number, name and message."""

    def __init__(self, code: int, message: str, name: str | None = None) -> None:
        super().__init__(message, code=code, name=name or _NAMES.get(code, "UNKNOWN_EXCEPTION"))

    @property
    def status(self) -> int:
        """The HTTP status that ClickHouse gives this error."""
        return _STATUS.get(self.code, 500)

    def text(self, version: str) -> str:
        """The error in ClickHouse's words."""
        return f"Code: {self.code}. DB::Exception: {self.message} ({self.name}) (version {version})"


def from_engine(error: BaseException) -> EngineError:
    """The number, name and message of an error that chDB raised as text."""
    text = str(error)
    for one in (error, error.__cause__):
        if isinstance(one, UnicodeDecodeError):  # the message quotes data, which need not be UTF-8
            text = one.object.decode(errors="replace")
    found = _TEXT.match(text)
    if found is None:
        return _unusual(text)
    return EngineError(int(found["code"]), found["message"], found["name"])


def _unusual(text: str) -> EngineError:
    found = _UNUSUAL.match(text)
    if found is None:
        return EngineError(1002, text)
    number = int(found["code"])
    return EngineError(number, found["message"].removeprefix(f"Code: {number}. DB::Exception: "))
