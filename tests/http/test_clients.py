"""The official client, synchronous and asynchronous, with its default settings, as each of the users."""

import asyncio
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError
from clickhouse_connect.driver.external import ExternalData

from footfall import store
from footfall.config import Config, StoreUser
from footfall.errors import UsageError

USERS: list[StoreUser] = ["footfall", "writer", "reader", "analyst"]
COLUMNS = ["a", "s", "t", "d"]
ROWS = [
    [1, "one", datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC), Decimal("1.5")],
    [2, "zwei 😀\t\n", datetime(2026, 1, 2, tzinfo=UTC), None],
]


@pytest.fixture
def table(store_client: Client) -> Iterator[str]:
    store_client.command(
        "CREATE TABLE footfall.typed (a UInt64, s LowCardinality(String), t DateTime64(3, 'UTC'),"
        " d Nullable(Decimal(18, 4))) ENGINE = MergeTree ORDER BY a"
    )
    yield "typed"
    store_client.command("DROP TABLE footfall.typed SYNC")


@pytest.mark.parametrize("user", USERS)
def test_it_connects_and_binds_parameters(config: Config, user: StoreUser) -> None:
    with store.connect(config, user) as client:
        sql = (
            "SELECT {n:UInt64}, {s:String}, {a:Array(String)}, {t:DateTime64(3, 'UTC')}, {z:Nullable(String)}"
        )
        moment = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
        values = {"n": 2**63, "s": "it's\n", "a": ["x", "y'"], "t": moment, "z": None}
        ((n, s, a, t, z),) = client.query(sql, parameters=values).result_rows
        assert (n, s, a, t.replace(tzinfo=UTC), z) == (2**63, "it's\n", ["x", "y'"], moment, None)


@pytest.mark.parametrize("compress", [True, False, "lz4", "zstd", "gzip"])
def test_it_inserts_and_queries(config: Config, table: str, compress: bool | str) -> None:
    with store.connect(config, "footfall", compress=compress) as client:
        summary = client.insert(table, ROWS, column_names=COLUMNS).summary
        assert summary["written_rows"] == "2"
        result = client.query("SELECT * FROM typed ORDER BY a")
        rows = [[a, s, t.replace(tzinfo=UTC), d] for a, s, t, d in result.result_rows]
        assert rows == ROWS
        assert result.column_names == tuple(COLUMNS)
        assert result.summary["read_rows"] == "2"


def test_it_speaks_every_way_it_knows(config: Config, table: str) -> None:
    with store.connect(config, "footfall") as client:
        client.insert(table, ROWS, column_names=COLUMNS)
        assert client.command("SELECT count() FROM typed") == 2
        assert client.query_df("SELECT a, s FROM typed ORDER BY a").shape == (2, 2)
        assert client.query_arrow("SELECT a FROM typed ORDER BY a")["a"].to_pylist() == [1, 2]
        assert client.raw_query("SELECT a FROM typed ORDER BY a", fmt="CSV") == b"1\n2\n"
        client.raw_insert(table, ["a", "s"], b'{"a":3,"s":"x"}\n', fmt="JSONEachRow", compression=None)
        client.insert_arrow(table, pa.table({"a": pa.array([4], pa.uint64()), "s": ["y"]}))
        with client.query_rows_stream("SELECT number FROM numbers(300000)") as stream:
            assert sum(row[0] for row in stream) == 300000 * 299999 // 2
        extra = ExternalData(
            file_name="more.csv", data=b"1,uno\n2,due\n", fmt="CSV", structure="id UInt64, w String"
        )
        joined = client.query("SELECT w FROM typed JOIN more ON a = id ORDER BY a", external_data=extra)
        assert joined.result_rows == [("uno",), ("due",)]
        many = client.query(
            "SELECT count() FROM typed WHERE a IN {ids:Array(UInt64)}", parameters={"ids": list(range(20000))}
        )
        assert many.result_rows == [(4,)]
        assert client.query("SELECT a FROM typed WHERE 0").result_rows == []


def test_it_gets_proper_errors(config: Config) -> None:
    with store.connect(config, "reader") as client:
        with pytest.raises(DatabaseError) as caught:
            client.query("SELECT * FROM footfall_private.contacts")
        assert (caught.value.code, caught.value.name) == (497, "ACCESS_DENIED")
        with pytest.raises(DatabaseError, match="THROW_IF") as caught:
            client.query("SELECT throwIf(number = 3000000) FROM numbers(4000000)")
        with (
            pytest.raises(DatabaseError, match="THROW_IF"),
            client.query_rows_stream(
                "SELECT throwIf(number = 3000000) FROM numbers(4000000) SETTINGS max_threads = 1"
            ) as stream,
        ):
            for _ in stream:
                pass
    with pytest.raises(UsageError, match="refuses user reader"):
        store.connect(replace(config, reader_password="wrong"), "reader")


async def test_the_asynchronous_client_does_the_same(config: Config, table: str) -> None:
    clients = [await store.connect_async(config, user) for user in USERS]
    owner = clients[0]
    await owner.insert(table, ROWS, column_names=COLUMNS)
    answers = await asyncio.gather(
        *(
            client.query("SELECT count() FROM typed WHERE a > {n:UInt64}", parameters={"n": 0})
            for client in clients * 8
        )
    )
    assert {answer.result_rows[0][0] for answer in answers} == {2}
    stream = await owner.query_rows_stream("SELECT number FROM numbers(200000)")
    async with stream:
        assert sum([row[0] async for row in stream]) == 200000 * 199999 // 2
    for client in clients:
        await client.close()


def test_many_clients_at_once_get_their_own_answers(config: Config) -> None:
    """32 asynchronous queries of analyst on four slots: those that wait get their turn."""

    async def ask() -> list[int]:
        client = await store.connect_async(config, "analyst")
        try:
            answers = await asyncio.gather(
                *(client.query("SELECT {n:UInt64} * 2", parameters={"n": n}) for n in range(32))
            )
        finally:
            await client.close()
        return [answer.result_rows[0][0] for answer in answers]

    assert asyncio.run(ask()) == [n * 2 for n in range(32)]


def test_curl_gets_answers_and_fails_on_broken_ones(config: Config) -> None:
    url = f"{config.url('engine')}/?user=reader&password={config.reader_password}"

    def curl(*options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["curl", "-sS", url, *options], capture_output=True, text=True, timeout=30, check=False
        )

    assert curl("-d", "SELECT 1").stdout == "1\n"
    assert curl("--data-binary", "SELECT 'a=b'").stdout == "a=b\n"
    assert curl("-F", "query=SELECT {n:UInt8}", "-F", "param_n=7").stdout == "7\n"
    assert curl("-f", "-d", "SELECT nothing").returncode == 22
    broken = curl("-d", "SELECT throwIf(number = 3000000) FROM numbers(4000000) SETTINGS max_threads = 1")
    assert broken.returncode == 18
    assert "__exception__" in broken.stdout
