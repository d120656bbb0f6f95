"""Units of the pages that need no page; their checks are written in their own language, in `units.mjs`."""

import subprocess
from pathlib import Path


def test_what_the_pages_compute() -> None:
    ran = subprocess.run(
        ["node", "--test", str(Path(__file__).parent / "units.mjs")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-20_000:] + ran.stderr
