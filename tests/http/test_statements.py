"""Where a statement stands in a request, and what a request without one gets."""

import httpx
import pytest

from tests.engine.speak import code


@pytest.mark.parametrize("path", ["/", "/ping", "/replicas_status"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_engine_says_ok_without_credentials(owner_http: httpx.Client, method: str, path: str) -> None:
    with httpx.Client(base_url=owner_http.base_url) as nobody:
        answer = nobody.request(method, path)
    assert answer.status_code == 200
    assert answer.text == ("Ok.\n" if method == "GET" else "")


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ("SELECT 41 + 1", ""),
        ("", "SELECT 41 + 1"),
        ("SELECT 41", "+ 1"),
        ("SELECT 41 + 1 -- why", "\n"),
        ("", "  \n SELECT 41 + 1 ; "),
        ("", "/* a */ SELECT 41 + 1 # b"),
        ("", "(SELECT 41 + 1)"),
        ("", "FROM numbers(1) SELECT 41 + 1"),
    ],
)
def test_a_statement_is_the_query_parameter_a_line_break_and_the_body(
    owner_http: httpx.Client, query: str, body: str
) -> None:
    params = {"query": query} if query else {}
    assert owner_http.post("/", params=params, content=body).text == "42\n"


def test_get_runs_a_statement_that_reads(owner_http: httpx.Client) -> None:
    assert owner_http.get("/", params={"query": "SELECT 42"}).text == "42\n"
    assert owner_http.get("/", params={"query": "SHOW DATABASES"}).status_code == 200
    head = owner_http.head("/", params={"query": "SELECT 42"})
    assert head.status_code == 200
    assert head.headers["X-ClickHouse-Format"] == "TabSeparated"


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE footfall.never (a UInt8) ENGINE = Memory",
        "INSERT INTO footfall.users (user_id) VALUES (1)",
        "INSERT INTO FUNCTION null('a UInt8') SELECT 1",
        "SET max_threads = 1",
        "KILL QUERY WHERE 0",
        "SYSTEM FLUSH LOGS",
        "WITH 1 AS a INSERT INTO footfall.users (user_id) SELECT a",
    ],
)
def test_get_never_writes(owner_http: httpx.Client, sql: str) -> None:
    answer = owner_http.get("/", params={"query": sql})
    assert code(answer) == 164
    assert "READONLY" in answer.text


def test_one_request_is_one_statement(owner_http: httpx.Client) -> None:
    answer = owner_http.post("/", content="SELECT 1; SELECT 2")
    assert (answer.status_code, code(answer)) == (400, 62)
    assert owner_http.post("/", content="SELECT ';', 'a;b' ;").text == ";\ta;b\n"


def test_an_empty_statement_is_a_syntax_error(owner_http: httpx.Client) -> None:
    assert code(owner_http.post("/")) == 62
    assert code(owner_http.post("/", content="-- nothing")) == 62


def test_a_statement_may_not_be_longer_than_max_query_size(owner_http: httpx.Client) -> None:
    long = "SELECT '" + "x" * 300_000 + "'"
    assert code(owner_http.post("/", content=long)) == 62
    measured = f"SELECT length({long[7:]})"
    answer = owner_http.post("/?max_query_size=1000000", content=measured)
    assert answer.text == "300000\n"


def test_guarded_users_do_not_lift_the_length_of_a_statement(analyst_http: httpx.Client) -> None:
    for sql in ("SELECT " + "(" * 2_000_000, "SELECT '" + "x" * 100_000 + "'"):
        assert code(analyst_http.post("/?max_query_size=999999999", content=sql)) == 62
        assert code(analyst_http.post("/?max_query_size=999999999", data={"query": sql})) == 62
        assert code(analyst_http.post("/?max_query_size=999999999", files={"query": (None, sql)})) == 62


@pytest.mark.parametrize(
    "clause", ["SELECT 1 INTO OUTFILE '/x'", "INSERT INTO footfall.users FROM INFILE '/x'"]
)
def test_clauses_of_clients_are_refused(owner_http: httpx.Client, clause: str) -> None:
    assert code(owner_http.post("/", content=clause)) in (358, 78)


def test_bound_parameters_come_from_the_url(owner_http: httpx.Client) -> None:
    params = {
        "param_n": "7",
        "param_s": "it's\\ta tab",
        "param_a": "['x','y\\'z']",
        "param_null": "\\N",
        "param_t": "2026-01-02 03:04:05.678",
        "param_m$": "1",
    }
    answer = owner_http.post(
        "/",
        params=params,
        content="SELECT {n:UInt8}, {s:String}, {a:Array(String)}, {null:Nullable(String)},"
        " {t:DateTime64(3, 'UTC')}, {m$:UInt8} FORMAT JSONCompactEachRow",
    )
    assert answer.json() == [7, "it's\ta tab", ["x", "y'z"], None, "2026-01-02 03:04:05.678", 1]


def test_bound_parameters_come_from_a_form(owner_http: httpx.Client) -> None:
    answer = owner_http.post(
        "/", data={"query": "SELECT {n:UInt8} + {m:UInt8}", "param_n": "4", "param_m": "5"}
    )
    assert answer.text == "9\n"
    answer = owner_http.post("/", params={"query": "SELECT {n:UInt8}"}, data={"param_n": "4"})
    assert answer.text == "4\n"


