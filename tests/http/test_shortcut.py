"""Long results go from the engine to the client within the kernel: whole, in order, at the client's pace."""

import socket
import time

import httpx
import pytest

from footfall.config import Config
from tests.robust.wire import answers, basic, head

ROWS = 1_500_000
LONG = f"SELECT number FROM numbers({ROWS})"
SHORT = "SELECT 'next'"
EXPECTED = "".join(f"{number}\n" for number in range(ROWS)).encode()


def request(
    config: Config, query: str, *more: tuple[str, str], user: str = "footfall", path: str = "/"
) -> bytes:
    """A request with its statement as the body."""
    password = config.password if user == "footfall" else config.analyst_password
    headers = [("Authorization", basic(user, password)), *more]
    return head("POST", path, headers, len(query)) + query.encode()


def slow_client(config: Config) -> socket.socket:
    """A connection that takes little at once."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.settimeout(30)
    client.connect(("127.0.0.1", config.engine_port))
    return client


def hear(client: socket.socket) -> bytes:
    """All that comes until the server closes."""
    received = bytearray()
    while piece := client.recv(100_000):
        received += piece
    return bytes(received)


def test_requests_behind_one_another_get_their_answers_in_order(config: Config) -> None:
    close = ("Connection", "close")
    with slow_client(config) as client:
        client.sendall(request(config, LONG) + request(config, SHORT) + request(config, LONG, close))
        time.sleep(0.5)  # pipe and socket are full by now
        long, short, last = answers(hear(client), ["POST"] * 3)
    assert long.body == EXPECTED and long.whole
    assert short.body == b"next\n"
    assert last.body == EXPECTED and last.whole


def test_a_client_that_encodes_gets_the_same_bytes(owner_http: httpx.Client) -> None:
    encoded, plain = (
        owner_http.post("/", content=LONG, headers={"Accept-Encoding": encoding})
        for encoding in ("gzip", "identity")
    )
    assert encoded.headers["Content-Encoding"] == "gzip" and "Content-Encoding" not in plain.headers
    assert encoded.content == plain.content == EXPECTED


@pytest.mark.parametrize(
    ("endless", "path"),
    [
        ("SELECT number FROM system.numbers /* {mark} */", "/"),
        ("SELECT number FROM system.numbers WHERE {{n:String}} != ''", "/?param_n={mark}"),
    ],
)
def test_a_client_that_leaves_while_it_is_waited_for_ends_its_statement(
    config: Config, owner_http: httpx.Client, endless: str, path: str
) -> None:
    mark = f"left_by_its_client_{len(path)}"
    with slow_client(config) as client:
        client.sendall(request(config, endless.format(mark=mark), path=path.format(mark=mark)))
        client.recv(1000)
        assert running(owner_http, mark)
        time.sleep(0.3)
    until = time.monotonic() + 10
    while running(owner_http, mark):
        assert time.monotonic() < until, "the statement goes on for nobody"
        time.sleep(0.05)


def running(client: httpx.Client, mark: str) -> bool:
    query = f"SELECT count() FROM system.processes WHERE query LIKE '%{mark[:4]}' || '{mark[4:]}%'"
    return client.post("/", content=query).text != "0\n"


def test_a_head_alone_carries_no_rows(owner_http: httpx.Client) -> None:
    answer = owner_http.head("/", params={"query": LONG})
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_limit_of_bytes_holds_on_this_way_too(config: Config) -> None:
    query = "SELECT leftPad('', 999, 'x') FROM numbers(90000) SETTINGS max_block_size = 4096"
    with slow_client(config) as client:
        client.sendall(request(config, query, user="analyst"))
        (answer,) = answers(hear(client), ["POST"])
    assert not answer.whole
    rows, _, error = answer.body.partition(b"\r\n__exception__\r\n")
    assert 32 << 20 < len(rows) <= 64 << 20
    assert b"Code: 396. DB::Exception: Limit for result exceeded" in error
