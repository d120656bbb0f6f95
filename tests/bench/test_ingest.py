"""The measurement of ingest runs from end to end; what it measures is no matter of a test."""

from pathlib import Path

from tests.bench.asked import tables


def test_every_aim_of_ingest_is_measured(tmp_path: Path) -> None:
    (table,) = tables("ingest", tmp_path, "--events", "2000", "--seconds", "2")
    rows = table["rows"]
    what = " ".join(row[0] for row in rows)
    for thing in (
        *("NDJSON: until queryable, events/s", "JSON: of the engine alone", "share of the cores"),
        *("most parts of a table", "ingest's memory", "single events: 202 after, ms: p99"),
        *("wait=true, ms: p95", "from 202 to queryable, ms: p99"),
    ):
        assert thing in what
    may_be_none = ("429", "cores")  # answers of a full inbox; a generator's share below what is printed
    assert all(row[1] > 0 for row in rows if not any(word in row[0] for word in may_be_none))
