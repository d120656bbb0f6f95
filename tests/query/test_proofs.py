"""A proof is green only where two statements were compared; both answers stand in it row by row."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from clickhouse_connect.driver.asyncclient import AsyncClient
from clickhouse_connect.driver.client import Client

from footfall.config import Config
from footfall.query import NamedQuery, prove, run
from footfall.query.catalogue import read_query
from tests.conftest import empty
from tests.query import shop
from tests.query.shop import DAY, NEXT
from tests.schema.support import event, insert

DAYS = {"from": str(DAY), "to": str(NEXT)}
LONG_AGO = datetime.now(UTC) - timedelta(days=200)
OLD = {"from": str(LONG_AGO.date()), "to": str(LONG_AGO.date() + timedelta(days=1))}
REACH = datetime.now(UTC).date() - timedelta(days=89)
HEADER = """\
-- title: t
-- description: d
-- reads: mv_country_stats
-- column: name text ; which
-- column: n count ; how many
"""


@pytest.fixture(scope="module", autouse=True)
def filled(config: Config, store_client: Client) -> None:
    """The small shop, and an event of long ago that the rollups alone remember."""
    empty(store_client)
    shop.fill(store_client)
    insert(store_client, "events", [event("page_view", LONG_AGO, 1, browser="Safari")], "old")
    store_client.command("OPTIMIZE TABLE footfall.events FINAL")


@pytest.mark.parametrize(
    ("asked", "because"),
    [
        ({"browser": "Safari"}, "mv_daily_events and mv_product_revenue cannot filter by browser"),
        ({"tz": "Asia/Kolkata"}, "mv_daily_events and mv_product_revenue has days of UTC"),
        ({"exact": "true"}, "exact figures are asked for"),
    ],
)
async def test_what_raw_rows_answer_is_not_called_equal_to_them(
    client: AsyncClient, queries: dict[str, NamedQuery], asked: dict[str, str], because: str
) -> None:
    proof = await prove(client, queries["stats"], DAYS | asked)
    assert proof.verdict == "cannot be proved"
    assert proof.reason.startswith("nothing to compare: the raw rows themselves give this answer, as ")
    assert because in proof.reason
    assert proof.proof is None
    assert proof.answer.rows == (await run(client, queries["stats"], DAYS | asked)).rows
    assert (await prove(client, queries["stats"], DAYS)).verdict == "equal"


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("stats", {"browser": "Safari"}),
        ("top_products", {"browser": "Safari"}),
        ("stats", {"exact": "true"}),
        ("devices", {}),
    ],
)
async def test_what_raw_rows_would_answer_cannot_be_proved_where_they_have_expired(
    client: AsyncClient, queries: dict[str, NamedQuery], name: str, asked: dict[str, str]
) -> None:
    proof = await prove(client, queries[name], OLD | asked)
    assert (proof.verdict, proof.reason) == ("cannot be proved", f"raw rows reach back to {REACH}")
    assert proof.proof is None
    assert proof.answer.meta["complete_from"] == REACH


async def test_an_answer_says_from_when_on_its_rows_are_there(
    client: AsyncClient, queries: dict[str, NamedQuery]
) -> None:
    async def complete_from(name: str, asked: dict[str, str]) -> object:
        return (await run(client, queries[name], asked)).meta["complete_from"]

    assert await complete_from("stats", OLD) is None, "rollups and the ledger of a year hold it"
    years = (await run(client, queries["stats"], {"from": "today-500d"})).meta
    assert years["complete_from"] == datetime.now(UTC).date() - timedelta(days=364)
    assert years["incomplete"] == ["orders", "aov"], "all else is in rollups"
    filtered = (await run(client, queries["stats"], OLD | {"browser": "Safari"})).meta
    assert {"visitors", "orders"} < set(filtered["incomplete"])
    assert await complete_from("stats", DAYS | {"browser": "Safari"}) is None
    for name in ("event_totals", "user_segments", "top_products"):
        assert await complete_from(name, OLD | {"browser": "Safari"}) == REACH, name
    assert await complete_from("event_totals", OLD) == REACH
    assert await complete_from("user_segments", OLD) is None, "orders are kept for a year"
    assert await complete_from("devices", OLD) == REACH
    assert await complete_from("devices", DAYS) is None
    year = {**DAYS, "before_from": "today-370d", "before_to": "today-360d"}
    assert await complete_from("segment_moves", year) == datetime.now(UTC).date() - timedelta(days=364)


async def test_rows_that_agree_stand_beside_each_other(client: AsyncClient) -> None:
    rows = "SELECT toString(number) AS name, number AS n FROM numbers(30) ORDER BY number"
    proof = await prove(client, read_query(Path("q.sql"), HEADER + rows, f"{rows} DESC"), {}, attempts=1)
    assert proof.verdict == "equal" and proof.proof is not None
    assert proof.proof.rows == proof.answer.rows
    assert [row["n"] for row in proof.answer.rows] == list(range(30))


async def test_all_that_differs_is_counted(client: AsyncClient) -> None:
    rows = "SELECT toString(number) AS name, number{} AS n FROM numbers(150)"
    query = read_query(Path("q.sql"), HEADER + rows.format(""), rows.format(" + 1"))
    proof = await prove(client, query, {}, attempts=1)
    assert (proof.verdict, proof.differing, len(proof.differences)) == ("different", 150, 100)
