"""The brief's endpoints, over HTTP, against the generator's truth about the history in the store."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from footfall.config import Config
from tests import support
from tests.dashboard.http import get

Truth = dict[str, Any]


@pytest.fixture(scope="module")
def dashboard(config: Config, answers: Truth) -> Iterator[str]:
    """A dashboard over the history."""
    process = support.start("dashboard", config)
    yield config.url("dashboard")
    process.stop()


def ask(dashboard: str, answers: Truth, name: str, **params: str) -> list[dict[str, Any]]:
    """Rows of an endpoint over the whole history."""
    until = datetime.fromisoformat(answers["plan"]["until"])
    since = until - timedelta(days=answers["plan"]["order_days"] - 1)
    given = {"since": f"{since:%Y-%m-%d}", "until": f"{until + timedelta(days=1):%Y-%m-%d}"} | params
    answer = get(f"{dashboard}/api/{name}", **given)
    assert answer.status == 200, answer.body
    rows: list[dict[str, Any]] = answer.json["data"]
    return rows


def money(value: float | str) -> Decimal:
    return Decimal(str(value)).quantize(Decimal("0.01"))


def test_stats(dashboard: str, answers: Truth) -> None:
    [row] = ask(dashboard, answers, "stats")
    totals = answers["totals"]
    for name in ("visitors", "sessions", "page_views", "events", "orders"):
        assert row[name] == totals[name], name
    for name in ("gross", "refunds", "net"):
        assert money(row[name]) == money(totals[name]), name
    assert row["aov"] == pytest.approx(totals["aov"], abs=1e-4)
    assert row["conversion"] == pytest.approx(totals["conversion"], abs=1e-4)


def test_top_products(dashboard: str, answers: Truth) -> None:
    found = {
        row["product_id"]: (money(row["revenue"]), row["quantity"], row["orders"])
        for row in ask(dashboard, answers, "top-products", limit="1000")
    }
    assert found == {
        row["product_id"]: (money(row["revenue"]), row["quantity"], row["orders"])
        for row in answers["products"]
        if row["status"] == "completed"
    }


def test_conversion_funnel(dashboard: str, answers: Truth) -> None:
    rows = ask(dashboard, answers, "conversion-funnel")
    assert [{"step": row["step"], "users": row["users"]} for row in rows] == answers["funnel"]


def test_hourly_activity(dashboard: str, answers: Truth) -> None:
    since = answers["hours"][0]["from"][:10]
    rows = ask(dashboard, answers, "hourly-activity", since=since)
    found = {
        row["hour"][:13]: (row["event_count"], row["unique_users"], money(row["revenue"]))
        for row in rows
        if row["event_count"]
    }
    assert found == {
        row["from"][:13]: (row["event_count"], row["unique_users"], money(row["revenue"]))
        for row in answers["hours"]
    }


def test_revenue_trend(dashboard: str, answers: Truth) -> None:
    found = [
        (
            row["period"][:7],
            *(money(row[n]) for n in ("gross", "refunds", "net")),
            row["orders"],
            row["buyers"],
        )
        for row in ask(dashboard, answers, "revenue-trend")
    ]
    assert found == [
        (row["month"], *(money(row[n]) for n in ("gross", "refunds", "net")), row["orders"], row["buyers"])
        for row in answers["months"]
    ]


def test_user_segments(dashboard: str, answers: Truth) -> None:
    found = [
        (row["segment"], row["users"], money(row["revenue"]), row["orders"])
        for row in ask(dashboard, answers, "user-segments")
    ]
    assert found == [
        (row["segment"], row["users"], money(row["revenue"]), row["orders"]) for row in answers["segments"]
    ]


def test_countries(dashboard: str, answers: Truth) -> None:
    found = [
        (row["country"], row["events"], row["unique_users"], money(row["revenue"]), row["purchases"])
        for row in ask(dashboard, answers, "query/country_stats")
    ]
    assert found == [
        (row["country"], row["events"], row["unique_users"], money(row["revenue"]), row["purchases"])
        for row in answers["countries"]
    ]


def test_top_users(dashboard: str, answers: Truth) -> None:
    found = [
        (row["user_id"], row["events"], row["event_types"], row["last_day"][:10])
        for row in ask(dashboard, answers, "query/top_users", limit="100")
    ]
    assert found == [
        (row["user_id"], row["events"], row["event_types"], row["last_day"]) for row in answers["top_users"]
    ]
