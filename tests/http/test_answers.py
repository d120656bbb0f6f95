"""What an answer carries: formats, headers, encodings, and errors before and after its first byte."""

import json
import re

import httpx
import pytest

from tests.engine.speak import code
from tests.http.packing import DECODERS

TABLE = "SELECT number AS n, toString(number) AS s FROM numbers(3)"


def test_the_format_comes_from_the_statement_else_a_header_else_the_url(owner_http: httpx.Client) -> None:
    by_statement = owner_http.post("/?default_format=CSV", content="SELECT 1 AS a FORMAT JSONEachRow")
    assert by_statement.json() == {"a": 1}
    assert by_statement.headers["X-ClickHouse-Format"] == "JSONEachRow"
    assert by_statement.headers["Content-Type"].startswith("application/x-ndjson")
    by_url = owner_http.post("/?default_format=CSV", content="SELECT 'a'")
    assert (by_url.text, by_url.headers["X-ClickHouse-Format"]) == ('"a"\n', "CSV")
    by_header = owner_http.post("/", headers={"X-ClickHouse-Format": "Values"}, content="SELECT 1")
    assert by_header.text == "(1)"
    assert code(owner_http.post("/?default_format=JSON SETTINGS x=1", content="SELECT 1")) == 73
    assert code(owner_http.post("/?default_format=Nothing", content="SELECT 1")) == 73


@pytest.mark.parametrize("format", ["DataFrame", "ArrowTable", "DataStore", "None", "a b"])
@pytest.mark.parametrize("sql", ["SELECT 1", "SHOW TABLES"])
def test_a_format_that_clickhouse_has_not_is_unknown(owner_http: httpx.Client, format: str, sql: str) -> None:
    answer = owner_http.post("/", params={"default_format": format}, content=sql)
    assert answer.status_code == 404
    assert answer.headers["X-ClickHouse-Exception-Code"] == "73"


@pytest.mark.parametrize(
    ("format", "kind"),
    [
        ("TSV", "text/tab-separated-values; charset=UTF-8"),
        ("TabSeparatedRawWithNames", "text/tab-separated-values; charset=UTF-8"),
        ("CSV", "text/csv; charset=UTF-8; header=absent"),
        ("CSVWithNames", "text/csv; charset=UTF-8; header=present"),
        ("csvwithnames", "text/csv; charset=UTF-8; header=present"),
        ("JSON", "application/json; charset=UTF-8"),
        ("JSONEachRow", "application/x-ndjson; charset=UTF-8"),
        ("JSONCompactEachRow", "text/plain; charset=UTF-8"),
        ("XML", "application/xml; charset=UTF-8"),
        ("Pretty", "text/plain; charset=UTF-8"),
        ("Null", "text/plain; charset=UTF-8"),
        ("Native", "application/octet-stream"),
        ("RowBinary", "application/octet-stream"),
        ("Parquet", "application/octet-stream"),
    ],
)
def test_a_format_has_the_content_type_that_the_engine_gives_it(
    owner_http: httpx.Client, format: str, kind: str
) -> None:
    answer = owner_http.post("/", content=f"SELECT 1 AS a FORMAT {format}")
    assert (answer.headers["Content-Type"], answer.status_code) == (kind, 200)


def test_a_client_may_add_headers_to_its_answer_but_none_of_cors(owner_http: httpx.Client) -> None:
    def ask(headers: str) -> httpx.Response:
        return owner_http.post("/", params={"http_response_headers": headers}, content="SELECT 1")

    answer = ask("{'X-Mine':'it\\'s, {mine}', 'Content-Type': 'image/png'}")
    assert (answer.headers["X-Mine"], answer.headers["Content-Type"]) == ("it's, {mine}", "image/png")
    assert ask("{}").text == "1\n"
    for bad in ("{'Access-Control-Allow-Origin':'*'}", "{'a b':'c'}", "{'a':'b'", "x"):
        answer = ask(bad)
        assert code(answer) != 0, bad
        assert not [name for name in answer.headers if name.startswith("access-control")]
    assert "X-Evil" not in ask("{'X-Mine':'a\r\nX-Evil: 1'}").headers


@pytest.mark.parametrize("format", ["JSON", "JSONCompact", "XML", "CSVWithNames", "Markdown"])
def test_a_large_result_has_one_header_and_one_end(owner_http: httpx.Client, format: str) -> None:
    rows = 50_000
    sql = f"SELECT number AS the_column FROM numbers({rows}) SETTINGS max_block_size = 1000 FORMAT {format}"
    text = owner_http.post("/", content=sql).text
    if "JSON" in format:
        answer = json.loads(text)
        assert answer["rows"] == rows == len(answer["data"])
    elif format == "XML":
        assert text.count("<name>the_column</name>") == 1
    else:
        assert text.count("the_column") == 1


@pytest.mark.parametrize("format", ["Parquet", "Arrow", "ArrowStream", "ORC"])
def test_binary_formats_are_whole_files(owner_http: httpx.Client, format: str) -> None:
    from pyarrow import BufferReader, ipc, orc, parquet

    sql = f"SELECT number AS n FROM numbers(100000) SETTINGS max_block_size = 5000 FORMAT {format}"
    data = BufferReader(owner_http.post("/", content=sql).content)
    reader = {
        "Parquet": parquet.read_table,
        "Arrow": lambda source: ipc.open_file(source).read_all(),
        "ArrowStream": lambda source: ipc.open_stream(source).read_all(),
        "ORC": orc.read_table,
    }[format]
    assert reader(data).num_rows == 100_000


