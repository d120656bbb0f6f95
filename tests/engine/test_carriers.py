"""What else a request carries besides its statement: none of it lifts a limit or reaches what is closed."""

import httpx
import pytest

from footfall.config import Config
from footfall.limits import READING_USERS
from tests.engine.speak import CORPUS, code, speaker
from tests.engine.test_guard import refused

CLOSED = {48, 62, 73, 78, 115, 164, 358, 452, 497, 511}
SETTINGS = (CORPUS / "settings.txt").read_text().split()
HEADERS = [
    {"X-ClickHouse-Database": "system"},
    {"X-ClickHouse-Database": "footfall_private"},
    {"X-ClickHouse-Format": "TSV INTO OUTFILE '/tmp/x'"},
    {"X-ClickHouse-Format": "../x"},
]
STRUCTURES = [
    "a String DEFAULT file('/etc/passwd')",
    "a String MATERIALIZED file('/etc/passwd')",
    "a String ALIAS file('/etc/passwd')",
    "a String EPHEMERAL 'x'",
    "a String CODEC(ZSTD)",
    "a String TTL now()",
    "a String COMMENT 'x'",
    "a String) ENGINE = File(CSV, '/etc/passwd') --",
    "a String, INDEX i a TYPE minmax",
    "a String, CONSTRAINT c CHECK file('/etc/passwd') = ''",
    "a AggregateFunction(groupArray, String)",
    "a SimpleAggregateFunction(sum, UInt64)",
    "a Nested(b String)",
    "a Enum8('x' = 1, file('/etc/passwd') = 2)",
    "a Array(AggregateFunction(uniq, UInt8))",
    "a Tuple(b AggregateFunction(uniq, UInt8))",
    "a Object('json')",
    "a",
    "",
    "`a`",
    "a String; DROP TABLE footfall.events",
    f"a {'Array(' * 3000}String{')' * 3000}",
]
NUMBERS = (
    *("max_execution_time", "max_threads", "session_timeout", "max_query_size", "compress"),
    *("wait_end_of_query", "http_zlib_compression_level", "buffer_size", "client_protocol_version"),
)


@pytest.mark.parametrize("user", READING_USERS)
def test_no_setting_of_a_url_opens_anything(config: Config, user: str) -> None:
    with speaker(config, user) as client:  # type: ignore[arg-type]
        for carried in SETTINGS:
            for method in ("GET", "POST"):
                answer = client.request(method, f"/?query=SELECT+1&{carried}")
                assert code(answer) in CLOSED, (carried, answer.text)
                assert answer.status_code >= 400, carried


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("number", ["²", "١", "9" * 5000, "-1" * 9, "1e3", " 1"])  # some of them are Python's
def test_a_number_that_is_none_is_refused_with_clickhouses_code(
    analyst_http: httpx.Client, name: str, number: str
) -> None:
    answer = analyst_http.post("/", params={name: number}, content="SELECT 1")
    assert code(answer) in {72, 374, 452, 467}, answer.text


@pytest.mark.parametrize("user", READING_USERS)
def test_no_setting_of_a_form_opens_anything(config: Config, user: str) -> None:
    with speaker(config, user) as client:  # type: ignore[arg-type]
        for carried in SETTINGS:
            name, _, value = carried.partition("=")
            if "%" in carried or "&" in carried:
                continue
            form = client.post("/", data={"query": "SELECT 1", name: value})
            multipart = client.post("/", files={"query": (None, "SELECT 1"), name: (None, value)})
            assert code(form) in CLOSED, carried
            assert code(multipart) in CLOSED, carried


@pytest.mark.parametrize("headers", HEADERS)
def test_no_header_opens_anything(reader_http: httpx.Client, headers: dict[str, str]) -> None:
    answer = reader_http.post("/", headers=headers, content="SELECT 1")
    assert code(answer) in CLOSED


def test_headers_that_this_interface_does_not_have_change_nothing(reader_http: httpx.Client) -> None:
    headers = {
        "X-ClickHouse-Readonly": "0",
        "X-ClickHouse-Setting-readonly": "0",
        "X-HTTP-Method-Override": "PUT",
        "X-ClickHouse-Role": "default",
        "X-Forwarded-User": "footfall",
        "X-ClickHouse-SSL-Certificate-Auth": "on",
    }
    sql = "SELECT value FROM system.settings WHERE name = 'readonly'"
    assert reader_http.post("/", headers=headers, content=sql).text == "1\n"


