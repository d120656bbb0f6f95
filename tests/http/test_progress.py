"""`X-ClickHouse-Progress` while a statement runs, and `X-ClickHouse-Summary` when its answer begins."""

import http.client
import json
import re
import socket
from urllib.parse import urlencode

import httpx
import pytest

from footfall.config import Config
from tests.http.packing import unblocks

SLOW = "SELECT count() FROM numbers(60) WHERE NOT ignore(sleepEachRow(0.02)) SETTINGS max_block_size = 5"
KEYS = {
    *("read_rows", "read_bytes", "written_rows", "written_bytes", "total_rows_to_read"),
    *("result_rows", "result_bytes", "elapsed_ns", "memory_usage"),
}


def ask(config: Config, sql: str, **params: str) -> tuple[http.client.HTTPResponse, bytes]:
    """An answer as a client reads it that keeps every header line, and its body as far as it comes."""
    connection = http.client.HTTPConnection("127.0.0.1", config.engine_port, timeout=60)
    headers = {"X-ClickHouse-User": "footfall", "X-ClickHouse-Key": config.password}
    params = {"send_progress_in_http_headers": "1", "http_headers_progress_interval_ms": "100", **params}
    connection.request("POST", "/?" + urlencode(params), sql, headers)
    answer = connection.getresponse()
    try:
        body = answer.read()
    except http.client.IncompleteRead as broken:
        body = broken.partial
    connection.close()
    return answer, body


def lines(answer: http.client.HTTPResponse) -> list[dict[str, str]]:
    return [json.loads(line) for line in answer.headers.get_all("X-ClickHouse-Progress", [])]


def test_progress_lines_come_while_a_statement_runs(config: Config) -> None:
    answer, body = ask(config, SLOW)
    assert (answer.status, body) == (200, b"60\n")
    progress = lines(answer)
    assert len(progress) >= 3
    read = [int(line["read_rows"]) for line in progress]
    assert read == sorted(read)
    assert 0 < read[0] < read[-1] <= 60
    assert all(line.keys() <= KEYS and "0" not in line.values() for line in progress)
    assert int(progress[0]["elapsed_ns"]) < int(progress[-1]["elapsed_ns"])
    names = [name.lower() for name in answer.headers]
    assert names.index("x-clickhouse-progress") < names.index("x-clickhouse-query-id")
    assert json.loads(answer.headers["X-ClickHouse-Summary"])["read_rows"] == "60"


def test_progress_lines_are_truly_sent_before_the_end(config: Config) -> None:
    path = "/?" + urlencode({"send_progress_in_http_headers": "1", "query": SLOW.replace("60", "1000")})
    head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nX-ClickHouse-User: footfall\r\n"
    head += f"X-ClickHouse-Key: {config.password}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", config.engine_port), timeout=10) as connection:
        connection.sendall(head.encode())
        received = b""
        while received.count(b"\r\n") < 3:
            received += connection.recv(1000)
    assert re.match(rb'HTTP/1.1 200 OK\r\nX-ClickHouse-Progress: \{"read_rows":"\d+",', received)
    assert b"\r\n\r\n" not in received, "the headers have not ended"


def test_a_statement_that_fails_after_progress_tells_its_error_in_headers_and_body(config: Config) -> None:
    sql = SLOW.replace("count()", "throwIf(count() = 60, 'the end')")
    for params in ({}, {"compress": "1"}):
        answer, body = ask(config, sql, **params)
        assert answer.status == 200
        assert lines(answer)
        assert answer.headers["X-ClickHouse-Exception-Code"] == "395"
        assert answer.headers["Connection"].lower() == "close"
        tag = answer.headers["X-ClickHouse-Exception-Tag"]
        text = (unblocks(body) if params else body).decode()
        assert re.fullmatch(
            rf"\r\n__exception__\r\n{tag}\r\nCode: 395.*the end.*\n\d+ {tag}\r\n__exception__\r\n", text, re.S
        )


def test_an_insert_tells_its_progress_too(config: Config, owner_http: httpx.Client) -> None:
    owner_http.post("/", content="CREATE TABLE footfall.slow (a UInt64) ENGINE = Memory")
    sql = (
        "INSERT INTO footfall.slow SELECT number + sleepEachRow(0.02) FROM numbers(60)"
        " SETTINGS max_block_size = 5, min_insert_block_size_rows = 5, max_threads = 1"
    )
    answer, body = ask(config, sql)
    owner_http.post("/", content="DROP TABLE footfall.slow SYNC")
    assert (answer.status, body) == (200, b"")
    assert any("written_rows" in line for line in lines(answer))
    assert json.loads(answer.headers["X-ClickHouse-Summary"])["written_rows"] == "60"


