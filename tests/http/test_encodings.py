"""Content-Encoding and Accept-Encoding, in every encoding and both directions."""

import random
import socket
from collections.abc import Iterator

import httpx
import lz4.frame
import pytest

from footfall.config import Config
from tests.engine.speak import code
from tests.http.packing import DECODERS, ENCODERS

# The numbers of ClickHouse's errors about bodies that are not what they say.
BAD = {"gzip": 354, "br": 448, "deflate": 354, "zstd": 561, "lz4": 618, "xz": 554, "bz2": 594, "snappy": 638}
INSERT = {"query": "INSERT INTO footfall.packed FORMAT CSV"}
LINES = "".join(f"{n},line {n}\n" for n in range(20_000)).encode()


@pytest.fixture
def table(owner_http: httpx.Client) -> Iterator[str]:
    """An empty table `(a UInt64, s String)`."""
    sql = "CREATE TABLE footfall.packed (a UInt64, s String) ENGINE = MergeTree ORDER BY a"
    assert owner_http.post("/", content=sql).status_code == 200
    yield "footfall.packed"
    owner_http.post("/", content="DROP TABLE footfall.packed SYNC")


def count(client: httpx.Client) -> int:
    return int(client.post("/", content="SELECT count() FROM footfall.packed").text)


def raw(client: httpx.Client, sql: str, accepted: str, **params: str) -> tuple[httpx.Response, bytes]:
    """An answer and its bytes as they were sent."""
    request = client.build_request(
        "POST", "/", params=params, content=sql, headers={"Accept-Encoding": accepted}
    )
    answer = client.send(request, stream=True)
    try:
        return answer, b"".join(answer.iter_raw())
    finally:
        answer.close()


@pytest.mark.parametrize("encoding", sorted(ENCODERS))
def test_a_body_may_be_encoded(owner_http: httpx.Client, table: str, encoding: str) -> None:
    encode, headers = ENCODERS[encoding], {"Content-Encoding": encoding}
    with_statement = encode(b"INSERT INTO footfall.packed FORMAT CSV\n" + LINES)
    answer = owner_http.post("/", content=with_statement, headers=headers)
    assert answer.status_code == 200, answer.text
    answer = owner_http.post("/", params=INSERT, content=encode(LINES), headers=headers)
    assert answer.status_code == 200, answer.text
    assert count(owner_http) == 40_000
    assert owner_http.post("/", content=encode(b"SELECT 41 + 1"), headers=headers).text == "42\n"
    assert owner_http.post("/", params={"query": "SELECT 42"}, headers=headers).text == "42\n"


def test_names_of_encodings_are_clickhouses(owner_http: httpx.Client) -> None:
    for name, encoding in (("GZIP", "gzip"), ("gz", "gzip"), ("x-gzip", "gzip"), ("lzma", "xz")):
        body = ENCODERS[encoding](b"SELECT 42")
        assert owner_http.post("/", content=body, headers={"Content-Encoding": name}).text == "42\n", name
    assert owner_http.post("/", content="SELECT 42", headers={"Content-Encoding": "identity"}).text == "42\n"


@pytest.mark.parametrize("encoding", ["rot13", "gzip, br", "gzip,gzip", "lz4;q=1"])
def test_an_unknown_encoding_is_refused(owner_http: httpx.Client, encoding: str) -> None:
    answer = owner_http.post("/", content="SELECT 1", headers={"Content-Encoding": encoding})
    assert (answer.status_code, code(answer)) == (501, 48)
    assert encoding in answer.text


