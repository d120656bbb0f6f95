"""The common filters mean the same everywhere: answers on raw rows, filtered, are those of plain Python."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from clickhouse_connect.driver.asyncclient import AsyncClient

from footfall.errors import InvalidParameter
from footfall.query import NamedQuery, explain, run
from footfall.query.catalogue import placeholders
from tests.query.random_shop import CATEGORIES, CHANGES, Event, Line, events, ledger

SHOP, LEDGER = events(), ledger()
START, END = CHANGES[0] - timedelta(days=10), CHANGES[1] + timedelta(days=10)
RANGE = {"from": START.isoformat(), "to": END.isoformat()}
MONEY = {"completed", "refunded", "cancelled"}
FILTERS: dict[str, tuple[str, Callable[[Event], bool]]] = {
    "event_type": ("page_view", lambda one: one.kind == "page_view"),
    "country": ("United Kingdom", lambda one: one.country == "UK"),
    "device_type": ("mobile", lambda one: one.device_type == "mobile"),
    "browser": ("Safari", lambda one: one.browser == "Safari"),
    "utm_source": ("mail", lambda one: one.utm_source == "mail"),
    "category": ("Home", lambda one: CATEGORIES.get(one.product) == "Home"),
}
COMMON = (*FILTERS, "utm_medium", "utm_campaign", "segment")
# Attributes of users and products; and whole orders on two sides, of which a filter would hide one.
WITHOUT = {"product_lookup", "user_lookup", "reconciliation", "reconciliation_orders"}


def counted(chosen: list[Event]) -> tuple[int, int, Decimal]:
    return (
        len(chosen),
        len({one.user for one in chosen if one.user}),
        Decimal(sum(one.cents for one in chosen)) / 100,
    )


@pytest.mark.parametrize("name", FILTERS)
async def test_a_filter_of_events_means_the_same_in_every_query(
    kept_client: AsyncClient, queries: dict[str, NamedQuery], name: str
) -> None:
    value, holds = FILTERS[name]
    chosen = [one for one in SHOP if holds(one)]

    async def ask(query: str, **more: str) -> list[dict[str, Any]]:
        return (await run(kept_client, queries[query], {**RANGE, name: value, **more})).rows

    count, users, revenue = counted(chosen)
    (totals,) = await ask("event_totals")
    assert (totals["events"], totals["users"], totals["revenue"]) == (count, users, revenue)
    for query in ("daily_activity", "hour_of_day", "activity_trend", "event_types", "hourly_activity"):
        rows = await ask(query)
        assert sum(row["event_count"] for row in rows) == count, query
        assert sum(row["revenue"] for row in rows) == revenue, query
    for query in ("country_stats", "devices", "sources"):
        rows = await ask(query)
        assert sum(row["events"] for row in rows) == count, query
    (people,) = await ask("people")
    assert people["people"] == len({one.shopper for one in chosen if one.user})
    assert sum(row["events"] for row in await ask("top_users", limit="1000")) == sum(
        1 for one in chosen if one.user
    )
    if name != "event_type":
        (stats,) = await ask("stats")
        assert (stats["events"], stats["visitors"]) == (count, users)


ORDERS: dict[str, tuple[str, Callable[[Line], bool]]] = {
    "country": ("DE", lambda line: line.country == "DE"),
    "category": ("Home", lambda line: CATEGORIES[line.product] == "Home"),
}


@pytest.mark.parametrize("name", ORDERS)
async def test_a_filter_of_orders_means_the_same_in_every_query(
    kept_client: AsyncClient, queries: dict[str, NamedQuery], name: str
) -> None:
    value, holds = ORDERS[name]
    chosen = [line for line in LEDGER if holds(line) and line.status in MONEY]
    net = Decimal(sum(line.cents for line in chosen)) / 100
    orders = len({line.number for line in chosen if line.status == "completed"})
    for query in ("order_totals", "stats", "revenue_trend", "order_breakdown", "top_products"):
        rows = (await run(kept_client, queries[query], {**RANGE, name: value})).rows
        assert sum(row["net"] for row in rows) == net, query
        if query in {"order_totals", "stats"}:
            assert rows[0]["orders"] == orders, query


async def test_a_segment_is_of_users_and_of_who_they_were_before_login(
    kept_client: AsyncClient, queries: dict[str, NamedQuery]
) -> None:
    scores = (await run(kept_client, queries["user_scores"], {**RANGE, "limit": "1000"})).rows
    for segment in {row["segment"] for row in scores}:
        members = {int(row["user_id"]) for row in scores if row["segment"] == segment}
        asked = {**RANGE, "segment": segment}
        (totals,) = (await run(kept_client, queries["event_totals"], asked)).rows
        assert totals["events"] == sum(1 for one in SHOP if one.shopper in members)
        (money,) = (await run(kept_client, queries["order_totals"], asked)).rows
        assert money["lines"] == sum(1 for line in LEDGER if line.user in members)


async def test_what_a_rollup_holds_it_answers_and_what_not_raw_rows_do(
    kept_client: AsyncClient, queries: dict[str, NamedQuery]
) -> None:
    async def meta(name: str, **params: str) -> dict[str, Any]:
        return (await run(kept_client, queries[name], RANGE | params)).meta

    assert (await meta("country_stats", country="DE"))["raw_because"] is None
    assert (await meta("event_types", event_type="purchase"))["raw_because"] is None
    raw = await meta("country_stats", device_type="mobile", browser="Safari")
    assert raw["raw_because"] == "mv_country_stats cannot filter by browser, device_type"
    assert raw["reads"] == ["events"] and raw["estimates"] == []
    assert f"answered from raw rows: {raw['raw_because']}" in raw["notes"]
    assert (await meta("stats", exact="true"))["raw_because"] == "exact figures are asked for"
    plan = await explain(kept_client, queries["country_stats"], RANGE | {"device_type": "mobile"})
    assert all("mv_country_stats" not in read.source for read in plan.reads)


def test_every_query_takes_the_filters_of_what_it_counts(queries: dict[str, NamedQuery]) -> None:
    for name, query in queries.items():
        if name in WITHOUT:
            continue
        names = {parameter.name for parameter in query.parameters}
        missing = set(COMMON) - names
        if missing & {"segment"}:
            assert "to" not in names or name in {"user_segments", "segment_moves"}, (name, missing)
        assert missing <= {"event_type", "segment"}, (name, missing)
        answered = placeholders(query.sql).keys() | placeholders(query.proof or "").keys()
        assert names - {"exact", "compare", "tz"} <= answered, name


async def test_a_filter_that_a_query_does_not_take_is_refused(
    kept_client: AsyncClient, queries: dict[str, NamedQuery]
) -> None:
    for name in ("stats", "order_totals", "funnel"):
        with pytest.raises(InvalidParameter, match="has no parameter event_type"):
            await run(kept_client, queries[name], RANGE | {"event_type": "page_view"})


async def test_the_period_before_is_of_the_same_length(
    kept_client: AsyncClient, queries: dict[str, NamedQuery]
) -> None:
    change = CHANGES[1].date()
    asked = {"from": str(change), "to": str(change + timedelta(days=2)), "tz": "Europe/Berlin"}
    answer = await run(kept_client, queries["stats"], {**asked, "compare": "before"})
    assert answer.before is not None
    assert answer.before.meta["params"]["from"] == "2026-10-22T22:00:00.000Z", "two days, one hour shorter"
    earlier = {"from": str(change - timedelta(days=2)), "to": str(change), "tz": "Europe/Berlin"}
    assert answer.before.rows == (await run(kept_client, queries["stats"], earlier)).rows