def test_what_is_written_behind_a_statement_cannot_end_it(reader_http: httpx.Client) -> None:
    """Ids and headers stand in a comment behind the statement that runs."""
    for text in ("x */ INTO OUTFILE '/tmp/x' /*", "*/; DROP TABLE x; --", "\\*/", "a\tb", "'", "*/"):
        headers = {"User-Agent": text, "Referer": text, "X-Forwarded-For": text, "X-ClickHouse-Quota": text}
        params = {"query_id": text, "log_comment": text, "quota_key": text}
        answer = reader_http.post("/", params=params, headers=headers, content="SELECT 1")
        assert answer.text == "1\n", text


def test_an_id_of_any_bytes_is_told_to_the_statement(analyst_http: httpx.Client) -> None:
    answer = analyst_http.post("/?query_id=a%ff%ed%a0%80b", content="SELECT currentQueryID()")
    assert (answer.status_code, answer.text) == (200, "a????b\n")


@pytest.mark.parametrize(
    "zone", ["Europe/./Berlin", "Europe//Berlin", "posix/UTC", "localtime", "/etc/localtime"]
)
def test_a_zone_has_no_other_names_than_the_engines(analyst_http: httpx.Client, zone: str) -> None:
    """It keeps megabytes of each name for ever, and as names of files there is no end of them."""
    for sql in (f"SELECT toTimeZone(now(), '{zone}')", f"SELECT now()::DateTime('{zone}')"):
        assert code(analyst_http.post("/", content=sql)) == 36
    assert code(analyst_http.post("/", params={"session_timezone": zone}, content="SELECT now()")) == 36


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ("SELECT file(", "'/etc/passwd')"),
        ("SELECT 1 --", ", file('/etc/passwd')"),
        ("SELECT 1", ", file('/etc/passwd')"),
        ("SELECT 1", "; DROP TABLE footfall.events"),
        ("SELECT 1;", "SELECT 2"),
        ("SELECT 1 /*", "*/, file('/etc/passwd')"),
        ("SELECT '", "', file('/etc/passwd')"),
        ("SELECT $x$", "$x$, file('/etc/passwd')"),
        ("SELECT 1 INTO", "OUTFILE '/tmp/x'"),
        ("INSERT INTO footfall.events", "FORMAT CSV\n1"),
        ("INSERT INTO footfall.events FORMAT CSV", "1"),
        ("SELECT 1 SETTINGS", "readonly = 0"),
        ("EXPLAIN", "SELECT file('/etc/passwd')"),
        ("", "SELECT file('/etc/passwd')"),
    ],
)
def test_a_statement_in_two_halves_is_one(reader_http: httpx.Client, query: str, body: str) -> None:
    answer = reader_http.post("/", params={"query": query}, content=body)
    assert code(answer) in {62, 164, 497}
    assert code(reader_http.post("/", data={"query": f"{query}\n{body}"})) in {62, 164, 497}
    assert code(reader_http.post("/", files={"query": (None, f"{query}\n{body}")})) in {62, 164, 497}


@pytest.mark.parametrize("structure", STRUCTURES)
def test_an_external_table_has_plain_columns_only(reader_http: httpx.Client, structure: str) -> None:
    params = {"query": "SELECT * FROM x", "x_structure": structure, "x_format": "TSV"}
    assert code(reader_http.post("/", params=params, files={"x": b"1\n"})) in {36, 497}


@pytest.mark.parametrize(
    "format",
    [
        *("Values", "Template", "CustomSeparated", "Regexp", "Protobuf", "ProtobufSingle", "ProtobufList"),
        *("CapnProto", "Avro", "AvroConfluent", "MsgPack", "ORC", "MySQLDump", "One", "Npy", "DWARF"),
        *("JSONAsObject", "LineAsString", "RawBLOB", "Form", "Native", "RowBinaryWithNamesAndTypes", "x"),
    ],
)
def test_an_external_table_has_a_plain_format_only(reader_http: httpx.Client, format: str) -> None:
    """No formats that read a schema from a file, call functions, or bring types of their own."""
    params = {"query": "SELECT * FROM x", "x_structure": "a String", "x_format": format}
    assert code(reader_http.post("/", params=params, files={"x": b"1\n"})) == 497


def test_an_external_table_is_no_way_to_another(reader_http: httpx.Client) -> None:
    for name in ("system.users", "../x", "`x`", "x y", "x;", ""):
        params = {"query": "SELECT 1", f"{name}_structure": "a String"}
        answer = reader_http.post("/", params=params, files={name: ("file", b"1\n")})
        assert answer.status_code >= 400, name
    files = {"users": b"1\n"}
    for sql in ("SELECT * FROM system.users", "SELECT a IN system.users FROM users"):
        params = {"query": sql, "users_structure": "a String"}
        assert code(reader_http.post("/", params=params, files=files)) == 497
    params = {"query": "SELECT a + 1 FROM users", "users_structure": "a UInt8"}
    assert reader_http.post("/", params=params, files=files).text == "2\n"


