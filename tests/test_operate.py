"""`footfall doctor`, `backup` and `restore`, on an engine of their own."""

from collections.abc import Iterator

import pytest

from footfall import store
from footfall.config import Config
from footfall.doctor import examine
from footfall.schema.migrate import migrate
from tests import support
from tests.schema.support import drop, event, insert, moment, rows
from tests.schema.test_rollups import HOURLY, TODAY


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Config]:
    """A running stack with three events."""
    config = support.make_config(tmp_path_factory.mktemp("operate"))
    engine = support.start("engine", config)
    migrate(config)
    with store.connect(config, "footfall") as client:
        block = [event("purchase", moment(TODAY, -60), user, revenue="1.5") for user in (0, 1, 2)]
        insert(client, "events", block, "operate")
    servers = [support.start(server, config) for server in ("ingest", "dashboard", "live")]
    yield config
    for process in (*servers, engine):
        process.stop()


def test_doctor_finds_nothing_wrong_with_a_good_stack(stack: Config) -> None:
    result = support.run(stack, "doctor")
    assert result.returncode == 0, result.stdout
    assert "WRONG" not in result.stdout
    assert "schema is what this release needs" in result.stdout


def test_doctor_says_what_is_wrong_and_exits_with_1(stack: Config) -> None:
    secrets = stack.data_dir / "secrets.toml"
    secrets.chmod(0o644)
    with store.connect(stack, "footfall") as client:
        client.command("DROP VIEW footfall.current_users SYNC")
        client.command("ALTER TABLE footfall.events MODIFY TTL event_date + INTERVAL 7 DAY")
    result = support.run(stack, "doctor")
    assert result.returncode == 1
    wrong = [line for line in result.stdout.splitlines() if line.startswith("WRONG")]
    assert len(wrong) == 3
    assert "readable by others" in wrong[0]
    assert "footfall.current_users" in wrong[1]
    assert "keeps its rows 7 days, the settings say 90 days" in wrong[2]
    secrets.chmod(0o600)
    migrate(stack)
    assert all(finding.good for finding in examine(stack))


def test_doctor_says_that_the_store_is_away(own_config: Config) -> None:
    result = support.run(own_config, "doctor")
    assert result.returncode == 1
    assert f"ingest does not answer at {own_config.url('ingest')}" in result.stdout
    assert f"store does not answer at {own_config.store_url}" in result.stdout


def test_a_backup_is_restored_into_an_empty_store(stack: Config) -> None:
    made = support.run(stack, "backup", "monday")
    assert made.returncode == 0, made.stderr
    refused = support.run(stack, "restore", "monday")
    assert refused.returncode == 2
    assert "empty store" in refused.stderr
    with store.connect(stack, "footfall", database=None) as client:
        before = rows(client, "SELECT * FROM footfall.events ORDER BY event_id"), rows(client, HOURLY[0])
        drop(client)
        missing = support.run(stack, "restore", "tuesday")
        assert (missing.returncode, missing.stderr) == (2, "footfall: there is no backup tuesday\n")
        restored = support.run(stack, "restore", "monday")
        assert restored.returncode == 0, restored.stderr
        assert "nothing to do" in restored.stdout
        after = rows(client, "SELECT * FROM footfall.events ORDER BY event_id"), rows(client, HOURLY[0])
        assert before == after
        insert(client, "events", [event("page_view", moment(TODAY, -30), 3)], "after")
        assert rows(client, "SELECT sum(event_count) FROM footfall.mv_hourly_events") == [(4,)]


def test_a_backup_that_exists_is_not_written_over(stack: Config) -> None:
    assert support.run(stack, "backup", "twice").returncode == 0
    again = support.run(stack, "backup", "twice")
    assert again.returncode == 2
    assert "there is a backup twice already" in again.stderr


@pytest.mark.parametrize("name", ["../outside", "a/b", "", ".hidden", "it's"])
def test_a_backups_name_cannot_leave_its_folder(stack: Config, name: str) -> None:
    refused = support.run(stack, "backup", name)
    assert refused.returncode == 2
    assert "name of a backup" in refused.stderr
