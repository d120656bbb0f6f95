"""The official Python client, as its documentation shows it: frames, Arrow, streams, sessions, contexts."""

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import clickhouse_connect
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from clickhouse_connect import dbapi
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError, ProgrammingError, StreamFailureError
from clickhouse_connect.driver.external import ExternalData

from footfall.config import Config, StoreUser

Connect = Callable[..., Client]
TABLE = (
    "CREATE TABLE wide (id UInt64, name String, tags Array(String), price Nullable(Decimal(18, 4)), on Date,"
    " kind LowCardinality(String), more Map(String, UInt8)) ENGINE = MergeTree ORDER BY id"
)
ROWS: list[list[Any]] = [
    [1, "one", ["a", "b'"], Decimal("1.5"), date(2026, 1, 2), "x", {"k": 1}],
    [2**63, "zwei 😀\t\n", [], None, date(2026, 1, 3), "y", {}],
]
LATE_ERROR = "SELECT sleepEachRow(0.01), throwIf(number = 100, 'boom') FROM numbers(200)"


@pytest.fixture
def connect(config: Config, database: str) -> Iterator[Connect]:
    clients: list[Client] = []

    def connect_as(user: StoreUser = "footfall", **options: Any) -> Client:
        client = clickhouse_connect.get_client(
            host="127.0.0.1",
            port=config.engine_port,
            username=user,
            password=config.store_password(user),
            database=options.pop("database", database),
            **options,
        )
        clients.append(client)
        return client

    yield connect_as
    for client in clients:
        client.close()


@pytest.fixture
def client(connect: Connect) -> Client:
    client = connect()
    client.command(TABLE)
    return client


def test_rows_of_every_type_come_back(client: Client) -> None:
    assert client.insert("wide", ROWS).written_rows == 2
    result = client.query("SELECT * FROM wide ORDER BY id")
    assert [list(row) for row in result.result_rows] == ROWS
    assert result.column_names[-1] == "more"
    assert next(result.named_results())["tags"] == ["a", "b'"]
    columns = client.query("SELECT id, name FROM wide ORDER BY id", column_oriented=True).result_columns
    assert list(columns[0]) == [1, 2**63]


@pytest.mark.parametrize("compress", [True, False, "lz4", "zstd", "gzip", "br"])
def test_compression_goes_both_ways(connect: Connect, client: Client, compress: bool | str) -> None:
    squeezed = connect(compress=compress)
    squeezed.insert("wide", [[n, "same" * 20, [], None, date(2026, 1, 1), "x", {}] for n in range(5000)])
    assert len(squeezed.query("SELECT * FROM wide").result_rows) == 5000
    with pytest.raises(DatabaseError, match="UNKNOWN_IDENTIFIER"):
        squeezed.query("SELECT nothing")


def test_pandas(client: Client) -> None:
    frame = pd.DataFrame(
        {"id": [1, 2, 3], "name": ["a", "b", "c"], "on": pd.to_datetime(["2026-01-01"] * 3), "kind": "k"}
    )
    client.insert_df("wide", frame)
    back = client.query_df("SELECT id, name, on FROM wide ORDER BY id")
    assert list(back["name"]) == ["a", "b", "c"]
    assert back["on"].iloc[0] == pd.Timestamp("2026-01-01")
    with client.query_df_stream(
        "SELECT number FROM numbers(200000)", settings={"max_block_size": 50000}
    ) as frames:
        sizes = [len(one) for one in frames]
    assert sum(sizes) == 200000
    assert len(sizes) > 1