@pytest.mark.parametrize(
    "kind",
    [
        *("Identifier", "Array(Identifier)", "Nullable(Identifier)", "AggregateFunction(uniq, UInt8)"),
        *("SimpleAggregateFunction(sum, UInt64)", "Array(AggregateFunction(uniq, UInt8))", "Object('json')"),
        *("Nested(a UInt8)", "Tuple(a AggregateFunction(uniq, UInt8))", "Map(String, Identifier)", "Point"),
        *("QBit(Float32, 2)", "Identifier ", "IDENTIFIER", "String) + file('/etc/passwd'", "x"),
    ],
)
def test_a_parameter_has_a_plain_type_only(analyst_http: httpx.Client, kind: str) -> None:
    for place in ("SELECT {p:%s}", "SELECT * FROM {p:%s}", "SELECT 1 FROM events LIMIT {p:%s}"):
        assert refused(analyst_http, place % kind)
        answer = analyst_http.post("/", params={"param_p": "system.users"}, content=place % kind)
        assert code(answer) in {62, 497}


def test_a_parameters_value_is_a_value(analyst_http: httpx.Client) -> None:
    for value in (
        "'); SELECT file('/etc/passwd') --",
        "x' OR 1",
        "{p:Identifier}",
        "$$",
        "`system`.users",
        "*/",
    ):
        answer = analyst_http.post(
            "/", params={"param_p": value}, content="SELECT {p:String} AS x FORMAT JSON"
        )
        assert answer.json()["data"] == [{"x": value}]
    assert code(analyst_http.post("/", params={"param_p": "1) + 1"}, content="SELECT {p:UInt8}")) != 0


@pytest.mark.parametrize("user", READING_USERS)
def test_parameters_are_no_longer_than_a_text(config: Config, user: str) -> None:
    """What `hasAny` and its kin take must be short, and a parameter counts as written out."""
    sql = "SELECT hasAny([0], {p:Array(UInt64)})"
    with speaker(config, user) as client:  # type: ignore[arg-type]
        for numbers, expected in ((30_000, 0), (60_000, 62)):
            array = f"[{','.join(['1'] * numbers)}]"
            assert code(client.post("/", files={"query": (None, sql), "param_p": (None, array)})) == expected


def test_sessions_are_their_users_and_hold_nothing_of_those_who_read(
    owner_http: httpx.Client, reader_http: httpx.Client, analyst_http: httpx.Client
) -> None:
    session = {"session_id": "shared"}
    make = "CREATE TEMPORARY TABLE secret ENGINE = Memory AS SELECT 'x' AS a"
    assert owner_http.post("/", params=session, content=make).status_code == 200
    assert owner_http.post("/", params=session, content="SELECT a FROM secret").text == "x\n"
    for client in (reader_http, analyst_http):
        assert code(client.post("/", params=session, content="SELECT a FROM secret")) == 60
        for sql in (
            "SET max_memory_usage = 0",
            "USE system",
            "CREATE TEMPORARY TABLE t (a UInt8)",
            "SET ROLE ALL",
        ):
            assert code(client.post("/", params=session, content=sql)) == 497
        known = {**session, "max_execution_time": "1"}
        assert client.post("/", params=known, content="SELECT 1").text == "1\n"
        limit = "SELECT value FROM system.settings WHERE name = 'max_execution_time'"
        assert client.post("/", params=session, content=limit).text in ("30\n", "10\n")


def test_names_of_python_are_unknown_tables(analyst_http: httpx.Client) -> None:
    """chDB reads Python's objects by a table function, and takes no bare name for a variable."""
    for name in ("sys", "os", "config", "df", "self", "engine", "job", "handles", "app", "__builtins__"):
        assert code(analyst_http.post("/", content=f"SELECT * FROM {name}")) == 60, name


def test_what_the_engine_tells_of_itself_is_the_users_own(
    config: Config, reader_http: httpx.Client, analyst_http: httpx.Client
) -> None:
    sql = "SELECT DISTINCT database FROM system.{} WHERE database NOT IN ('footfall', 'system')"
    tables = ("tables", "columns", "parts", "parts_columns", "projections", "data_skipping_indices")
    for client in (reader_http, analyst_http):
        for table in tables:
            assert client.post("/", content=sql.format(table)).text == "", table
        assert client.post("/", content="SELECT name FROM system.databases").text == "footfall\n"
        assert client.post("/", content="SHOW DATABASES").text == "footfall\n"
        everything = client.post("/", content="SELECT * FROM system.settings FORMAT CSV").text
        everything += client.post("/", content="SELECT * FROM system.tables FORMAT CSV").text
        assert config.password not in everything
        assert config.reader_password not in everything
