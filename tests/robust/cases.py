"""What the cases of the fuzz are made of, and what becomes of one.

A case that is complete must be answered. One that may not be (its bytes were changed, or lie about their
length) is answered or closed. One that hangs up leaves nothing behind.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from tests.engine.speak import statements

SESSIONS = tuple(f"fuzz {n}" for n in range(6))
IDS = tuple(f"fuzz-{n}" for n in range(12))
ENCODINGS = ("gzip", "x-gzip", "deflate", "zstd", "lz4", "xz", "bz2", "br", "snappy", "identity")
CREATE = (
    "CREATE DATABASE fuzz",
    "CREATE TABLE fuzz.t (a Int64, s String, d DateTime64(3), n Nullable(Float64), l Array(UInt8),"
    " m Map(String, UInt64), u UUID) ENGINE = MergeTree ORDER BY a TTL toDateTime(d) + INTERVAL 3 MONTH",
)
SAMPLE = (
    "SELECT toInt64(number) AS a, repeat('ü', number) AS s, toDateTime64('2026-01-02 03:04:05.678', 3) AS d,"
    " if(number % 2 = 0, NULL, number / 3) AS n, range(number)::Array(UInt8) AS l,"
    " map('k', toUInt64(number)) AS m, toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0') AS u FROM numbers(9)"
)
OWNERS = (
    "SELECT 1",
    "SELECT number, toString(number) FROM numbers(100)",
    "SELECT {a:Int64}, {s:String}, {l:Array(String)}",
    "SELECT count(), max(s) FROM fuzz.t GROUP BY a WITH TOTALS FORMAT JSON",
    "SELECT $tag$ a 'text' $tag$, 'it''s', \"a\".* FROM (SELECT 1) AS a",
    "WITH 1 AS x SELECT x /* why */ -- and\n, x FORMAT Pretty SETTINGS max_threads = 1",
    "SELECT throwIf(number = 5000, 'on purpose') FROM numbers(10000)",
    "INSERT INTO fuzz.t (a, s) VALUES (1, 'x'), (2 + 2, upper('y'))",
    "INSERT INTO fuzz.t (a) SELECT number FROM numbers(10)",
    'INSERT INTO fuzz.t FORMAT JSONEachRow {"a": 1, "s": "x"}',
    "CREATE TEMPORARY TABLE mine (a UInt8)",
    "INSERT INTO mine VALUES (1)",
    "SELECT * FROM mine",
    "SET max_block_size = 1000",
    "USE system",
    "SHOW CREATE TABLE fuzz.t",
    "DESCRIBE TABLE fuzz.t",
    "EXPLAIN PIPELINE SELECT count() FROM fuzz.t",
    "EXISTS TABLE fuzz.t",
    "KILL QUERY WHERE query_id = 'fuzz-1' SYNC",
    "ALTER TABLE fuzz.t DELETE WHERE a = 77",
    "OPTIMIZE TABLE fuzz.t",
)
STREAMS = (
    "SELECT number, repeat('x', 100) FROM numbers(3000000)",
    "SELECT number FROM numbers(5000000) FORMAT Native",
    "SELECT number, toString(number) AS s FROM numbers(1000000) FORMAT JSON",
    "SELECT throwIf(number = 900000, 'half-way') FROM numbers(2000000) SETTINGS max_block_size = 1000",
)
TEXTS = (
    "",
    "0",
    "1",
    "-1",
    "1e400",
    "true",
    "9" * 400,
    "\x00",
    "a\r\nX-Injected: 1",
    "\udcff\udcfe",
    "\N{RIGHT-TO-LEFT OVERRIDE}ab\u0301\U0001f600",
    "' OR 1=1 --",
    "`",
    "\\",
    "\\N",
    "[1,'\\'",
    "%s%n{}",
    "x" * 70_000,
)
SETTINGS = (
    *("max_threads", "max_block_size", "max_execution_time", "max_memory_usage", "max_result_rows"),
    *("readonly", "extremes", "limit", "offset", "output_format_json_quote_64bit_integers", "dialect"),
    *(
        "wait_end_of_query",
        "http_wait_end_of_query",
        "enable_http_compression",
        "send_progress_in_http_headers",
    ),
    *("http_zlib_compression_level", "compress", "decompress", "session_timeout", "session_check", "role"),
    *("buffer_size", "default_format", "database", "max_query_size", "log_comment", "param_a", "param_s"),
    *("http_headers_progress_interval_ms", "cancel_http_readonly_queries_on_client_close", "no_such_setting"),
    *("session_timezone", "additional_table_filters", "format_schema", "mine_structure", "mine_types"),
    *(
        "use_query_cache",
        "query_id",
        "session_id",
        "stacktrace",
        "quota_key",
        "a b",
        "param_\u00fc",
        "\udcff",
    ),
)


class Ending(Enum):
    """What becomes of a connection once its pieces are sent."""

    ANSWERED = "every request is answered"
    DOUBTFUL = "something is answered, or the connection is closed"
    TAKEN = "some of the answer is read, then the client is gone"
    LEFT = "the client is gone at once"


@dataclass(frozen=True, slots=True)
class Case:
    """One connection's life."""

    kind: str
    pieces: tuple[bytes, ...]
    ending: Ending = Ending.ANSWERED
    methods: tuple[str, ...] = ("POST",)
    pause_s: float = 0.0
    take: int = 0
    reset: bool = False


@dataclass(frozen=True, slots=True)
class World:
    """What cases are made from: passwords of the users, and one table's rows in every format."""

    passwords: Mapping[str, str]
    samples: Mapping[str, bytes]
    blocks: bytes = b""
    harmless: Sequence[str] = field(default_factory=lambda: statements("harmless.sql"))
    hostile: Sequence[str] = field(default_factory=lambda: statements("hostile.sql"))


def mutated(rng: random.Random, data: bytes, changes: int | None = None) -> bytes:
    """The bytes with a few of them changed, lost, doubled, moved or put in."""
    work = bytearray(data)
    for _ in range(changes or rng.choice((1, 1, 1, 2, 3, 8))):
        at = rng.randrange(len(work) + 1)
        until = min(len(work), at + rng.choice((1, 1, 2, 4, 30)))
        match rng.randrange(7):
            case 0:
                work[at:until] = rng.randbytes(until - at)
            case 1:
                del work[at:until]
            case 2:
                work[at:at] = work[at:until] * rng.choice((1, 2, 50))
            case 3:
                work[at:at] = rng.choice(
                    (b"\0", b"\r\n", b"\xff", b"'", b"(", b";", b"$$", b"--", b"/*", b"\n")
                )
            case 4:
                work[at:at] = rng.randbytes(rng.choice((1, 4, 100)))
            case 5:
                del work[at:]
            case 6 if work:
                work[at - 1] ^= 1 << rng.randrange(8)
    return bytes(work)
