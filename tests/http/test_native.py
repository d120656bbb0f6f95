"""Native as clients of each revision of the protocol read it (`client_protocol_version`)."""

import json
import struct

import httpx
import pytest

from footfall.config import Config
from tests.engine.speak import code, speaker
from tests.http.packing import unblocks
from tests.http.test_queries import running
from tests.support import wait_until

INFO = b"\x01\x00\x02\xff\xff\xff\xff\x00"
NEWEST_INFO = INFO[:-1] + b"\x03\x00\x00"
SMALL = (
    "SELECT toUInt16(number) AS a, toDateTime(number, 'Asia/Tokyo') AS t, [toDateTime(0, 'Asia/Tokyo')] AS l,"
    " toString(number) AS s FROM numbers(2)"
)
ZONED = "toDateTime(0, 'Asia/Tokyo') AS zoned"
PLAIN_ZONED, WITH_ZONE = b"\x05zoned\x08DateTime", b"\x05zoned\x16DateTime('Asia/Tokyo')"
TYPES = {
    "UInt8": "number",
    "Int256": "number",
    "Float64": "number / 3",
    "Bool": "number % 2",
    "String": "repeat('x', number * 40)",
    "FixedString(5)": "toString(number)",
    "Decimal(9, 2)": "number",
    "Decimal(76, 2)": "number",
    "Date": "number",
    "DateTime64(3, 'UTC')": "number",
    "Enum8('a' = 0, 'b, c)' = 1, 'd\\\\'' = 2)": "number % 3",
    "UUID": "generateUUIDv4()",
    "IPv6": "'::1'",
    "Nullable(String)": "number % 2 ? NULL : 'there'",
    "Array(Array(Nullable(String)))": "[[toString(number), NULL], [], ['']]",
    "LowCardinality(String)": "toString(number % 2)",
    "LowCardinality(Nullable(String))": "number % 2 ? NULL : 'there'",
    "Array(LowCardinality(String))": "arrayMap(x -> toString(x % 3), range(number))",
    "Map(String, Array(UInt32))": "map(toString(number), range(number))",
    "Map(LowCardinality(String), Nullable(Int8))": "map('a', NULL, 'b', number)",
    "Tuple(a UInt8, `b c` String, d Array(Date))": "(number, 'x', [1, 2])",
    "Nested(a UInt8, b String)": "[(number, 'x')]",
    "Variant(Array(UInt8), String, UInt64)": "number % 2 ? toString(number)::Variant(String, UInt64)"
    " : number::UInt64::Variant(String, UInt64)",
    "SimpleAggregateFunction(sum, UInt64)": "number",
    "IntervalDay": "toIntervalDay(number)",
    "MultiPolygon": "[[[(1, 2), (3, 4)]]]",
    "Nullable(Nothing)": "NULL",
}


def ask(client: httpx.Client, sql: str, version: int = 54460, **params: str) -> httpx.Response:
    params |= {"client_protocol_version": str(version), "default_format": "Native"}
    return client.post("/", params=params, content=sql)


def rows_of(version: int) -> bytes:
    """What `SMALL` gives, byte by byte."""
    info = b"" if version == 0 else NEWEST_INFO if version >= 54480 else INFO
    zone = b"\x16DateTime('Asia/Tokyo')" if version >= 54337 else b"\x08DateTime"
    kind = b"\x00" if version >= 54454 else b""
    return info + (
        b"\x04\x02\x01a\x06UInt16" + kind + struct.pack("<2H", 0, 1) + b"\x01t" + zone + kind
        + struct.pack("<2I", 0, 1) + b"\x01l\x1dArray(DateTime('Asia/Tokyo'))" + kind
        + struct.pack("<2Q2I", 1, 2, 0, 0) + b"\x01s\x06String" + kind + b"\x010\x011"
    )  # fmt: skip


@pytest.mark.parametrize(
    "version", [0, 1, 54336, 54337, 54405, 54453, 54454, 54479, 54480, 54491, 54492, 60000]
)
def test_each_revision_gets_its_own_bytes(owner_http: httpx.Client, version: int) -> None:
    assert ask(owner_http, SMALL, version).content == rows_of(version)
    assert ask(owner_http, "SELECT number FROM numbers(0)", version).content == b""