def test_totals_and_extremes_are_kept(owner_http: httpx.Client) -> None:
    sql = "SELECT number % 2 AS k, count() AS c FROM numbers(10) GROUP BY k WITH TOTALS FORMAT JSON"
    answer = owner_http.post("/?extremes=1", content=sql).json()
    assert answer["totals"]["c"] in (10, "10")
    assert {"min", "max"} == set(answer["extremes"])


def test_headers_tell_about_the_statement(owner_http: httpx.Client) -> None:
    answer = owner_http.post("/?query_id=mine-1", content=TABLE)
    headers = answer.headers
    assert headers["X-ClickHouse-Query-Id"] == "mine-1"
    assert headers["X-ClickHouse-Timezone"] == "UTC"
    assert headers["X-ClickHouse-Server-Display-Name"]
    summary = json.loads(headers["X-ClickHouse-Summary"])
    assert summary["read_rows"] == "3"
    assert summary["result_rows"] == "3"
    assert int(summary["elapsed_ns"]) > 0
    assert re.fullmatch(
        r"[0-9a-f-]{36}", owner_http.post("/", content=TABLE).headers["X-ClickHouse-Query-Id"]
    )


def test_the_summary_counts_what_was_read_and_written(owner_http: httpx.Client) -> None:
    owner_http.post("/", content="CREATE TABLE footfall.summed (a UInt64) ENGINE = MergeTree ORDER BY a")
    written = owner_http.post("/", content="INSERT INTO footfall.summed SELECT number FROM numbers(1000)")
    assert json.loads(written.headers["X-ClickHouse-Summary"])["written_rows"] == "1000"
    assert "X-ClickHouse-Format" not in written.headers
    read = owner_http.post("/?wait_end_of_query=1", content="SELECT sum(a) FROM footfall.summed")
    summary = json.loads(read.headers["X-ClickHouse-Summary"])
    assert (summary["read_rows"], summary["read_bytes"], summary["result_rows"]) == ("1000", "8000", "1")
    owner_http.post("/", content="DROP TABLE footfall.summed SYNC")


@pytest.mark.parametrize(
    ("sql", "status", "number", "name"),
    [
        ("SELEC 1", 400, 62, "SYNTAX_ERROR"),
        ("SELECT", 400, 62, "SYNTAX_ERROR"),
        ("SELECT 1 FROM", 400, 62, "SYNTAX_ERROR"),
        ("SELECT * FROM footfall.nothing", 404, 60, "UNKNOWN_TABLE"),
        ("SELECT * FROM nowhere.nothing", 404, 81, "UNKNOWN_DATABASE"),
        ("SELECT nothing", 404, 47, "UNKNOWN_IDENTIFIER"),
        ("SELECT no_such_function()", 404, 46, "UNKNOWN_FUNCTION"),
        ("SELECT throwIf(1)", 500, 395, "FUNCTION_THROW_IF_VALUE_IS_NON_ZERO"),
        ("SELECT toUInt8('x')", 400, 6, "CANNOT_PARSE_TEXT"),
        ("SELECT 1 FORMAT Nothing", 404, 73, "UNKNOWN_FORMAT"),
        ("SELECT 1 SETTINGS nothing = 1", 404, 115, "UNKNOWN_SETTING"),
        ("SELECT sleep(3) SETTINGS max_execution_time = 1", 408, 159, "TIMEOUT_EXCEEDED"),
        (
            "SELECT groupArray(number) FROM numbers(1e8) SETTINGS max_memory_usage = 10000000",
            500,
            241,
            "",
        ),
    ],
)
def test_errors_have_clickhouse_numbers_words_and_status(
    owner_http: httpx.Client, sql: str, status: int, number: int, name: str
) -> None:
    answer = owner_http.post("/", content=sql)
    assert (answer.status_code, code(answer)) == (status, number)
    assert re.match(
        rf"Code: {number}\. DB::Exception: .*\({name}.*\) \(version \d+\.\d+", answer.text, re.DOTALL
    )
    assert "OUTFILE" not in answer.text
    assert "query_id=" not in answer.text


@pytest.mark.parametrize("encoding", ["identity", *sorted(DECODERS)])
def test_an_error_after_the_first_byte_breaks_the_stream(owner_http: httpx.Client, encoding: str) -> None:
    sql = "SELECT throwIf(number = 3000000, 'the end') FROM numbers(4000000) SETTINGS max_threads = 1"
    request = owner_http.build_request(
        "POST", "/?enable_http_compression=1", content=sql, headers={"Accept-Encoding": encoding}
    )
    answer = owner_http.send(request, stream=True)
    assert answer.status_code == 200
    tag = answer.headers["X-ClickHouse-Exception-Tag"]
    received = b""
    with pytest.raises(httpx.RemoteProtocolError):
        for part in answer.iter_raw():
            received += part
    answer.close()
    text = received if encoding == "identity" else DECODERS[encoding](received)
    block = text[text.index(b"\r\n__exception__\r\n") :].decode()
    found = re.fullmatch(
        rf"\r\n__exception__\r\n{tag}\r\n(.*\n)(\d+) {tag}\r\n__exception__\r\n", block, re.DOTALL
    )
    assert found is not None
    assert "the end" in found[1]
    assert len(found[1]) == int(found[2])


def test_an_error_with_wait_end_of_query_is_no_answer(owner_http: httpx.Client) -> None:
    sql = "SELECT throwIf(number = 3000000, 'the end') FROM numbers(4000000) SETTINGS max_threads = 1"
    answer = owner_http.post("/?wait_end_of_query=1", content=sql)
    assert (answer.status_code, code(answer)) == (500, 395)
