"""What clients of ClickHouse's HTTP interface rely on, sentence by sentence."""

import io
import json
import struct
from collections.abc import Iterator

import httpx
import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.engine.speak import code


@pytest.fixture
def table(owner_http: httpx.Client) -> Iterator[str]:
    """An empty table `(a UInt64, s String)`."""
    sql = "CREATE TABLE footfall.relied (a UInt64, s String) ENGINE = MergeTree ORDER BY a"
    assert owner_http.post("/", content=sql).status_code == 200
    yield "footfall.relied"
    owner_http.post("/", content="DROP TABLE footfall.relied SYNC")


def rows(client: httpx.Client) -> list[list[object]]:
    text = client.post("/", content="SELECT * FROM footfall.relied ORDER BY a FORMAT JSONCompactEachRow").text
    return [json.loads(line) for line in text.splitlines()]


def test_other_methods_are_refused(owner_http: httpx.Client) -> None:
    for method in ("PUT", "DELETE", "PATCH"):
        assert owner_http.request(method, "/", content="SELECT 1").status_code == 501


def test_headers_come_before_the_url(owner_http: httpx.Client) -> None:
    headers = {"X-ClickHouse-Format": "CSV", "X-ClickHouse-Database": "system"}
    params = {"default_format": "JSON", "database": "default"}
    answer = owner_http.post("/", params=params, headers=headers, content="SELECT currentDatabase()")
    assert (answer.text, answer.headers["X-ClickHouse-Format"]) == ('"system"\n', "CSV")


def test_an_id_may_stand_in_a_header_and_never_breaks_one(owner_http: httpx.Client) -> None:
    answer = owner_http.post("/", headers={"X-ClickHouse-Query-Id": "by-header"}, content="SELECT queryID()")
    assert (answer.headers["X-ClickHouse-Query-Id"], answer.text) == ("by-header", "by-header\n")
    params = {"query_id": "a\r\nX-Evil: 1\x7f"}
    answer = owner_http.post("/", params=params, headers={"X-ClickHouse-Query-Id": "x"}, content="SELECT 1")
    assert answer.headers["X-ClickHouse-Query-Id"] == "aX-Evil: 1"
    assert "X-Evil" not in answer.headers


def test_parameters_without_a_name_are_nothing(owner_http: httpx.Client) -> None:
    assert owner_http.get("/?&&query=SELECT%201&=5&").text == "1\n"


def test_every_answer_names_the_tag_of_a_later_error(owner_http: httpx.Client) -> None:
    tags = {
        owner_http.post("/", content=sql).headers["X-ClickHouse-Exception-Tag"]
        for sql in ("SELECT 1", "SELECT nothing", "SET max_threads = 1") * 3
    }
    assert len(tags) == 9
    assert all(len(tag) == 16 and tag.isalpha() and tag.islower() for tag in tags)


def test_a_long_error_within_a_stream_fits_where_clients_look_for_it(owner_http: httpx.Client) -> None:
    sql = (
        f"SELECT throwIf(number = 3000000, '{'x' * 100_000}') FROM numbers(4000000) SETTINGS max_threads = 1"
    )
    received = b""
    with owner_http.stream("POST", "/", content=sql) as answer, pytest.raises(httpx.RemoteProtocolError):
        for part in answer.iter_bytes():
            received += part
    assert b"\r\n__exception__\r\n" in received[-(16 << 10) :]
    assert received.count(b"__exception__") == 2


