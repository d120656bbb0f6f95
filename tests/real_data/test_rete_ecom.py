"""Half a year of a clickstream, synthetic and made by others, gives the reference's answers."""

import json
from datetime import date, timedelta
from typing import Any

import pytest

from tests.real_data.conftest import Shop
from tests.support import SHARED_DATA

FOLDER = SHARED_DATA / "rete_ecom"
RANGE = {"from": "2024-01-01", "to": "2024-07-01"}


@pytest.fixture(scope="module")
def answers() -> dict[str, Any]:
    return dict(json.loads((FOLDER / "reference.json").read_text())["answers"])


@pytest.fixture(scope="module")
def imported(shop: Shop) -> list[str]:
    return shop.import_file(str(FOLDER / "events.csv.gz"), "--mapping", "rete_ecom")


@pytest.fixture
def events(shop: Shop, imported: list[str]) -> Shop:
    return shop


def test_every_line_is_accepted(imported: list[str]) -> None:
    assert imported == ["31106 rows: 31106 accepted, 0 duplicate, 0 rejected"]


def test_totals(events: Shop, answers: dict[str, Any]) -> None:
    (row,) = events.ask("event_totals", **RANGE)
    totals = answers["totals"]
    assert row["events"] == totals["rows"]
    assert row["users"] == totals["users"]
    assert row["events_without_user"] == totals["rows_without_user"]
    assert row["sessions"] == totals["sessions"]
    assert row["purchases"] == totals["orders"]
    assert row["buyers"] == totals["buyers"]
    assert row["revenue"] == totals["gross"]
    assert row["first_event"].strftime("%Y-%m-%d %H:%M:%S") == totals["ts_min"]
    assert row["last_event"].strftime("%Y-%m-%d %H:%M:%S") == totals["ts_max"]


def test_the_overview_says_the_same_from_the_rollups(events: Shop, answers: dict[str, Any]) -> None:
    (row,) = events.ask("stats", **RANGE)
    totals = answers["totals"]
    assert (row["visitors"], row["sessions"], row["events"]) == (
        totals["users"], totals["sessions"], totals["rows"],
    )  # fmt: skip
    assert row["conversion"] == pytest.approx(100 * totals["buyers"] / totals["users"], abs=0.00005)
    assert (row["orders"], row["gross"], row["aov"]) == (0, 0, None)


def test_types_of_events(events: Shop, answers: dict[str, Any]) -> None:
    rows = events.ask("event_types", **RANGE)
    assert {row["event_type"]: row["event_count"] for row in rows} == answers["totals"]["by_event"]


def test_hours(events: Shop, answers: dict[str, Any]) -> None:
    rows = events.ask("hourly_activity", **RANGE)
    assert len(rows) == 182 * 24
    assert [
        [row["hour"].strftime("%Y-%m-%d %H:%M:%S"), row["event_count"], row["unique_users"], row["revenue"]]
        for row in rows
        if row["event_count"]
    ] == answers["hourly"]


def test_days(events: Shop, answers: dict[str, Any]) -> None:
    rows = events.ask("daily_activity", **RANGE)
    assert [
        [f"{row['day']} 00:00:00", row["event_count"], row["unique_users"], row["revenue"]]
        for row in rows
        if row["event_count"]
    ] == answers["daily"]


def test_hours_of_the_day(events: Shop, answers: dict[str, Any]) -> None:
    rows = events.ask("hour_of_day", **RANGE)
    assert [
        [row["hour"], row["event_count"], row["unique_users"]] for row in rows if row["event_count"]
    ] == answers["hour_of_day"]


def test_months(events: Shop, answers: dict[str, Any]) -> None:
    rows = events.ask("activity_trend", grain="month", event_type="purchase", **RANGE)
    assert [
        [f"{row['period']:%Y-%m}", row["revenue"], 0.0, row["event_count"], row["unique_users"]]
        for row in rows
    ] == answers["monthly"]


@pytest.mark.parametrize(
    ("answer", "name", "params"),
    [
        ("platform", "devices", {"by": "device_type"}),
        ("channel", "sources", {"by": "utm_source"}),
        ("lifecycle", "properties", {"property": "user_lifecycle"}),
    ],
)
def test_breakdowns(
    events: Shop, answers: dict[str, Any], answer: str, name: str, params: dict[str, str]
) -> None:
    rows = events.ask(name, **params, **RANGE)
    found = [
        [row["value"], row["events"], row["unique_users"], row["purchases"], row["revenue"]] for row in rows
    ]
    assert sorted(found) == sorted(answers["breakdown"][answer])


@pytest.mark.parametrize("name", ["view_cart_purchase", "view_cart_shipping_payment_purchase"])
def test_funnels(events: Shop, answers: dict[str, Any], name: str) -> None:
    expected = answers["funnels"][name]

    def users(**params: str) -> list[int]:
        rows = events.ask("funnel", steps=",".join(expected["steps"]), **params, **RANGE)
        assert [row["event_type"] for row in rows] == expected["steps"]
        return [row["users"] for row in rows]

    assert users() == expected["wf_any"]
    assert users(mode="unordered") == expected["presence"]
    for seconds, reached in expected["wf_any_by_window_s"].items():
        assert users(window_ms=f"{seconds}000") == reached, f"window of {seconds} s"


def test_retention(events: Shop, answers: dict[str, Any]) -> None:
    rows = events.ask("retention", weeks="4", **RANGE)
    found: dict[str, list[int]] = {}
    for row in rows:
        found.setdefault(row["cohort"].isoformat(), [0] * 5)[row["week"]] = row["users"]
    assert [[cohort, *weeks] for cohort, weeks in found.items()] == answers["retention"]["cohorts"]
    ended = date(2024, 6, 29) - timedelta(days=34)
    complete = [weeks for cohort, weeks in found.items() if date.fromisoformat(cohort) <= ended]
    assert [sum(column) for column in zip(*complete, strict=True)] == answers["retention"]["overall"]


def test_the_same_file_again_adds_nothing(events: Shop) -> None:
    again = events.import_file(str(FOLDER / "events.csv.gz"), "--mapping", "rete_ecom")
    assert again == ["31106 rows: 0 accepted, 31106 duplicate, 0 rejected"]


def test_the_rollups_hold_what_the_raw_rows_hold(events: Shop) -> None:
    from tests import support

    done = support.run(events.config, "audit")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "mv_hourly_events: 177 days, all equal" in done.stdout.splitlines()
