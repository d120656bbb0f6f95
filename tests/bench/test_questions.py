"""Questions asked of a shop run from end to end; how fast or small anything was is no matter of a test."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from bench.brief import FIGURES, Figure
from bench.charts import charts
from bench.page import PAGE, TEXT, page, results
from bench.published import PUBLISHED
from bench.run import QUESTIONS
from bench.targets import TARGETS
from clickhouse_connect.driver.client import Client

from footfall.config import Config
from footfall.dashboard.app import ENDPOINTS
from footfall.query import catalogue
from tests.support import ROOT


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the shop of the first question is kept for the next."""
    return tmp_path_factory.mktemp("shops")


def measured(question: str, shops: Path, tmp_path: Path, events: int = 2_000) -> dict[str, list[list[Any]]]:
    """The rows of each table that a question answers with, by its title."""
    figures = tmp_path / "figures.json"
    subprocess.run(
        [
            *(sys.executable, "-m", "footfall", "bench", question),
            *("--events", str(events), "--runs", "3", "--json", str(figures)),
        ],
        cwd=ROOT,
        env={"FOOTFALL_BENCH_SHOPS": str(shops), "PATH": "/usr/bin:/bin"},
        check=True,
        capture_output=True,
        timeout=170,
    )
    return {table["title"]: table["rows"] for table in json.loads(figures.read_text())["tables"]}


def test_every_table_has_a_size_and_together_they_are_the_whole(shops: Path, tmp_path: Path) -> None:
    ((_, rows),) = measured("storage", shops, tmp_path).items()
    names = {row[0] for row in rows}
    assert {"users", "products", "events", "orders", "mv_hourly_events", "mv_user_funnel"} <= names
    *tables, whole = rows
    assert whole[0] == "all"
    assert sum(row[5] for row in tables) == pytest.approx(whole[5])


def test_every_column_is_tried_under_each_codec(shops: Path, tmp_path: Path) -> None:
    tables = measured("compression", shops, tmp_path)
    shares = tables["Columns of events, bytes a row"]
    assert shares[0][0] == "all"
    assert sum(row[-1] for row in shares[1:]) == pytest.approx(100)
    codecs = {row[0]: row for row in tables["Codecs of events, bytes a row"]}
    assert {row[0] for row in shares[1:]} == set(codecs)
    _, ours, *others, smallest = codecs["user_id"]
    assert min(others) <= ours
    assert smallest in {"ours", "LZ4", "ZSTD", "ZSTD(3)", "ZSTD(9)", "Delta, ZSTD", "T64, ZSTD"}


def test_an_insert_is_timed_into_both_tables_alone_and_beside_the_stream(shops: Path, tmp_path: Path) -> None:
    ((_, rows),) = measured("insert", shops, tmp_path, events=2_500).items()  # no other question's shop
    assert len(rows) == 4
    for name, *percentiles in rows:
        assert 0 < percentiles[0] <= percentiles[1] <= percentiles[2], name


def test_rollups_and_raw_rows_say_the_same(shops: Path, tmp_path: Path) -> None:
    statements, named = measured("rollups", shops, tmp_path).values()
    kinds = {"counts and sums", "by-user totals", "distinct counts", "lists of users"}
    assert {row[1] for row in statements} == kinds
    for name, kind, rollup, raw, faster, wrong in statements:
        assert faster == pytest.approx(raw / rollup), name
        assert wrong == (pytest.approx(0, abs=1) if kind == "distinct counts" else 0), name
    assert {"stats", "top_products"} <= {row[0] for row in named}


def test_ids_are_looked_up_at_three_sizes(shops: Path, tmp_path: Path) -> None:
    ((_, rows),) = measured("ids", shops, tmp_path, events=400_000).items()
    assert [row[0] for row in rows[:-1]] == ["2,000", "100,000", "400,000"]
    assert all(cost > 0 for row in rows[:-1] for cost in row[3:])


def test_peers_agree_and_the_brief_s_design_counts_people_twice(shops: Path, tmp_path: Path) -> None:
    tables = measured("peers", shops, tmp_path)
    errors = {row[0]: row[1:] for row in tables["Peers: largest error of a figure, %"]}
    assert errors.keys() == {row[0] for row in tables["Peers: ms, medians"]}
    for what, (plain, brief, footfall) in errors.items():
        assert plain == pytest.approx(0, abs=1e-9), what
        assert footfall == pytest.approx(0, abs=1), what
        if what.startswith("visitors by day"):
            assert brief > 10
    ((_, *sizes),) = tables["Peers: MiB on disk"]
    assert all(size > 0 for size in sizes)


def test_layouts_hold_the_same_rows_and_read_more_or_fewer_of_them(shops: Path, tmp_path: Path) -> None:
    times, read = measured("layouts", shops, tmp_path).values()
    assert [row[0] for row in read[1:]] == [row[0] for row in times]
    by_type, *_, by_user, by_time = {row[0]: row[1:] for row in read}["one user's days, 90 days"]
    assert by_user <= min(by_type, by_time)


