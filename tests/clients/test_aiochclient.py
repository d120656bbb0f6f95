"""aiochclient over aiohttp, as its README shows it."""

from collections.abc import AsyncIterator
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from aiochclient import ChClient, ChClientError
from aiohttp import ClientSession
from clickhouse_connect.driver.client import Client as StoreClient

from footfall.config import Config

ROWS = [
    (1, (datetime(2026, 9, 7), None), "hello\t'\n", [1, 2], Decimal("1.5000")),
    (2, (datetime(2026, 9, 8), 3.14), "wörld 😀", [], None),
]


@pytest.fixture
async def client(config: Config, database: str) -> AsyncIterator[ChClient]:
    async with ClientSession() as session:
        yield ChClient(
            session,
            url=config.url("engine"),
            user="footfall",
            password=config.store_password("footfall"),
            database=database,
            compress_response=True,
        )


@pytest.fixture
async def table(client: ChClient) -> str:
    await client.execute(
        "CREATE TABLE t (a UInt8, b Tuple(DateTime, Nullable(Float32)), s String, n Array(UInt8),"
        " d Nullable(Decimal(9, 4))) ENGINE = Memory"
    )
    return "t"


async def test_it_is_alive_and_executes(client: ChClient, table: str) -> None:
    assert await client.is_alive()
    await client.execute("INSERT INTO t VALUES", *ROWS)
    rows = await client.fetch("SELECT * FROM t ORDER BY a")
    assert [tuple(row[:]) for row in rows] == ROWS
    assert rows[0]["s"] == "hello\t'\n"
    assert await client.fetchval("SELECT max(a) FROM t") == 2
    row = await client.fetchrow("SELECT * FROM t WHERE a = {id}", params={"id": 2})
    assert row is not None
    assert row["n"] == []
    await client.execute("INSERT INTO t (a, s) VALUES", (3, "x"))
    assert await client.fetchval("SELECT count() FROM t") == 3


async def test_it_streams(client: ChClient) -> None:
    numbers = [row[0] async for row in client.iterate("SELECT number FROM numbers(10000)")]
    assert numbers == list(range(10000))
    rows = [row async for row in client.iterate("SELECT 1 AS a, 'b' AS b", json=True)]
    assert rows == [{"a": 1, "b": "b"}]


async def test_it_inserts_json(client: ChClient, table: str) -> None:
    await client.execute("INSERT INTO t FORMAT JSONEachRow", {"a": 9, "s": "nine"}, {"a": 10, "s": "ten"})
    assert await client.fetchval("SELECT groupArray(s) FROM (SELECT s FROM t ORDER BY a)") == ["nine", "ten"]


@pytest.mark.parametrize(
    ("sql", "value"),
    [
        ("toUUID('00000000-0000-0000-0000-000000000001')", UUID(int=1)),
        ("toDate('2026-01-02')", date(2026, 1, 2)),
        ("toDateTime64('2026-01-02 03:04:05.678', 3)", datetime(2026, 1, 2, 3, 4, 5, 678000)),
        ("toLowCardinality('x')", "x"),
        ("CAST('a' AS Enum8('a' = 1))", "a"),
        ("NULL", None),
        ("map('k', 1)", {"k": 1}),
        ("toFloat64(1.5)", 1.5),
        ("toUInt64(18446744073709551615)", 2**64 - 1),
    ],
)
async def test_values_have_their_types(client: ChClient, sql: str, value: object) -> None:
    assert await client.fetchval(f"SELECT {sql}") == value


async def test_errors_are_told(client: ChClient) -> None:
    with pytest.raises(ChClientError, match="UNKNOWN_TABLE"):
        await client.fetch("SELECT * FROM nothing")
    assert await client.fetchval("SELECT 1") == 1


async def test_readers_read(config: Config, store_client: StoreClient) -> None:
    async with ClientSession() as session:
        client = ChClient(
            session,
            url=config.url("engine"),
            user="reader",
            password=config.store_password("reader"),
            database="footfall",
        )
        counted = "SELECT count() FROM events"
        assert await client.fetchval(counted) == store_client.command(counted)
        with pytest.raises(ChClientError, match="ACCESS_DENIED"):
            await client.execute("DROP TABLE events")