@pytest.mark.parametrize(
    "sql",
    [
        SMALL + " FORMAT Native",
        SMALL + " LIMIT 2 SETTINGS max_threads = 1 FORMAT native SETTINGS max_block_size = 100; -- done",
        "(" + SMALL + ") -- done",
        "WITH 2 AS n " + SMALL.replace("numbers(2)", "numbers({a:UInt8} + n)"),
        "FROM numbers(2) " + SMALL.removesuffix(" FROM numbers(2)"),
    ],
)  # fmt: skip
def test_zones_are_found_however_a_statement_is_written(owner_http: httpx.Client, sql: str) -> None:
    params = {"client_protocol_version": "54405", "default_format": "Native", "param_a": "0"}
    assert owner_http.post("/", params=params, content=sql).content == rows_of(54405)
    params["query"] = sql
    assert owner_http.get("/", params=params).content == rows_of(54405)


def test_zones_of_tables_that_only_the_request_or_its_session_has(owner_http: httpx.Client) -> None:
    session = "native-zones"
    ask(owner_http, "CREATE TEMPORARY TABLE mine (zoned DateTime('Asia/Tokyo'))", session_id=session)
    ask(owner_http, "INSERT INTO mine VALUES (0)", session_id=session)
    expected = INFO + b"\x01\x01" + WITH_ZONE + bytes(4)
    assert ask(owner_http, "SELECT * FROM mine", 54405, session_id=session).content == expected
    described = {"sent_structure": "zoned DateTime('Asia/Tokyo')", "query": "SELECT * FROM sent"}
    params = {"client_protocol_version": "54405", "default_format": "Native", **described}
    answer = owner_http.post("/", params=params, files={"sent": b"1970-01-01 09:00:00\n"})
    assert answer.content == expected
    ask(owner_http, "SELECT 1", close_session="1", session_id=session)
    params = {"client_protocol_version": "54405", "session_id": session, "close_session": "1"}
    for end in (" FORMAT Native", " SETTINGS max_threads = 1 FORMAT Native"):
        assert owner_http.get("/", params={**params, "query": SMALL + end}).content == rows_of(54405)


def test_readers_get_zones_and_true_summaries(reader_http: httpx.Client) -> None:
    for condition, rows in (("number = 5", "1"), ("sipHash64(number) = 5", "0")):
        sql = f"SELECT {ZONED}, number FROM numbers(70000) WHERE {condition} OR ignore(number)"
        answer, plain = (ask(reader_http, sql, version) for version in (54405, 0))
        told, expected = (json.loads(each.headers["X-ClickHouse-Summary"]) for each in (answer, plain))
        assert answer.content.startswith(INFO + b"\x02\x01" + WITH_ZONE) == (rows == "1")
        assert (told["read_rows"], told["result_rows"]) == ("70000", rows)
        assert told["read_bytes"] == expected["read_bytes"]


