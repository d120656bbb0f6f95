"""`footfall audit --heal`: what differs is made anew while ingest runs, and nothing is lost or doubled."""

import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from footfall import store
from footfall.config import Config
from footfall.errors import StoreUnavailable
from footfall.ingest import fence
from footfall.ingest.inbox import Inbox
from footfall.query import terminal
from footfall.schema.migrate import migrate
from footfall.schema.rebuild import Month
from footfall.upkeep.backfill import backfill
from footfall.upkeep.heal import audit
from tests import support
from tests.conftest import empty
from tests.crash.shop import Shop
from tests.ingest.client import Client, settle
from tests.schema.support import event, insert
from tests.upkeep.support import ROLLUPS, PacedShop, Start, Watch, sending, tear, wrong

ALWAYS = date(2020, 1, 1), date(2100, 1, 1)
OPTIONS = ("--from", "2020-01-01", "--to", "2100-01-01")


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Config]:
    """A stack of this module's own whose engine runs."""
    config = support.make_config(tmp_path_factory.mktemp("heal"))
    process = support.start("engine", config)
    migrate(config)
    yield config
    process.stop()


@pytest.fixture
def stack(engine: Config) -> Config:
    """As `engine`, with every table empty, and the inbox: no ingest of an earlier test runs."""
    shutil.rmtree(engine.data_dir / "inbox", ignore_errors=True)
    with store.connect(engine, "footfall") as client:
        empty(client)
    return engine


def fill(config: Config, shop: Shop) -> None:
    """Some rows of every kind, settled."""
    with sending(shop):
        while shop.events < 1_000 or shop.orders < 50:
            time.sleep(0.02)
    settle(Client(config))


def test_rollups_are_healed_beside_a_running_ingest(
    stack: Config, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal, "catalogue", lambda _: {})  # named queries are audited elsewhere
    start("ingest", stack)
    shop = PacedShop(stack)
    fill(stack, shop)
    with store.connect(stack, "footfall") as client:
        tear(client)
        assert wrong(stack, shop)
        with sending(shop):
            found = audit(stack, heal=True)
        told = list(found.lines())
        assert not found.differs, told
        assert all(any(f"rebuilt {rollup} " in line for line in told) for rollup in ROLLUPS), told
        assert wrong(stack, shop) == []
        drafts = "SELECT name FROM system.tables WHERE database = 'footfall_private' AND name LIKE 'rebuild%'"
        assert client.query(drafts).result_rows == []


def test_readers_see_the_old_month_or_the_new_one_and_never_a_part(stack: Config) -> None:
    now = datetime.now(UTC)
    with store.connect(stack, "footfall") as client:
        views = [event("page_view", now - timedelta(hours=n % 5), 1 + n % 50) for n in range(2_000)]
        insert(client, "events", views, "views")
        client.command(
            "INSERT INTO mv_hourly_events (event_date, event_hour, event_type, event_count)"
            " SELECT toDate(now() - INTERVAL 5 HOUR), 1, 'page_view', 7"
        )
    with Watch(stack, "SELECT sum(event_count) FROM mv_hourly_events") as watch:
        for _ in range(3):
            assert list(backfill(stack, "mv_hourly_events", *ALWAYS))
    found = [rows[0][0] for rows in watch.told]
    assert set(found) <= {2_000, 2_007}
    assert found[0] == 2_007 and found[-1] == 2_000


def test_what_is_older_than_raw_rows_is_carried_over_untouched(stack: Config) -> None:
    edge = datetime.now(UTC) - timedelta(days=stack.events_ttl_days)
    days = [edge + timedelta(days=n) for n in (-1, 0, 2)] + [datetime.now(UTC)]
    with store.connect(stack, "footfall") as client:
        insert(client, "events", [event("page_view", day, 5) for day in days], "views")
        client.command("OPTIMIZE TABLE events FINAL")
        assert client.query("SELECT count() FROM events").result_rows == [(2,)]
        for statement in (
            "INSERT INTO mv_hourly_events (event_date, event_hour, event_type, event_count)"
            " SELECT toDate({day:Date}), 1, 'page_view', 7",
            "INSERT INTO daily_user_activity (activity_date, user_id, activity_count)"
            " SELECT {day:Date}, 9, 7",
        ):
            client.command(statement, parameters={"day": days[2].date()})
        healed = support.run(stack, "audit", "--heal")
        assert healed.returncode == 0, healed.stdout
        told = support.run(stack, "backfill", "mv_country_stats", *OPTIONS).stdout
        assert f"raw rows of events reach back to {(edge + timedelta(days=1)).date()}" in told
        for query in (
            "SELECT event_date, sum(event_count) FROM mv_hourly_events GROUP BY 1 ORDER BY 1",
            "SELECT activity_date, sum(activity_count) FROM daily_user_activity GROUP BY 1 ORDER BY 1",
            "SELECT event_date, sum(event_count) FROM mv_country_stats GROUP BY 1 ORDER BY 1",
        ):
            assert client.query(query).result_rows == [(day.date(), 1) for day in days], query


