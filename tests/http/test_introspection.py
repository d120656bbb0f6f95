"""What clients read about statements: their own ids, texts and users in system tables and functions."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from footfall.engine.introspection import concerns, in_clients_terms
from footfall.engine.running import NOT_RUNNING
from footfall.engine.statement import parse
from footfall.engine.users import User
from tests import support
from tests.engine.speak import code

ENDLESS = "SELECT count() FROM system.numbers WHERE NOT ignore(number)"
OWNER = User("footfall", "", 1)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


def ask(client: httpx.Client, sql: str, **params: str) -> str:
    answer = client.post("/", params=params, content=sql)
    assert answer.status_code == 200, answer.text
    return answer.text.rstrip("\n")


def test_a_running_statement_is_found_by_its_id_and_killed(
    owner_http: httpx.Client, pool: ThreadPoolExecutor
) -> None:
    headers = {b"User-Agent": b"my tool/1.0 (\xfc)", b"X-ClickHouse-Quota": b"q 1"}
    endless = pool.submit(
        owner_http.post, "/?query_id=find/me*/ 'é'", content=ENDLESS + " FORMAT JSON", headers=headers
    )
    found = "SELECT count() FROM system.processes WHERE query_id = {id:String}"
    support.wait_until(lambda: endless.done() or ask(owner_http, found, param_id="find/me*/ 'é'") == "1")
    assert not endless.done(), endless.result().text
    columns = "query_id, initial_query_id, user, initial_user, interface, http_method, quota_key, query"
    sql = (
        f"SELECT {columns} FROM system.processes AS p WHERE p.query_id LIKE 'find%' FORMAT JSONCompactEachRow"
    )
    id = "find/me*/ 'é'"
    assert json.loads(ask(owner_http, sql)) == (
        [id, id, "footfall", "footfall", "HTTP", "POST", "q 1", f"{ENDLESS} FORMAT JSON"]
    )
    assert code(owner_http.post("/?query_id=find/me*/ 'é'", content="SELECT 1")) == 216
    kill = "KILL QUERY WHERE query_id = 'find/me*/ \\'é\\'' AND user = 'footfall'"
    told = json.loads(ask(owner_http, f"/* see */ {kill} TEST FORMAT JSONEachRow"))
    assert (told["query_id"], told["user"], told["query"]) == (id, "footfall", f"{ENDLESS} FORMAT JSON")
    assert ask(owner_http, f"{kill} SYNC").split("\t")[:3] == ["finished", id.replace("'", "\\'"), "footfall"]
    assert code(endless.result(10)) == 394
    assert ask(owner_http, found, param_id="find/me*/ 'é'") == "0"


SLOW = "count() FROM numbers({n:UInt64}) WHERE arraySum(range(500 + number % 1000)) > 0"
WITH_PARAMETERS = {
    "SELECT": (f"/* see */ SELECT {SLOW}", "SELECT count()"),
    "WITH": (f"WITH {{x:String}} AS x, 2 AS y SELECT x, y, {SLOW}", "WITH 'it"),
    "own settings": (f"SELECT {SLOW} SETTINGS max_threads = 1 FORMAT JSON", "SELECT count()"),
}


@pytest.mark.parametrize(("user", "native"), [("owner_http", False), ("reader_http", True)])
@pytest.mark.parametrize("kind", WITH_PARAMETERS)
def test_a_statement_with_parameters_is_its_clients_as_well(
    owner_http: httpx.Client,
    pool: ThreadPoolExecutor,
    request: pytest.FixtureRequest,
    user: str,
    kind: str,
    native: bool,
) -> None:
    sql, begins = WITH_PARAMETERS[kind]
    client: httpx.Client = request.getfixturevalue(user)
    name = f"with-{user}-{kind}-{native}"
    given = {"query_id": name, "param_n": "100000000", "param_x": "it's", "max_block_size": "1000"}
    given |= {"client_protocol_version": "54405", "default_format": "Native"} if native else {}
    running = pool.submit(client.post, "/", params=given, content=sql)
    found = f"SELECT count() FROM system.processes WHERE query_id = '{name}'"
    support.wait_until(lambda: running.done() or ask(owner_http, found) == "1")
    assert not running.done(), running.result().text
    sql = f"SELECT user, query FROM system.processes WHERE query_id = '{name}' FORMAT TSVRaw"
    said, text = ask(owner_http, sql).split("\t")
    assert said == user.removesuffix("_http").replace("owner", "footfall")
    assert text.startswith(begins) and "query_id=" not in text and "OUTFILE" not in text
    assert ask(owner_http, f"KILL QUERY WHERE query_id = '{name}' SYNC").startswith("finished")
    assert code(running.result(10)) == 394


def test_an_error_of_a_statement_with_parameters_quotes_it_as_it_was_sent(owner_http: httpx.Client) -> None:
    for sql in ("SELECT nothing, {n:UInt8}", "WITH 1 AS x SELECT nothing, {n:UInt8}"):
        told = owner_http.post("/?param_n=1", content=sql).text
        assert "nothing" in told and "query_id=" not in told and " AS _" not in told, told
    told = owner_http.post("/?param_n=1", content="SELECT {n:UInt8} +").text
    assert "position 18" in told, told


def test_the_log_tells_the_clients_id_text_and_user(
    owner_http: httpx.Client, reader_http: httpx.Client
) -> None:
    agent = {"User-Agent": "a tool/2"}
    ask(owner_http, "CREATE TABLE footfall.noted (a UInt8) ENGINE = Memory")
    owner_http.post("/?query_id=log-select", content="SELECT 1 AS one FORMAT JSON", headers=agent)
    owner_http.post("/?query_id=log-insert", content="INSERT INTO footfall.noted VALUES (1)", headers=agent)
    owner_http.post("/?query_id=log-rows&query=INSERT INTO footfall.noted FORMAT CSV", content="1\n2\n")
    owner_http.post("/?query_id=log-wrong", content="SELECT nothing", headers=agent)
    owner_http.post(
        "/?query_id=log-late", content="SELECT throwIf(number = 9) FROM numbers(10)", headers=agent
    )
    owner_http.get("/", params={"query": "SELECT 2", "query_id": "log-get"}, headers=agent)
    reader_http.post("/?query_id=log-reader&log_comment=why", content="SELECT 3", headers=agent)
    reader_http.post(
        "/?query_id=log-with&param_n=3&log_comment=why", content="SELECT {n:UInt8}", headers=agent
    )
    ask(owner_http, "DROP TABLE footfall.noted")
    ask(owner_http, "SYSTEM FLUSH LOGS")
    sql = (
        "SELECT query_id, type, user, http_method, http_user_agent, query, log_comment FROM system.query_log"
        " WHERE initial_query_id LIKE 'log-%' ORDER BY query_id, type"
    )
    rows = [line.split("\t") for line in ask(owner_http, sql).splitlines()]
    told = {(row[0], row[1]): row[2:] for row in rows}
    assert len(told) == len(rows)
    finished = ("select", "insert", "rows", "get", "reader", "with")
    assert set(told) == {
        *((f"log-{name}", "QueryStart") for name in (*finished, "late")),
        *((f"log-{name}", "QueryFinish") for name in finished),
        ("log-wrong", "ExceptionBeforeStart"),
        ("log-late", "ExceptionWhileProcessing"),
    }  # fmt: skip
    assert told["log-select", "QueryFinish"] == [
        "footfall",
        "POST",
        "a tool/2",
        "SELECT 1 AS one FORMAT JSON",
        "",
    ]
    assert told["log-get", "QueryFinish"] == ["footfall", "GET", "a tool/2", "SELECT 2", ""]
    assert told["log-reader", "QueryStart"] == ["reader", "POST", "a tool/2", "SELECT 3", "why"]
    as_run = "SELECT _CAST(3, \\'UInt8\\')"
    assert told["log-with", "QueryFinish"] == ["reader", "POST", "a tool/2", as_run, "why"]
    assert told["log-insert", "QueryFinish"][3] == "INSERT INTO footfall.noted VALUES "
    assert told["log-rows", "QueryFinish"][3] == "INSERT INTO footfall.noted FORMAT CSV\\n"
    sql = "SELECT exception FROM system.query_log WHERE query_id = 'log-wrong'"
    assert "query_id=" not in ask(owner_http, sql)
    assert "nothing" in ask(owner_http, sql)


def test_a_statement_sees_itself_as_it_was_sent(owner_http: httpx.Client) -> None:
    sql = "SELECT query FROM system.processes WHERE query_id = queryID() FORMAT TSVRaw"
    assert ask(owner_http, sql) == sql
    line = ask(owner_http, "SHOW PROCESSLIST FORMAT JSONEachRow", query_id="lists")
    assert '"query_id":"lists"' in line
    assert '"query":"SHOW PROCESSLIST FORMAT JSONEachRow"' in line


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT query_id FROM system.processes WHERE query_id = '{id}'",
        "SELECT processes.query_id FROM system.processes WHERE processes.query_id = '{id}'",
        "SELECT system.processes.query_id FROM system.processes WHERE system.processes.user = 'footfall'"
        " AND system.processes.query_id = '{id}'",
        "SELECT p.query_id FROM `system`.`processes` p WHERE p.user != '' AND p.initial_query_id = '{id}'",
        "SELECT '{id}' WHERE '{id}' IN (SELECT query_id FROM system.processes)",
        "WITH mine AS (SELECT * FROM system.processes) SELECT query_id FROM mine WHERE query_id = '{id}'",
        "FROM system.processes SELECT query_id WHERE query_id = '{id}'",
        "SELECT query_id FROM numbers(1) AS n, system.processes WHERE query_id = '{id}'",
        "SELECT b.query_id FROM system.one CROSS JOIN system.processes AS b WHERE b.query_id = '{id}'",
        "SELECT a.query_id FROM system.processes a JOIN system.processes b USING (query_id)"
        " WHERE query_id = '{id}'",
        "(SELECT query_id FROM system.processes WHERE query_id = '{id}')",
        "SELECT query_id FROM system.processes ARRAY JOIN [1] AS x WHERE query_id = '{id}' LIMIT 1",
        "SELECT any(query_id) FROM system.processes WHERE query_id = '{id}'"
        " AND has(ProfileEvents.Names, 'Query')",
        "SELECT queryID()",
        "SELECT if(query_id() = initialQueryID(), concat('', queryID()), 'no')",
    ],
)
def test_wherever_the_tables_and_functions_stand(owner_http: httpx.Client, sql: str) -> None:
    assert ask(owner_http, sql.replace("{id}", "stands"), query_id="stands") == "stands"


def test_the_current_database_may_be_system(owner_http: httpx.Client) -> None:
    sql = "SELECT query_id FROM processes WHERE query_id = 'here'"
    assert ask(owner_http, sql, query_id="here", database="system") == "here"


@pytest.mark.parametrize("user", ["owner", "reader", "analyst", "writer"])
def test_the_user_is_the_one_who_asks(user: str, request: pytest.FixtureRequest) -> None:
    client: httpx.Client = request.getfixturevalue(f"{user}_http")
    name = "footfall" if user == "owner" else user
    sql = "SELECT currentUser(), user() AS me, upper(current_user()) FORMAT TSVWithNames"
    assert ask(client, sql) == (f"currentUser()\tme\tupper(current_user())\n{name}\t{name}\t{name.upper()}")


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT nothing FROM system.processes", "In scope SELECT nothing FROM system.processes."),
        (
            "SELECT p.nothing FROM system.query_log AS p",
            "Identifier 'p.nothing' cannot be resolved from table with name p."
            " In scope SELECT p.nothing FROM system.query_log AS p.",
        ),
    ],
)
def test_an_error_names_the_table_and_not_what_stands_for_it(
    owner_http: httpx.Client, sql: str, said: str
) -> None:
    answer = owner_http.post("/?query_id=misspelt", content=sql)
    assert code(answer) == 47
    assert said in answer.text and "REPLACE" not in answer.text
    ask(owner_http, "SYSTEM FLUSH LOGS")
    logged = ask(
        owner_http, "SELECT exception FROM system.query_log WHERE query_id = 'misspelt' FORMAT TSVRaw"
    )
    assert sql in logged and "REPLACE" not in logged


def test_guarded_users_see_which_settings_they_may_change(reader_http: httpx.Client) -> None:
    sql = (
        "SELECT name, readonly FROM system.settings"
        " WHERE name IN ('max_threads', 'readonly', 'session_timezone', 'insert_deduplicate') ORDER BY name"
    )
    assert ask(reader_http, sql) == "insert_deduplicate\t1\nmax_threads\t0\nreadonly\t1\nsession_timezone\t0"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT user_id, query FROM events",
        "SELECT 1 AS processes",
        "SELECT 'system.processes'",
        "SELECT 1 -- queryID()",
        "SELECT processes FROM queries WHERE query_id = 1",
        "SELECT query_id(1)",
        "SELECT t.user() FROM t",
        "DESCRIBE TABLE system.processes",
        "SHOW CREATE TABLE system.query_log",
        "CREATE VIEW v AS SELECT * FROM system.query_log",
        "SYSTEM FLUSH LOGS query_log",
        "TRUNCATE TABLE system.query_log",
        "KILL MUTATION WHERE mutation_id = 'query_id'",
    ],
)
def test_other_statements_are_left_alone(sql: str) -> None:
    given = parse(sql.encode())
    assert in_clients_terms(given, OWNER, NOT_RUNNING, None) == (given, NOT_RUNNING)


def test_a_shops_statements_are_not_even_taken_apart() -> None:
    assert not concerns(
        b"SELECT user_id, count() FROM events WHERE query != '' SETTINGS max_threads = 1", OWNER
    )


def test_the_log_shows_a_statement_soon_by_itself(owner_http: httpx.Client) -> None:
    ask(owner_http, "SELECT 1", query_id="soon")
    logged = "SELECT type FROM system.query_log WHERE query_id = 'soon' ORDER BY type"
    support.wait_until(lambda: "QueryFinish" in ask(owner_http, logged))
    assert ask(owner_http, logged).split() == ["QueryStart", "QueryFinish"]