def test_bound_parameters_come_from_a_multipart_body(owner_http: httpx.Client) -> None:
    fields = {"query": (None, "SELECT {n:UInt8}, {s:String}"), "param_n": (None, "4"), "param_s": (None, "ü")}
    assert owner_http.post("/", files=fields).text == "4\tü\n"


def test_a_body_that_curl_calls_a_form_is_a_statement(owner_http: httpx.Client) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert owner_http.post("/", content="SELECT 1 = 1", headers=headers).text == "1\n"
    assert owner_http.post("/", content="SELECT 'a=b&c=d'", headers=headers).text == "a=b&c=d\n"


def test_a_missing_parameter_is_told(owner_http: httpx.Client) -> None:
    answer = owner_http.post("/", content="SELECT {n:UInt8}")
    assert code(answer) == 456


def test_external_data_are_temporary_tables_of_one_statement(owner_http: httpx.Client) -> None:
    answer = owner_http.post(
        "/",
        params={
            "query": "SELECT name, n FROM names JOIN numbers_of USING (id) ORDER BY id",
            "names_structure": "id UInt8, name String",
            "names_format": "CSV",
            "numbers_of_types": "UInt8, UInt32",
        },
        files={
            "names": ("names.csv", b"1,one\n2,two\n"),
            "numbers_of": ("n.tsv", b""),
        },
    )
    assert code(answer) == 47, "unnamed columns are _1, _2"
    answer = owner_http.post(
        "/",
        params={
            "query": "SELECT name, _2 FROM names JOIN more ON id = _1 ORDER BY id",
            "names_structure": "id UInt8, name String",
            "names_format": "CSV",
            "more_types": "UInt8, UInt32",
        },
        files={"names": ("names.csv", b"1,one\n2,two\n"), "more": ("n.tsv", b"1\t100\n2\t200\n")},
    )
    assert answer.text == "one\t100\ntwo\t200\n"
    assert code(owner_http.post("/", content="SELECT * FROM names")) == 60


def test_a_statement_that_may_only_read_takes_external_data(owner_http: httpx.Client) -> None:
    brought = {"query": "SELECT sum(a) FROM e", "e_structure": "a UInt8"}
    for readonly in ("1", "2"):
        answer = owner_http.post("/", params=brought | {"readonly": readonly}, files={"e": ("e", b"1\n2\n")})
        assert answer.text == "3\n"


@pytest.mark.parametrize("user", ["reader", "analyst"])
def test_guarded_users_may_bring_external_data_but_no_expressions(
    user: str, request: pytest.FixtureRequest
) -> None:
    client: httpx.Client = request.getfixturevalue(f"{user}_http")
    files = {"mine": ("mine.csv", b"1\n2\n")}

    def sum_of(structure: str, **more: str) -> httpx.Response:
        params = {
            "query": "SELECT sum(n) FROM mine",
            "mine_structure": structure,
            "mine_format": "CSV",
            **more,
        }
        return client.post("/", params=params, files=files)

    assert sum_of("n UInt8").text == "3\n"
    for structure in (
        "n String DEFAULT file('/etc/passwd')",
        "n UInt8) ENGINE = File(CSV, '/etc/passwd') --",
        "n AggregateFunction(uniq, UInt8)",
        "n UInt8 ALIAS file('/etc/passwd')",
        "n UInt8, CONSTRAINT c CHECK 1",
    ):
        assert code(sum_of(structure)) == 497, structure
    assert code(sum_of("n UInt8", mine_format="Values")) == 497


def test_unknown_paths_and_methods_are_refused(owner_http: httpx.Client) -> None:
    assert owner_http.get("/nothing").status_code == 404
    assert owner_http.request("DELETE", "/").status_code == 501
    options = owner_http.options("/")
    assert options.status_code == 204
    assert "Access-Control-Allow-Origin" not in options.headers


def test_texts_may_hold_any_bytes(owner_http: httpx.Client) -> None:
    assert owner_http.post("/", content=b"SELECT hex('\xff\xc3')").text == "FFC3\n"
    answer = owner_http.get("/?query=SELECT%20hex('%FF%C3')")
    assert answer.text == "FFC3\n"
    assert code(owner_http.post("/", content=b"SELECT 1 FRO\xe9 'a\xff'")) == 62
    assert code(owner_http.post("/", content=b"SELECT 1 FRO\0 a b \xff")) == 62
    insert = {"query": "INSERT INTO FUNCTION null('a UInt8') FORMAT CSV"}
    assert code(owner_http.post("/", params=insert, content=b"\xff\xc3")) == 117
    assert owner_http.get("/?query=SELECT%20hex(%7Bs:String%7D)&param_s=%FF%C3").text == "FFC3\n"
    assert owner_http.get("/?query=SELECT%20getSetting('log_comment')&log_comment=%FF").content == b"\xff\n"
    assert code(owner_http.get("/?query=SELECT%201&max_threads=%FF")) == 27
    assert code(owner_http.get("/?query=SELECT%201&param_%FF=1")) == 0
    assert owner_http.post("/", content="SELECT 'ü😀'".encode()).text == "ü😀\n"
