"""Distinct counts from states are near the exact figures and declared so; money and orders are exact."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from clickhouse_connect.driver.asyncclient import AsyncClient
from clickhouse_connect.driver.client import Client

from footfall.config import Config
from footfall.query import NamedQuery, prove, run
from footfall.query.catalogue import read_query
from tests.conftest import empty
from tests.query.default_shop import Truth, generated, whole_range

QUERY = """\
-- title: t
-- description: d
-- reads: mv_country_stats
-- estimate: n, share
-- column: place text ; where
-- column: n count ; distinct
-- column: share percent ; share
-- column: exact count ; exact
SELECT 'a' AS place, toUInt64({ours}) AS n, {share} AS share, 5 AS exact
"""


async def verdict(client: AsyncClient, ours: int, raw: int, share: float = 1.0) -> tuple[str, str]:
    """Verdict and reason where an estimate says `ours` and the raw rows `raw`."""
    text = QUERY.replace("{ours}", str(ours)).replace("{share}", str(share))
    twin = f"SELECT 'a' AS place, toUInt64({raw}) AS n, 1.0 AS share, 5 AS exact"
    proof = await prove(client, read_query(Path("q.sql"), text, twin), {}, attempts=1)
    return proof.verdict, proof.reason


async def test_an_estimate_may_be_off_by_the_tolerance_and_is_told(client: AsyncClient) -> None:
    assert await verdict(client, 69_532, 69_532) == ("equal", "1 row agrees with the raw rows")
    assert await verdict(client, 69_888, 69_532) == (
        "equal",
        "1 row agrees with the raw rows; "
        "n is an estimate: 69,888 against 69,532 exactly, 0.51 % off, within 2 %",
    )
    assert (await verdict(client, 71_000, 69_532))[0] == "different"
    assert (await verdict(client, 1_010, 1_000))[0] == "equal"
    assert (await verdict(client, 998, 999))[0] == "different"
    assert (await verdict(client, 1, 0))[0] == "different"
    assert (await verdict(client, 5, 5, share=1.01))[0] == "equal"
    assert (await verdict(client, 5, 5, share=1.03))[0] == "different"


async def test_a_column_that_is_no_estimate_must_be_equal(client: AsyncClient) -> None:
    text = QUERY.replace("{ours}", "69888").replace("{share}", "1.0")
    twin = "SELECT 'a' AS place, toUInt64(69532) AS n, 1.0 AS share, 6 AS exact"
    proof = await prove(client, read_query(Path("q.sql"), text, twin), {}, attempts=1)
    assert proof.verdict == "different"
    assert [cell.column for cell in proof.differences] == ["exact"]
    assert [cell.column for cell in proof.estimates] == ["n"]


@pytest.fixture(scope="module")
def truth(config: Config, store_client: Client, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The truth about the default shop, which is in the store."""
    empty(store_client)
    yield generated(config, tmp_path_factory.mktemp("truth") / "truth.json")
    empty(store_client)


def money(row: Mapping[str, Any], *names: str) -> list[Decimal]:
    return [Decimal(str(row[name])).quantize(Decimal("0.01")) for name in names]


async def test_the_default_shop(client: AsyncClient, queries: dict[str, NamedQuery], truth: Truth) -> None:
    totals, asked = truth["totals"], whole_range(truth)
    (stats,) = (await run(client, queries["stats"], asked)).rows
    assert stats["orders"] == totals["orders"]
    assert money(stats, "gross", "refunds", "net") == money(totals, "gross", "refunds", "net")
    assert stats["aov"] == pytest.approx(totals["aov"], abs=1e-4)
    assert (stats["events"], stats["page_views"]) == (totals["events"], totals["page_views"])
    assert totals["visitors"] > 65_536, "the figure that states only estimate"
    for name in ("visitors", "sessions", "conversion"):
        assert stats[name] == pytest.approx(totals[name], rel=0.01), name

    proof = await prove(client, queries["stats"], asked)
    assert proof.verdict == "equal", proof.differences
    assert "visitors is an estimate" in proof.reason
    assert proof.proof is not None
    (raw,) = proof.proof.rows
    assert (raw["visitors"], raw["sessions"]) == (totals["visitors"], totals["sessions"])
    assert proof.answer.meta["estimates"] and not proof.proof.meta["estimates"]

    (ledger,) = (await run(client, queries["order_totals"], asked)).rows
    assert ledger["orders"] == totals["orders"]
    months = (await run(client, queries["revenue_trend"], asked)).rows
    assert [(row["orders"], row["buyers"]) for row in months] == [
        (row["orders"], row["buyers"]) for row in truth["months"]
    ]
    days = (await run(client, queries["daily_stats"], asked)).rows
    assert sum(money(row, "net")[0] for row in days) == money(totals, "net")[0]
