"""ClickHouse's own compressed blocks: `decompress=1` for bodies, `compress=1` for answers."""

import gzip
import random
import re
import struct
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from footfall.config import Config
from tests.engine.speak import code
from tests.http.packing import LZ4, NONE, ZSTD, block, blocks, checksum, unblocks

INSERT = {"query": "INSERT INTO footfall.blocked FORMAT RowBinary", "decompress": "1"}
PLAIN = {"Accept-Encoding": "identity"}
NUMBERS = struct.pack("<1000Q", *range(1000))


@pytest.fixture
def table(owner_http: httpx.Client) -> Iterator[str]:
    """An empty table `(a UInt64)`."""
    sql = "CREATE TABLE footfall.blocked (a UInt64) ENGINE = MergeTree ORDER BY a"
    assert owner_http.post("/", content=sql).status_code == 200
    yield "footfall.blocked"
    owner_http.post("/", content="DROP TABLE footfall.blocked SYNC")


def sum_and_count(client: httpx.Client) -> str:
    return client.post("/", content="SELECT sum(a), count() FROM footfall.blocked").text.strip()


@pytest.mark.parametrize("codec", ["NONE", "LZ4", "ZSTD"])
def test_blocks_that_the_engine_wrote_itself_are_read(
    config: Config, owner_http: httpx.Client, table: str, codec: str
) -> None:
    """A column of numbers lies on disk as the blocks of RowBinary."""
    owner_http.post("/", content=f"CREATE TABLE footfall.stored (a UInt64 CODEC({codec})) ENGINE = Log")
    owner_http.post("/", content="INSERT INTO footfall.stored SELECT number FROM numbers(500000)")
    sql = "SELECT data_paths[1] FROM system.tables WHERE database = 'footfall' AND name = 'stored'"
    folder = Path(owner_http.post("/", content=sql).text.strip())
    stored = (config.data_dir / "clickhouse" / folder / "a.bin").read_bytes()
    owner_http.post("/", content="DROP TABLE footfall.stored SYNC")
    assert stored[16] == {"NONE": NONE, "LZ4": LZ4, "ZSTD": ZSTD}[codec]
    answer = owner_http.post("/", params=INSERT, content=stored)
    assert answer.status_code == 200, answer.text
    assert sum_and_count(owner_http) == "124999750000\t500000"


@pytest.mark.parametrize("method", [NONE, LZ4, ZSTD])
def test_a_body_of_blocks_is_read(owner_http: httpx.Client, table: str, method: int) -> None:
    assert owner_http.post("/?decompress=1", content=block(b"SELECT 41 + 1", method)).text == "42\n"
    statement = b"INSERT INTO footfall.blocked FORMAT RowBinary\n" + NUMBERS
    assert owner_http.post("/?decompress=1", content=blocks(statement, method, 100)).status_code == 200
    assert owner_http.post("/", params=INSERT, content=blocks(NUMBERS, method)).status_code == 200
    packed = gzip.compress(blocks(NUMBERS, method))
    headers = {"Content-Encoding": "gzip"}
    assert owner_http.post("/", params=INSERT, content=packed, headers=headers).status_code == 200
    assert sum_and_count(owner_http) == f"{3 * 499500}\t3000"
    assert owner_http.post("/", params=INSERT).status_code == 200
    assert owner_http.get("/", params={"query": "SELECT 42", "decompress": "1"}).text == "42\n"


@pytest.mark.parametrize("method", [NONE, LZ4, ZSTD])
def test_a_block_may_be_larger_than_what_is_received_at_first(
    owner_http: httpx.Client, table: str, method: int
) -> None:
    numbers = random.Random(3).randbytes(20 << 20)
    body = block(b"INSERT INTO footfall.blocked FORMAT RowBinary\n" + numbers, method)
    answer = owner_http.post("/?decompress=1", content=body, timeout=120)
    assert answer.status_code == 200, answer.text
    assert sum_and_count(owner_http).endswith(f"\t{len(numbers) // 8}")


def _with_checksum(content: bytes) -> bytes:
    return checksum(content) + content


