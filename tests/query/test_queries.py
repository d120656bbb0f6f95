"""Each named query answers as a small shop, counted by hand, has it (tests/query/shop.py tells the day)."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from clickhouse_connect.driver.asyncclient import AsyncClient
from clickhouse_connect.driver.client import Client

from footfall.config import Config
from footfall.dashboard.app import ENDPOINTS
from footfall.errors import InvalidParameter
from footfall.model import numeric_id
from footfall.query import NamedQuery, prove, run
from footfall.query.parameters import bind
from tests.query import shop
from tests.query.conftest import Ask
from tests.query.shop import ANN, BEFORE, BEN, CEM, DAY, NEXT, RANGE
from tests.schema.support import event, insert, order

LIVE = {"at": f"{DAY}T10:05:00Z"}


@pytest.fixture(scope="module", autouse=True)
def filled(config: Config, store_client: Client) -> None:
    from tests.conftest import empty

    empty(store_client)
    shop.fill(store_client)


def required(query: NamedQuery) -> dict[str, str]:
    """A value for each parameter that must be given."""
    return {parameter.name: "1" for parameter in query.parameters if parameter.required}


async def test_overview(ask: Ask) -> None:
    assert await ask("stats", **RANGE) == [
        {
            "visitors": 4,  # Ann, Ben, Cem and the anonymous id that was Cem
            "sessions": 3,
            "page_views": 5,
            "events": 16,
            "orders": 2,
            "gross": Decimal("42.5"),
            "refunds": Decimal("-10"),
            "net": Decimal("32.5"),
            "aov": 21.25,
            "conversion": 50.0,
        }
    ]


async def test_hours_are_all_there_and_belong_to_their_hour(ask: Ask) -> None:
    rows = await ask("hourly_activity", since=f"{BEFORE}T23:00:00Z", until=f"{DAY}T11:00:00Z")
    assert [row["hour"].hour for row in rows] == [23, *range(11)]
    counts = {row["hour"].hour: (row["event_count"], row["unique_users"], row["revenue"]) for row in rows}
    assert counts[23] == (1, 1, 0)
    assert counts[0] == (0, 0, 0)
    assert counts[8] == (5, 1, 30)
    assert counts[9] == (9, 3, Decimal("12.5"))
    assert counts[10] == (2, 0, 0)


async def test_sessions_belong_to_each_hour_that_they_have_an_event_in(ask: Ask) -> None:
    around = {"since": f"{BEFORE}T23:00:00Z", "until": f"{DAY}T11:00:00Z"}
    rows = await ask("hourly_sessions", **around)
    assert [(row["hour"].hour, row["sessions"]) for row in rows] == [(23, 1), (8, 1), (9, 2)]
    rows = await ask("hourly_sessions", **around, tz="Asia/Kolkata", country="UK")
    assert [(row["hour"], row["sessions"]) for row in rows] == [(shop.at("8:30"), 1)]


async def test_one_type_of_event_by_hour_and_by_day(ask: Ask) -> None:
    hours = await ask("hourly_activity", event_type="page_view", **RANGE)
    assert sum(row["event_count"] for row in hours) == 5
    days = await ask(
        "daily_activity", since=BEFORE.isoformat(), until=NEXT.isoformat(), event_type="page_view"
    )
    assert [(row["day"], row["event_count"], row["unique_users"]) for row in days] == [
        (BEFORE, 1, 1),
        (DAY, 5, 3),
    ]


async def test_days(ask: Ask) -> None:
    rows = await ask("daily_activity", since=BEFORE.isoformat(), until=NEXT.isoformat())
    assert [(r["day"], r["event_count"], r["unique_users"], r["revenue"]) for r in rows] == [
        (BEFORE, 1, 1, 0),
        (DAY, 16, 4, Decimal("42.5")),
    ]


async def test_activity_trend_and_hours_of_the_day(ask: Ask) -> None:
    (row,) = await ask("activity_trend", grain="day", **RANGE)
    assert (row["period"], row["event_count"], row["unique_users"]) == (DAY, 16, 4)
    hours = await ask("hour_of_day", **RANGE)
    assert len(hours) == 24
    assert (hours[9]["event_count"], hours[9]["unique_users"]) == (9, 3)


async def test_types_of_events(ask: Ask) -> None:
    rows = {row["event_type"]: row for row in await ask("event_types", **RANGE)}
    assert (rows["page_view"]["event_count"], rows["page_view"]["unique_users"]) == (5, 3)
    assert (rows["purchase"]["event_count"], rows["purchase"]["revenue"]) == (2, Decimal("42.5"))


async def test_a_shopper_who_logs_in_is_one_in_the_conversion_funnel(ask: Ask) -> None:
    rows = await ask("conversion_funnel", **RANGE)
    assert [
        (r["step"], r["users"], r["conversion_pct"], r["step_conversion_pct"], r["drop_off"]) for r in rows
    ] == [
        ("page_view", 3, 100.0, 100.0, 0),
        ("product_view", 3, 100.0, 100.0, 0),
        ("add_to_cart", 3, 100.0, 100.0, 0),
        ("checkout", 2, 66.6667, 66.6667, 1),
        ("purchase", 2, 66.6667, 100.0, 0),
    ]


@pytest.mark.parametrize(
    ("params", "users"),
    [
        ({}, [3, 3, 2]),
        ({"window_ms": str(30 * 60_000)}, [3, 3, 2]),  # Ann took exactly 30 minutes
        ({"window_ms": str(30 * 60_000 - 1)}, [3, 3, 1]),
        ({"steps": "purchase,add_to_cart"}, [2, 0]),
        ({"steps": "purchase,add_to_cart", "mode": "unordered"}, [2, 2]),
        ({"steps": "page_view,nothing_like_it,purchase"}, [3, 0, 0]),
    ],
)  # fmt: skip
async def test_funnel(ask: Ask, params: dict[str, str], users: list[int]) -> None:
    rows = await ask("funnel", **params, **RANGE)
    assert [row["users"] for row in rows] == users


async def test_countries_devices_sources_and_properties(ask: Ask) -> None:
    countries = await ask("country_stats", **RANGE)
    assert [(r["country"], r["events"], r["unique_users"], r["purchases"]) for r in countries] == [
        ("US", 11, 3, 2),
        ("UK", 3, 1, 0),
        ("DE", 2, 0, 0),
    ]
    devices = await ask("devices", **RANGE)
    assert [(r["value"], r["events"], r["unique_users"]) for r in devices] == [
        ("desktop", 13, 3),
        ("mobile", 3, 1),
    ]
    sources = await ask("sources", by="utm_source", **RANGE)
    assert [(r["value"], r["events"], r["purchases"]) for r in sources] == [("", 11, 1), ("mail", 5, 1)]
    assert [(r["value"], r["events"]) for r in await ask("properties", property="plan", **RANGE)] == [
        ("gold", 1)
    ]
    assert [(r["value"], r["events"]) for r in await ask("properties", property="n", **RANGE)] == [("1", 1)]
    assert await ask("properties", property="it's \\ not there", **RANGE) == []


async def test_products(ask: Ask) -> None:
    rows = await ask("top_products", **RANGE)
    keys = ("external_id", "name", "category", "revenue", "refunds", "net", "quantity", "orders", "aov")
    assert [tuple(row[key] for key in keys) for row in rows] == [
        ("sku-2", "Mug", "Kitchen", Decimal("22.5"), Decimal("-10"), Decimal("12.5"), 2, 2, 11.25),
        ("sku-1", "Lamp", "Home", Decimal("20"), 0, Decimal("20"), 2, 1, 20.0),
    ]
    assert [row["product_id"] for row in rows] == ["2", "1"]


async def test_revenue_from_the_ledger(ask: Ask) -> None:
    (row,) = await ask("revenue_trend", grain="day", **RANGE)
    assert row == {
        "period": datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC),
        "gross": Decimal("42.5"), "refunds": Decimal("-10"), "net": Decimal("32.5"),
        "orders": 2, "buyers": 2, "aov": 21.25, "lines": 6, "customers": 3,
    }  # fmt: skip
    (totals,) = await ask("order_totals", **RANGE)
    assert (totals["pending"], totals["net"], totals["lines_without_user"]) == (99, Decimal("32.5"), 1)
    by_status = await ask("order_breakdown", by="status", **RANGE)
    assert {row["value"]: row["lines"] for row in by_status} == {
        "completed": 3, "refunded": 1, "pending": 1, "adjusted": 1,
    }  # fmt: skip
    hours = await ask("order_hours", **RANGE)
    assert [hours[8]["orders"], hours[9]["orders"], hours[10]["orders"]] == [1, 1, 0]


async def test_segments_and_scores(ask: Ask) -> None:
    scores = await ask("user_scores", **RANGE)
    assert [(r["user_id"], r["orders"], r["revenue"], r["r"], r["f"], r["m"]) for r in scores] == [
        (str(ANN), 1, Decimal("20"), 1, 1, 2),
        (str(CEM), 1, Decimal("12.5"), 2, 2, 1),
    ]
    segments = await ask("user_segments", **RANGE)
    assert [(r["segment"], r["users"]) for r in segments] == [
        ("Champions", 0), ("Loyal", 0), ("New", 0), ("At risk", 0), ("Lost", 2), ("Middle", 0),
    ]  # fmt: skip
    assert await ask("user_scores", segment="Champions", **RANGE) == []


async def test_top_users_leave_nobody_out_of_the_list(ask: Ask) -> None:
    rows = await ask("top_users", since=BEFORE.isoformat(), until=NEXT.isoformat())
    assert [(r["user_id"], r["events"], r["event_types"], r["active_days"], r["last_day"]) for r in rows] == [
        (str(ANN), 6, 5, 2, DAY),
        (str(CEM), 4, 4, 1, DAY),
        (str(BEN), 3, 3, 1, DAY),
        (str(shop.CEM_UNKNOWN), 2, 2, 1, DAY),
    ]


async def test_user_lookup(ask: Ask) -> None:
    async def found(**params: str) -> list[str]:
        return [row["user_id"] for row in await ask("user_lookup", **params)]

    assert await found() == [str(CEM), str(BEN), str(ANN)]
    assert await found(country="US") == [str(CEM), str(ANN)]
    assert await found(country="US", is_premium="true") == [str(ANN)]
    assert await found(registered_from="2026-02-01", registered_to="2026-03-05") == [str(BEN)]
    assert await found(limit="1") == [str(CEM)]
    assert await found(country="GB") == await found(country="United Kingdom") == [str(BEN)]
    assert await found(country="France") == []
    with pytest.raises(InvalidParameter, match="it takes a country"):
        await found(country="US' OR 1=1 --")


async def test_timeline_and_history(ask: Ask) -> None:
    timeline = await ask("user_timeline", user_id=str(ANN))
    assert [row["event_type"] for row in timeline] == [
        "purchase", "checkout", "add_to_cart", "product_view", "page_view", "page_view",
    ]  # fmt: skip
    for nobody in ({}, {"user_id": ""}):
        with pytest.raises(InvalidParameter, match="user_id is required"):
            await ask("user_timeline", **nobody)
    assert len(await ask("order_history", **RANGE)) == 6
    assert [r["order_id"] for r in await ask("order_history", user_id=str(ANN), **RANGE)] == [
        "o1",
        "o1",
        "o1",
    ]
    nobody_known = await ask("order_history", user_id="0", **RANGE)
    assert [row["order_id"] for row in nobody_known] == ["s1"]
    assert await ask("order_history", product_id="0", **RANGE) == []
    history = await ask("order_history", user_id=str(ANN), product_id="2", status="refunded", **RANGE)
    assert [(r["quantity"], r["total_amount"]) for r in history] == [(-1, Decimal("-10"))]


async def test_what_happens_now(ask: Ask) -> None:
    (cards,) = await ask("live_cards", **LIVE)
    assert (cards["active_users_30m"], cards["orders_today"], cards["revenue_today"]) == (
        1,
        2,
        Decimal("42.5"),
    )
    assert (cards["conversion_today"], cards["aov_today"], cards["events_last_minute"]) == (50.0, 21.25, 0)
    series = await ask("live_series", minutes="60", **LIVE)
    assert len(series) == 60
    assert [(r["minute"].hour, r["minute"].minute) for r in series if r["purchases"]] == [(9, 43)]
    latest = await ask("latest_events", after="now-1h")
    assert len(latest) == 17
    assert all(isinstance(row["event_id"], str) and isinstance(row["user_id"], str) for row in latest)


async def test_people_are_counted_once_whether_known_or_not(ask: Ask) -> None:
    assert await ask("people", **RANGE) == [{"people": 3, "ids": 4, "joined": 1}]


async def test_retention(ask: Ask) -> None:
    rows = await ask("retention", since=BEFORE.isoformat(), until=NEXT.isoformat(), weeks="1")
    assert sum(row["users"] for row in rows if row["week"] == 0) == 3  # one of them unknown at first
    buyers = await ask("order_retention", **RANGE, weeks="1")
    assert [(row["week"], row["users"], row["size"], row["retention_pct"]) for row in buyers] == [
        (0, 2, 2, 100.0)
    ]


@pytest.mark.parametrize("range_", [
    {"from": DAY.isoformat(), "to": NEXT.isoformat()},
    {"from": BEFORE.isoformat(), "to": NEXT.isoformat()},
    {"from": "2001-01-01", "to": "2001-01-02"},
])  # fmt: skip
async def test_every_query_on_a_rollup_agrees_with_its_proof(
    client: AsyncClient, queries: dict[str, NamedQuery], range_: dict[str, str]
) -> None:
    for query in queries.values():
        if query.proof is None:
            continue
        params = LIVE if query.name == "live_cards" else range_
        proof = await prove(client, query, params | required(query))
        assert proof.verdict == "equal", (query.name, proof.differences)


async def test_an_empty_range_gives_zeros_and_nulls_and_never_fails(
    client: AsyncClient, queries: dict[str, NamedQuery]
) -> None:
    for query in queries.values():
        names = {parameter.name for parameter in query.parameters}
        params = {"from": "2001-01-01", "to": "2001-01-01"} if "from" in names else {}
        params |= {"at": "2001-01-01"} if "at" in names else {}
        params |= required(query)
        answer = await run(client, query, params)
        for row in answer.rows:
            assert not any(isinstance(value, float) and value != value for value in row.values()), query.name
    (empty,) = (await run(client, queries["stats"], {"from": "2001-01-01", "to": "2001-01-01"})).rows
    assert empty["aov"] is None and empty["conversion"] is None and empty["gross"] == 0


async def test_answers_have_the_columns_of_their_headers(
    client: AsyncClient, queries: dict[str, NamedQuery]
) -> None:
    for query in queries.values():
        for sql in filter(None, (query.sql, query.proof)):
            raw = await client.raw_query(
                sql, parameters=bind(query, required(query)).values, fmt="JSONCompact"
            )
            names = [column["name"] for column in json.loads(raw)["meta"]]
            assert names == [column.name for column in query.columns], query.name


async def test_an_answer_says_where_its_figures_come_from(
    client: AsyncClient, queries: dict[str, NamedQuery]
) -> None:
    asked = {"from": f"{DAY}T10:30:00Z", "to": f"{DAY}T11:30:00Z"}
    answer = await run(client, queries["stats"], asked)
    assert answer.meta["query"] == "stats"
    assert answer.meta["sql"].startswith("SELECT")
    assert answer.meta["params"] == {
        "from": f"{DAY}T00:00:00.000Z",
        "to": f"{NEXT}T00:00:00.000Z",
        "limit": 1,
    }
    assert answer.meta["reads"] == ["mv_daily_events", "mv_product_revenue", "orders"]
    assert answer.meta["estimates"] == ["visitors", "sessions", "conversion"]
    assert any(note.startswith("visitors, sessions, conversion: estimated") for note in answer.meta["notes"])
    assert answer.meta["rows_read"] > 0 and answer.meta["bytes_read"] > 0 and answer.meta["elapsed_ms"] > 0
    assert (datetime.now(UTC) - answer.meta["freshness"]).total_seconds() < 3600
    assert any("whole days" in note for note in answer.meta["notes"])


async def test_the_briefs_endpoints_take_a_limit(ask: Ask, queries: dict[str, NamedQuery]) -> None:
    for path, name in ENDPOINTS.items():
        assert {"from", "to", "limit"} <= {parameter.name for parameter in queries[name].parameters}, path
        assert len(await ask(name, limit="1", **RANGE)) == 1, path
    assert [row["step"] for row in await ask("conversion_funnel", limit="2", **RANGE)] == [
        "page_view",
        "product_view",
    ]


async def test_a_limit_keeps_the_latest_hours_and_periods_in_order(
    ask: Ask, client: AsyncClient, queries: dict[str, NamedQuery]
) -> None:
    asked = {"since": f"{BEFORE}T23:00:00Z", "until": f"{DAY}T11:00:00Z"}
    rows = await ask("hourly_activity", limit="3", **asked)
    assert [(row["hour"].hour, row["event_count"]) for row in rows] == [(8, 5), (9, 9), (10, 2)]
    proof = await prove(
        client, queries["hourly_activity"], {"from": str(DAY), "to": str(NEXT), "limit": "15"}
    )
    assert (proof.verdict, len(proof.answer.rows)) == ("equal", 15)
    periods = await ask("revenue_trend", grain="hour", limit="2", **RANGE)
    assert [row["period"].hour for row in periods] == [11, 12]


async def test_latest_events_and_orders_name_users_as_the_shop_does(ask: Ask, store_client: Client) -> None:
    text, untold = numeric_id("maria-7"), numeric_id("untold")
    now = datetime.now(UTC)
    people = [
        {"user_id": text, "external_id": "maria-7", "country": country, "updated_at": f"{DAY} 00:00:00"}
        for country in ("DE", "FR")  # superseded rows stand beside the new ones for a moment
    ]
    insert(store_client, "users", people, "users by text")
    users = [0, ANN, text, untold]
    insert(store_client, "events", [event("search", now, user) for user in users], "events by text")
    latest = [row for row in await ask("latest_events", after="now-1h") if row["event_type"] == "search"]
    names = {"0": "", str(ANN): str(ANN), str(text): "maria-7", str(untold): str(untold)}
    assert {row["user_id"]: row["external_id"] for row in latest} == names
    assert len(latest) == 4
    block = (int(now.timestamp() * 1000) << 20) + 1
    rows = [
        order(f"text-{user}", "pending", now, user_id=user, quantity=1, total_amount="1", block_id=block)
        for user in users
    ]
    insert(store_client, "orders", rows, "orders by text")
    found = {r["user_id"]: r["external_id"] for r in await ask("latest_orders") if "text-" in r["order_id"]}
    assert found == names
