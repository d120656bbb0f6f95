"""`footfall doctor --schema` finds what is wrong with a schema, and nothing wrong with Footfall's."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from bench.peers.house import BRIEF
from clickhouse_connect.driver.client import Client

from footfall.config import Config
from footfall.schema.review import faults, unused
from tests.conftest import empty
from tests.support import ROOT, environ_of

WRONG = (
    "CREATE TABLE review.base (day Date, country String, plan String, user_id UInt64)"
    " ENGINE = MergeTree PARTITION BY toYYYYMM(day) ORDER BY day TTL day + INTERVAL 30 DAY"
    " SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 100",
    "CREATE TABLE review.by_country (day Date, country String, plan String, n UInt64)"
    " ENGINE = SummingMergeTree ORDER BY (day, country) SETTINGS non_replicated_deduplication_window = 100",
    "CREATE MATERIALIZED VIEW review.feed TO review.by_country AS"
    " SELECT day, country, plan, count() AS n FROM review.base GROUP BY day, country, plan",
)


@pytest.fixture
def brief(store_client: Client) -> Iterator[str]:
    """The brief's design taken literally, with a few rows and its own queries in the log."""
    store_client.command("CREATE DATABASE peers_brief")
    for file in sorted(BRIEF.glob("*.sql")):
        store_client.command(file.read_text())
    store_client.command(
        "INSERT INTO peers_brief.events (event_type, event_timestamp, event_date, user_id)"
        " SELECT 'page_view', now64(3), today(), number % 50 FROM numbers(20000)"
    )
    store_client.query(
        "SELECT event_type, event_timestamp, revenue FROM peers_brief.events WHERE user_id = 34"
        " ORDER BY event_timestamp DESC LIMIT 50"
    )
    store_client.command("SYSTEM FLUSH LOGS")
    yield "peers_brief"
    store_client.command("DROP DATABASE peers_brief SYNC")


def test_footfalls_own_schema_has_no_fault(store_client: Client) -> None:
    assert list(faults(store_client, "footfall")) == []


def test_the_briefs_design_taken_literally_is_found_out(store_client: Client, brief: str) -> None:
    found = list(faults(store_client, brief))
    for view, column, name in (
        ("mv_hourly_events", "unique_users", "uniq"),
        ("mv_country_stats", "unique_users", "uniq"),
        ("daily_user_activity", "event_types_used", "uniq"),
        ("mv_product_revenue", "avg_order_value", "avg"),
    ):
        assert any(line.startswith(f"{view}: {column} is {name} as a plain number") for line in found)
    assert sum("holds whole rows" in line for line in found) == 8
    assert any(line.startswith("events keeps no log of inserted blocks") for line in found)
    assert not any(line.startswith("mv_user_funnel:") for line in found)


def test_what_no_query_used_is_named(store_client: Client, brief: str) -> None:
    idle = unused(store_client, brief)
    assert idle.queries >= 1
    names = {name for _, table, name in idle.objects if table == "events"}
    assert {"proj_by_country", "idx_session_id", "idx_browser"} <= names
    assert "proj_by_user" not in names


def test_groups_that_a_key_does_not_hold_and_ttls_that_cannot_act(store_client: Client) -> None:
    store_client.command("CREATE DATABASE review")
    try:
        for statement in WRONG:
            store_client.command(statement)
        found = list(faults(store_client, "review"))
    finally:
        store_client.command("DROP DATABASE review SYNC")
    assert [line.split(":")[0] for line in found] == [
        "feed",
        "base drops whole parts only (ttl_only_drop_parts) and has partitions by toYYYYMM(day)",
    ]
    assert "groups by plan, which the sort key of by_country (day, country) does not hold" in found[0]


@pytest.fixture
def visits(store_client: Client) -> Iterator[None]:
    """A few events."""
    empty(store_client)
    store_client.command(
        "INSERT INTO footfall.events (event_id, event_type, event_timestamp, user_id, session_id)"
        " SELECT generateUUIDv4(), 'page_view', now64(3), 1 + number % 50, toString(number % 70)"
        " FROM numbers(20000)"
    )
    yield
    empty(store_client)


def test_the_command_tells_faults_and_worth(config: Config, brief: str, visits: None) -> None:
    def doctor(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "footfall", "doctor", "--schema", *arguments],
            cwd=ROOT,
            env=environ_of(config),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    of_footfall = doctor()
    assert of_footfall.returncode == 0, of_footfall.stderr
    assert "good   footfall: figures add up" in of_footfall.stdout
    assert "events.proj_by_user" in of_footfall.stdout
    of_brief = doctor("--database", brief)
    assert of_brief.returncode == 1
    assert "WRONG  mv_hourly_events: unique_users is uniq as a plain number" in of_brief.stdout
    nobody = doctor("--database", "nobody")
    assert (nobody.returncode, nobody.stderr) == (2, "footfall: there is no database nobody\n")