GOOD = block(NUMBERS)
BAD = {
    "a wrong checksum": (b"\0" + GOOD[1:], 271),
    "a flipped bit": (GOOD[:-9] + bytes([GOOD[-9] ^ 1]) + GOOD[-8:], 271),
    "half a block": (GOOD[: len(GOOD) // 2], 33),
    "half a head": (GOOD[:20], 33),
    "half a block after a whole one": (GOOD + GOOD[:100], 33),
    "no block": (b"1,one\n2,two\n3,three\n4,four\n5,five\n", 432),
    "an unknown method": (_with_checksum(struct.pack("<BII", 0x91, 13, 4) + b"data"), 432),
    "two methods": (GOOD + block(NUMBERS, ZSTD), 271),
    "no size": (_with_checksum(struct.pack("<BII", LZ4, 0, 4)), 271),
    "a size less than its head's": (_with_checksum(struct.pack("<BII", LZ4, 8, 4)), 271),
    "no data": (_with_checksum(struct.pack("<BII", NONE, 9, 0)), 271),
    "a size beyond the limit": (_with_checksum(struct.pack("<BII", LZ4, 1 << 30, 4)), 39),
    "data beyond the limit": (_with_checksum(struct.pack("<BII", LZ4, 13, 0xFFFFFFFF) + b"data"), 39),
    "fewer data than it states": (block(NUMBERS, stated=len(NUMBERS) + 1), 271),
    "more data than it states": (block(NUMBERS, stated=len(NUMBERS) - 1), 271),
    "a zstd frame of another size": (block(NUMBERS, ZSTD, stated=len(NUMBERS) + 1), 271),
    "plain data of another size": (block(NUMBERS, NONE, stated=len(NUMBERS) - 1), 271),
    "an LZ4 match before its start": (
        _with_checksum(struct.pack("<BII", LZ4, 15, 64) + b"\x1fA\xff\xff0000"[:6]),
        271,
    ),
    "an LZ4 length without end": (_with_checksum(struct.pack("<BII", LZ4, 109, 64) + b"\xff" * 100), 271),
}


@pytest.mark.parametrize("what", sorted(BAD))
def test_bad_blocks_get_clickhouse_errors_and_write_nothing(
    owner_http: httpx.Client, table: str, what: str
) -> None:
    body, number = BAD[what]
    answer = owner_http.post("/", params=INSERT, content=body)
    assert (answer.status_code, code(answer)) == (500, number), answer.text
    assert re.match(rf"Code: {number}\. DB::Exception: .*\([A-Z_]+\) \(version ", answer.text)
    assert sum_and_count(owner_http) == "0\t0"
    assert owner_http.post("/?decompress=1", content=body).status_code == 500


def test_checksums_are_not_compared_where_the_client_says_so(owner_http: httpx.Client, table: str) -> None:
    lax = {**INSERT, "http_native_compression_disable_checksumming_on_decompress": "1"}
    body = bytes(16) + GOOD[16:]
    assert code(owner_http.post("/", params=INSERT, content=body)) == 271
    assert owner_http.post("/", params=lax, content=body).status_code == 200
    assert sum_and_count(owner_http) == "499500\t1000"


@pytest.mark.parametrize("rows", [1, 300_000])
def test_an_answer_comes_in_blocks(owner_http: httpx.Client, rows: int) -> None:
    sql = f"SELECT number FROM numbers({rows}) FORMAT TSV"
    answer = owner_http.post("/?compress=1", content=sql, headers=PLAIN)
    assert "Content-Encoding" not in answer.headers
    assert unblocks(answer.content) == "".join(f"{n}\n" for n in range(rows)).encode()


def test_what_comes_in_blocks_goes_back_in_blocks(owner_http: httpx.Client, table: str) -> None:
    sql = "SELECT number FROM numbers(500000) FORMAT RowBinary"
    sent = owner_http.post("/?compress=1", content=sql).content
    assert owner_http.post("/", params=INSERT, content=sent).status_code == 200
    assert sum_and_count(owner_http) == "124999750000\t500000"


def test_blocks_may_be_encoded_again(owner_http: httpx.Client) -> None:
    answer = owner_http.post("/?compress=1", content="SELECT 1", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert unblocks(answer.content) == b"1\n"


def test_an_answer_without_rows_has_no_blocks(owner_http: httpx.Client) -> None:
    for sql in ("SELECT 1 WHERE 0", "SET max_threads = 1"):
        assert owner_http.post("/?compress=1", content=sql).content == b""


def test_errors_come_in_blocks_too(owner_http: httpx.Client) -> None:
    answer = owner_http.post("/?compress=1", content="SELECT nothing")
    assert (answer.status_code, code(answer)) == (404, 47)
    assert unblocks(answer.content).startswith(b"Code: 47. DB::Exception: ")
    refused = owner_http.post("/?compress=1", content="SELECT 1", auth=("footfall", "wrong"))
    assert refused.text.startswith("Code: 516. DB::Exception: "), "before anything about the query is known"


def test_an_error_after_the_first_byte_is_in_the_last_block(owner_http: httpx.Client) -> None:
    sql = "SELECT throwIf(number = 3000000, 'the end') FROM numbers(4000000) SETTINGS max_threads = 1"
    request = owner_http.build_request("POST", "/?compress=1", content=sql, headers=PLAIN)
    answer = owner_http.send(request, stream=True)
    tag, received = answer.headers["X-ClickHouse-Exception-Tag"], b""
    with pytest.raises(httpx.RemoteProtocolError):
        for part in answer.iter_raw():
            received += part
    answer.close()
    text = unblocks(received).decode()
    assert re.search(
        rf"\r\n__exception__\r\n{tag}\r\n.*the end.*\n\d+ {tag}\r\n__exception__\r\n\Z", text, re.S
    )
