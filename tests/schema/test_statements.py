"""The schema's files: one statement each, described on top, with the brief's objects in full."""

import re
from pathlib import Path

import pytest

from footfall.schema import statements
from footfall.schema.statements import FIRST_VERSION, FOLDER

FILES = sorted(FOLDER.rglob("*.sql"))
SNAPSHOT = {statement.name: statement.sql for statement in statements.snapshot()}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_says_what_it_is_for_and_holds_one_statement(path: Path) -> None:
    text = path.read_text()
    assert text.startswith("-- ")
    body = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    assert body.strip() and ";" not in body
    assert set(re.findall(r"\{[^}]*\}", body)) <= {"{on_cluster}"} | set(
        re.findall(r"\{engine:[^}]*\}", body)
    )


def test_objects_come_after_what_they_depend_on() -> None:
    seen: set[str] = set()
    for name, sql in SNAPSHOT.items():
        reads = set(re.findall(r"\bfootfall(?:_private)?\.(\w+)", sql)) - {name}
        assert reads <= seen, name
        seen.add(name)


def test_migrations_are_numbered_without_gaps() -> None:
    versions = [migration.version for migration in statements.migrations()]
    assert versions == list(range(FIRST_VERSION + 1, FIRST_VERSION + 1 + len(versions)))


def test_events_has_the_fourteen_indices_and_eight_projections_of_the_brief() -> None:
    indices = re.findall(r"INDEX (\w+)", SNAPSHOT["events"])
    projections = re.findall(r"PROJECTION (\w+)", SNAPSHOT["events"])
    assert len(indices) == 14
    assert len(projections) == 8
    assert {"idx_event_type", "idx_device_type", "idx_country", "idx_session_id", "idx_page_url"} <= set(
        indices
    )
    assert {"idx_revenue", "idx_duration_seconds"} <= set(indices)
    assert {"proj_by_country", "proj_by_user", "proj_by_timestamp", "proj_daily_stats"} <= set(projections)


@pytest.mark.parametrize(
    ("table", "clauses"),
    [
        ("users", ["ENGINE = MergeTree", "ORDER BY (country, is_premium, user_id)"]),
        ("users", ["PROJECTION proj_by_registration", "INDEX idx_user_country"]),
        ("products", ["ENGINE = MergeTree", "ORDER BY (category, product_id)"]),
        (
            "events",
            ["ENGINE = MergeTree", "PARTITION BY toYYYYMM(event_date)", "TTL event_date + INTERVAL 90 DAY"],
        ),
        ("events", ["ORDER BY (event_type, event_date, user_id, event_timestamp)"]),
        (
            "orders",
            ["ENGINE = MergeTree", "PARTITION BY toYYYYMM(order_date)", "TTL order_date + INTERVAL 365 DAY"],
        ),
        ("orders", ["ORDER BY (status, order_date, user_id, order_timestamp)", "INDEX idx_status"]),
        ("orders", ["PROJECTION proj_by_user", "PROJECTION proj_by_product", "PROJECTION proj_by_amount"]),
        ("mv_hourly_events", ["ENGINE = SummingMergeTree", "ORDER BY (event_date, event_hour, event_type)"]),
        ("mv_user_funnel", ["ENGINE = AggregatingMergeTree", "ORDER BY (user_id, event_date)"]),
        ("mv_country_stats", ["ENGINE = SummingMergeTree", "ORDER BY (country, event_date)"]),
        ("daily_user_activity", ["ENGINE = SummingMergeTree", "ORDER BY (user_id, activity_date)"]),
        ("mv_product_revenue", ["ENGINE = SummingMergeTree", "ORDER BY (product_id, order_date, status)"]),
    ],
)
def test_engines_and_keys_are_the_briefs(table: str, clauses: list[str]) -> None:
    for clause in clauses:
        assert clause in SNAPSHOT[table]


def test_every_table_that_is_inserted_into_remembers_ten_thousand_blocks() -> None:
    for name, sql in SNAPSHOT.items():
        if "ENGINE = " in sql and name not in {"schema_migrations", "rollup_fills"}:
            assert "non_replicated_deduplication_window = 10000" in sql, name
