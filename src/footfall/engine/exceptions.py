"""Errors as ClickHouse's HTTP interface sends them.

An error has ClickHouse's own number and symbolic name; its text is `Code: N. DB::Exception: … (NAME)
(version …)` and its HTTP status follows from the number, as in ClickHouse's `exceptionCodeToHTTPStatus`.
"""

import re

from footfall.errors import FootfallError

NOT_IMPLEMENTED = 48
READONLY = 164
SYNTAX_ERROR = 62
UNKNOWN_SETTING = 115
TOO_MANY_SIMULTANEOUS_QUERIES = 202
NETWORK_ERROR = 210
QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING = 216
MEMORY_LIMIT_EXCEEDED = 241
LIMIT_EXCEEDED = 290
SUPPORT_IS_DISABLED = 344
INTO_OUTFILE_NOT_ALLOWED = 358
SESSION_NOT_FOUND = 372
SESSION_IS_LOCKED = 373
TIMEOUT_EXCEEDED = 159
INVALID_SESSION_TIMEOUT = 374
HTTP_LENGTH_REQUIRED = 381
QUERY_WAS_CANCELLED = 394
TOO_MANY_ROWS_OR_BYTES = 396
SETTING_CONSTRAINT_VIOLATION = 452
ACCESS_DENIED = 497
AUTHENTICATION_FAILED = 516
SESSION_ID_EMPTY = 744

_NAMES = {
    33: "CANNOT_READ_ALL_DATA",
    36: "BAD_ARGUMENTS",
    39: "TOO_LARGE_SIZE_COMPRESSED",
    NOT_IMPLEMENTED: "NOT_IMPLEMENTED",
    SYNTAX_ERROR: "SYNTAX_ERROR",
    69: "ARGUMENT_OUT_OF_BOUND",
    73: "UNKNOWN_FORMAT",
    78: "UNKNOWN_TYPE_OF_QUERY",
    UNKNOWN_SETTING: "UNKNOWN_SETTING",
    117: "INCORRECT_DATA",
    158: "TOO_MANY_ROWS",
    READONLY: "READONLY",
    TOO_MANY_SIMULTANEOUS_QUERIES: "TOO_MANY_SIMULTANEOUS_QUERIES",
    NETWORK_ERROR: "NETWORK_ERROR",
    QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING: "QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING",
    MEMORY_LIMIT_EXCEEDED: "MEMORY_LIMIT_EXCEEDED",
    271: "CANNOT_DECOMPRESS",
    LIMIT_EXCEEDED: "LIMIT_EXCEEDED",
    SUPPORT_IS_DISABLED: "SUPPORT_IS_DISABLED",
    354: "ZLIB_INFLATE_FAILED",
    INTO_OUTFILE_NOT_ALLOWED: "INTO_OUTFILE_NOT_ALLOWED",
    SESSION_NOT_FOUND: "SESSION_NOT_FOUND",
    SESSION_IS_LOCKED: "SESSION_IS_LOCKED",
    TIMEOUT_EXCEEDED: "TIMEOUT_EXCEEDED",
    INVALID_SESSION_TIMEOUT: "INVALID_SESSION_TIMEOUT",
    HTTP_LENGTH_REQUIRED: "HTTP_LENGTH_REQUIRED",
    QUERY_WAS_CANCELLED: "QUERY_WAS_CANCELLED",
    TOO_MANY_ROWS_OR_BYTES: "TOO_MANY_ROWS_OR_BYTES",
    432: "UNKNOWN_CODEC",
    448: "BROTLI_READ_FAILED",
    SETTING_CONSTRAINT_VIOLATION: "SETTING_CONSTRAINT_VIOLATION",
    ACCESS_DENIED: "ACCESS_DENIED",
    AUTHENTICATION_FAILED: "AUTHENTICATION_FAILED",
    554: "LZMA_STREAM_DECODER_FAILED",
    561: "ZSTD_DECODER_FAILED",
    594: "BZIP2_STREAM_DECODER_FAILED",
    618: "LZ4_DECODER_FAILED",
    638: "SNAPPY_UNCOMPRESS_FAILED",
    SESSION_ID_EMPTY: "SESSION_ID_EMPTY",
    1001: "STD_EXCEPTION",
    1002: "UNKNOWN_EXCEPTION",
}

# As ClickHouse's `exceptionCodeToHTTPStatus`; every other number is a 500.
_STATUS = {
    **dict.fromkeys((192, 193, ACCESS_DENIED, 512, AUTHENTICATION_FAILED), 403),
    **dict.fromkeys((6, 8, 15, 25, 26, 27, 36, 37, 38, 41, 44, 53, 62, 72, 117, 123, 167, 168, 223), 400),
    **dict.fromkeys((321, 376, 427, 441, 675, 676), 400),
    **dict.fromkeys((46, 47, 50, 56, 60, 63, 73, 78, 81, UNKNOWN_SETTING, 152, 336, 511), 404),
    NOT_IMPLEMENTED: 501,
    76: 503,
    159: 408,
    194: 401,
    209: 503,
    229: 413,
    HTTP_LENGTH_REQUIRED: 411,
    439: 503,
    779: 415,
}
# Ours, where ClickHouse says 500: a client may try again, or has to change what it sends.
_STATUS[TOO_MANY_SIMULTANEOUS_QUERIES] = 503
_STATUS[467] = 400

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


# Addresses of code that the engine quotes within a message, from an error of a library below it.
_STACK = re.compile(r", Stack trace \(when copying this message.*?:\n\n(?:\d+\. .*\n)*")


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
    text = _STACK.sub("", text)
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