def test_a_session_is_closed_where_the_client_says_so(owner_http: httpx.Client) -> None:
    params = {"session_id": "closing"}
    owner_http.post("/", params=params, content="CREATE TEMPORARY TABLE kept (a UInt8)")
    answer = owner_http.post("/", params={**params, "close_session": "1"}, content="SELECT count() FROM kept")
    assert answer.text == "0\n"
    assert code(owner_http.post("/", params={**params, "session_check": "1"}, content="SELECT 1")) == 372
    assert code(owner_http.post("/", params={"session_id": ""}, content="SELECT 1")) == 744


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("query=SELECT+%7Bs%3AString%7D&param_s=x%26y", "x&y"),
        ("query=SELECT 1 %2B 1", "2"),
        ("query=SELECT getSetting('max_threads')&max_threads=3", "3"),
        ("database=system&query=SELECT currentDatabase()", "system"),
        ("query=SELECT {$0:UInt8} %2B {a%3AUInt8}&param_%240=1&param_a=2&", "3"),
        ("SELECT 'a=b&query=c'", "a=b&query=c"),
        ("SELECT 1=1&&1", None),
    ],
)
def test_a_form_asks_as_the_url_does(owner_http: httpx.Client, body: str, expected: str | None) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = owner_http.post("/", content=body, headers=headers)
    if expected is None:
        assert code(answer) == 62
    else:
        assert answer.text == expected + "\n"


def test_a_form_may_insert(owner_http: httpx.Client, table: str) -> None:
    form = {"query": "INSERT INTO {t:Identifier} VALUES (1, {s:String}), (1 + 1, 'two')"}
    answer = owner_http.post("/", data={**form, "param_t": "relied", "param_s": "one"})
    assert answer.status_code == 200, answer.text
    assert rows(owner_http) == [[1, "one"], [2, "two"]]


@pytest.mark.parametrize("split", [False, True])
def test_an_insert_may_change_its_data_on_the_way(owner_http: httpx.Client, table: str, split: bool) -> None:
    statement = (
        "INSERT INTO footfall.relied SELECT a * 2, upper(s) FROM input('a UInt64, s String')"
        " WHERE a != {no:UInt64} FORMAT CSV"
    )
    lines = "".join(f"{n},line {n}\n" for n in range(100_000))
    params = {"param_no": "7", **({"query": statement} if split else {})}
    answer = owner_http.post("/", params=params, content=lines if split else f"{statement}\n{lines}")
    assert answer.status_code == 200, answer.text
    assert json.loads(answer.headers["X-ClickHouse-Summary"])["written_rows"] == "99999"
    assert rows(owner_http)[6:8] == [[12, "LINE 6"], [16, "LINE 8"]]
    assert owner_http.post("/", content="SHOW TEMPORARY TABLES").text == ""


def test_an_insert_that_changes_bad_data_writes_nothing(owner_http: httpx.Client, table: str) -> None:
    query = "INSERT INTO footfall.relied SELECT * FROM input('a UInt64, s String') FORMAT JSONEachRow"
    bad = '{"a":1,"s":"one"}\n' * 1000 + '{"a":"x"}'
    assert code(owner_http.post("/", params={"query": query}, content=bad)) != 0
    assert rows(owner_http) == []
    both = {"query": query, "session_id": "through input"}
    assert owner_http.post("/", params=both, content='{"a":1,"s":"one"}').status_code == 200
    assert rows(owner_http) == [[1, "one"]]
    assert owner_http.post("/?session_id=through input", content="SHOW TEMPORARY TABLES").text == ""


def test_only_the_owner_changes_data_on_the_way(writer_http: httpx.Client, reader_http: httpx.Client) -> None:
    query = "INSERT INTO footfall.users (user_id) SELECT a FROM input('a UInt64') FORMAT CSV"
    for client in (writer_http, reader_http):
        assert code(client.post("/", params={"query": query}, content="1\n")) == 497


def _table_in(format: str) -> bytes:
    block = pa.table({"id": pa.array([1, 2], pa.uint8()), "name": ["one", "two"]})
    out = io.BytesIO()
    if format == "Parquet":
        parquet.write_table(block, out)
    else:
        with pa.ipc.new_stream(out, block.schema) as stream:
            stream.write_table(block)
    return out.getvalue()


