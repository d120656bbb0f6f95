"""The measurement of the HTTP interface runs from end to end; what it measures is no matter of a test."""

from pathlib import Path

from tests.bench.asked import tables


def test_every_aim_of_the_interface_is_measured(tmp_path: Path) -> None:
    (measured,) = tables("interface", tmp_path, "--events", "1000", "--runs", "3")
    what = " ".join(row[0] for row in measured["rows"])
    for thing in (
        *("start to first answer", "resident when idle", "SELECT 1, ms", "SELECT 1, 16 clients"),
        *("events as Native", "events as ArrowStream", "events as JSONEachRow"),
        *("rows as TabSeparated", "rows as RowBinary", "rows as Native", "rows as JSONEachRow"),
    ):
        assert thing in what
    # The CPU of results as small as these may be less than the kernel counts.
    assert all(row[2] > 0 for row in measured["rows"] if not row[0].startswith("CPU of such a result"))