def test_large_results_and_encodings_follow_progress(config: Config) -> None:
    sql = SLOW.replace("count()", "number, repeat('x', 100000)") + ", max_threads = 1"
    answer, body = ask(config, sql, wait_end_of_query="1")
    assert lines(answer)
    assert len(body) > 6_000_000
    answer, body = ask(config, sql, compress="1", http_headers_progress_interval_ms="50")
    assert lines(answer)
    assert unblocks(body).count(b"\n") == 60


def test_nothing_of_it_is_sent_where_it_makes_no_sense(config: Config, owner_http: httpx.Client) -> None:
    assert not lines(ask(config, SLOW, send_progress_in_http_headers="0")[0])
    assert not lines(ask(config, "SELECT 1")[0])
    head = owner_http.head("/", params={"query": SLOW, "send_progress_in_http_headers": "1"})
    assert (head.status_code, "X-ClickHouse-Progress" in head.headers) == (200, False)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT number FROM numbers(3)", {"read_rows": "3", "result_rows": "3", "total_rows_to_read": "3"}),
        ("INSERT INTO footfall.summed SELECT number FROM numbers(1000)", {"written_rows": "1000"}),
        ("INSERT INTO footfall.summed VALUES (1), (2)", {"written_rows": "2", "result_rows": "2"}),
        ("INSERT INTO footfall.viewed VALUES (1), (2)", {"written_rows": "4"}),
        ("SELECT sum(a) FROM footfall.filled", {"read_rows": "7", "read_bytes": "56", "result_rows": "1"}),
        ("SET max_threads = 1", {"read_rows": "0", "written_rows": "0"}),
    ],
)
def test_a_summary_has_every_number_as_text(
    owner_http: httpx.Client, sql: str, expected: dict[str, str]
) -> None:
    """What views write counts as written, as on a server."""
    for statement in (
        "CREATE TABLE footfall.summed (a UInt64) ENGINE = MergeTree ORDER BY a",
        "CREATE TABLE footfall.viewed (a UInt64) ENGINE = MergeTree ORDER BY a",
        "CREATE TABLE footfall.filled (a UInt64) ENGINE = MergeTree ORDER BY a",
        "INSERT INTO footfall.filled SELECT number FROM numbers(7)",
        "CREATE MATERIALIZED VIEW footfall.view TO footfall.summed AS SELECT a FROM footfall.viewed",
    ):
        assert owner_http.post("/", content=statement).status_code == 200
    answer = owner_http.post("/", content=sql)
    for table in ("view", "viewed", "summed", "filled"):
        owner_http.post("/", content=f"DROP TABLE footfall.{table} SYNC")
    summary = json.loads(answer.headers["X-ClickHouse-Summary"])
    assert summary.keys() == KEYS
    assert {name: summary[name] for name in expected} == expected
    assert int(summary["elapsed_ns"]) > 0


def test_a_streamed_answer_tells_what_was_read_by_then(config: Config, owner_http: httpx.Client) -> None:
    sql = "SELECT number, repeat('x', 100) FROM numbers(3000000) SETTINGS max_threads = 1"
    with owner_http.stream("POST", "/", content=sql) as answer:
        summary = json.loads(answer.headers["X-ClickHouse-Summary"])
    assert summary.keys() == KEYS
    assert 0 < int(summary["read_rows"]) <= int(summary["total_rows_to_read"]) == 3_000_000
    assert int(summary["read_bytes"]) >= 8 * int(summary["read_rows"])
    sql = "SELECT repeat('x', 100) FROM numbers(12000)"
    with owner_http.stream("POST", "/", content=sql) as answer:
        summary = json.loads(answer.headers["X-ClickHouse-Summary"])
    assert summary["read_rows"] == "12000", "through before the last rows are sent"


def test_a_large_result_that_waits_for_its_end_has_its_true_summary(owner_http: httpx.Client) -> None:
    sql = "SELECT number FROM numbers(2000000) FORMAT RowBinary"
    answer = owner_http.post("/?wait_end_of_query=1", content=sql)
    assert len(answer.content) == 16_000_000
    assert json.loads(answer.headers["X-ClickHouse-Summary"])["result_rows"] == "2000000"