@pytest.mark.parametrize(
    ("format", "data"),
    [
        ("TabSeparated", b"1\tone\n2\ttwo\n"),
        ("CSVWithNames", b"name,id\none,1\ntwo,2\n"),
        ("JSONEachRow", b'{"id":1,"name":"one"}\n{"id":2,"name":"two"}\n'),
        ("Values", b"(1,'one'),(1+1,'two')"),
        ("RowBinary", b"\x01\x03one\x02\x03two"),
        ("Native", b"\x02\x02\x02id\x05UInt8\x01\x02\x04name\x06String\x03one\x03two"),
        ("Parquet", _table_in("Parquet")),
        ("ArrowStream", _table_in("ArrowStream")),
    ],
)
def test_external_data_come_in_any_format(owner_http: httpx.Client, format: str, data: bytes) -> None:
    params = {
        "query": "SELECT id, name, (SELECT sum(_1) FROM more) FROM brought ORDER BY id",
        "brought_structure": "id UInt8, name String",
        "brought_format": format,
        "more_types": "UInt64, Array(Tuple(UInt8, String))",
        "max_threads": "1",
        "date_time_input_format": "best_effort",
    }
    files = {"brought": ("b", data), "more": ("m", b"40\t[(1,'a'),(2,'b')]\n2\t[]\n")}
    answer = owner_http.post("/", params=params, files=files)
    assert answer.text == "1\tone\t42\n2\ttwo\t42\n"


def test_external_data_are_described_in_the_form_too(owner_http: httpx.Client) -> None:
    fields: dict[str, tuple[str | None, str | bytes]] = {
        "query": (None, "SELECT {n:UInt8} + sum(a) FROM brought"),
        "param_n": (None, "40"),
        "brought_structure": (None, "a UInt8"),
        "brought": ("x.tsv", b"1\n1\n"),
    }
    assert owner_http.post("/", files=fields).text == "42\n"
    answer = owner_http.post("/", params={"query": "SELECT 1"}, files={"brought": ("x", b"1\n")})
    assert (answer.status_code, code(answer)) == (400, 36)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("Array(Array(Nullable(String)))", "[['x',NULL],['y\\'z']]", "[['x',NULL],['y\\'z']]"),
        ("Tuple(Int32, String)", "(1,'a')", "(1,'a')"),
        ("Map(String, UInt8)", "{'a':1,'b':2}", "{'a':1,'b':2}"),
        ("Date", "2024-01-02", "2024-01-02"),
        ("DateTime64(6)", "2024-01-02 03:04:05.123456", "2024-01-02 03:04:05.123456"),
        ("DateTime", "1704164645", "2024-01-02 03:04:05"),
        ("Decimal(10, 3)", "12.345", "12.345"),
        ("UUID", "61f0c404-5cb3-11e7-907b-a6006ad3dba0", "61f0c404-5cb3-11e7-907b-a6006ad3dba0"),
        ("Nullable(Int8)", "\\N", "\\N"),
        ("Bool", "true", "true"),
        ("Enum8('a' = 1)", "a", "a"),
        ("String", "a\\tb\\nc\\\\d", "a\\tb\\nc\\\\d"),
        ("String", "", ""),
        ("JSON", '{"a":{"b":1}}', '{"a":{"b":1}}'),
    ],
)
def test_parameters_have_any_type(owner_http: httpx.Client, kind: str, value: str, expected: str) -> None:
    answer = owner_http.post("/", params={"param_x": value}, content=f"SELECT {{x:{kind}}}")
    assert answer.text == expected + "\n"


def test_names_are_parameters_too(owner_http: httpx.Client) -> None:
    params = {"param_d": "system", "param_t": "one", "param_c": "dummy", "param_as": "my name"}
    sql = "SELECT {c:Identifier} AS {as:Identifier} FROM {d:Identifier}.{t:Identifier} FORMAT JSONEachRow"
    assert owner_http.post("/", params=params, content=sql).json() == {"my name": 0}
    assert code(owner_http.post("/", params={"param_x": "abc"}, content="SELECT {x:UInt8}")) == 457