_KILLED = """
import os, signal, sys
from datetime import date
from footfall import config
from footfall.query import terminal
from footfall.schema import rebuild
from footfall.upkeep.backfill import backfill
from footfall.upkeep.heal import audit

command, point = sys.argv[1:]
original = rebuild.Month._do

def do(self, statement, *arguments, **parameters):
    if point == "drafting" and "INSERT" in statement:
        os.kill(os.getpid(), signal.SIGKILL)
    if point == "behind the fence" and statement is rebuild._SWAP:
        os.kill(os.getpid(), signal.SIGKILL)
    original(self, statement, *arguments, **parameters)
    if point == "swapped" and statement is rebuild._SWAP:
        os.kill(os.getpid(), signal.SIGKILL)

rebuild.Month._do = do
terminal.catalogue = lambda _: {}
if command == "backfill":
    list(backfill(config.load(), "mv_user_funnel", date(2020, 1, 1), date(2100, 1, 1)))
else:
    audit(config.load(), heal=True)
"""


def test_a_run_that_is_killed_loses_nothing_and_the_next_is_exact(
    stack: Config, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal, "catalogue", lambda _: {})
    start("ingest", stack)
    shop = PacedShop(stack)
    fill(stack, shop)
    with store.connect(stack, "footfall") as client:
        tear(client)
    with sending(shop):
        for command, point in (
            ("backfill", "drafting"),
            ("backfill", "behind the fence"),
            ("audit --heal", "behind the fence"),
            ("backfill", "swapped"),
        ):
            killed = subprocess.run(
                [sys.executable, "-c", _KILLED, command, point],
                env=support.environ_of(stack),
                check=False,
                timeout=120,
            )
            assert killed.returncode == -signal.SIGKILL
        assert list(backfill(stack, "mv_user_funnel", *ALWAYS))
    found = audit(stack, heal=True)
    assert not found.differs, list(found.lines())
    assert wrong(stack, shop) == []


def test_ingest_that_is_killed_while_it_is_held_loses_nothing(
    stack: Config, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest = start("ingest", stack)
    shop = PacedShop(stack)
    fill(stack, shop)
    with store.connect(stack, "footfall") as client:
        tear(client)
    finish = Month.finish

    def killing(self: Month) -> bool:
        nonlocal ingest
        ingest.kill()
        ingest = start("ingest", stack)  # which holds, too
        return finish(self)

    monkeypatch.setattr(Month, "finish", killing)
    with sending(shop):
        for rollup in ROLLUPS:
            assert list(backfill(stack, rollup, *ALWAYS))
    assert wrong(stack, shop) == []


def test_a_block_without_acknowledgement_is_waited_for(tmp_path: Path) -> None:
    """Ingest died in the middle of a block: who makes rollups anew waits, for it will be sent again."""
    inbox = Inbox(tmp_path, 1 << 20)
    inbox.run(lambda c: c.execute("INSERT INTO blocks (block_id, lane, rows) VALUES (1, 'events', 0)"))
    with (
        pytest.raises(StoreUnavailable, match="1 blocks of ingest have no acknowledgement"),
        fence.raised(tmp_path, wait_s=0.2),
    ):
        raise AssertionError
    inbox.run(lambda c: c.execute("DELETE FROM blocks"))
    with fence.raised(tmp_path, wait_s=0.2):
        passage = fence.Passage(tmp_path)
        ended = threading.Event()
        ended.set()
        with passage.passed(ended) as passed:
            assert not passed
        passage.close()
    inbox.close()