@pytest.mark.parametrize("in_session", [True, False])
def test_times_with_a_zone_come_back_in_it(connect: Connect, in_session: bool) -> None:
    client = connect(autogenerate_session_id=in_session)
    client.command("CREATE TABLE times (at DateTime('Asia/Shanghai'), utc DateTime) ENGINE = Memory")
    first = datetime(2026, 1, 2, 3, tzinfo=ZoneInfo("Asia/Shanghai"))
    client.insert("times", [[first, first]])
    sql = "SELECT * FROM times"
    assert client.query(sql).result_rows == [(first, first.astimezone(UTC).replace(tzinfo=None))]
    assert str(client.query(sql).result_rows[0][0].tzinfo) == "Asia/Shanghai"
    assert str(client.query_df(sql)["at"].dt.tz) == "Asia/Shanghai"
    assert client.query_arrow("SELECT toUnixTimestamp(at) AS n FROM times")["n"].to_pylist() == [
        int(first.timestamp())
    ]
    assert client.query("SELECT * FROM times WHERE at < 0").result_rows == []
    raw = client.raw_query(sql, fmt="Native", settings={"client_protocol_version": 54337})
    assert raw[14:39] == b"DateTime('Asia/Shanghai')"
    many = "SELECT number, 'x' AS x, toDateTime(number, 'Asia/Shanghai') AS at FROM numbers(200000)"
    with client.query_rows_stream(many) as rows:
        assert all(row[2].timestamp() == row[0] and row[2].tzinfo is not None for row in rows)
    with client.query_df_stream(many) as frames:
        assert {str(frame["at"].dt.tz) for frame in frames} == {"Asia/Shanghai"}
    nested = "SELECT '{\"a\": 1}'::JSON, 1::Dynamic, toDateTime(0, 'Asia/Shanghai')"
    ((json, dynamic, at),) = client.query(nested).result_rows
    assert (json, dynamic, at.timestamp()) == ({"a": 1}, 1, 0)


def test_arrow_and_polars(client: Client) -> None:
    client.insert_arrow("wide", pa.table({"id": pa.array([1, 2], pa.uint64()), "name": ["a", "b"]}))
    table = client.query_arrow("SELECT id, name FROM wide ORDER BY id", use_strings=True)
    assert table.to_pydict() == {"id": [1, 2], "name": ["a", "b"]}
    with client.query_arrow_stream("SELECT number FROM numbers(200000)") as batches:
        assert sum(batch.num_rows for batch in batches) == 200000
    client.insert_df_arrow(
        "wide", pl.DataFrame({"id": [3], "name": ["c"]}, schema_overrides={"id": pl.UInt64})
    )
    frame = client.query_df_arrow("SELECT id, name FROM wide ORDER BY id", dataframe_library="polars")
    assert frame["name"].to_list() == ["a", "b", "c"]


def test_streams_of_rows_and_blocks(client: Client) -> None:
    sql = "SELECT number, toString(number) FROM numbers(10000)"
    settings = {"max_block_size": 4000}
    with client.query_rows_stream(sql) as rows:
        assert sum(row[0] for row in rows) == 49995000
    with client.query_row_block_stream(sql, settings=settings) as blocks:
        assert [len(block) for block in blocks] == [4000, 4000, 2000]
    with client.query_column_block_stream(sql, settings=settings) as blocks:
        assert sum(sum(block[0]) for block in blocks) == 49995000
    with client.raw_stream(sql, fmt="CSV") as stream:
        assert stream.read().count(b"\n") == 10000
    assert client.command("SELECT 1") == 1


def test_errors_before_and_in_the_middle_of_a_stream(client: Client) -> None:
    with pytest.raises(DatabaseError) as caught:
        client.query("SELECT * FROM does_not_exist")
    assert (caught.value.code, caught.value.name) == (60, "UNKNOWN_TABLE")
    settings = {"max_block_size": 1, "wait_end_of_query": 0}
    with pytest.raises(StreamFailureError, match="boom"):
        client.query(LATE_ERROR, settings=settings)
    with (
        pytest.raises(StreamFailureError, match="boom"),
        client.query_rows_stream(LATE_ERROR, settings=settings) as rows,
    ):
        for _ in rows:
            pass
    assert client.command("SELECT 1") == 1


def test_raw_queries_and_inserts(client: Client) -> None:
    client.raw_insert("wide", ["id", "name"], "1,a\n2,b\n", fmt="CSV")
    client.raw_insert("wide", ["id", "name"], (line for line in (b"3\tc\n", b"4\td\n")), fmt="TabSeparated")
    assert client.raw_query("SELECT id, name FROM wide ORDER BY id", fmt="CSV") == (
        b'1,"a"\n2,"b"\n3,"c"\n4,"d"\n'
    )
    client.command("INSERT INTO wide (id, name) FORMAT CSV", data="5,e\n")
    client.command("INSERT INTO wide (id, name) FORMAT CSV 6,f;g")
    assert client.command("SELECT name FROM wide WHERE id = 6") == "f;g"


