"""A question of `footfall bench`, asked as its users ask it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support import ROOT


def tables(question: str, folder: Path, *sizes: str) -> list[dict[str, Any]]:
    """The tables that it answers with; its figures are written into `folder`."""
    figures = folder / "figures.json"
    subprocess.run(
        [*(sys.executable, "-m", "footfall", "bench", question), *sizes, *("--json", str(figures))],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=170,
    )
    found: list[dict[str, Any]] = json.loads(figures.read_text())["tables"]
    return found
