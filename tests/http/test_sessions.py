"""Sessions and settings: what is kept, for whom, and what never leaks."""

import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.engine.speak import code

VALUE = "SELECT value FROM system.settings WHERE name = 'max_block_size'"


def test_a_setting_of_one_request_is_gone_in_the_next(owner_http: httpx.Client) -> None:
    before = owner_http.post("/", content=VALUE).text
    assert owner_http.post("/?max_block_size=1234", content=VALUE).text == "1234\n"
    assert owner_http.post("/", content=VALUE).text == before
    owner_http.post("/", content="SET max_block_size = 4321")
    owner_http.post("/", content="USE system")
    assert owner_http.post("/", content=VALUE).text == before
    assert owner_http.post("/", content="SELECT currentDatabase()").text == "footfall\n"


def test_settings_that_there_are_not_are_refused(owner_http: httpx.Client) -> None:
    answer = owner_http.post("/?no_such_setting=1", content="SELECT 1")
    assert (answer.status_code, code(answer)) == (404, 115)
    assert code(owner_http.post("/?max_threads=many", content="SELECT 1")) != 0
    assert code(owner_http.post("/", params={"a b": "1"}, content="SELECT 1")) == 115
    assert code(owner_http.post("/?enable_http_compression=x", content="SELECT 1")) != 0


def test_the_database_comes_from_the_url_or_a_header(owner_http: httpx.Client) -> None:
    sql = "SELECT currentDatabase()"
    assert owner_http.post("/?database=system", content=sql).text == "system\n"
    assert owner_http.post("/", headers={"X-ClickHouse-Database": "default"}, content=sql).text == "default\n"
    answer = owner_http.post("/?database=nowhere", content=sql)
    assert (answer.status_code, code(answer)) == (404, 81)


def test_a_session_keeps_settings_and_temporary_tables(owner_http: httpx.Client) -> None:
    def say(sql: str, **params: str) -> str:
        return owner_http.post("/", params={"session_id": "keeps", **params}, content=sql).text

    say("SET max_block_size = 777")
    say("CREATE TEMPORARY TABLE mine (a UInt8)")
    say("INSERT INTO mine VALUES (1), (2)")
    say("USE system")
    assert say("SELECT sum(a) FROM mine") == "3\n"
    assert say(VALUE) == "777\n"
    assert say("SELECT currentDatabase()") == "system\n"
    assert say(VALUE, max_block_size="5") == "5\n"
    assert say(VALUE) == "777\n"
    assert say("SELECT currentDatabase()", database="footfall") == "footfall\n"
    assert say("SELECT currentDatabase()") == "system\n"
    assert "UNKNOWN_TABLE" in say("SELECT * FROM nothing")
    assert say("SELECT sum(a) FROM mine") == "3\n"
    assert say("SELECT sum(a) FROM mine", session_id="another").startswith("Code: 60")
    get = owner_http.get("/", params={"session_id": "keeps", "query": "SELECT sum(a) FROM mine"})
    assert get.text == "3\n"
    assert say("INSERT INTO mine VALUES (3)") == ""
    assert say("SELECT sum(a) FROM mine") == "6\n"


@pytest.mark.parametrize("sql", ["CREATE TABLE footfall.never (a UInt8) ENGINE = Memory", "DROP TABLE mine"])
def test_get_only_reads_in_a_session_too(owner_http: httpx.Client, sql: str) -> None:
    params = {"session_id": "reads"}
    owner_http.post("/", params=params, content="CREATE TEMPORARY TABLE IF NOT EXISTS mine (a UInt8)")
    assert code(owner_http.get("/", params={**params, "query": sql})) == 164
    for text in (
        "{}",
        "{} FORMAT TSV",
        "{} SETTINGS max_threads = 1",
        "{} FORMAT TSV SETTINGS max_threads = 1",
        "({});",
    ):
        query = text.format("SELECT getSetting('readonly')") + " -- and no more"
        assert owner_http.get("/", params={**params, "query": query}).text == "2\n", query
    shown = owner_http.get(
        "/", params={**params, "query": "SELECT query FROM system.processes FORMAT TSVRaw"}
    )
    assert shown.text.strip() == "SELECT query FROM system.processes FORMAT TSVRaw"
    assert owner_http.get("/", params={**params, "query": "EXISTS TEMPORARY TABLE mine"}).text == "1\n"
    assert owner_http.post("/", params=params, content="INSERT INTO mine VALUES (1)").status_code == 200


def test_a_setting_in_a_session_may_be_any_bytes(owner_http: httpx.Client) -> None:
    value = "SELECT hex(getSetting('log_comment'))"
    assert owner_http.post("/?session_id=bytes", content=b"SET log_comment = '\xff\t\x85\x0b'").text == ""
    assert owner_http.post("/?session_id=bytes&log_comment=a", content=value).text == "61\n"
    assert owner_http.post("/?session_id=bytes", content=value).text == "FF09850B\n"


def test_a_session_belongs_to_its_user(owner_http: httpx.Client, reader_http: httpx.Client) -> None:
    owner_http.post("/?session_id=owned", content="SET max_block_size = 777")
    assert reader_http.post("/?session_id=owned", content=VALUE).text != "777\n"
    assert code(reader_http.post("/?session_id=owned-2&session_check=1", content="SELECT 1")) == 372


def test_a_session_ends_when_it_is_idle_for_too_long(owner_http: httpx.Client) -> None:
    params = {"session_id": "short"}
    owner_http.post("/", params=params, content="SET max_block_size = 777")
    assert owner_http.post("/", params=params, content=VALUE).text == "777\n"
    last = {**params, "session_check": "1", "session_timeout": "1"}
    assert owner_http.post("/", params=last, content="SELECT 1").text == "1\n"
    time.sleep(1.2)
    assert code(owner_http.post("/", params={**params, "session_check": "1"}, content="SELECT 1")) == 372
    assert owner_http.post("/", params=params, content=VALUE).text != "777\n"
    for bad in ("x", "-1", "3601"):
        assert (
            code(owner_http.post("/", params={**params, "session_timeout": bad}, content="SELECT 1")) == 374
        )


