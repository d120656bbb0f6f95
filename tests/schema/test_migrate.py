"""`footfall migrate` on an engine of its own: a new, half made, older, foreign or newer database."""

import dataclasses
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from footfall import store
from footfall.config import Config
from footfall.errors import StoreUnavailable, UsageError
from footfall.schema import migrate as module
from footfall.schema import projections, rebuild, statements
from footfall.schema.migrate import migrate, pending, upgrade
from footfall.schema.statements import FIRST_VERSION
from tests import support
from tests.schema.support import drop, event, insert, merge, moment, order, rows, schema

RELEASE = Path(__file__).parent / "releases" / "1"


class Killed(Exception):
    """Stands for `kill -9` between two statements."""


class Mortal:
    """A client that dies before its `limit`-th statement; queries are not counted, as they change nothing."""

    def __init__(self, client: Client, limit: int) -> None:
        self.client, self.left = client, limit

    def command(self, cmd: str, parameters: dict[str, Any] | None = None) -> Any:
        if self.left == 0:
            raise Killed
        self.left -= 1
        return self.client.command(cmd, parameters=parameters)

    def query(self, query: str, parameters: dict[str, Any] | None = None) -> Any:
        return self.client.query(query, parameters=parameters)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Config]:
    """A running engine without Footfall's databases."""
    config = support.make_config(tmp_path_factory.mktemp("migrate"))
    process = support.start("engine", config)
    yield config
    process.stop()


@pytest.fixture
def client(engine: Config) -> Iterator[Client]:
    """The owner's client of an engine without Footfall's databases."""
    with store.connect(engine, "footfall", database=None) as client:
        drop(client)
        yield client


@pytest.fixture(scope="module")
def snapshot(engine: Config) -> dict[str, str]:
    """The schema that a new database gets."""
    with store.connect(engine, "footfall", database=None) as client:
        drop(client)
        upgrade(client, engine)
        return schema(client)


def test_a_new_database_gets_every_object_and_every_version(engine: Config, client: Client) -> None:
    report = migrate(engine)
    assert set(report.created) == {statement.name for statement in statements.snapshot()}
    assert report.migrated == []
    versions = [m.version for m in statements.migrations()]
    assert module._versions(client) == {FIRST_VERSION, *versions}
    assert pending(client) == []


def test_a_second_run_changes_nothing(engine: Config, client: Client) -> None:
    migrate(engine)
    state = (
        "SELECT database, name, uuid, metadata_modification_time FROM system.tables"
        " WHERE database IN ('footfall', 'footfall_private')"
    )
    before = rows(client, state), rows(client, "SELECT * FROM footfall_private.schema_migrations FINAL")
    report = migrate(engine)
    assert list(report.lines()) == [f"schema is at version {report.version}; nothing to do"]
    after = rows(client, state), rows(client, "SELECT * FROM footfall_private.schema_migrations FINAL")
    assert sorted(before[0]) == sorted(after[0])
    assert sorted(before[1]) == sorted(after[1])


def test_a_run_that_dies_before_any_statement_is_finished_by_the_next(
    engine: Config, client: Client, snapshot: dict[str, str]
) -> None:
    deaths = die_before_each_statement(engine, client)
    assert deaths > len(statements.snapshot())
    assert schema(client) == snapshot


def test_an_upgrade_that_dies_before_any_statement_is_finished_by_the_next(
    engine: Config, client: Client, snapshot: dict[str, str]
) -> None:
    upgrade(client, engine, RELEASE)
    fill(client, "old")
    deaths = die_before_each_statement(engine, client)
    assert deaths > len(statements.migrations())
    assert schema(client) == snapshot
    assert_nothing_is_lost(client, ["old"])


def test_an_old_release_that_died_half_way_is_upgraded(
    engine: Config, client: Client, snapshot: dict[str, str]
) -> None:
    with pytest.raises(Killed):
        upgrade(Mortal(client, 9), engine, RELEASE)
    upgrade(client, engine)
    assert schema(client) == snapshot


