"""The official client's SQLAlchemy dialect: reflection, core statements, DDL; as owner and as readers."""

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from clickhouse_connect.cc_sqlalchemy.datatypes.sqltypes import (
    Date,
    LowCardinality,
    Nullable,
    String,
    UInt64,
)
from clickhouse_connect.cc_sqlalchemy.datatypes.sqltypes import Decimal as ChDecimal
from clickhouse_connect.cc_sqlalchemy.ddl.custom import CreateDatabase, DropDatabase
from clickhouse_connect.cc_sqlalchemy.ddl.tableengine import MergeTree
from clickhouse_connect.driver.client import Client
from sqlalchemy.exc import DatabaseError

from footfall.config import Config, StoreUser

Open = Callable[..., sa.Engine]
ORDERS: list[dict[str, Any]] = [
    {"id": 1, "buyer": "ann", "paid": Decimal("10.50"), "on": date(2026, 1, 1), "kind": "web"},
    {"id": 2, "buyer": "ben", "paid": None, "on": date(2026, 1, 1), "kind": "app"},
    {"id": 3, "buyer": "ann", "paid": Decimal("4.25"), "on": date(2026, 1, 2), "kind": "web"},
]


@pytest.fixture
def connect(config: Config) -> Iterator[Open]:
    engines: list[sa.Engine] = []

    def engine(database: str, user: StoreUser = "footfall", query: str = "") -> sa.Engine:
        password = config.store_password(user)
        url = f"clickhousedb://{user}:{password}@127.0.0.1:{config.engine_port}/{database}{query}"
        engines.append(sa.create_engine(url))
        return engines[-1]

    yield engine
    for one in engines:
        one.dispose()


@pytest.fixture
def engine(connect: Open, database: str) -> sa.Engine:
    return connect(database)


@pytest.fixture
def orders(engine: sa.Engine, database: str) -> sa.Table:
    """A table made from Python, with three orders."""
    table = sa.Table(
        "orders",
        sa.MetaData(schema=database),
        sa.Column("id", UInt64),
        sa.Column("buyer", String),
        sa.Column("paid", Nullable(ChDecimal(18, 4))),
        sa.Column("on", Date),
        sa.Column("kind", LowCardinality(String)),
        MergeTree(order_by=["id"]),
    )
    table.create(engine)
    with engine.begin() as connection:
        connection.execute(table.insert(), ORDERS)
    return table


def test_a_table_is_made_reflected_and_dropped(engine: sa.Engine, orders: sa.Table, database: str) -> None:
    inspector = sa.inspect(engine)
    assert inspector.has_table("orders", schema=database)
    assert inspector.get_table_names(schema=database) == ["orders"]
    assert database in inspector.get_schema_names()
    types = {
        column["name"]: str(column["type"]) for column in inspector.get_columns("orders", schema=database)
    }
    assert types["paid"] == "Nullable(Decimal(18, 4))"
    reflected = sa.Table("orders", sa.MetaData(schema=database), autoload_with=engine)
    assert [column.name for column in reflected.columns] == ["id", "buyer", "paid", "on", "kind"]
    reflected.drop(engine)
    assert not sa.inspect(engine).has_table("orders", schema=database)


def test_core_statements(engine: sa.Engine, orders: sa.Table) -> None:
    with engine.begin() as connection:
        rows = connection.execute(sa.select(orders).order_by(orders.c.id)).mappings().all()
        assert [dict(row) for row in rows] == ORDERS
        spent = (
            sa.select(orders.c.buyer, sa.func.sum(orders.c.paid).label("spent"))
            .where(orders.c.kind.in_(["web"]))
            .group_by(orders.c.buyer)
            .having(sa.func.count() > 1)
        )
        assert connection.execute(spent).all() == [("ann", Decimal("14.75"))]
        first = orders.alias("first")
        joined = sa.select(orders.c.id, first.c.id).join_from(orders, first, orders.c.buyer == first.c.buyer)
        assert len(connection.execute(joined).all()) == 5
        nested = spent.cte("spent")
        assert connection.execute(sa.select(sa.func.count()).select_from(nested)).scalar_one() == 1
        text = sa.text("SELECT buyer FROM orders WHERE id = :id")
        assert connection.execute(text, {"id": 2}).scalar_one() == "ben"
        connection.execute(sa.delete(orders).where(orders.c.id == 3))
        assert connection.execute(sa.select(sa.func.count()).select_from(orders)).scalar_one() == 2


def test_databases_are_made_and_dropped(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(CreateDatabase("clients_alchemy", exists_ok=True))
        assert "clients_alchemy" in sa.inspect(engine).get_schema_names()
        connection.execute(DropDatabase("clients_alchemy"))


def test_errors_are_sqlalchemys(engine: sa.Engine) -> None:
    with engine.begin() as connection, pytest.raises(DatabaseError, match="UNKNOWN_TABLE"):
        connection.execute(sa.text("SELECT * FROM nothing"))


def test_the_shops_schema_is_reflected(connect: Open) -> None:
    engine = connect("footfall")
    metadata = sa.MetaData()
    metadata.reflect(engine, schema="footfall")
    events = metadata.tables["footfall.events"]
    assert "event_timestamp" in events.c


@pytest.mark.parametrize("user", ["reader", "analyst"])
def test_readers_reflect_and_select(connect: Open, store_client: Client, user: StoreUser) -> None:
    engine = connect("footfall", user, "?max_execution_time=5")
    inspector = sa.inspect(engine)
    assert "events" in inspector.get_table_names(schema="footfall")
    assert "event_id" in {column["name"] for column in inspector.get_columns("events", schema="footfall")}
    events = sa.Table("events", sa.MetaData(schema="footfall"), autoload_with=engine)
    with engine.begin() as connection:
        count = sa.select(sa.func.count()).select_from(events).where(events.c.event_type == "purchase")
        purchases = store_client.command("SELECT countIf(event_type = 'purchase') FROM events")
        assert connection.execute(count).scalar_one() == purchases
        with pytest.raises(DatabaseError, match="ACCESS_DENIED"):
            connection.execute(sa.text("SELECT * FROM footfall_private.contacts"))
