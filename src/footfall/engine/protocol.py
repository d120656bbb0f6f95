"""ClickHouse's HTTP interface: what a request asks for, and the headers of its answer.

URL parameters are either the protocol's own (`query`, `database`, `session_id`, …), bound parameters
(`param_NAME`), or settings of this one statement; what describes the transport alone is consumed here.
"""

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field

from footfall.engine.exceptions import INVALID_SESSION_TIMEOUT, SESSION_ID_EMPTY, EngineError

DEFAULT_FORMAT = "TabSeparated"
MAX_SESSION_TIMEOUT_S = 3600
QUERY_LIMIT = 262_144

_OWN = frozenset(
    (
        *("query", "database", "default_format", "session_id", "session_timeout", "session_check", "user"),
        *("password", "quota_key", "query_id", "stacktrace", "buffer_size", "wait_end_of_query", "compress"),
        *("decompress", "client_protocol_version", "role", "close_session"),
    )
)
_TRANSPORT = frozenset(
    (
        *("enable_http_compression", "http_zlib_compression_level", "send_progress_in_http_headers"),
        *("http_headers_progress_interval_ms", "cancel_http_readonly_queries_on_client_close"),
        *("http_wait_end_of_query", "http_response_buffer_size", "add_http_cors_header"),
        "http_native_compression_disable_checksumming_on_decompress",
    )
)
_SETTING = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*\Z")
_DESCRIPTION = re.compile(r"(.+)_(?:format|types|structure)", re.DOTALL)
_ENTRY = re.compile(r"\s*'((?:[^'\\]|\\.)*)'\s*[:=]\s*'((?:[^'\\]|\\.)*)'\s*(?:,|\Z)")
_HEADER = re.compile(r"(?!access-control-)[a-z0-9-]+", re.IGNORECASE)
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Ask:
    """What one request asks for, besides its statement."""

    query: str = ""
    database: str | None = None
    format: str = DEFAULT_FORMAT
    query_id: str = ""
    session_id: str = ""
    session_timeout_s: int = 60
    session_check: bool = False
    close_session: bool = False
    wait_end_of_query: bool = False
    buffer_size: int = 0
    progress_every_ms: int | None = None
    query_limit: int = QUERY_LIMIT
    compress_level: int = 3
    may_compress: bool = True
    blocks_in: bool = False
    blocks_out: bool = False
    checksums: bool = True
    client_version: int = 0
    response_headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    external: Mapping[str, str] = field(default_factory=dict)


def ask(url: Mapping[str, str], headers: Mapping[str, str], tables: Container[str] = ()) -> Ask:
    """Reads URL (and form) parameters and headers; raises `EngineError` where they make no sense.

    `tables` are the external tables that came with the request: what describes them is no setting.
    """
    if url.get("role"):
        raise EngineError(511, f"There is no role `{url['role']}` in user directories", "UNKNOWN_ROLE")
    if "session_id" in url and not url["session_id"]:
        raise EngineError(
            SESSION_ID_EMPTY, "Session id query parameter was provided, but it was empty", "SESSION_ID_EMPTY"
        )
    params, settings, external = {}, {}, {}
    for name, value in url.items():
        if name.startswith("param_"):
            params[name.removeprefix("param_").encode(errors="replace").decode()] = value
        elif not name or name in _OWN or name in _TRANSPORT:
            continue
        elif (described := _DESCRIPTION.fullmatch(name)) and described[1] in tables:
            external[name] = value
        elif _SETTING.match(name):
            settings[name] = value
        else:
            raise EngineError(
                115, f"Setting {name[:100]!r} is neither a builtin setting nor started with the prefix"
            )
    waits = "http_wait_end_of_query" if "http_wait_end_of_query" in url else "wait_end_of_query"
    return Ask(
        query=url.get("query", ""),
        database=headers.get("x-clickhouse-database") or url.get("database") or None,
        format=_format(headers.get("x-clickhouse-format") or url.get("default_format") or DEFAULT_FORMAT),
        query_id=_printable(url.get("query_id") or headers.get("x-clickhouse-query-id", "")),
        session_id=url.get("session_id", ""),
        session_timeout_s=_timeout(url.get("session_timeout")),
        session_check=_flag(url, "session_check"),
        close_session=_flag(url, "close_session"),
        wait_end_of_query=_flag(url, waits),
        buffer_size=_number(url, "http_response_buffer_size", 0) or _number(url, "buffer_size", 0),
        progress_every_ms=_number(url, "http_headers_progress_interval_ms", 100)
        if _flag(url, "send_progress_in_http_headers")
        else None,
        query_limit=_number(url, "max_query_size", QUERY_LIMIT) or QUERY_LIMIT,
        compress_level=_level(url),
        may_compress=_flag(url, "enable_http_compression", "1"),
        blocks_in=_flag(url, "decompress"),
        blocks_out=_flag(url, "compress"),
        checksums=not _flag(url, "http_native_compression_disable_checksumming_on_decompress"),
        client_version=_number(url, "client_protocol_version", 0),
        response_headers=_headers(url.get("http_response_headers", "")),
        params=params,
        settings=settings,
        external=external,
    )


