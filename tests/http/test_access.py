"""Who may speak to the engine, and what the writer may do."""

import httpx
import pytest

from footfall.config import Config
from tests.engine.speak import code

USERS = ["footfall", "writer", "reader", "analyst"]


@pytest.fixture
def nobody(config: Config) -> httpx.Client:
    """A client without credentials."""
    return httpx.Client(base_url=config.url("engine"))


@pytest.mark.parametrize("user", USERS)
def test_credentials_come_as_basic_as_headers_or_in_the_url(
    config: Config, nobody: httpx.Client, user: str
) -> None:
    password = config.store_password(user)  # type: ignore[arg-type]
    headers = {"X-ClickHouse-User": user, "X-ClickHouse-Key": password}
    with nobody:
        assert nobody.post("/", content="SELECT 1", auth=(user, password)).text == "1\n"
        assert nobody.post("/", content="SELECT 1", headers=headers).text == "1\n"
        assert nobody.post("/", content="SELECT 1", params={"user": user, "password": password}).text == "1\n"
        for wrong in (password + "x", "", password[:-1], password.upper()):
            answer = nobody.post("/", content="SELECT 1", auth=(user, wrong))
            assert (answer.status_code, code(answer)) == (403, 516)
            assert "AUTHENTICATION_FAILED" in answer.text


def test_nobody_gets_401_and_is_asked_for_credentials(nobody: httpx.Client) -> None:
    with nobody:
        answer = nobody.post("/", content="SELECT 1")
    assert (answer.status_code, code(answer)) == (401, 516)
    assert answer.headers["WWW-Authenticate"].startswith("Basic")


def test_users_that_there_are_not_and_odd_credentials_are_refused(
    config: Config, nobody: httpx.Client
) -> None:
    with nobody:
        for user in ("default", "root", "Footfall", "footfall ", "ö"):
            assert code(nobody.post("/", content="SELECT 1", auth=(user, config.password))) == 516
        url = "/?query=SELECT%201&user=footfall&password=%FF"
        assert code(nobody.get(url)) == 516
        for header in ("Basic", "Basic !!!", "Bearer x", "Basic " + "QQ==", "Digest x"):
            answer = nobody.post("/", content="SELECT 1", headers={"Authorization": header})
            assert (answer.status_code, code(answer)) == (403, 516)
        both = {"user": "footfall", "password": config.password}
        answer = nobody.post("/", content="SELECT 1", params=both, auth=("footfall", config.password))
        assert (answer.status_code, code(answer)) == (403, 516)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Host": "evil.example"},
        {"Host": "evil.example:8123"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": "localhost.evil.example"},
        {"Host": "[::ffff:1.2.3.4]"},
        {"Host": "[bad"},
    ],
)
def test_a_foreign_web_page_does_not_reach_the_engine(
    owner_http: httpx.Client, headers: dict[str, str]
) -> None:
    answer = owner_http.post("/", content="SELECT 1", headers=headers)
    assert (answer.status_code, code(answer)) in ((403, 497), (400, 0))
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_loopback_names_and_the_engines_own_origin_pass(config: Config, owner_http: httpx.Client) -> None:
    for host in ("localhost", f"localhost:{config.engine_port}", "127.0.0.1", "[::1]", "127.0.0.2"):
        assert owner_http.post("/", content="SELECT 1", headers={"Host": host}).text == "1\n"
    own = {"Origin": config.url("engine"), "Sec-Fetch-Site": "same-origin"}
    assert owner_http.post("/", content="SELECT 1", headers=own).text == "1\n"


