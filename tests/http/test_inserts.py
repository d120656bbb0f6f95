"""Inserts: formats, encodings, streams, and what happens to one that breaks off."""

import json
import socket
from collections.abc import Iterator

import httpx
import pyarrow as pa
import pytest
from pyarrow import ipc, parquet

from footfall.config import Config
from tests.engine.speak import code


@pytest.fixture
def table(owner_http: httpx.Client) -> Iterator[str]:
    """An empty table `(a UInt64, s String)`."""
    owner_http.post("/", content="CREATE TABLE footfall.t (a UInt64, s String) ENGINE = MergeTree ORDER BY a")
    yield "footfall.t"
    owner_http.post("/", content="DROP TABLE footfall.t SYNC")


def rows(client: httpx.Client, table: str = "footfall.t") -> list[list[object]]:
    text = client.post("/", content=f"SELECT * FROM {table} ORDER BY a FORMAT JSONCompactEachRow").text
    return [json.loads(line) for line in text.splitlines()]


def count(client: httpx.Client) -> int:
    return int(client.post("/", content="SELECT count() FROM footfall.t").text)


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ("", "INSERT INTO footfall.t VALUES (1, 'one'), (2, 'two')"),
        ("", "INSERT INTO footfall.t (s, a) VALUES ('one', 1), (upper('x') = 'X' ? 'two' : '', 1 + 1)"),
        ("INSERT INTO footfall.t VALUES", "(1, 'one'), (2, 'two')"),
        ("INSERT INTO footfall.t VALUES (1, 'one')", ", (2, 'two')"),
        ("INSERT INTO footfall.t FORMAT TSV", "1\tone\n2\ttwo\n"),
        ("INSERT INTO footfall.t (a, s) FORMAT CSV", "1,one\r\n2,two\r\n"),
        ("", "INSERT INTO footfall.t FORMAT JSONEachRow\n" + '{"a":1,"s":"one"}\n{"a":2,"s":"two"}'),
        ("", 'INSERT INTO footfall.t FORMAT JSONEachRow {"a":1,"s":"one"}{"a":2,"s":"two"}'),
        ("INSERT INTO footfall.t SETTINGS max_insert_block_size = 1 FORMAT CSV", "1,one\n2,two\n"),
        ("", "INSERT INTO footfall.t SELECT number + 1, ['one', 'two'][number + 1] FROM numbers(2)"),
        ("", "insert into table footfall.t select 1, 'one' union all select 2, 'two'"),
        ("", "INSERT INTO footfall.t WITH 1 AS x SELECT x, 'one' UNION ALL SELECT 2, 'two'"),
        ("", "WITH 2 AS x INSERT INTO footfall.t VALUES (1, 'one'), (2, 'two')"),
        ("WITH 2 AS x INSERT INTO footfall.t FORMAT CSV", "1,one\n2,two\n"),
        ("", "WITH 2 AS x INSERT INTO footfall.t SELECT 1, 'one' UNION ALL SELECT x, 'two'"),
        ("", "INSERT INTO footfall.t VALUES (1, 'one'), (2, 'two');\u00a0"),
        ("", "-- first\nINSERT /* second */ INTO `footfall`.`t` (`a`, `s`) VALUES (1, 'one'), (2, 'two');"),
    ],
)
def test_an_insert_stands_anywhere_in_a_request(
    owner_http: httpx.Client, table: str, query: str, body: str
) -> None:
    answer = owner_http.post("/", params={"query": query} if query else {}, content=body)
    assert answer.status_code == 200, answer.text
    assert rows(owner_http) == [[1, "one"], [2, "two"]]
    assert json.loads(answer.headers["X-ClickHouse-Summary"])["written_rows"] == "2"


