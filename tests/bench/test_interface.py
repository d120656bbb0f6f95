"""The measurement of the HTTP interface runs from end to end; what it measures is no matter of a test."""

import json
import subprocess
import sys
from pathlib import Path

from tests.support import ROOT


def test_every_aim_of_the_interface_is_measured(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    subprocess.run(
        [
            *(sys.executable, "-m", "footfall", "bench", "interface"),
            *("--events", "1000", "--runs", "3", "--json", str(figures)),
        ],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=170,
    )
    (measured,) = json.loads(figures.read_text())["tables"]
    what = " ".join(row[0] for row in measured["rows"])
    for thing in (
        *("start to first answer", "resident when idle", "SELECT 1, ms", "SELECT 1, 16 clients"),
        *("events as Native", "events as ArrowStream", "events as JSONEachRow"),
        *("rows as TabSeparated", "rows as RowBinary", "rows as Native", "rows as JSONEachRow"),
    ):
        assert thing in what
    # The CPU of results as small as these may be less than the kernel counts.
    assert all(row[2] > 0 for row in measured["rows"] if not row[0].startswith("CPU of such a result"))