def test_a_session_runs_one_statement_at_a_time(owner_http: httpx.Client) -> None:
    params, endless = {"session_id": "busy"}, "SELECT count() FROM system.numbers WHERE NOT ignore(number)"
    with ThreadPoolExecutor(1) as pool:
        busy = pool.submit(owner_http.post, "/?session_id=busy&query_id=keeps-busy", content=endless)
        listed = "SELECT count() FROM system.processes WHERE query_id = 'keeps-busy'"
        while owner_http.post("/", content=listed).text == "0\n":
            assert not busy.done()
        assert code(owner_http.post("/", params=params, content="SELECT 1")) == 373
        owner_http.post("/", content="KILL QUERY WHERE query_id = 'keeps-busy' SYNC")
        assert code(busy.result()) == 394
    assert owner_http.post("/", params=params, content="SELECT 1").text == "1\n"


@pytest.mark.parametrize("user", ["reader", "analyst"])
def test_guarded_users_lower_their_limits_and_never_lift_them(
    user: str, request: pytest.FixtureRequest
) -> None:
    client: httpx.Client = request.getfixturevalue(f"{user}_http")
    sql = "SELECT value FROM system.settings WHERE name = 'max_execution_time'"
    most = int(client.post("/", content=sql).text)
    assert client.post("/?max_execution_time=3", content=sql).text == "3\n"
    assert client.post("/", content=sql + " SETTINGS max_execution_time = 2").text == "2\n"
    assert client.post("/", content=sql).text == f"{most}\n"
    for value in ("0", str(most + 1), "-1", "1e9", "x"):
        assert code(client.post("/", params={"max_execution_time": value}, content=sql)) == 452, value
    for name in (
        "readonly",
        "allow_introspection_functions",
        "additional_table_filters",
        "dialect",
        "profile",
    ):
        assert code(client.post("/", params={name: "1"}, content=sql)) == 164, name
    for database in ("system", "default", "footfall_private", "x`; DROP TABLE y"):
        assert code(client.post("/", params={"database": database}, content="SELECT 1")) == 497, database
    assert code(client.post("/?session_id=mine", content="SET max_threads = 1")) == 497


def test_guarded_users_see_the_metadata_of_their_database_only(reader_http: httpx.Client) -> None:
    sql = "SELECT DISTINCT database FROM system.tables ORDER BY database"
    assert reader_http.post("/", content=sql).text == "footfall\nsystem\n"
    sql = "SELECT count() FROM system.columns WHERE database = 'footfall_private'"
    assert reader_http.post("/", content=sql).text == "0\n"
    assert reader_http.post("/", content="SHOW DATABASES").text == "footfall\n"


def test_a_block_size_that_is_too_large_is_met_as_far_as_it_may_be(analyst_http: httpx.Client) -> None:
    most = int(analyst_http.post("/", content=VALUE).text)
    assert analyst_http.post("/?max_block_size=1000000", content=VALUE).text == f"{most}\n"
    assert analyst_http.post("/", content=VALUE + " SETTINGS max_block_size = 1000000").text == f"{most}\n"
    assert analyst_http.post("/?max_block_size=100", content=VALUE).text == "100\n"
    assert code(analyst_http.post("/?max_block_size=0", content=VALUE)) == 452


def test_a_statement_needs_its_first_word(owner_http: httpx.Client) -> None:
    for sql in ("1 + 1", "DROP VIEW", "queryID()"):
        assert code(owner_http.post("/", content=sql)) == 62, sql


def test_the_time_zone_of_an_answer_is_told(owner_http: httpx.Client, reader_http: httpx.Client) -> None:
    """Clients show times without a zone of their own in it."""

    def told(client: httpx.Client, sql: str, **params: str) -> tuple[str, str]:
        answer = client.post("/", params=params, content=sql)
        return answer.text.strip(), answer.headers["X-ClickHouse-Timezone"]

    sql, clause = "SELECT toDateTime(0)", " SETTINGS session_timezone = 'Asia/Tokyo'"
    tokyo, utc = ("1970-01-01 09:00:00", "Asia/Tokyo"), ("1970-01-01 00:00:00", "UTC")
    for client in (owner_http, reader_http):
        assert told(client, sql) == utc
        assert told(client, sql, session_timezone="Asia/Tokyo") == tokyo
        assert told(client, sql + clause, session_timezone="Asia/Seoul") == tokyo
        assert told(client, f"{sql}{clause} -- {'long ' * 2_000}") == tokyo
        assert told(client, sql) == utc
    session = {"session_id": "zone"}
    assert told(owner_http, clause.replace("SETTINGS", "SET"), **session)[0] == ""
    assert told(owner_http, sql, **session) == tokyo
    assert told(owner_http, sql, **session, session_timezone="UTC") == utc
    assert told(owner_http, "SET session_timezone = DEFAULT", **session)[0] == ""
    assert told(owner_http, sql, **session) == utc
    assert told(owner_http, clause.replace("SETTINGS", "SET"), **session)[0] == ""
    assert told(owner_http, sql, **session) == tokyo
    assert told(owner_http, "SET session_timezone = ''", **session)[0] == ""
    assert told(owner_http, sql, **session) == utc
    quoted = "SELECT 'SETTINGS session_timezone = x', toDateTime(0) -- SETTINGS session_timezone = 'x'"
    assert told(owner_http, quoted)[1] == "UTC"
