"""The analyses of a shop, against plain Python over the random shop, and against the small one by hand."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from clickhouse_connect.driver.asyncclient import AsyncClient
from clickhouse_connect.driver.client import Client

from footfall.config import Config
from footfall.query import NamedQuery, prove, run
from tests.query import shop
from tests.query.random_shop import CATEGORIES, CHANGES, Event, events, ledger

SHOP, LEDGER = events(), ledger()
START, END = CHANGES[0] - timedelta(days=10), CHANGES[1] + timedelta(days=10)
RANGE = {"from": START.isoformat(), "to": END.isoformat()}


async def ask(client: AsyncClient, query: NamedQuery, **params: str) -> list[dict[str, Any]]:
    return (await run(client, query, RANGE | params)).rows


def money(cents: Iterable[int]) -> Decimal:
    return Decimal(sum(cents)) / 100


def pct(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 4) if whole else None


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata"])
async def test_active_users_of_days_weeks_and_months(
    kept_client: AsyncClient, queries: dict[str, NamedQuery], zone: str
) -> None:
    days: dict[date, set[int]] = defaultdict(set)
    for one in SHOP:
        if one.user:
            days[one.at.astimezone(ZoneInfo(zone)).date()].add(one.user)
    first = CHANGES[1].date() - timedelta(days=2)
    asked = {"from": str(first), "to": str(first + timedelta(days=34)), "tz": zone}
    proof = await prove(kept_client, queries["active_users"], asked, attempts=1)
    assert proof.verdict == ("equal" if zone == "UTC" else "cannot be proved"), proof.differences
    rows = proof.answer.rows
    assert len(rows) >= 3

    def users(day: date, back: int) -> int:
        return len(set().union(*(days[day - timedelta(days=n)] for n in range(back))))

    assert [(row["day"], row["dau"], row["wau"], row["mau"], row["stickiness"]) for row in rows] == [
        (day, users(day, 1), users(day, 7), users(day, 30), pct(users(day, 1), users(day, 30)))
        for day in (row["day"] for row in rows)
    ]


async def test_products_from_views_to_purchases(
    kept_client: AsyncClient, queries: dict[str, NamedQuery]
) -> None:
    rows = await ask(kept_client, queries["product_conversion"])
    assert {row["product_id"] for row in rows} == {str(number) for number in CATEGORIES}
    for row in rows:
        product = int(row["product_id"])

        def shoppers(kind: str, of: int = product) -> set[int]:
            return {one.shopper for one in SHOP if one.kind == kind and one.product == of and one.user}

        sold = [line for line in LEDGER if line.product == product]
        completed = [line for line in sold if line.status == "completed"]
        back = [line for line in sold if line.status in {"refunded", "cancelled"}]
        buyers = {line.user for line in completed if line.user}
        viewers, carters = shoppers("product_view"), shoppers("add_to_cart")
        views = sum(one.kind == "product_view" and one.product == product for one in SHOP)
        assert (row["views"], row["viewers"], row["carters"], row["buyers"]) == (
            views, len(viewers), len(carters), len(buyers),
        )  # fmt: skip
        assert row["orders"] == len({line.number for line in completed})
        assert row["gross"] == money(line.cents for line in completed)
        assert row["refunds"] == money(line.cents for line in back)
        assert row["net"] == row["gross"] + row["refunds"]
        assert row["conversion"] == pct(len(buyers), len(viewers))
        assert [row] == await ask(kept_client, queries["product_conversion"], product_id=f"p{product}") or [
            row
        ] == await ask(kept_client, queries["product_conversion"], product_id=str(product))


async def test_abandoned_carts(kept_client: AsyncClient, queries: dict[str, NamedQuery]) -> None:
    sessions: dict[str, list[Event]] = defaultdict(list)
    for one in SHOP:
        if one.session:
            sessions[one.session].append(one)
    carts = [of for of in sessions.values() if any(one.kind == "add_to_cart" for one in of)]
    left = [of for of in carts if not any(one.kind == "purchase" for one in of)]
    worth = [max(0, sum(one.worth if one.kind == "add_to_cart" else -one.worth for one in of)) for of in left]
    (row,) = await ask(kept_client, queries["abandoned_carts"])
    assert left and (row["carts"], row["abandoned"], row["abandoned_value"]) == (
        len(carts), len(left), money(worth),
    )  # fmt: skip
    assert row["abandoned_pct"] == pct(len(left), len(carts))


async def test_search_terms(kept_client: AsyncClient, queries: dict[str, NamedQuery]) -> None:
    rows = {row["term"]: row for row in await ask(kept_client, queries["search_terms"])}
    assert rows.keys() == {"lamp", "mug"}
    for term, row in rows.items():
        found = [one for one in SHOP if one.term.strip().lower() == term]
        first: dict[str, datetime] = {}
        for one in found:
            first[one.session] = min(one.at, first.get(one.session, one.at))
        bought = {
            one.session
            for one in SHOP
            if one.kind == "purchase" and one.session and one.at >= first.get(one.session, END)
        }
        assert (row["searches"], row["unique_users"]) == (len(found), len({o.user for o in found if o.user}))
        assert row["sessions"] == len(first.keys() - {""})
        assert row["sessions_with_purchase"] == len(bought)


@pytest.mark.parametrize("days", [1, 30])
async def test_purchases_belong_to_the_last_touch(
    kept_client: AsyncClient, queries: dict[str, NamedQuery], days: int
) -> None:
    expected: dict[str, list[Event]] = defaultdict(list)
    for bought in SHOP:
        if bought.kind == "purchase" and bought.user:
            touches = [
                one
                for one in SHOP
                if one.shopper == bought.shopper
                and one.utm_source
                and bought.at - timedelta(days=days) <= one.at <= bought.at
            ]
            last = max(touches, key=lambda one: (one.at, one.utm_source), default=None)
            expected[last.utm_source if last else ""].append(bought)
    rows = await ask(kept_client, queries["attribution"], days=str(days))
    assert {row["value"]: (row["purchases"], row["buyers"], row["revenue"]) for row in rows} == {
        value: (len(of), len({one.shopper for one in of}), money(one.cents for one in of))
        for value, of in expected.items()
    }


async def test_money_by_category_and_by_new_and_returning_customers(
    kept_client: AsyncClient, queries: dict[str, NamedQuery]
) -> None:
    first: dict[int, tuple[datetime, str]] = {}
    for line in LEDGER:
        if line.user and line.status == "completed":
            first[line.user] = min((line.at, line.number), first.get(line.user, (line.at, line.number)))

    def customer(user: int, number: str) -> str:
        if not user:
            return "unknown"
        return "new" if first.get(user, (None, ""))[1] == number else "returning"

    for by, of in (
        ("category", lambda line: CATEGORIES[line.product]),
        ("customer", lambda line: customer(line.user, line.number)),
        ("country", lambda line: line.country),
    ):
        expected: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for line in LEDGER:
            if line.status == "completed":
                expected[of(line)][0] += line.cents
            elif line.status in {"refunded", "cancelled"}:
                expected[of(line)][1] += line.cents
        rows = await ask(kept_client, queries["order_breakdown"], by=by)
        assert {row["value"]: [row["gross"], row["refunds"]] for row in rows} == {
            value: [money([gross]), money([refunds])] for value, (gross, refunds) in expected.items()
        }
        assert all(row["gross"] + row["refunds"] == row["net"] for row in rows)


async def test_refunds_count_in_their_own_month(
    kept_client: AsyncClient, queries: dict[str, NamedQuery]
) -> None:
    rows = await ask(kept_client, queries["revenue_trend"], grain="month")
    for row in rows:
        month = [
            line
            for line in LEDGER
            if (line.at.year, line.at.month) == (row["period"].year, row["period"].month)
        ]
        assert row["refunds"] == money(
            line.cents for line in month if line.status in {"refunded", "cancelled"}
        )
    assert len(rows) >= 2


@pytest.fixture
def small(fresh_store: Config, store_client: Client) -> None:
    shop.fill(store_client)


@pytest.mark.usefixtures("small")
async def test_purchases_are_reconciled_with_orders_and_ingest_is_told(
    client: AsyncClient, queries: dict[str, NamedQuery]
) -> None:
    asked = {"from": str(shop.DAY), "to": str(shop.NEXT)}
    rows = (await run(client, queries["reconciliation"], asked)).rows
    assert {row["state"]: (row["orders"], row["difference"]) for row in rows} == {
        "agree": (1, 0), "amounts differ": (0, 0), "no order": (0, 0), "order not completed": (0, 0),
        "no purchase event": (1, Decimal("-12.5")),  # the purchase of Cem names no order
    }  # fmt: skip
    (left,) = (await run(client, queries["reconciliation_orders"], asked)).rows
    assert (left["order_id"], left["state"], left["gross"]) == ("o2", "no purchase event", Decimal("12.5"))
    (hour,) = (await run(client, queries["ingest_health"], {"from": "now-1h", "to": "now+1h"})).rows[-1:]
    assert hour["late_events"] == hour["events"] > 0, "two days old when they came"
    assert hour["newest_event"] == datetime.combine(shop.DAY, datetime.min.time(), UTC).replace(hour=10)