def test_parameters_bound_by_the_client_and_by_the_server(client: Client) -> None:
    values = {"n": 7, "s": "it's \\ \n", "l": [1, 2], "z": None}
    ((n, s, many, z),) = client.query(
        "SELECT {n:UInt8}, {s:String}, {l:Array(UInt8)}, {z:Nullable(String)}", parameters=values
    ).result_rows
    assert (n, s, many, z) == (7, "it's \\ \n", [1, 2], None)
    ((n, s, many, z),) = client.query("SELECT %(n)s, %(s)s, %(l)s, %(z)s", parameters=values).result_rows
    assert (n, s, many, z) == (7, "it's \\ \n", [1, 2], None)
    binary = {"$csv$": b"a,b\n100,700"}
    assert (
        client.raw_query("SELECT b, a FROM format(CSVWithNames, $csv$)", parameters=binary) == b"700\t100\n"
    )
    assert (
        client.command("SELECT {t:Identifier}.name FROM system.one AS o, (SELECT 1 AS name) AS x", {"t": "x"})
        == 1
    )


@pytest.mark.parametrize("form", [True, False])
def test_external_data(connect: Connect, database: str, form: bool) -> None:
    client = connect(form_encode_query_params=form)
    data = ExternalData(
        file_name="movies.csv",
        data=b"movie,year\nScarface,1983\nHeat,1995\n",
        fmt="CSVWithNames",
        structure=["movie String", "year UInt16"],
    )
    data.add_file(file_name="actors.tsv", data=b"Al\tHeat\n", fmt="TSV", types="String,String")
    joined = client.query(
        "SELECT _1, year FROM actors JOIN movies ON _2 = movie WHERE year > {y:UInt16}",
        parameters={"y": 1990},
        external_data=data,
    )
    assert joined.result_rows == [("Al", 1995)]
    client.raw_query(
        "CREATE TABLE kept ENGINE = MergeTree ORDER BY movie AS SELECT * FROM movies", external_data=data
    )
    assert client.command("SELECT count() FROM kept") == 2


def test_sessions_keep_temporary_tables_and_settings(connect: Connect, database: str) -> None:
    client = connect(session_id=str(uuid.uuid4()))
    client.command("CREATE TEMPORARY TABLE mine (a UInt8, s String)")
    client.insert("mine", [[1, "x"], [2, "y"]])
    client.insert_df("mine", client.query_df("SELECT * FROM mine"))
    assert client.command("SELECT count() FROM mine") == 4
    client.command("SET max_block_size = 123")
    assert client.command("SELECT getSetting('max_block_size')") == 123
    with pytest.raises(DatabaseError, match="UNKNOWN_TABLE"):
        connect().query("SELECT * FROM mine")


def test_contexts_settings_and_ids(connect: Connect, client: Client) -> None:
    context = client.create_query_context(query="SELECT {n:UInt8} + 1", parameters={"n": 1})
    assert client.query(context=context).result_rows == [(2,)]
    context.set_parameter("n", 5)
    assert client.query(context=context).result_rows == [(6,)]
    insert = client.create_insert_context("wide", column_names=["id", "name"], data=[[1, "a"]])
    client.insert(context=insert)
    insert.data = [[2, "b"]]
    client.insert(context=insert)
    result = client.query("SELECT name FROM wide ORDER BY id", settings={"query_id": "mine-1", "limit": 1})
    assert (result.result_rows, result.query_id) == ([("a",)], "mine-1")
    client.set_client_setting("max_block_size", 77)
    assert client.command("SELECT getSetting('max_block_size')") == 77
    with pytest.raises(DatabaseError, match="UNKNOWN_SETTING"):
        client.query("SELECT 1", settings={"no_such_setting": 1})
    assert client.min_version("25.12")
    assert client.ping()


def test_statements_that_clients_send_in_passing(client: Client) -> None:
    assert client.query("SELECT 13; -- a comment").result_rows == [(13,)]
    assert client.query("WITH insert AS (SELECT 13 AS n) SELECT * FROM insert").result_rows == [(13,)]
    assert client.query("SELECT name, id FROM wide LIMIT 0").column_names == ("name", "id")
    assert client.command("SELECT 13 WHERE 0") == ""
    assert "query_id" in (client.query("SET max_threads = 1").first_item or {})
    assert client.query("SHOW CREATE TABLE wide").column_names == ("statement",)
    assert client.query("DESCRIBE TABLE wide").result_rows[0][:2] == ("id", "UInt64")
    assert ("wide",) in client.query("SHOW TABLES").result_rows
    assert client.query("EXPLAIN SELECT 1").result_rows
    assert client.command("EXISTS TABLE wide") == 1


