"""Hours, days, weeks and months of any zone: rollup = twin = plain Python with zoneinfo.

The events lie around changes of the clock (tests/query/random_shop.py): days of 23 and 25 hours, the hour
that happens twice and the one that does not, zones of half and quarter hours, and a change by half an hour.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from clickhouse_connect.driver.asyncclient import AsyncClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from footfall import store
from footfall.config import Config
from footfall.errors import InvalidParameter
from footfall.query import NamedQuery, prove, run
from footfall.query.parameters import bind
from footfall.query.times import start_of
from tests.query.random_shop import CHANGES, Event, Line, events, ledger

SHOP, LEDGER = events(), ledger()
ZONES = [
    "UTC", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Asia/Tokyo", "Africa/Abidjan",
    "Asia/Kolkata", "Asia/Kathmandu", "Australia/Adelaide", "Pacific/Chatham",
]  # fmt: skip
Key = Callable[[datetime], Hashable]


def figures(chosen: Iterable[Event], key: Key) -> dict[Hashable, tuple[int, int, Decimal]]:
    found: dict[Hashable, list[Event]] = defaultdict(list)
    for one in chosen:
        found[key(one.at)].append(one)
    return {
        part: (len(of), len({one.user for one in of if one.user}), money(of)) for part, of in found.items()
    }


def money(of: Iterable[Event | Line]) -> Decimal:
    return Decimal(sum(one.cents for one in of)) / 100


def of_week(day: date) -> date:
    return day - timedelta(days=day.weekday())


async def answered(
    client: AsyncClient, query: NamedQuery, params: dict[str, str], key: str
) -> dict[Hashable, tuple[int, int, Decimal]]:
    """Figures of an answer that its twin agrees with, or gave, but for periods of which there are none."""
    proof = await prove(client, query, params, attempts=1)
    raw = proof.answer.meta["raw_because"]
    assert proof.verdict == ("cannot be proved" if raw else "equal"), (query.name, params, proof.differences)
    rows = proof.answer.rows
    return {
        (r["weekday"], r["hour"]) if key == "slot" else r[key]: (
            r["event_count"],
            r["unique_users"],
            r["revenue"],
        )
        for r in rows
        if r["event_count"]
    }


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    zone=st.sampled_from(ZONES),
    change=st.sampled_from(CHANGES),
    back=st.integers(0, 3),
    days=st.integers(1, 6),
    kind=st.sampled_from(["", "page_view"]),
)
async def test_periods_of_events_are_those_of_the_zone(
    kept: Config, queries: dict[str, NamedQuery], zone: str, change: datetime, back: int, days: int, kind: str
) -> None:
    local = ZoneInfo(zone)
    start = start_of(change - timedelta(days=back), "day", local)
    end = start_of(start + timedelta(days=days, hours=5), "day", local)
    params = {"from": start.isoformat(), "to": end.isoformat(), "tz": zone} | (
        {"event_type": kind} if kind else {}
    )
    chosen = [one for one in SHOP if start <= one.at < end and kind in {"", one.kind}]
    client = await store.connect_async(kept, "reader")

    def day(at: datetime) -> date:
        return at.astimezone(local).date()

    def hour(at: datetime) -> datetime:
        shown = at.astimezone(local)
        return at - timedelta(minutes=shown.minute, seconds=shown.second, microseconds=shown.microsecond)

    def slot(at: datetime) -> tuple[int, int]:
        return at.astimezone(local).isoweekday(), at.astimezone(local).hour

    cases: list[tuple[str, str, Key, dict[str, str]]] = [
        ("hourly_activity", "hour", hour, {}),
        ("daily_activity", "day", day, {}),
        ("hour_of_day", "hour", lambda at: at.astimezone(local).hour, {}),
        ("activity_trend", "period", day, {"grain": "day"}),
        (
            "weekday_hours",
            "slot",
            lambda at: (at.astimezone(local).isoweekday(), at.astimezone(local).hour),
            {},
        ),
        ("activity_trend", "period", lambda at: of_week(day(at)), {"grain": "week"}),
        ("activity_trend", "period", lambda at: day(at).replace(day=1), {"grain": "month"}),
    ]
    try:
        for name, column, key, more in cases:
            found = await answered(client, queries[name], params | more, column)
            assert found == figures(chosen, key), (name, params)
    finally:
        await client.close()


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("grain", ["hour", "day", "week", "month"])
async def test_periods_of_money_are_those_of_the_zone(
    kept_client: AsyncClient, queries: dict[str, NamedQuery], zone: str, grain: str
) -> None:
    local, change = ZoneInfo(zone), CHANGES[1]
    params = {
        "from": (change - timedelta(days=2)).isoformat(),
        "to": (change + timedelta(days=2)).isoformat(),
        "tz": zone,
        "grain": grain,
    }
    rows = (await run(kept_client, queries["revenue_trend"], params)).rows
    expected: dict[datetime, list[Line]] = defaultdict(list)
    for line in LEDGER:
        if abs(line.at - change) < timedelta(days=2) or line.at == change - timedelta(days=2):
            expected[start_of(line.at, grain, local)].append(line)
    assert [(row["period"], row["gross"] + row["refunds"]) for row in rows] == [
        (period, money(line for line in expected[period] if line.status not in {"pending", "adjusted"}))
        for period in sorted(expected)
    ]
    assert all(row["net"] == row["gross"] + row["refunds"] for row in rows)


async def test_a_day_has_23_or_25_hours_where_the_clock_changes(
    kept_client: AsyncClient, queries: dict[str, NamedQuery]
) -> None:
    for change, hours in zip(CHANGES, (23, 25), strict=True):
        day = change.date()
        params = {"from": str(day), "to": str(day + timedelta(days=1)), "tz": "Europe/Berlin"}
        rows = (await run(kept_client, queries["hourly_activity"], params)).rows
        assert len(rows) == hours
        assert len({row["hour"] for row in rows}) == hours, "the hour that happens twice is two"
        steps = {later["hour"] - row["hour"] for row, later in pairwise(rows)}
        assert steps == {timedelta(hours=1)}


async def test_which_rows_answer_is_told(kept_client: AsyncClient, queries: dict[str, NamedQuery]) -> None:
    asked = {"from": "2026-10-24", "to": "2026-10-26"}

    async def because(name: str, **params: str) -> str | None:
        told: str | None = (await run(kept_client, queries[name], asked | params)).meta["raw_because"]
        return told

    assert await because("daily_activity", tz="Europe/Berlin") is None
    assert await because("hourly_activity", tz="America/New_York") is None
    half = await because("hourly_activity", tz="Asia/Kolkata")
    assert half and "mv_hourly_events has hours of UTC" in half and "Asia/Kolkata" in half
    days = await because("stats", tz="Europe/Berlin")
    assert days and "days of UTC, not of Europe/Berlin" in days
    assert await because("stats", tz="Africa/Abidjan") is None, "its clock shows UTC"


async def test_days_are_utc_where_raw_rows_have_expired(
    client: AsyncClient, queries: dict[str, NamedQuery]
) -> None:
    answer = await run(client, queries["stats"], {"from": "today-200d", "tz": "Asia/Kolkata"})
    assert answer.meta["raw_because"] is None
    assert any("in days and hours of UTC" in note for note in answer.meta["notes"])
    for name, more in (("stats", {"country": "DE"}), ("event_totals", {})):
        raw = await run(client, queries[name], {"from": "today-200d", **more})
        assert any("what was before is left out" in note for note in raw.meta["notes"]), name
        near = await run(client, queries[name], {"from": "today-20d", **more})
        assert not any("left out" in note for note in near.meta["notes"]), name


def test_times_without_a_zone_are_of_the_asked_one(queries: dict[str, NamedQuery]) -> None:
    now = datetime(2026, 3, 29, 10, 30, tzinfo=UTC)
    query = queries["order_totals"]

    def start(text: str, zone: str) -> Any:
        return bind(query, {"from": text, "to": "2026-04-02", "tz": zone}, now=now).values["from"]

    assert start("2026-03-29", "Europe/Berlin") == "2026-03-28 23:00:00.000"
    assert start("2026-03-30", "Europe/Berlin") == "2026-03-29 22:00:00.000"
    assert start("today-1d", "Asia/Kolkata") == "2026-03-27 18:30:00.000"
    assert start("2026-03-29T00:00Z", "Asia/Kolkata") == "2026-03-29 00:00:00.000"
    autumn = bind(query, {"from": "today-1d", "tz": "Europe/Berlin"}, now=CHANGES[1] + timedelta(days=1))
    assert autumn.values["from"] == "2026-10-24 22:00:00.000", "a day of 25 hours ago"
    with pytest.raises(InvalidParameter, match="time zone, as in Europe/Berlin"):
        bind(query, {"tz": "Mars/Olympus"})
