"""`footfall query` lists queries, answers them as a table, JSON or CSV, explains them and runs SQL."""

import io
import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet
import pytest
from clickhouse_connect.driver.client import Client

from footfall.config import Config
from tests import support
from tests.conftest import empty
from tests.query import shop
from tests.query.shop import DAY, NEXT

RANGE = ("--from", str(DAY), "--to", str(NEXT))


@pytest.fixture(scope="module", autouse=True)
def filled(config: Config, store_client: Client) -> None:
    empty(store_client)
    shop.fill(store_client)


def test_it_lists_the_catalogue(config: Config) -> None:
    done = support.run(config, "query")
    assert done.returncode == 0
    assert any(line.split()[:2] == ["stats", "Overview"] for line in done.stdout.splitlines())


def test_a_table_for_people(config: Config) -> None:
    done = support.run(config, "query", "country_stats", *RANGE, "--param", "limit=2")
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["country", "events", "unique_users", "revenue", "purchases"]
    assert [line.split()[:2] for line in lines[2:4]] == [["US", "11"], ["UK", "3"]]
    assert lines[4].startswith("2 rows; ")
    (*_, told) = support.run(config, "query", "stats", *RANGE).stdout.split("note: ")[0].splitlines()
    assert re.fullmatch(r"1 row; [\d,]+ rows? read in [\d.]+ ms", told)


def test_json_and_csv_for_programs(config: Config) -> None:
    answer = json.loads(support.run(config, "query", "stats", *RANGE, "--format", "json").stdout)
    assert answer["data"][0]["gross"] == 42.5
    table = support.run(config, "query", "country_stats", *RANGE, "--format", "csv").stdout
    assert table.splitlines()[0] == "country,events,unique_users,revenue,purchases"


def test_files_for_programs(config: Config) -> None:
    lines = support.run(config, "query", "top_users", *RANGE, "--format", "ndjson").stdout.splitlines()
    assert json.loads(lines[0])["user_id"] == "1"
    command = [sys.executable, "-m", "footfall", "query", "-", "--format", "parquet"]
    done = subprocess.run(
        command, env=support.environ_of(config), input=b"SELECT 7 AS n", capture_output=True, check=True
    )
    assert pyarrow.parquet.read_table(io.BytesIO(done.stdout)).to_pylist() == [{"n": 7}]


def test_sql_that_finds_nothing_still_names_its_columns(config: Config) -> None:
    done = support.run(config, "query", "-", text="SELECT event_type, user_id FROM events WHERE user_id = 77")
    assert done.stdout.splitlines()[0].split() == ["event_type", "user_id"]
    table = support.run(config, "query", "-", "--format", "csv", text="SELECT 1 AS n WHERE 0")
    assert table.stdout == "n\n"


def test_queries_of_the_users_own_run_beside_the_broken_ones(config: Config, tmp_path: Path) -> None:
    header = "-- title: Mine\n-- description: d\n-- reads: events\n-- column: n count ; n\n"
    (tmp_path / "mine.sql").write_text(
        header
        + "-- param: from DateTime64(3, 'UTC') = today-29d ; any ; start\n"
        + "-- param: to DateTime64(3, 'UTC') = now ; any ; end\n"
        + "SELECT count() AS n FROM footfall.events WHERE event_timestamp >= {from:DateTime64(3, 'UTC')}\n"
        + "AND event_timestamp < {to:DateTime64(3, 'UTC')} AND {part:event_filters}\n"
    )
    (tmp_path / "broken.sql").write_text(header)
    (tmp_path / "writes.sql").write_text(header + "INSERT INTO footfall.events (user_id) SELECT 1\n")
    own = replace(config, queries=str(tmp_path))
    listed = support.run(own, "query")
    assert any(line.split()[:2] == ["mine", "Mine"] for line in listed.stdout.splitlines())
    assert listed.stderr.splitlines() == [
        f"footfall: left out: {tmp_path}/broken.sql: there is no statement under the header"
    ]
    mine = support.run(own, "query", "mine", *RANGE, "--param", "country=UK", "--format", "csv")
    assert mine.stdout == "n\n3\n"
    assert "broken.sql: there is no statement" in support.run(own, "query", "broken").stderr
    refused = support.run(own, "query", "writes")
    assert refused.returncode == 1 and refused.stderr.count("\n") == 1


def test_a_plan(config: Config) -> None:
    done = support.run(config, "query", "event_types", *RANGE, "--explain")
    assert done.returncode == 0
    assert "mv_hourly_events" in done.stdout


def test_sql_runs_as_analyst(config: Config) -> None:
    done = support.run(config, "query", "-", text="SELECT count() AS n FROM events")
    assert done.stdout.splitlines()[0].strip() == "n"
    refused = support.run(config, "query", "-", text="DROP TABLE events")
    assert refused.returncode == 1
    assert refused.stderr.startswith("footfall: ")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("nothing_like_it",), "there is no query nothing_like_it"),
        (("stats", "--param", "limit"), "it takes NAME=VALUE"),
        (("-", "--explain"), "takes no parameters"),
        (("stats", "--from", "soon"), "from is 'soon'; it takes"),
        (("stats", "--param", "colour=red"), "stats has no parameter colour; it takes browser, category"),
    ],
)
def test_wrong_usage_exits_with_2(config: Config, arguments: tuple[str, ...], told: str) -> None:
    done = support.run(config, "query", *arguments, text="SELECT 1")
    assert done.returncode == 2
    assert told in done.stderr


def test_what_data_holds_cannot_steer_the_terminal(config: Config) -> None:
    done = support.run(config, "query", "-", text="SELECT 'a\\x1b[31mb' AS t")
    assert "\x1b" not in done.stdout and "a\N{REPLACEMENT CHARACTER}[31mb" in done.stdout


def test_a_store_that_is_away_is_one_clear_line(own_config: Config) -> None:
    done = support.run(own_config, "query", "stats")
    assert done.returncode == 1
    assert done.stderr.startswith("footfall: the store does not answer") and done.stderr.count("\n") == 1