def test_show_create_has_real_line_breaks_where_the_format_keeps_them(owner_http: httpx.Client) -> None:
    sql = "SHOW CREATE TABLE footfall.users"
    assert owner_http.post("/", content=sql).text.startswith(
        "CREATE TABLE footfall.users\\n(\\n    `user_id`"
    )
    raw = owner_http.post("/", content=f"{sql} FORMAT TSVRaw").text
    assert raw.startswith("CREATE TABLE footfall.users\n(\n    `user_id`")
    assert owner_http.post("/", content=f"{sql} FORMAT JSONEachRow").json()["statement"] == raw.rstrip("\n")


@pytest.mark.parametrize(
    ("sql", "first"),
    [
        ("DESCRIBE TABLE system.one", "dummy\tUInt8"),
        ("DESC (SELECT 1 AS x)", "x\tUInt8"),
        ("EXISTS TABLE footfall.events", "1"),
        ("SHOW TABLES FROM footfall LIKE 'ev%'", "events"),
        ("SHOW SETTINGS LIKE 'max_threads'", "max_threads"),
        ("EXPLAIN SYNTAX SELECT 1", "SELECT 1"),
        ("EXPLAIN AST SELECT 1", "SelectWithUnionQuery"),
        ("SELECT 1;", "1"),
        ("SELECT 1; -- the end", "1"),
        ("/* ; */ SELECT 1 /* a; b */ ;;", "1"),
        ("SELECT 1 FORMAT CSV SETTINGS max_threads = 1", "1"),
        ("SELECT 1 SETTINGS max_threads = 1 FORMAT CSV;", "1"),
        ("(SELECT 1) UNION ALL (SELECT 1) FORMAT CSV", "1"),
        ("WITH 1 AS x SELECT x", "1"),
    ],
)
def test_statements_that_read_answer_in_rows(owner_http: httpx.Client, sql: str, first: str) -> None:
    answer = owner_http.post("/", content=sql)
    assert answer.text.startswith(first), answer.text
    assert "X-ClickHouse-Format" in answer.headers


def test_the_owner_defines_changes_and_drops(owner_http: httpx.Client, table: str) -> None:
    for sql in (
        "INSERT INTO footfall.relied VALUES (1, 'a'), (2, 'b')",
        "ALTER TABLE footfall.relied ADD COLUMN d Date DEFAULT '2024-01-02'",
        "ALTER TABLE footfall.relied UPDATE s = 'z' WHERE a = 1 SETTINGS mutations_sync = 1",
        "DELETE FROM footfall.relied WHERE a = 2",
        "OPTIMIZE TABLE footfall.relied FINAL",
        "SYSTEM FLUSH LOGS",
        "CREATE VIEW footfall.seen AS SELECT a, s, d FROM footfall.relied",
        "RENAME TABLE footfall.seen TO footfall.viewed",
    ):
        answer = owner_http.post("/", content=sql)
        assert (answer.status_code, answer.text) == (200, ""), sql
        assert "X-ClickHouse-Format" not in answer.headers
    assert owner_http.post("/", content="SELECT * FROM footfall.viewed").text == "1\tz\t2024-01-02\n"
    for sql in ("DROP VIEW footfall.viewed", "TRUNCATE TABLE footfall.relied"):
        assert owner_http.post("/", content=sql).status_code == 200
    assert rows(owner_http) == []


def test_native_blocks_pass_both_ways(owner_http: httpx.Client, table: str) -> None:
    """As they come out for a client that names no revision, blocks go in for any, as on a server."""
    sql = "SELECT toUInt64(number) AS a, toString(number) AS s FROM numbers(3) FORMAT Native"
    plain = owner_http.post("/", content=sql).content
    assert (
        plain == b"\x02\x03\x01a\x06UInt64" + struct.pack("<3Q", 0, 1, 2) + b"\x01s\x06String\x010\x011\x012"
    )
    query = {"query": "INSERT INTO footfall.relied FORMAT Native", "client_protocol_version": "54405"}
    assert owner_http.post("/", params=query, content=plain).status_code == 200
    assert rows(owner_http) == [[0, "0"], [1, "1"], [2, "2"]]
