"""Ten million rows pass in and out of the engine, in whatever format, and its memory hardly grows."""

import io
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import psutil
import pyarrow as pa
import pytest

from footfall.config import Config
from tests import support
from tests.engine.speak import speaker

ROWS = 10_000_000
BLOCK = 100_000
GROWTH = 200 << 20
_ROWS = "SELECT number AS id, concat('shopper-', toString(number)) AS name, toDateTime(number) AS seen FROM"
_PLAIN = {"Accept-Encoding": "identity"}
_COMPRESSED = ("ArrowStream", "Parquet")
_REVISED = "/?client_protocol_version=54405"
"""Native is for a client that names a revision, so that its blocks do not come as the engine writes them."""


@pytest.fixture
def engine(own_config: Config) -> Iterator[support.Process]:
    """An engine of the test's own: memory that another test took would hide what this one takes."""
    process = support.start("engine", own_config)
    yield process
    process.stop()


@contextmanager
def growth(engine: support.Process) -> Iterator[list[int]]:
    """The most that an engine's resident memory grows meanwhile, in bytes, as the list's only item."""
    process = psutil.Process(engine.pid)
    before, most, ended = process.memory_info().rss, [0], threading.Event()

    def watch() -> None:
        while not ended.wait(0.01):
            most[0] = max(most[0], process.memory_info().rss - before)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield most
    finally:
        ended.set()
        watcher.join()


def data(client: httpx.Client, format: str, blocks: int = ROWS // BLOCK) -> Iterator[bytes]:
    """`ROWS` rows as a client would stream them, made from one block of the engine's own."""
    block = client.post("/", content=f"{_ROWS} numbers({BLOCK}) FORMAT {format}").content
    if format != "ArrowStream":
        return (block for _ in range(blocks))
    return _arrow(pa.ipc.open_stream(block).read_all(), blocks)


def _arrow(block: pa.Table, blocks: int) -> Iterator[bytes]:
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, block.schema) as stream:
        for _ in range(blocks):
            stream.write_table(block)
            yield sink.getvalue()
            sink.seek(0)
            sink.truncate()
    yield sink.getvalue()


@pytest.mark.parametrize("format", ["TSV", "CSV", "JSONEachRow", "Native", "RowBinary", "ArrowStream"])
def test_an_insert_passes_in_bounded_memory(engine: support.Process, format: str) -> None:
    with speaker(engine.config) as client:
        client.post("/", content="CREATE TABLE t (id UInt64, name String, seen DateTime) ORDER BY id")
        insert = {"query": f"INSERT INTO t FORMAT {format}"}
        client.post("/", params=insert, content=data(client, format, 1))  # what code is needed is loaded now
        client.post("/", content="TRUNCATE TABLE t")
        with growth(engine) as most:
            answer = client.post("/", params=insert, content=data(client, format), timeout=150)
            assert answer.status_code == 200, answer.text
            time.sleep(1)  # merges have begun
        assert client.post("/", content="SELECT count(), sum(id) FROM t").text == (
            f"{ROWS}\t{ROWS // BLOCK * (BLOCK * (BLOCK - 1) // 2)}\n"
        )
    assert most[0] < GROWTH


@pytest.mark.parametrize(
    "format",
    [
        *("TSV", "CSV", "JSONEachRow", "JSON", "Native", "RowBinary", "ArrowStream"),
        "Parquet",
    ],
)
def test_a_result_passes_in_bounded_memory(engine: support.Process, format: str) -> None:
    sql = f"{_ROWS} numbers({ROWS}) FORMAT {format}"
    received = 0
    with (
        speaker(engine.config) as client,
        growth(engine) as most,
        client.stream("POST", _REVISED, content=sql, headers=_PLAIN, timeout=150) as answer,
    ):
        assert answer.status_code == 200
        for piece in answer.iter_raw():
            received += len(piece)
    assert received > ROWS * (2 if format in _COMPRESSED else 20)
    assert most[0] < GROWTH