def test_an_older_database_is_upgraded_to_the_snapshot_without_loss(
    engine: Config, client: Client, snapshot: dict[str, str]
) -> None:
    upgrade(client, engine, RELEASE)
    assert module._versions(client) == {FIRST_VERSION}
    fill(client, "old")
    report = upgrade(client, engine)
    assert len(report.migrated) == len(statements.migrations())
    assert schema(client) == snapshot
    fill(client, "new")
    assert_nothing_is_lost(client, ["old", "new"])
    wait_for_mutations(client)
    filled = rows(
        client,
        "SELECT DISTINCT table || '.' || name FROM system.projection_parts"
        " WHERE active AND database = 'footfall' AND table IN ('events', 'orders')",
    )
    names = (
        "events.proj_by_user",
        "events.proj_by_session",
        "events.proj_daily_devices",
        "orders.proj_by_amount",
    )
    assert {(name,) for name in names} <= set(filled)
    assert_nothing_is_lost(client, ["old", "new"])


def test_a_process_that_is_killed_leaves_what_the_next_one_finishes(
    engine: Config, client: Client, snapshot: dict[str, str]
) -> None:
    process = support.launch("migrate", engine)
    support.wait_until(lambda: len(schema(client)) >= 4 or process.popen.poll() is not None)
    process.kill()
    assert process.popen.returncode == -9
    finished = support.run(engine, "migrate")
    assert finished.returncode == 0, finished.stderr
    assert schema(client) == snapshot


def test_two_processes_at_once_take_turns(engine: Config, client: Client, snapshot: dict[str, str]) -> None:
    upgrade(client, engine, RELEASE)
    fill(client, "old")
    both = [support.launch("migrate", engine) for _ in range(2)]
    for process in both:
        process.popen.wait(60)
        assert process.popen.returncode == 0, process.output()
    outputs = sorted(process.output() for process in both)
    assert sum("nothing to do" in output for output in outputs) == 1
    assert schema(client) == snapshot
    assert_nothing_is_lost(client, ["old"])


def test_a_database_that_somebody_else_made_is_refused(engine: Config, client: Client) -> None:
    client.command("CREATE DATABASE footfall")
    client.command("CREATE TABLE footfall.events (id UInt64) ENGINE = MergeTree ORDER BY id")
    with pytest.raises(UsageError, match="did not make"):
        migrate(engine)


def test_a_database_of_a_newer_release_is_refused(engine: Config, client: Client) -> None:
    migrate(engine)
    module._record(client, [(9999, "from_the_future")])
    with pytest.raises(UsageError, match="version 9999"):
        migrate(engine)


def test_a_store_that_does_not_answer_is_one_clear_line(own_config: Config) -> None:
    with pytest.raises(StoreUnavailable, match="footfall engine"):
        migrate(own_config)


def test_settings_of_the_ttls_are_applied_and_only_where_they_differ(engine: Config, client: Client) -> None:
    migrate(engine)
    changed = dataclasses.replace(engine, events_ttl_days=30, orders_ttl_days=0, rollups_ttl_days=0)
    assert sorted(migrate(changed).changed) == [
        "footfall.events keeps its rows 30 days",
        "footfall.orders keeps its rows for ever",
    ]
    assert migrate(changed).changed == []
    kept = dataclasses.replace(engine, rollups_ttl_days=400)
    assert len(migrate(kept).changed) == 8
    assert migrate(kept).changed == []


def test_expired_rows_leave_the_raw_table_and_stay_in_its_rollups(engine: Config, client: Client) -> None:
    migrate(dataclasses.replace(engine, events_ttl_days=0))
    today = datetime.now(UTC).date()
    for days in (0, 40, 400):
        insert(client, "events", [event("page_view", moment(today, -86_400 * days), 1)], f"ttl{days}")
    count = "SELECT count() FROM footfall.events"
    merge(client, ["events"])
    assert rows(client, count) == [(3,)]
    migrate(dataclasses.replace(engine, events_ttl_days=30))
    wait_for_mutations(client)
    merge(client, ["events", "mv_hourly_events"])
    support.wait_until(lambda: rows(client, count) == [(1,)])
    assert rows(client, "SELECT sum(event_count) FROM footfall.mv_hourly_events") == [(3,)]