def test_the_writer_inserts_looks_up_and_removes_superseded_rows(writer_http: httpx.Client) -> None:
    insert = 'INSERT INTO footfall.users (user_id, age) FORMAT JSONEachRow {"user_id":77,"age":7}'
    params = {"insert_deduplicate": "1", "insert_deduplication_token": "t1", "async_insert": "0"}
    assert writer_http.post("/", params=params, content=insert).status_code == 200
    sql = "SELECT count() FROM footfall.users WHERE user_id IN {ids:Array(UInt64)}"
    assert writer_http.post("/", params={"param_ids": "[77]"}, content=sql).text == "1\n"
    private = "SELECT count() FROM footfall_private.contacts"
    assert writer_http.post("/", content=private).status_code == 200
    delete = (
        "ALTER TABLE footfall.users DELETE WHERE user_id IN {ids:Array(UInt64)} AND block_id != {b:UInt64}"
    )
    params = {"param_ids": "[77]", "param_b": "5", "mutations_sync": "1"}
    assert writer_http.post("/", params=params, content=delete).status_code == 200
    assert writer_http.post("/", params={"param_ids": "[77]"}, content=sql).text == "0\n"
    assert writer_http.post("/", content="DESCRIBE TABLE footfall.users").status_code == 200


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO footfall.users (user_id) VALUES (1)",
        "INSERT INTO footfall.users (user_id) SELECT 1",
        "INSERT INTO footfall.users (user_id) FORMAT Values (length(file('/etc/passwd')))",
        "INSERT INTO footfall.users (user_id) FORMAT Template x",
        "INSERT INTO system.x (a) FORMAT CSV\n1",
        "INSERT INTO default.x (a) FORMAT CSV\n1",
        "INSERT INTO FUNCTION file('/tmp/x', 'CSV', 'a UInt8') FORMAT CSV\n1",
        "INSERT INTO TABLE FUNCTION url('http://127.0.0.1:1/', 'CSV', 'a UInt8') FORMAT CSV\n1",
        "INSERT INTO {t:Identifier} FORMAT CSV\n1",
        "INSERT INTO system.{t:Identifier} FORMAT CSV\n1",
        "INSERT INTO {t:Identifier}.users FORMAT CSV\n1",
        "INSERT INTO footfall.users (* EXCEPT (user_id)) FORMAT CSV\n1",
        "INSERT INTO footfall.users SETTINGS format_schema = '/etc/passwd' FORMAT CSV\n1",
        "ALTER TABLE footfall.events DELETE WHERE 1",
        "ALTER TABLE footfall_private.contacts DELETE WHERE 1",
        "ALTER TABLE footfall.users DELETE WHERE file('/etc/passwd') = ''",
        "ALTER TABLE footfall.users DELETE WHERE user_id IN (SELECT 1 FROM system.users)",
        "ALTER TABLE footfall.users DELETE WHERE 1, DROP COLUMN age",
        "ALTER TABLE footfall.users DELETE IN PARTITION tuple() WHERE 1",
        "ALTER TABLE footfall.users UPDATE age = 1 WHERE 1",
        "ALTER TABLE footfall.users DROP COLUMN age",
        "ALTER TABLE footfall.users ON CLUSTER c DELETE WHERE 1",
        "ALTER TABLE users DELETE WHERE 1",
        "DELETE FROM footfall.users WHERE 1",
        "TRUNCATE TABLE footfall.users",
        "DROP TABLE footfall.users",
        "CREATE TABLE footfall.x (a UInt8) ENGINE = Memory",
        "OPTIMIZE TABLE footfall.users FINAL",
        "SYSTEM FLUSH LOGS",
        "KILL QUERY WHERE 1",
        "SELECT file('/etc/passwd')",
        "SELECT * FROM url('http://127.0.0.1:1/', 'CSV', 'a String')",
        "SELECT * FROM system.users",
        "SELECT * FROM system.query_log",
        "SELECT 1 INTO OUTFILE '/tmp/x'",
    ],
)
def test_the_writer_does_nothing_else(writer_http: httpx.Client, sql: str) -> None:
    params = {"param_t": "users"}
    assert code(writer_http.post("/", params=params, content=sql)) in (497, 164), sql


def test_the_writer_sets_nothing_that_reads_files(writer_http: httpx.Client) -> None:
    for name in (
        "format_schema",
        "format_template_row",
        "input_format_values_interpret_expressions",
        "readonly",
    ):
        assert code(writer_http.post("/", params={name: "1"}, content="SELECT 1")) == 164, name
