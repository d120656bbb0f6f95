"""`footfall doctor --schema` tells what queries were served by: those of the log, and the shop's own."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client

from footfall.config import Config
from footfall.doctor.schema import findings
from footfall.query.insert_cost import COPIES
from footfall.schema.usage import Object, usage
from tests.conftest import empty
from tests.support import ROOT, environ_of

TIMELINE = (
    "SELECT event_type, event_timestamp, revenue FROM peers_brief.events WHERE user_id = {user:UInt64}"
    " ORDER BY event_timestamp DESC LIMIT 50"
)
SESSION = (
    "SELECT count() FROM peers_brief.events WHERE session_id = {s:String}"
    " SETTINGS optimize_use_projections = 0"
)
OWN = {
    "shop_countries": (
        "-- title: Of a country\n-- description: Counted.\n-- reads: events\n-- column: n count ; events\n"
        "SELECT count() AS n FROM footfall.events WHERE country = 'DE' AND event_type = 'page_view'"
    ),
    "shop_session": (
        "-- title: Events of a session\n-- description: Counted.\n-- reads: events\n"
        "-- param: session_id String = ; any, required ; the session\n-- column: n count ; events\n"
        "SELECT count() AS n FROM footfall.events WHERE session_id = {session_id:String}"
    ),
    "shop_products": (
        "-- title: Products\n-- description: Counted.\n-- reads: products\n-- column: n count ; products\n"
        "SELECT uniqExact(category) AS n FROM footfall.products"
    ),
    "shop_colour": (
        "-- title: Events of a colour\n-- description: Counted.\n-- reads: events\n"
        "-- param: colour String = ; any, required ; the colour\n-- column: n count ; events\n"
        "SELECT count() AS n FROM footfall.events WHERE properties = {colour:String}"
    ),
}


@pytest.fixture(scope="module")
def asked(store_client: Client, brief: str) -> str:
    """The brief's database, some of its queries in the log."""
    for user in (34, 35):
        store_client.query(TIMELINE, parameters={"user": user})
    store_client.query(SESSION, parameters={"s": "nobody's"})
    store_client.command("SYSTEM FLUSH LOGS")
    return brief


@pytest.fixture
def visits(store_client: Client) -> Iterator[None]:
    """A few events."""
    empty(store_client)
    store_client.command(
        "INSERT INTO footfall.events"
        " (event_id, event_type, event_timestamp, user_id, session_id, country)"
        " SELECT generateUUIDv4(), 'page_view', now64(3), 1 + number, toString(intDiv(number, 70)),"
        " ['DE', 'FR', 'US'][1 + number % 3] FROM numbers(20000)"
    )
    store_client.command("OPTIMIZE TABLE footfall.events FINAL")
    yield
    empty(store_client)


def test_what_queries_used_is_told_from_what_none_did(store_client: Client, asked: str) -> None:
    seen = usage(store_client, asked)
    assert (seen.queries, seen.not_understood) == (2, 0)
    used = {each: use for each, use in seen.objects.items() if use.kinds}
    assert used.keys() == {
        Object("projection", "events", "proj_by_user"),
        Object("index", "events", "idx_session_id"),
    }
    timeline = used[Object("projection", "events", "proj_by_user")]
    assert (timeline.kinds, timeline.times) == (1, 2)
    assert "user_id = " in timeline.costliest
    assert len(seen.unused) == len(seen.objects) - 2


def test_what_the_doctor_asks_itself_is_no_use(store_client: Client, asked: str) -> None:
    before = usage(store_client, asked)
    store_client.command("SYSTEM FLUSH LOGS")
    assert usage(store_client, asked) == before


