"""Named queries are files; a header that is wrong is told with the file and what is wrong."""

import dataclasses
import re
from pathlib import Path

import pytest

from footfall.config import Config
from footfall.errors import UsageError
from footfall.query import catalogue
from footfall.query.catalogue import NAMED, problems, read_query
from footfall.query.docs import document
from tests.support import ROOT

ROLLUPS = {
    "mv_hourly_events",
    "mv_daily_events",
    "mv_user_funnel",
    "mv_country_stats",
    "daily_user_activity",
    "mv_product_revenue",
}
TABLES = ROLLUPS | {"events", "orders", "users", "products", "identities"}
# Raw rows, but their sums by day, as projections hold them: what is finer is answered by the twin.
SUMMED_BY_PROJECTIONS = {"devices", "sources", "country_activity", "product_activity"}
GOOD = """\
-- title: A title
-- description: What it answers,
--   over two lines.
-- reads: events, orders
-- grain: day
-- range: 10 days
-- estimate: n
-- note: To be known.
-- param: limit UInt32 = 10 ; 1..1000 ; rows at most
-- column: n count ; how many
SELECT count() AS n FROM footfall.events LIMIT {limit:UInt32}
"""


def test_a_file_is_read() -> None:
    query = read_query(Path("some_query.sql"), GOOD, "-- a comment\nSELECT {limit:UInt32} AS n")
    assert query.name == "some_query"
    assert query.description == "What it answers, over two lines."
    assert query.reads == ("events", "orders")
    assert (query.grain, query.longest_days, query.notes) == ("day", 10, ("To be known.",))
    limit, exact = query.parameters
    assert (exact.name, exact.inherited, limit.inherited) == ("exact", True, False)
    assert (limit.name, limit.type, limit.default, limit.accepts) == ("limit", "UInt32", "10", "1..1000")
    assert [column.unit for column in query.columns] == ["count"]
    assert query.estimates == ("n",)
    assert query.sql.startswith("SELECT count()") and query.proof == "SELECT {limit:UInt32} AS n"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("-- title: A title\n", ""), "needs one line `-- title: …`"),
        (("-- reads: events, orders", "-- reads:"), "needs one line `-- reads: …`"),
        (("grain: day", "grain: week"), "grain is week"),
        (("10 days", "a while"), "range is a while"),
        (("estimate: n", "estimate: m"), "estimate names 'm'"),
        (("estimate: n", "raw: m"), "raw names 'm'"),
        (("limit UInt32 = 10", "limit UInt32"), "a parameter reads"),
        (("n count ;", "n dollars ;"), "unit dollars"),
        (("n count ;", "n count"), "a column reads"),
        (("LIMIT {limit:UInt32}", ""), "declared and not used"),
        (("LIMIT {limit:UInt32}", "LIMIT {limit:UInt64}"), "is not declared"),
        (
            ("LIMIT {limit:UInt32}", "LIMIT {limit:UInt32} OFFSET {more:UInt32}"),
            "{more:UInt32} is not declared",
        ),
        (("-- note: To be known.", "-- notice: To be known."), "is not `-- key: value`"),
        (("SELECT count() AS n FROM footfall.events LIMIT {limit:UInt32}\n", ""), "no statement"),
    ],
)
def test_a_header_that_is_wrong_is_refused(change: tuple[str, str], told: str) -> None:
    assert change[0] in GOOD
    with pytest.raises(UsageError) as refused:
        read_query(Path("some_query.sql"), GOOD.replace(*change))
    assert "some_query.sql" in refused.value.message
    assert told in refused.value.message


def test_a_name_is_plain() -> None:
    with pytest.raises(UsageError, match="small letters"):
        read_query(Path("Some Query.sql"), GOOD)


def test_queries_of_the_users_own_join_the_catalogue(tmp_path: Path) -> None:
    (tmp_path / "mine.sql").write_text(GOOD)
    config = dataclasses.replace(Config(), queries=str(tmp_path))
    queries = catalogue(config)
    assert queries["mine"].title == "A title"
    assert queries.keys() - {"mine"} == catalogue(Config()).keys()


def test_a_file_that_is_no_query_is_one_line_and_the_others_work(tmp_path: Path) -> None:
    (tmp_path / "mine.sql").write_text(GOOD)
    (tmp_path / "stats.sql").write_text(GOOD)
    (tmp_path / "broken.sql").write_text("SELECT 1")
    (tmp_path / "latin.sql").write_bytes(b"-- title: caf\xe9\nSELECT 1")
    config = dataclasses.replace(Config(), queries=str(tmp_path))
    assert catalogue(config).keys() - catalogue(Config()).keys() == {"mine"}
    told = problems(config)
    assert [line.split(": ", 1)[0] for line in told] == [
        str(tmp_path / name) for name in ("broken.sql", "latin.sql", "stats.sql")
    ]
    assert "needs one line `-- title: …`" in told[0] and "UTF-8" in told[1]
    assert "there is a query stats already" in told[2]
    assert all("\n" not in line for line in told)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no such folder"):
        catalogue(dataclasses.replace(Config(), queries=str(tmp_path / "none")))


def test_each_query_on_a_rollup_has_a_proof_that_reads_none() -> None:
    for query in catalogue(Config()).values():
        assert set(query.reads) <= TABLES, query.name
        read = {table for table in ROLLUPS if table in query.sql}
        assert read == ROLLUPS & set(query.reads), f"{query.name} reads {read}"
        assert (query.proof is not None) == (bool(read) or query.name in SUMMED_BY_PROJECTIONS), query.name
        if query.proof is not None:
            assert not any(table in query.proof for table in ROLLUPS), query.name
            assert "WITH " not in query.proof.replace("WITH FILL", ""), query.name
        assert query.parameters or query.name, query.name


def test_every_file_belongs_to_a_query() -> None:
    names = {path.name for path in NAMED.glob("*.sql")}
    proofs = {name for name in names if name.endswith(".proof.sql")}
    assert {name.replace(".proof.sql", ".sql") for name in proofs} <= names


def test_the_documentation_is_current() -> None:
    assert (ROOT / "docs" / "queries.md").read_text() == "\n".join(document(Config())) + "\n", (
        "run python -m footfall.query.docs > docs/queries.md"
    )


def test_raw_rows_are_counted_exactly_and_what_comes_from_states_is_an_estimate() -> None:
    for query in catalogue(Config()).values():
        states = bool(re.search(r"uniq(Combined64)?Merge", query.sql)) and query.name != "top_users"
        if query.name in {"devices", "sources"}:  # answered from the states of a projection
            states = True
            assert query.proof and "uniqExactIf" in query.proof
        else:
            for sql in filter(None, (query.sql, query.proof)):
                assert not re.search(r"\buniq(If)?\(", sql), query.name
        assert bool(query.estimates) == states, query.name
