"""A migration adds a rollup to a store that is in use: it is filled from raw rows while ingest runs."""

import shutil
import time
from pathlib import Path

import pytest

from footfall import store
from footfall.config import Config
from footfall.schema import statements
from footfall.schema.migrate import migrate, upgrade
from footfall.upkeep import backfill
from tests import support
from tests.ingest.client import Client, settle
from tests.upkeep.support import PacedShop, Start, sending, wrong

TABLE = """-- mv_daily_browsers: events by day and browser.
CREATE TABLE IF NOT EXISTS footfall.mv_daily_browsers {on_cluster}
(
    event_date  Date,
    browser     LowCardinality(String),
    visitors    AggregateFunction(uniq, UInt64),
    events      UInt64
)
ENGINE = {engine:SummingMergeTree}
PARTITION BY toYYYYMM(event_date)
ORDER BY (event_date, browser)
SETTINGS non_replicated_deduplication_window = 10000
"""
FEED = """-- mv_daily_browsers_feed: the trigger that fills mv_daily_browsers on each insert into events.
CREATE MATERIALIZED VIEW IF NOT EXISTS footfall.mv_daily_browsers_feed {on_cluster}
TO footfall.mv_daily_browsers AS
SELECT count() AS events, browser, event_date, uniqState(user_id) AS visitors
FROM footfall.events
GROUP BY event_date, browser
"""
SUMS = (
    "SELECT event_date, browser, sum(events), uniqMerge(visitors) FROM mv_daily_browsers"
    " GROUP BY 1, 2 ORDER BY 1"
)
TRUTH = "SELECT event_date, browser, count(), uniq(user_id) FROM events GROUP BY 1, 2 ORDER BY 1"


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """The schema of a release with one rollup more."""
    folder = tmp_path / "release"
    for name in ("tables", "rollups", "migrations"):
        shutil.copytree(statements.FOLDER / name, folder / name)
    (folder / "rollups" / "mv_daily_browsers.sql").write_text(TABLE)
    (folder / "rollups" / "mv_daily_browsers_feed.sql").write_text(FEED)
    return folder


def test_it_is_filled_beside_a_running_ingest_also_when_the_run_is_killed(
    own_config: Config, release: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    start("engine", own_config)
    migrate(own_config)
    assert list(backfill.fill(own_config)) == []
    start("ingest", own_config)
    shop = PacedShop(own_config)
    with sending(shop):
        while shop.events < 1_000:
            time.sleep(0.02)
    settle(Client(own_config))
    with store.connect(own_config, "footfall") as client:
        with sending(shop):
            upgrade(client, own_config, release)
            monkeypatch.setattr(backfill, "rebuild", _killed)
            with pytest.raises(KeyboardInterrupt):
                list(backfill.fill(own_config, release))
            monkeypatch.undo()
            assert upgrade(client, own_config, release).created == []
            told = list(backfill.fill(own_config, release))
            assert told and all("rebuilt mv_daily_browsers" in line for line in told)
            assert list(backfill.fill(own_config, release)) == []
        assert wrong(own_config, shop) == []
        assert client.query(SUMS).result_rows == client.query(TRUTH).result_rows
    unknown = support.run(own_config, "backfill", "nothing", "--from", "2020-01-01", "--to", "2021-01-01")
    assert (unknown.returncode, "there is no rollup nothing" in unknown.stderr) == (2, True)


def _killed(*_: object) -> None:
    raise KeyboardInterrupt