def test_binary_formats_are_read(owner_http: httpx.Client, table: str) -> None:
    block = pa.table({"a": pa.array([1, 2], pa.uint64()), "s": ["one", "two"]})
    stream, file, columns = pa.BufferOutputStream(), pa.BufferOutputStream(), pa.BufferOutputStream()
    with ipc.new_stream(stream, block.schema) as out:
        out.write_table(block)
    with ipc.new_file(file, block.schema) as out:
        out.write_table(block)
    parquet.write_table(block, columns)
    native = owner_http.post("/", content="SELECT 1::UInt64 AS a, 'one' AS s FORMAT Native").content
    for format, data in (
        ("ArrowStream", stream.getvalue().to_pybytes()),
        ("Arrow", file.getvalue().to_pybytes()),
        ("Parquet", columns.getvalue().to_pybytes()),
        ("Native", native),
    ):
        query = {"query": f"INSERT INTO footfall.t FORMAT {format}"}
        assert owner_http.post("/", params=query, content=data).status_code == 200, format
    assert count(owner_http) == 7


def test_an_insert_of_nothing_is_well(owner_http: httpx.Client, table: str) -> None:
    for format in ("JSONEachRow", "CSV", "Native"):
        query = {"query": f"INSERT INTO footfall.t FORMAT {format}"}
        assert owner_http.post("/", params=query).status_code == 200
    assert count(owner_http) == 0


def test_a_bad_row_writes_nothing(owner_http: httpx.Client, table: str) -> None:
    answer = owner_http.post("/", content="INSERT INTO footfall.t FORMAT CSV\n1,one\n2,two\nthree,3\n")
    assert (answer.status_code, code(answer)) == (400, 27)
    assert count(owner_http) == 0
    assert code(owner_http.post("/", content="INSERT INTO footfall.nothing VALUES (1)")) == 60
    assert code(owner_http.post("/", content="INSERT INTO footfall.t FORMAT Nothing\n1")) == 73


def test_a_large_body_that_nobody_wants_is_answered_all_the_same(
    owner_http: httpx.Client, reader_http: httpx.Client
) -> None:
    lines = b"1,one\n" * 3_000_000
    query = {"query": "INSERT INTO footfall.nothing FORMAT CSV"}
    assert code(owner_http.post("/", params=query, content=lines)) == 60
    assert code(reader_http.post("/", params=query, content=lines)) == 497
    assert code(owner_http.post("/", content=b"SELECT '" + lines)) == 62


def test_an_insert_may_bind_parameters(owner_http: httpx.Client, table: str) -> None:
    params = {"param_t": "t", "param_d": "footfall", "param_s": "one"}
    sql = "INSERT INTO {d:Identifier}.{t:Identifier} (a, s) SELECT 1, {s:String}"
    assert owner_http.post("/", params=params, content=sql).status_code == 200
    sql = "INSERT INTO {d:Identifier}.{t:Identifier} (a, s) FORMAT CSV\n2,two\n"
    answer = owner_http.post("/", params=params, content=sql)
    assert answer.status_code == 200, answer.text
    sql = "INSERT INTO footfall.t VALUES (3, {s:String})"
    assert owner_http.post("/", params=params, content=sql).status_code == 200
    assert rows(owner_http) == [[1, "one"], [2, "two"], [3, "one"]]


def test_the_same_token_counts_once(owner_http: httpx.Client, table: str) -> None:
    owner_http.post(
        "/", content="ALTER TABLE footfall.t MODIFY SETTING non_replicated_deduplication_window = 100"
    )
    params = {"insert_deduplicate": "1", "insert_deduplication_token": "one"}
    for _ in range(3):
        owner_http.post("/", params=params, content="INSERT INTO footfall.t FORMAT CSV\n1,one\n")
    assert count(owner_http) == 1


def test_a_client_that_hangs_up_in_its_body_writes_nothing(
    config: Config, owner_http: httpx.Client, table: str
) -> None:
    request = owner_http.build_request("POST", "/", params={"query": "INSERT INTO footfall.t FORMAT CSV"})
    head = f"POST {request.url.raw_path.decode()} HTTP/1.1\r\nHost: 127.0.0.1:{config.engine_port}\r\n"
    head += "X-ClickHouse-User: footfall\r\n" + f"X-ClickHouse-Key: {config.password}\r\n"
    lines = b"".join(b"%d,one\n" % n for n in range(300_000))
    for body in (
        b"Content-Length: 9999999\r\n\r\n" + lines,
        b"Transfer-Encoding: chunked\r\n\r\n6\r\n1,one\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", config.engine_port)) as connection:
            connection.sendall(head.encode() + body)
    assert owner_http.post("/", content="SELECT 1").text == "1\n"
    assert count(owner_http) == 0