@pytest.mark.parametrize("kind", sorted(TYPES))
def test_columns_of_a_type_are_walked_to_their_end(owner_http: httpx.Client, kind: str) -> None:
    """What changes behind a column changes where it should only where the column ends there."""
    sql = f"SELECT CAST({TYPES[kind]}, '{kind.replace(chr(39), chr(92) + chr(39))}') AS x, {ZONED}"
    if kind in ("SimpleAggregateFunction(sum, UInt64)", "Nullable(Nothing)", "IntervalDay"):
        sql = f"SELECT {TYPES[kind]} AS x, {ZONED}"
    sql += ", 'after' AS after FROM numbers({rows:UInt32})"
    sql += " SETTINGS allow_suspicious_low_cardinality_types = 1, max_block_size = 300"
    sql += ", allow_experimental_variant_type = 1, max_threads = 1"
    if "generateUUIDv4" in TYPES[kind]:
        sql = sql.replace("generateUUIDv4()", "toUUID('00000000-0000-0000-0000-000000000001')")
    for rows in (1, 1000):
        old = ask(owner_http, sql, 0, param_rows=str(rows)).content.replace(PLAIN_ZONED, WITH_ZONE)
        middle = ask(owner_http, sql, 54405, param_rows=str(rows)).content
        new = ask(owner_http, sql, param_rows=str(rows)).content
        blocks = old.count(WITH_ZONE)
        assert blocks == -(-rows // 300)
        assert middle.replace(INFO, b"") == old
        assert middle.count(INFO) == new.count(INFO) == blocks
        assert new.count(WITH_ZONE + b"\x00") == new.count(b"\x05after\x06String\x00") == blocks
        assert len(new) == len(middle) + 3 * blocks


@pytest.mark.parametrize("kind", ['\'{"a": [1, {"b": 2}]}\'::JSON', "1::Dynamic", "uniqState(number)"])
def test_what_cannot_be_walked_keeps_its_bytes_and_what_is_behind_it(
    owner_http: httpx.Client, kind: str
) -> None:
    sql = f"SELECT {ZONED}, {kind} AS x, toDateTime(1, 'Asia/Tokyo') AS behind FROM numbers(3) GROUP BY ALL"
    old, middle = (ask(owner_http, sql, version).content for version in (0, 54405))
    assert b"\x06behind\x08DateTime\x01" in old
    assert middle == INFO + old.replace(PLAIN_ZONED, WITH_ZONE)
    refused = ask(owner_http, sql, 54454)
    assert (refused.status_code, code(refused)) == (501, 48)


@pytest.mark.parametrize(
    "sql", ["SHOW DATABASES", "DESCRIBE (SELECT 1 AS a)", "EXISTS footfall.events", "SHOW PROCESSLIST"]
)
def test_answers_that_are_no_rows_of_a_select(owner_http: httpx.Client, sql: str) -> None:
    old, middle, new = (ask(owner_http, sql, version).content for version in (0, 54405, 54460))
    assert middle.startswith(INFO + old[:1])
    assert new.startswith(INFO + old[:1])
    if "PROCESS" not in sql:
        assert middle == INFO + old


def test_large_results_blocks_and_errors(owner_http: httpx.Client) -> None:
    sql = "SELECT number, repeat('x', 100) AS s FROM numbers(300000) SETTINGS max_threads = 1"
    old, new = ask(owner_http, sql, 0).content, ask(owner_http, sql).content
    blocks = new.count(b"\x01s\x06String\x00")
    assert blocks > 1
    assert len(new) == len(old) + blocks * (len(INFO) + 2)
    assert ask(owner_http, sql, 54405).content.replace(INFO, b"") == old
    plain = {"Accept-Encoding": "identity"}
    url = "/?client_protocol_version=54460"
    packed = owner_http.post(url + "&compress=1", content=sql + " FORMAT Native", headers=plain)
    assert unblocks(packed.content) == new
    squeezed = owner_http.post(url, content=sql + " FORMAT Native", headers={"Accept-Encoding": "gzip"})
    assert (squeezed.headers["Content-Encoding"], squeezed.content) == ("gzip", new)
    assert code(ask(owner_http, "SELECT nothing", 54405)) == 47


def test_an_error_in_the_middle_is_told_by_the_marked_block(owner_http: httpx.Client) -> None:
    sql = f"SELECT {ZONED}, throwIf(number = 100000, 'boom') FROM numbers(200000) SETTINGS max_threads = 1"
    sql += ", max_block_size = 1000"
    params = {"client_protocol_version": "54405", "http_response_buffer_size": "1000"}
    params["enable_http_compression"] = "0"
    received = b""
    with (
        owner_http.stream("POST", "/", params=params, content=sql + " FORMAT Native") as answer,
        pytest.raises(httpx.RemoteProtocolError),
    ):
        for piece in answer.iter_raw():
            received += piece
    tag = answer.headers["X-ClickHouse-Exception-Tag"].encode()
    assert received.startswith(INFO + b"\x02")
    assert b"boom" in received.split(b"__exception__\r\n" + tag)[1]


@pytest.mark.parametrize("kill", [True, False])
def test_a_result_that_nobody_takes_any_more_ends(
    config: Config, owner_http: httpx.Client, kill: bool
) -> None:
    sql = f"SELECT {ZONED}, number FROM system.numbers FORMAT Native"
    params = {"client_protocol_version": "54405", "query_id": f"native-{kill}"}
    params["enable_http_compression"] = "0"
    with speaker(config) as client, client.stream("POST", "/", params=params, content=sql) as answer:
        pieces = answer.iter_raw()
        assert next(pieces).startswith(INFO)
        if kill:
            owner_http.post("/", content=f"KILL QUERY WHERE query_id = 'native-{kill}'")
            with pytest.raises(httpx.RemoteProtocolError):
                for _ in pieces:
                    pass
    wait_until(lambda: running(owner_http, f"native-{kill}") == 0, limit_s=5)