def test_the_query_log_tells_the_clients_id_within_seconds(client: Client) -> None:
    query_id = client.query("SELECT 41 + 1").query_id
    client.command("SYSTEM FLUSH LOGS")
    logged = client.query(
        "SELECT type, user, interface, query FROM system.query_log WHERE query_id = {id:String}"
        " ORDER BY type",
        parameters={"id": query_id},
    )
    sent = "SELECT 41 + 1\n FORMAT Native"
    assert logged.result_rows == [(kind, "footfall", "HTTP", sent) for kind in ("QueryStart", "QueryFinish")]


def test_dbapi(config: Config, client: Client, database: str) -> None:
    connection = dbapi.connect(
        host="127.0.0.1",
        port=config.engine_port,
        username="footfall",
        password=config.store_password("footfall"),
        database=database,
    )
    cursor = connection.cursor()
    cursor.executemany("INSERT INTO wide (id, name) VALUES (%s, %s)", [(1, "a"), (2, "b")])
    cursor.execute("SELECT name FROM wide WHERE id = %(id)s", {"id": 2})
    assert cursor.fetchall() == [("b",)]
    assert cursor.description[0][0] == "name"
    connection.close()


@pytest.mark.parametrize("user", ["reader", "analyst"])
def test_readers_set_what_they_may(connect: Connect, user: StoreUser) -> None:
    """The client asks `system.settings` what may be set."""
    client = connect(
        user, database="footfall", settings={"max_execution_time": 5, "session_timezone": "Asia/Tokyo"}
    )
    ((limit, zone, me),) = client.query(
        "SELECT value, timezone(), currentUser() FROM system.settings WHERE name = 'max_execution_time'",
        settings={"max_threads": 1},
    ).result_rows
    assert (limit, zone, me) == ("5", "Asia/Tokyo", user)
    with pytest.raises(ProgrammingError, match="max_rows_in_join is readonly"):
        client.query("SELECT 1", settings={"max_rows_in_join": 7})
    nobody = "SELECT count() AS n FROM events WHERE user_id = 9007199254740993"
    assert client.query_df(nobody).to_dict("list") == {"n": [0]}
    assert client.query_arrow(nobody).to_pydict() == {"n": [0]}
    with client.query_rows_stream("SELECT number FROM numbers(50000)") as rows:
        assert sum(1 for _ in rows) == 50000
    for sql in (
        "INSERT INTO events (event_id) VALUES ('x')",
        "DROP TABLE events",
        "SELECT * FROM system.users",
    ):
        with pytest.raises(DatabaseError) as caught:
            client.command(sql)
        assert caught.value.code == 497


async def test_the_asynchronous_client(config: Config, client: Client, database: str) -> None:
    async with await clickhouse_connect.get_async_client(
        host="127.0.0.1",
        port=config.engine_port,
        username="footfall",
        password=config.store_password("footfall"),
        database=database,
    ) as asynchronous:
        await asynchronous.insert("wide", ROWS)
        assert (await asynchronous.query("SELECT count() FROM wide")).result_rows == [(2,)]
        frame = await asynchronous.query_df("SELECT id FROM wide ORDER BY id")
        assert list(frame["id"]) == [1, 2**63]
        table = await asynchronous.query_arrow("SELECT id FROM wide ORDER BY id")
        assert table["id"].to_pylist() == [1, 2**63]
        await asynchronous.raw_insert("wide", ["id"], b"7\n", fmt="CSV")
        stream = await asynchronous.query_rows_stream("SELECT number FROM numbers(100000)")
        async with stream:
            assert sum([row[0] async for row in stream]) == 99999 * 50000
        with pytest.raises(StreamFailureError, match="boom"):
            await asynchronous.query(LATE_ERROR, settings={"max_block_size": 1, "wait_end_of_query": 0})
        assert await asynchronous.ping()
