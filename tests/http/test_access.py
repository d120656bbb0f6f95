"""Who may speak to the engine, and what the writer may do."""

import base64
import socket

import httpx
import pytest

from footfall.config import Config
from tests.engine.speak import code, speaker

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
        {"Host": ""},
        {"Host": "127.0.0.1.nip.io"},
        {"Host": "localtest.me"},
        {"Host": "rebound.example:{port}"},
        {"Host": "localhost."},
        {"Host": "evil.example@127.0.0.1"},
        {"Host": "127.0.0.1@evil.example"},
        {"Host": "0.0.0.0"},
        {"Host": "[::]"},
        {"Host": "[fe80::1]"},
        {"Host": "10.0.0.1"},
        {"Host": "2130706434"},
        {"Host": "localhost/evil.example"},
        {"Host": "localhost, evil.example"},
        {"Host": "lоcalhost".encode().decode("latin-1")},
        {"Origin": "http://rebound.example:{port}", "Host": "rebound.example:{port}"},
        {"Origin": "http://localhost:{port}"},
        {"Origin": "http://[::1]:{port}"},
        {"Origin": "http://127.0.0.1.evil.example:{port}"},
        {"Origin": "http://127.0.0.1"},
        {"Origin": "file://"},
        {"Origin": "http://[bad"},
        {"Origin": ""},
        {"Origin": "chrome-extension://abcdefgh"},
        {"Origin": "http://127.0.0.1:{port}", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://127.0.0.1:{port}", "Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
        {"Sec-Fetch-Site": "CROSS-SITE"},
        {"Sec-Fetch-Site": "x"},
        {"Sec-Fetch-Site": ""},
    ],
)
def test_a_foreign_web_page_does_not_reach_the_engine(
    owner_http: httpx.Client, headers: dict[str, str]
) -> None:
    port = str(owner_http.base_url.port)
    headers = {name: value.replace("{port}", port) for name, value in headers.items()}
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    for method in ("GET", "POST", "HEAD", "OPTIONS", "PUT"):
        answer = owner_http.request(method, "/", params={"query": "SELECT 1"}, headers=raw)
        assert (answer.status_code, code(answer)) in ((403, 497), (400, 0)), method
        assert not [name for name in answer.headers if name.startswith("access-control")]


def test_loopback_names_and_the_engines_own_origin_pass(config: Config, owner_http: httpx.Client) -> None:
    for host in ("localhost", f"localhost:{config.engine_port}", "127.0.0.1", "[::1]", "127.0.0.2"):
        assert owner_http.post("/", content="SELECT 1", headers={"Host": host}).text == "1\n"
    own = {"Origin": config.url("engine"), "Sec-Fetch-Site": "same-origin"}
    assert owner_http.post("/", content="SELECT 1", headers=own).text == "1\n"
    for name in ("localhost", "[::1]"):
        address = f"{name}:{config.engine_port}"
        same = {"Host": address, "Origin": f"http://{address}", "Sec-Fetch-Site": "same-origin"}
        assert owner_http.post("/", content="SELECT 1", headers=same).text == "1\n"
    typed = {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"}  # an address that its user typed
    assert owner_http.get("/", params={"query": "SELECT 1"}, headers=typed).text == "1\n"


def test_a_request_of_http_1_0_without_a_host_is_no_browsers(config: Config) -> None:
    key = base64.b64encode(f"footfall:{config.password}".encode()).decode()
    request = f"GET /?query=SELECT+1 HTTP/1.0\r\nAuthorization: Basic {key}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", config.engine_port), timeout=10) as peer:
        peer.sendall(request.encode())
        answer = b"".join(iter(lambda: peer.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"\r\n1\n")


def test_a_request_of_http_1_1_without_a_host_is_refused(config: Config) -> None:
    with socket.create_connection(("127.0.0.1", config.engine_port), timeout=10) as peer:
        peer.sendall(b"GET /?query=SELECT+1 HTTP/1.1\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: peer.recv(4096), b""))
    assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 401"))


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_get_writes_for_nobody(config: Config, user: str, method: str) -> None:
    """An image or a link of a foreign page could be a GET."""
    with speaker(config, user) as client:  # type: ignore[arg-type]
        for sql in (
            *("INSERT INTO footfall.users (user_id) FORMAT CSV 1", "INSERT INTO footfall.users SELECT 1"),
            *("CREATE TABLE footfall.x (a UInt8) ENGINE = Memory", "DROP TABLE footfall.users"),
            *(
                "ALTER TABLE footfall.users DELETE WHERE 1",
                "TRUNCATE TABLE footfall.users",
                "SET readonly = 0",
            ),
            *("KILL QUERY WHERE 1", "SYSTEM FLUSH LOGS", "OPTIMIZE TABLE footfall.users", "USE footfall"),
            *(
                "WITH 1 AS a INSERT INTO footfall.users (user_id) SELECT a",
                "BACKUP DATABASE footfall TO File('x')",
            ),
        ):
            answer = client.request(method, "/", params={"query": sql})
            assert code(answer) in (164, 497), (sql, answer.text)


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