@pytest.mark.parametrize("encoding", sorted(ENCODERS))
def test_a_body_that_is_not_what_it_says_writes_nothing(
    owner_http: httpx.Client, table: str, encoding: str
) -> None:
    headers = {"Content-Encoding": encoding}
    good = ENCODERS[encoding](LINES)
    for bad in (b"1,one\n2,two\n", good[: len(good) // 2], good[:1]):
        answer = owner_http.post("/", params=INSERT, content=bad, headers=headers)
        assert (answer.status_code, code(answer)) == (500, BAD[encoding]), answer.text
        answer = owner_http.post("/", content=bad, headers=headers)
        assert code(answer) in (BAD[encoding], 62), answer.text
    assert count(owner_http) == 0


def _incompressible(size: int) -> bytes:
    numbers = random.Random(7)
    return b"".join(b"%d,%s\n" % (n, numbers.randbytes(500).hex().encode()) for n in range(size // 1_000))


@pytest.mark.parametrize("encoding", ["identity", "lz4 of one block", *sorted(ENCODERS)])
def test_a_statement_is_found_however_late_its_first_bytes_unfold(
    owner_http: httpx.Client, table: str, encoding: str
) -> None:
    """A decoder gives nothing before its first block is whole, which may be several MiB of body."""
    lines = _incompressible(12 << 20)
    encode = {
        "identity": bytes,
        "lz4 of one block": lambda data: lz4.frame.compress(
            data, block_size=lz4.frame.BLOCKSIZE_MAX4MB, compression_level=0
        ),
        **ENCODERS,
    }[encoding]
    body = encode(b"INSERT INTO footfall.packed FORMAT CSV\n" + lines)
    assert len(body) > 3 << 20

    def chunks() -> Iterator[bytes]:
        yield body[:1]
        for at in range(1, len(body), 77_777):
            yield body[at : at + 77_777]

    headers = {"Content-Encoding": encoding.split()[0]}
    answer = owner_http.post("/", content=chunks(), headers=headers, timeout=120)
    assert answer.status_code == 200, answer.text
    assert count(owner_http) == lines.count(b"\n")


@pytest.mark.parametrize("encoding", sorted(DECODERS))
@pytest.mark.parametrize("rows", [3, 300_000])
def test_an_answer_is_encoded_where_the_client_asks_for_it(
    owner_http: httpx.Client, encoding: str, rows: int
) -> None:
    sql = f"SELECT number FROM numbers({rows}) FORMAT TSV"
    answer, data = raw(owner_http, sql, encoding, enable_http_compression="1")
    assert answer.headers["Content-Encoding"] == encoding
    assert DECODERS[encoding](data) == "".join(f"{n}\n" for n in range(rows)).encode()


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip, deflate, br", "br"),
        ("gzip, lz4, snappy", "lz4"),
        ("deflate, gzip", "gzip"),
        ("bz2, xz", "xz"),
        ("zstd;q=0, gzip", "gzip"),
        ("zstd; q=0.0, gzip;q=0.1", "gzip"),
        ("gzip;q=1.0, zstd;q=0.1", "zstd"),
        ("GZIP", "gzip"),
        (",, gzip ,", "gzip"),
        ("gzip;q=high", "gzip"),
        ("identity", None),
        ("*", None),
        ("gzip;q=0", None),
        ("rot13", None),
    ],
)
def test_an_answer_has_the_encoding_that_clickhouse_prefers(
    owner_http: httpx.Client, accepted: str, chosen: str | None
) -> None:
    answer, data = raw(owner_http, "SELECT 1", accepted)
    assert answer.headers.get("Content-Encoding") == chosen
    assert (DECODERS[chosen](data) if chosen else data) == b"1\n"


def test_an_answer_is_plain_where_the_client_forbids_it_or_nothing_is_in_it(owner_http: httpx.Client) -> None:
    answer, data = raw(owner_http, "SELECT 1", "gzip", enable_http_compression="0")
    assert (answer.headers.get("Content-Encoding"), data) == (None, b"1\n")
    answer, data = raw(owner_http, "SELECT 1 WHERE 0", "gzip")
    assert (answer.headers.get("Content-Encoding"), data) == (None, b"")


@pytest.mark.parametrize("level", ["-1", "0", "1", "9", "30"])
def test_any_level_compresses(owner_http: httpx.Client, level: str) -> None:
    for encoding, decode in DECODERS.items():
        answer, data = raw(owner_http, "SELECT 1", encoding, http_zlib_compression_level=level)
        assert answer.status_code == 200
        assert decode(data) == b"1\n"


def test_a_large_body_is_sent_after_the_engine_says_continue(
    config: Config, owner_http: httpx.Client
) -> None:
    """As curl does with bodies of more than a megabyte."""
    head = (
        f"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-ClickHouse-User: footfall\r\n"
        f"X-ClickHouse-Key: {config.password}\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", config.engine_port), timeout=10) as connection:
        connection.sendall(head.encode())
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"SELECT 42")
        assert connection.recv(10_000).startswith(b"HTTP/1.1 200 OK\r\n")
