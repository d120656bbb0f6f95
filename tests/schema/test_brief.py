"""The brief's four query patterns, exactly as printed there, over the store's own HTTP interface."""

import json
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from footfall.config import Config
from tests.schema.support import event, insert, moment

BRIEF = Path(__file__).parent / "brief"
PATTERNS = {f"Pattern {path.stem[-1]}": path.read_text() for path in BRIEF.glob("pattern_*.sql")}
TODAY = datetime.now(UTC).date()
YESTERDAY_S = -86_400


def ask(config: Config, sql: str) -> list[list[Any]]:
    """Runs a statement as a browser or curl would: one POST to the database `footfall`, as `reader`."""
    request = urllib.request.Request(
        f"{config.store_url}/?database=footfall&default_format=JSONCompact",
        data=sql.encode(),
        headers={"X-ClickHouse-User": "reader", "X-ClickHouse-Key": config.reader_password},
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        answer: list[list[Any]] = json.load(response)["data"]
        return answer


@pytest.fixture
def shop(store_client: Client, fresh_store: Config) -> Config:
    """A shop of five users, today from midnight on and yesterday."""
    rows = [
        event("page_view", moment(TODAY, 1), 1, country="US"),
        event("page_view", moment(TODAY, 2), 2, country="UK"),
        event("page_view", moment(TODAY, 3), 1234, country="DE"),
        event("purchase", moment(TODAY, 4), 1234, country="DE", revenue="19.99"),
        event("page_view", moment(TODAY, 5), 3, country="FR"),
        event("page_view", moment(TODAY, 6), 0, country="UK"),
        event("page_view", moment(TODAY, YESTERDAY_S + 7), 1234, country="DE"),
        event("page_view", moment(TODAY, YESTERDAY_S + 3_600), 4, country="UK"),
        event("page_view", moment(TODAY, -40 * 86_400), 4, country="UK"),
    ]
    for number, row in enumerate(rows):
        insert(store_client, "events", [row], f"brief{number}-{row['event_id']}")
    return fresh_store


def test_the_brief_prints_four_patterns() -> None:
    assert sorted(PATTERNS) == ["Pattern 1", "Pattern 2", "Pattern 3", "Pattern 4"]


def test_hourly_statistics(shop: Config) -> None:
    day, before = TODAY.isoformat(), moment(TODAY, YESTERDAY_S).date().isoformat()
    assert sorted(counts(ask(shop, PATTERNS["Pattern 1"]))) == [(before, 0, 1), (before, 1, 1), (day, 0, 6)]


def test_conversion_funnel(shop: Config) -> None:
    ((total, views, purchases, rate),) = ask(shop, PATTERNS["Pattern 2"])
    assert (int(total), int(views), int(purchases)) == (8, 7, 1)
    assert rate == pytest.approx(100 / 7)


def test_a_users_timeline(shop: Config) -> None:
    answer = ask(shop, PATTERNS["Pattern 3"])
    assert [(kind, float(revenue)) for kind, _, revenue in answer] == [
        ("purchase", 19.99),
        ("page_view", 0),
        ("page_view", 0),
    ]
    times = [when for _, when, _ in answer]
    assert times == sorted(times, reverse=True)


def test_countries_of_today(shop: Config) -> None:
    answer = ask(shop, PATTERNS["Pattern 4"])
    assert sorted((kind, int(count)) for kind, count in answer) == [("page_view", 4), ("purchase", 1)]


def counts(answer: list[list[Any]]) -> list[tuple[str, int, int]]:
    return [(day, int(hour), int(count)) for day, hour, count in answer]