def test_without_queries_nothing_is_called_unused(config: Config, store_client: Client) -> None:
    store_client.command("CREATE DATABASE unasked")
    try:
        store_client.command(
            "CREATE TABLE unasked.rows (n UInt64, INDEX idx n TYPE minmax) ENGINE = MergeTree ORDER BY n"
            " SETTINGS non_replicated_deduplication_window = 100"
        )
        told = list(findings(config, "unasked"))
    finally:
        store_client.command("DROP DATABASE unasked SYNC")
    assert [finding.good for finding in told] == [True, True]
    assert told[1].text.startswith("the query log has no query of the last 7 days")


def doctor(config: Config, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "footfall", "doctor", "--schema", *arguments],
        cwd=ROOT,
        env=environ_of(config) | environment,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def rows_of(printed: str) -> list[list[str]]:
    """The rows of the tables that a command prints."""
    lines = (line for line in printed.splitlines() if line.startswith("│"))
    return [[cell.strip() for cell in line.split("│")[1:-1]] for line in lines]


def test_the_command_tells_faults_and_use_of_any_database(config: Config, asked: str) -> None:
    told = doctor(config, "--database", asked)
    assert (told.returncode, told.stderr) == (1, "")
    assert "WRONG  mv_hourly_events: unique_users is uniq as a plain value" in told.stdout
    assert "WRONG  index events.idx_browser served none of 2 kinds of query of the last 7 days" in told.stdout
    assert "index events.idx_session_id served none" not in told.stdout
    rows = {row[0]: row for row in rows_of(told.stdout)}
    assert rows.keys() == {"events.idx_session_id", "events.proj_by_user"}
    assert rows["events.proj_by_user"][1:3] == ["1", "2"]
    assert rows["events.proj_by_user"][3].startswith("SELECT event_type, event_timestamp, revenue FROM")
    with_it, without = map(int, rows["events.idx_session_id"][-2:])
    assert (with_it, without >= 5) == (0, True)  # a granule more where the rows are of two months
    nobody = doctor(config, "--database", "nobody")
    assert (nobody.returncode, nobody.stderr) == (2, "footfall: there is no database nobody\n")


def test_the_command_tells_what_each_object_is_worth_to_footfalls_queries_and_the_shops(
    config: Config, visits: None, tmp_path: Path
) -> None:
    for name, text in OWN.items():
        (tmp_path / f"{name}.sql").write_text(text)
    told = doctor(config, FOOTFALL_QUERIES=str(tmp_path))
    assert (told.returncode, told.stderr) == (0, "")
    assert "good   footfall: figures add up" in told.stdout
    served = {(row[0], row[1]) for row in rows_of(told.stdout) if len(row) == 8}
    assert ("events.proj_by_user", "user_timeline") in served
    assert ("events.proj_by_country", "shop_countries") in served
    assert ("events.idx_session_id", "shop_session") in served
    assert "shop_products is served by no index or projection" in told.stdout
    assert "shop_colour is not asked: colour is required" in told.stdout


def test_what_objects_cost_an_insert_is_told_by_copies_that_are_gone_afterwards(
    config: Config, store_client: Client, fresh_store: Config
) -> None:
    store_client.command(
        "INSERT INTO footfall.users (user_id, registration_date, updated_at)"
        " SELECT number, today(), now64(3) FROM numbers(3000)"
    )
    before = store_client.query("SELECT count() FROM footfall.users").result_rows
    told = doctor(config, "--inserts")
    assert (told.returncode, told.stderr) == (0, "")
    costs = {row[0]: row[1:] for row in rows_of(told.stdout) if len(row) == 3}
    assert costs.keys() == {"users.idx_user_country", "users.idx_user_id", "users.proj_by_registration"}
    assert len([float(cell) for row in costs.values() for cell in row]) == 6
    assert store_client.query("SELECT count() FROM footfall.users").result_rows == before
    store_client.command(f"CREATE DATABASE {COPIES}")  # fails where the command left it
    try:
        refused = doctor(config, "--inserts")
    finally:
        store_client.command(f"DROP DATABASE {COPIES} SYNC")
    assert refused.returncode == 2
    assert f"there is a database {COPIES}" in refused.stderr