@pytest.mark.parametrize(
    "settings",
    [
        {"rollups_ttl_days": 89},
        {"rollups_ttl_days": 364},
        {"events_ttl_days": 0, "rollups_ttl_days": 1000},
        {"orders_ttl_days": 0, "rollups_ttl_days": 1000},
        {"events_ttl_days": 36_501},
    ],
)
def test_ttls_that_lose_a_rollup_before_its_proof_are_refused(
    own_config: Config, settings: dict[str, Any]
) -> None:
    with pytest.raises(UsageError, match="FOOTFALL_"):
        migrate(dataclasses.replace(own_config, **settings))


def die_before_each_statement(engine: Config, client: Client) -> int:
    """Runs again and again, each time dying after the first statement that is new; returns how often."""
    deaths, limit, before = 0, 0, state(client)
    while deaths < 300:
        try:
            upgrade(Mortal(client, limit), engine)
        except Killed:
            deaths += 1
        else:
            return deaths
        after = state(client)
        limit = 1 if after != before else limit + 1
        before = after
    raise AssertionError("it never finished")


def state(client: Client) -> tuple[list[tuple[Any, ...]], dict[str, str], set[int]]:
    """What a statement of a migration may have changed."""
    objects = schema(client)
    versions = module._versions(client) if "footfall_private.schema_migrations" in objects else set()
    databases = rows(client, "SELECT name FROM system.databases ORDER BY name")
    return databases, objects, versions


def fill(client: Client, tag: str) -> None:
    """Two blocks of events and one of orders, today and yesterday."""
    today = datetime.now(UTC).date()
    for number in range(2):
        insert(
            client,
            "events",
            [
                event(
                    "purchase" if n % 10 == 0 else "page_view",
                    moment(today, -86400 * (n % 2) - n),
                    n % 23,
                    session_id=f"{tag}-{number}-{n % 50}",
                    revenue="2.5" if n % 10 == 0 else "0",
                )
                for n in range(200)
            ],
            f"{tag}-events-{number}",
        )
    lines = [
        order(f"{tag}-{n // 2}", "completed", moment(today, -n), line_id=str(n % 2), total_amount="1.25")
        for n in range(100)
    ]
    insert(client, "orders", lines, f"{tag}-orders")


def assert_nothing_is_lost(client: Client, tags: list[str]) -> None:
    """Raw rows are all there, and each rollup equals them, merged or not."""
    for _ in range(2):
        assert rows(client, "SELECT count(), sum(revenue) FROM footfall.events") == [
            (400 * len(tags), 100 * len(tags))
        ]
        assert rows(
            client,
            "SELECT sum(event_count), uniqMerge(unique_users), sum(revenue) FROM footfall.mv_country_stats",
        ) == rows(
            client,
            "SELECT count(), uniqIf(user_id, user_id != 0), sum(revenue) FROM footfall.events",
        )
        assert rows(client, "SELECT sum(event_count) FROM footfall.mv_hourly_events") == [(400 * len(tags),)]
        assert rows(client, "SELECT countMerge(total_events) FROM footfall.mv_user_funnel") == [
            (400 * len(tags),)
        ]
        assert rows(
            client, "SELECT sum(total_revenue), uniqMerge(order_count) FROM footfall.mv_product_revenue"
        ) == [(125 * len(tags), 50 * len(tags))]
        merge(client)


def wait_for_mutations(client: Client) -> None:
    support.wait_until(
        lambda: rows(client, "SELECT count() FROM system.mutations WHERE NOT is_done") == [(0,)]
    )


def test_projections_are_left_to_merges(fresh_store: Config, store_client: Client) -> None:
    tables = store_client.query(
        "SELECT name FROM system.tables WHERE database = 'footfall'"
        " AND engine_full LIKE '%materialize_projections_on_insert = 0%' ORDER BY name"
    ).result_rows
    assert [name for (name,) in tables] == [
        "daily_user_activity", "events", "mv_hourly_events", "mv_user_funnel", "orders", "users"
    ]  # fmt: skip
    assert migrate(fresh_store).changed == []


