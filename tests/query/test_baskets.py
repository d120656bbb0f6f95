"""Pairs that are bought together, products by day, and moves between segments, against plain Python."""

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import combinations
from typing import Any

import pytest
from clickhouse_connect.driver.asyncclient import AsyncClient

from footfall.query import NamedQuery, prove, run
from tests.query.random_shop import CHANGES, Line, ledger

LEDGER = ledger()
START, END = CHANGES[0] - timedelta(days=10), CHANGES[1] + timedelta(days=10)
RANGE = {"from": START.isoformat(), "to": END.isoformat()}
MIDDLE = datetime(2026, 7, 1, tzinfo=UTC)
MONEY = {"completed", "refunded", "cancelled"}


async def ask(client: AsyncClient, query: NamedQuery, **params: str) -> list[dict[str, Any]]:
    return (await run(client, query, RANGE | params)).rows


def baskets() -> list[set[int]]:
    """The products of each order that has two or more."""
    orders: dict[str, set[int]] = defaultdict(set)
    for line in LEDGER:
        if line.status == "completed":
            orders[line.number].add(line.product)
    return [products for products in orders.values() if len(products) > 1]


async def test_pairs_are_those_that_stand_in_the_same_orders(
    kept_client: AsyncClient, queries: dict[str, NamedQuery]
) -> None:
    full = baskets()
    with_one = Counter(product for basket in full for product in basket)
    with_both = Counter(pair for basket in full for pair in combinations(sorted(basket), 2))
    rows = await ask(kept_client, queries["bought_together"], min_orders="1")
    assert len(rows) == len(with_both) > 1
    for row in rows:
        first, other = int(row["product_id"]), int(row["other_id"])
        both = with_both[min(first, other), max(first, other)]
        assert row["orders"] == both
        assert with_one[first] <= with_one[other]
        assert row["share"] == pytest.approx(100 * both / with_one[first], abs=1e-4)
        chance = with_one[first] * with_one[other] / len(full)
        assert row["lift"] == pytest.approx(both / chance, abs=1e-4)
    least = max(with_both.values())
    often = await ask(kept_client, queries["bought_together"], min_orders=str(least))
    assert {row["orders"] for row in often} == {least}


async def test_of_one_product_every_pair_begins_with_it(
    kept_client: AsyncClient, queries: dict[str, NamedQuery]
) -> None:
    with_one = Counter(product for basket in baskets() for product in basket)
    rows = await ask(kept_client, queries["bought_together"], min_orders="1", product_id="1")
    shown = {int(row["other_id"]): row["orders"] for row in rows}
    assert {row["product_id"] for row in rows} == {"1"}
    assert shown == Counter(item for basket in baskets() if 1 in basket for item in basket - {1})
    assert all(row["share"] == pytest.approx(100 * row["orders"] / with_one[1], abs=1e-4) for row in rows)
    two = await ask(kept_client, queries["bought_together"], min_orders="1", among="2")
    most = {product for product, _ in orders_of_products().most_common(2)}
    assert {int(row["product_id"]) for row in two} | {int(row["other_id"]) for row in two} == most


def orders_of_products() -> Counter[int]:
    pairs = {(line.number, line.product) for line in LEDGER if line.status == "completed"}
    return Counter({product: sum(one == product for _, one in pairs) for _, product in sorted(pairs)})


async def test_products_by_day_are_what_their_lines_say(
    kept_client: AsyncClient, queries: dict[str, NamedQuery]
) -> None:
    gross: Counter[int] = Counter()
    days: dict[tuple[str, date], list[Line]] = defaultdict(list)
    for line in LEDGER:
        if line.status in MONEY:
            days[str(line.product), line.at.date()].append(line)
        if line.status == "completed":
            gross[line.product] += line.cents
    best = max(gross, key=lambda product: gross[product])
    for asked, wanted in (({"products": "1"}, best), ({"product_id": "3"}, 3)):
        proof = await prove(kept_client, queries["product_days"], RANGE | asked, attempts=1)
        assert proof.verdict == "equal", proof.differences
        rows = {(row["product_id"], row["day"]): row for row in proof.answer.rows}
        assert rows.keys() == {key for key in days if key[0] == str(wanted)}
        for key, row in rows.items():
            brought = [line.cents for line in days[key] if line.status == "completed"]
            back = [line.cents for line in days[key] if line.status != "completed"]
            assert (row["revenue"], row["refunds"]) == (Decimal(sum(brought)) / 100, Decimal(sum(back)) / 100)
            assert row["net"] == row["revenue"] + row["refunds"]


async def test_moves_are_between_the_segments_that_each_range_has(
    kept_client: AsyncClient, queries: dict[str, NamedQuery]
) -> None:
    async def segments(since: datetime, until: datetime) -> dict[str, str]:
        asked = {"from": since.isoformat(), "to": until.isoformat(), "limit": "1000"}
        rows = (await run(kept_client, queries["user_scores"], asked)).rows
        return {row["user_id"]: row["segment"] for row in rows}

    was, now = await segments(START, MIDDLE), await segments(MIDDLE, END)
    moved = Counter((was.get(user, ""), now.get(user, "")) for user in was.keys() | now.keys())
    asked = {"before_from": START.isoformat(), "before_to": MIDDLE.isoformat(), "from": MIDDLE.isoformat()}
    rows = await ask(kept_client, queries["segment_moves"], **asked)
    assert {(row["segment_before"], row["segment"]): row["users"] for row in rows} == moved
    assert len(moved) > 2 and any(one != other for one, other in moved)
    # Where the ranges are the same, everybody stays.
    asked = {"before_from": START.isoformat(), "before_to": END.isoformat()}
    rows = await ask(kept_client, queries["segment_moves"], **asked)
    assert all(row["segment_before"] == row["segment"] for row in rows)
    money = sum(line.cents for line in LEDGER if line.status in MONEY and line.user)
    assert sum(row["revenue"] for row in rows) == Decimal(money) / 100