def _flag(url: Mapping[str, str], name: str, default: str = "0") -> bool:
    if name not in url:  # as most are
        return default == "1"
    value = url[name].lower()
    if value in ("1", "true"):
        return True
    if value in ("0", "false", ""):
        return False
    if (number := whole(value)) is not None:
        return number > 0
    raise EngineError(467, f"{name} is {value[:40]!r}; it takes 0 or 1", "CANNOT_PARSE_BOOL")


# What chDB makes for Python programs; a client that asks for one means no format that ClickHouse has.
_PYTHONS_FORMATS = frozenset(("arrowtable", "dataframe", "datastore"))


def _format(name: str) -> str:
    if not re.fullmatch(r"\w+", name, re.ASCII) or name.lower() in _PYTHONS_FORMATS:
        raise EngineError(73, f"Unknown format {name[:100]}")
    return name


def _number(url: Mapping[str, str], name: str, default: int) -> int:
    if name not in url:
        return default
    value = url[name]
    number = whole(value)
    if number is None or len(value) > 9:
        raise EngineError(72, f"{name} is {value[:40]!r}; it takes a whole number", "CANNOT_PARSE_NUMBER")
    return number


def whole(text: str) -> int | None:
    """A whole number of up to 20 digits, as UInt64 has; Python would take other scripts' digits, too."""
    return int(text) if re.fullmatch(r"[0-9]{1,20}", text) else None


def _level(url: Mapping[str, str]) -> int:
    """The level to compress with; each encoding takes of it what it has."""
    value = url.get("http_zlib_compression_level", "3")
    return -1 if value == "-1" else _number(url, "http_zlib_compression_level", 3)


def _headers(text: str) -> dict[str, str]:
    """The headers of `http_response_headers`, a map like `{'Name':'value'}`; none of CORS."""
    inside = text.strip().removeprefix("{").removesuffix("}").strip()
    headers, at = {}, 0
    while at < len(inside):
        found = _ENTRY.match(inside, at)
        if found is None or not _HEADER.fullmatch(found[1]):
            raise EngineError(36, f"http_response_headers is {text[:100]!r}; it takes {{'Name':'value'}}")
        headers[found[1]] = re.sub(r"\\(.)", r"\1", found[2])
        at = found.end()
    return headers


def _printable(query_id: str) -> str:
    """An id without what would end a header line, and without bytes that are no text."""
    return _CONTROLS.sub("", query_id).encode(errors="replace").decode()


def _timeout(value: str | None) -> int:
    if value is None:
        return 60
    seconds = whole(value)
    if seconds is None or seconds > MAX_SESSION_TIMEOUT_S:
        raise EngineError(
            INVALID_SESSION_TIMEOUT,
            f"Invalid session timeout: '{value[:40]}'; it is in seconds, at most {MAX_SESSION_TIMEOUT_S}",
        )
    return seconds


def content_types(listed: bytes) -> dict[str, str]:
    """The Content-Type of each format, by its name in lower case, from `system.formats`."""
    rows = (line.split("\t") for line in listed.decode().splitlines())
    return {name.lower(): kind for name, kind in rows}


def raw_headers(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    """Headers as ASGI takes them, without anything that would end a header line."""
    return [
        (name.lower().encode(), value.replace("\r", " ").replace("\n", " ").encode("latin-1", "replace"))
        for name, value in headers
    ]
