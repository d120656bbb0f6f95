"""Retention by day, week and month, in any zone, of users first seen and of buyers: against plain Python."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from clickhouse_connect.driver.asyncclient import AsyncClient

from footfall.query import NamedQuery, prove, run
from footfall.query.times import next_start, start_of
from tests.query.random_shop import CHANGES, events, ledger

PERIODS = 5


def cohorts(
    seen: Iterable[tuple[int, datetime]], grain: str, zone: ZoneInfo, end: datetime
) -> dict[tuple[date, int], tuple[int, int]]:
    """Users and size by cohort and number of the period after it."""
    periods: dict[int, set[datetime]] = defaultdict(set)
    for user, at in seen:
        periods[user].add(start_of(at, grain, zone))
    found: dict[tuple[date, int], tuple[int, int]] = {}
    for cohort in {min(of) for of in periods.values()}:
        members = [of for of in periods.values() if min(of) == cohort]
        start = cohort
        for number in range(PERIODS + 1):
            if start < end:
                key = cohort.astimezone(zone).date(), number
                found[key] = sum(start in of for of in members), len(members)
            start = next_start(start, grain, zone)
    return found


@pytest.mark.parametrize("grain", ["day", "week", "month"])
@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kolkata"])
async def test_retention_of_users_and_of_buyers(
    kept_client: AsyncClient, queries: dict[str, NamedQuery], grain: str, zone: str
) -> None:
    local = ZoneInfo(zone)
    start = start_of(CHANGES[0] - timedelta(days=3), "day", local)
    end = start_of(CHANGES[1] + timedelta(days=3), "day", local)
    asked = {
        "from": start.isoformat(), "to": end.isoformat(), "tz": zone, "grain": grain, "weeks": str(PERIODS),
    }  # fmt: skip
    proof = await prove(kept_client, queries["retention"], asked, attempts=1)
    assert proof.verdict == ("equal" if zone == "UTC" else "cannot be proved"), proof.differences[:3]
    came = [(one.shopper, one.at) for one in events() if one.user and start <= one.at < end]
    assert {
        (row["cohort"], row["week"]): (row["users"], row["size"]) for row in proof.answer.rows
    } == cohorts(came, grain, local, end)
    bought = [
        (line.user, line.at)
        for line in ledger()
        if line.user and line.status == "completed" and start <= line.at < end
    ]
    rows = (await run(kept_client, queries["order_retention"], asked)).rows
    assert {(row["cohort"], row["week"]): (row["users"], row["size"]) for row in rows} == cohorts(
        bought, grain, local, end
    )