def test_what_has_no_codec_is_compressed_by_zstd(fresh_store: Config, store_client: Client) -> None:
    found = rows(
        store_client,
        "SELECT name, extract(engine_full, 'default_compression_codec = .ZSTD.([0-9])') FROM system.tables"
        " WHERE database = 'footfall' AND engine LIKE '%MergeTree'",
    )
    assert set(rebuild.rollups()) < {name for name, _ in found}
    assert all(level == ("1" if name in rebuild.rollups() else "3") for name, level in found)


def test_who_came_before_an_upgrade_is_in_what_it_adds(engine: Config, client: Client) -> None:
    """`steps` of old rows come from their states, `visitors` from the raw rows."""
    upgrade(client, engine, RELEASE)
    fill(client, "old")
    upgrade(client, engine)
    asked = (
        "SELECT user_id, groupBitOr(steps), (sumMerge(page_views) > 0) + 2 * (sumMerge(product_views) > 0)"
        " + 4 * (sumMerge(add_to_cart) > 0) + 8 * (sumMerge(checkouts) > 0) + 16 * (sumMerge(purchases) > 0)"
        " FROM footfall.mv_user_funnel WHERE user_id != 0 GROUP BY user_id"
    )
    funnel = rows(client, asked)
    assert funnel and all(bits == due for _, bits, due in funnel)
    visitors = "SELECT uniqCombined64Merge(visitors), uniqMerge(unique_users) FROM footfall.mv_country_stats"
    ((small, users),) = rows(client, visitors)
    assert small == users > 0
    merge(client)
    assert sorted(rows(client, asked)) == sorted(funnel)
    assert rows(client, visitors) == [(small, users)]


def test_a_shop_keeps_its_currency(fresh_store: Config, store_client: Client) -> None:
    insert(
        store_client,
        "events",
        [event("purchase", moment(datetime.now(UTC).date(), 1), 1, currency="USD")],
        "c",
    )
    with pytest.raises(UsageError, match="holds money in USD, but FOOTFALL_CURRENCY is EUR"):
        migrate(dataclasses.replace(fresh_store, currency="EUR"))
    assert migrate(fresh_store).changed == []


def test_a_wrong_password_is_one_line(config: Config) -> None:
    with pytest.raises(
        UsageError, match="refuses user footfall: its password is neither FOOTFALL_PASSWORD nor"
    ):
        migrate(dataclasses.replace(config, password="wrong"))


def test_a_large_part_gets_its_projections_at_the_next_run(engine: Config, client: Client) -> None:
    """The store merges a part without projections with such parts only: one alone never gets any."""
    migrate(engine)
    client.command(
        "INSERT INTO footfall.events (event_id, event_type, event_timestamp, user_id)"
        " SELECT generateUUIDv4(), 'page_view', toStartOfMonth(now()), number FROM numbers({rows:UInt32})",
        parameters={"rows": projections.FEWEST_ROWS},
    )
    merge(client, ["mv_user_funnel", "daily_user_activity"])
    client.command("SYSTEM STOP MERGES footfall.events")
    assert migrate(engine).changed == ["projections are filled: events"], "which nobody waits for"
    client.command("SYSTEM START MERGES footfall.events")
    wait_for_mutations(client)
    held = rows(client, "SELECT arraySort(projections) FROM system.parts WHERE table = 'events' AND active")
    assert held == [(sorted(re.findall(r"proj_\w+", projections.FILL["events"])),)]
    assert migrate(engine).changed == []


def test_every_projection_is_among_those_that_are_filled(store_client: Client) -> None:
    there = rows(store_client, "SELECT table, name FROM system.projections WHERE database = 'footfall'")
    filled = {(t, name) for t, sql in projections.FILL.items() for name in re.findall(r"proj_\w+", sql)}
    assert set(there) == filled
