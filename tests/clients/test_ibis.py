"""ibis: tables made, filled, asked and dropped; and asked by readers."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa
import pytest
from clickhouse_connect.driver.client import Client

from footfall.config import Config, StoreUser

pytestmark = pytest.mark.filterwarnings("ignore:The 'future.infer_string' option")

ORDERS = pd.DataFrame(
    {
        "id": [1, 2, 3],
        "buyer": ["ann", "ben", "ann"],
        "paid": [10.5, 20.0, 5.0],
        "paid_on": [date(2026, 1, 1), date(2026, 1, 1), date(2026, 1, 2)],
    }
)


def connect(config: Config, user: StoreUser, database: str) -> Any:
    return ibis.clickhouse.connect(
        host="127.0.0.1",
        port=config.engine_port,
        user=user,
        password=config.store_password(user),
        database=database,
    )


@pytest.fixture
def owner(config: Config, database: str) -> Iterator[Any]:
    connection = connect(config, "footfall", database)
    yield connection
    connection.disconnect()


def test_a_table_is_made_of_a_frame_and_asked(owner: Any) -> None:
    orders = owner.create_table("orders", ORDERS)
    assert owner.list_tables() == ["orders"]
    assert orders.count().execute() == 3
    spent = (
        orders.group_by("buyer")
        .agg(spent=orders.paid.sum(), last=orders.paid_on.max())
        .order_by(ibis.desc("spent"))
    )
    assert list(spent.execute()["buyer"]) == ["ben", "ann"]
    late = orders.filter(orders.paid_on >= date(2026, 1, 2)).select("id")
    assert late.to_pyarrow().to_pydict() == {"id": [3]}
    running = orders.mutate(total=orders.paid.sum().over(order_by=orders.id, rows=(None, 0))).order_by("id")
    assert list(running.execute()["total"]) == [10.5, 30.5, 35.5]
    other = orders.view()
    pairs = orders.join(other, orders.buyer == other.buyer).count()
    assert pairs.execute() == 5


def test_rows_are_inserted_and_taken_away(owner: Any) -> None:
    owner.create_table("orders", schema=ibis.schema({"id": "int64", "buyer": "string"}))
    owner.insert("orders", pd.DataFrame({"id": [1, 2], "buyer": ["a", "b"]}))
    owner.insert("orders", [{"id": 3, "buyer": "c"}])
    table = owner.table("orders")
    assert sorted(table.buyer.execute()) == ["a", "b", "c"]
    batches = table.order_by("id").to_pyarrow_batches()
    assert pa.Table.from_batches(batches).num_rows == 3
    owner.truncate_table("orders")
    assert table.count().execute() == 0
    owner.create_view("buyers", table.select("buyer"))
    assert "buyers" in owner.list_tables()
    owner.drop_view("buyers")
    owner.drop_table("orders")
    assert owner.list_tables() == []


def test_sql_and_what_is_there(owner: Any, config: Config) -> None:
    assert owner.sql("SELECT toUInt8(1) AS one").execute()["one"].tolist() == [1]
    assert "footfall" in owner.list_databases()
    assert owner.version.count(".") >= 2
    owner.create_database("clients_ibis")
    owner.drop_database("clients_ibis")
    assert owner.get_schema("events", database="footfall")["event_id"].is_uuid() in (True, False)
    memory = ibis.memtable({"id": [1, 2]})
    assert owner.execute(memory.id.sum()) == 3


@pytest.mark.parametrize("user", ["reader", "analyst"])
def test_readers_ask_the_shop(config: Config, store_client: Client, user: StoreUser) -> None:
    connection = connect(config, user, "footfall")
    events = connection.table("events")
    asked = events.filter(events.event_type == "purchase").group_by("country").agg(n=ibis._.count())
    purchases = store_client.command("SELECT countIf(event_type = 'purchase') FROM events")
    assert asked.execute()["n"].sum() == purchases
    assert "events" in connection.list_tables()
    assert events.count().to_pyarrow().as_py() == store_client.command("SELECT count() FROM events")
    connection.disconnect()