@pytest.mark.parametrize("kind", ["index", "projection"])
def test_every_object_of_the_schema_is_measured(
    shops: Path, tmp_path: Path, kind: str, store_client: Client
) -> None:
    tables = measured({"index": "indices", "projection": "projections"}[kind], shops, tmp_path)
    saved, costs = tables.values()
    where = {"index": "data_skipping_indices", "projection": "projections"}[kind]
    found = store_client.query(f"SELECT table, name FROM system.{where} WHERE database = 'footfall'")
    assert {row[0] for row in saved} == {f"{table}.{name}" for table, name in found.result_rows}
    of_events = {name for table, name in found.result_rows if table == "events"}
    assert {row[0] for row in costs} == of_events | {"(none: with all)"}
    assert all(with_it <= without for _, _, with_it, without, *_ in saved)


def test_every_query_is_asked_alone_and_by_many_at_each_size(shops: Path, tmp_path: Path) -> None:
    together, alone = measured("queries", shops, tmp_path).values()
    assert [row[0] for row in together if row[-1]] == []
    named = {row[0] for row in alone}
    assert named == catalogue(Config()).keys()
    assert {row[0] for row in together} == ENDPOINTS.keys()
    loading, times = measured("scale", shops, tmp_path).values()
    assert [row[0] for row in loading] == sorted(row[0] for row in loading)
    assert {row[0] for row in times} == named
    assert all(isinstance(cell, float) for row in times for cell in row[1:-1]), "within a reader's limits"


def test_every_aim_is_measured_at_its_size() -> None:
    """The rows of the table of what is to be reached at 100 million events."""
    asked = {
        "counts and sums from rollups against raw rows, 90 days": "rollups",
        "the same of by-user totals": "rollups",
        "distinct counts, 90 days": "rollups",
        "lists of users, 90 days": "rollups",
        "granules that selective predicates do not read: indices": "indices",
        "the same: projections": "projections",
        "compression of the base table": "compression",
        "bytes an event, everything in": "storage",
        "INSERT of 100 events beside the brief's stream": "insert",
        "each endpoint of the brief, 16 clients, p99": "queries",
        "ordered funnel of 3 steps, 30 of 90 days; against DuckDB": "peers",
        "bulk load, all rollups right": "scale",
        "the engine's memory while it loads and serves": "scale",
        "audit of all rollups": "audit",
    }
    measured = {figure.what: PUBLISHED[figure.question] for figure in TARGETS}
    assert {what: figure.question for what, figure in measured.items()} == asked
    assert {figure.sizes["events"] for figure in measured.values()} == {100_000_000}


# Its groups are more than a reader may hold in memory at 100 million events, and go on in files.
INTO_FILES = {"funnel_times"}


def test_nothing_else_falls_off_a_cliff() -> None:
    loading, times = results()["scale"]["tables"]
    before, last = (row[0] for row in loading["rows"][-2:])
    slower = {row[0]: row[-1] for row in times["rows"]}
    cliffs = {name for name, times in slower.items() if times == "" or times > 1.5 * last / before}
    assert cliffs == INTO_FILES


@pytest.mark.parametrize("figure", [*FIGURES, *TARGETS], ids=lambda figure: figure.what)
def test_every_figure_is_read_out_of_what_its_question_measured(figure: Figure) -> None:
    """Of the committed results, which the page is made from."""
    measured = results()[figure.question]
    assert measured["question"] in QUESTIONS
    assert re.search(r"\d", figure.ours([table["rows"] for table in measured["tables"]]))


def test_what_is_published_was_measured_as_make_bench_measures_it() -> None:
    commands = {name: figures["command"] for name, figures in results().items()}
    assert commands == {name: asked.command for name, asked in PUBLISHED.items()}
    assert {asked.question for asked in PUBLISHED.values()} == QUESTIONS.keys()
    tables = set(re.findall(r"^\{\{ (\w+)", TEXT.read_text(), re.M))
    assert PUBLISHED.keys() == tables - {"brief", "targets"}, "each has a table on the page"


def test_the_page_is_what_its_text_and_the_results_make() -> None:
    assert PAGE.read_text() == page(TEXT.read_text(), results())


def test_charts_have_a_line_for_each_growing_thing() -> None:
    tables = results()["scale"]["tables"]
    drawn = charts(tables, frozenset({"stats"}))
    sizes = [row[0] for row in tables[0]["rows"]]
    assert len(sizes) >= 3
    for chart in drawn:
        assert all([point["x"] for point in line["points"]] == sizes for line in chart["lines"])
    assert {line["label"].partition(":")[0] for line in drawn[-1]["lines"]} == {"of rollups", "of raw rows"}


def test_an_audit_is_timed_and_says_what_it_found(shops: Path, tmp_path: Path) -> None:
    ((_, rows),) = measured("audit", shops, tmp_path).items()
    found = {row[0]: row[1] for row in rows}
    assert found["exit code"] == 0
    assert found["seconds"] > 0
