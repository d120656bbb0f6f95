"""Measures all that docs/performance.md has tables of, at full size: `make bench`.

    python -m bench.published [NAME …]

A NAME is that of a file in `bench/results`; without one, all are measured, which takes some hours and 60 GB
of disk. Each question runs in a process of its own; the shops that `scale` makes are kept for those after it.
The growth charts and the page are made anew in the end, also where a measurement failed.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from typing import Final, NamedTuple

from bench import charts
from bench.page import PAGE, RESULTS, TEXT, page, results

FULL, TENTH, BRIEF = 100_000_000, 10_000_000, 294_000


class Measured(NamedTuple):
    """A question of `footfall bench`, and its sizes."""

    question: str
    sizes: Mapping[str, int]

    @property
    def command(self) -> str:
        sizes = (f"--{name} {size}" for name, size in self.sizes.items())
        return " ".join(("footfall bench", self.question, *sizes))


PUBLISHED: Final = {
    "scale": Measured("scale", {"events": FULL, "runs": 3}),
    "indices": Measured("indices", {"events": FULL, "runs": 5}),
    "projections": Measured("projections", {"events": FULL, "runs": 5}),
    "rollups": Measured("rollups", {"events": FULL, "runs": 3}),
    "queries": Measured("queries", {"events": FULL, "runs": 48}),
    "storage_100m": Measured("storage", {"events": FULL}),
    "compression": Measured("compression", {"events": FULL}),
    "audit": Measured("audit", {"events": FULL}),
    "peers": Measured("peers", {"events": FULL, "runs": 3}),
    "indices_10m": Measured("indices", {"events": TENTH, "runs": 9}),
    "projections_10m": Measured("projections", {"events": TENTH, "runs": 9}),
    "rollups_10m": Measured("rollups", {"events": TENTH, "runs": 5}),
    "queries_10m": Measured("queries", {"events": TENTH, "runs": 160}),
    "layouts": Measured("layouts", {"events": TENTH, "runs": 5}),
    "storage": Measured("storage", {"events": BRIEF}),
    "interface": Measured("interface", {"events": 300_000, "runs": 9}),
    "ids": Measured("ids", {"events": 2 * FULL, "runs": 100}),
    "ingest": Measured("ingest", {"events": BRIEF, "seconds": 300}),
    "live": Measured("live", {"events": BRIEF, "seconds": 300}),
    "profiles": Measured("profiles", {"seconds": 30}),
    "insert": Measured("insert", {"events": BRIEF, "runs": 100}),
    "live_100m": Measured("live", {"events": FULL, "seconds": 300}),
    "insert_100m": Measured("insert", {"events": FULL, "runs": 100}),
}
"""By the name of its file. What streams into a shop comes last: it changes it."""


def main() -> None:
    """Measures what is asked for, and draws the page; ends with 1 where something failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(PUBLISHED))
    given = parser.parse_args().names or [*PUBLISHED]
    if unknown := [name for name in given if name not in PUBLISHED]:
        parser.error(f"{', '.join(unknown)}: there are {', '.join(PUBLISHED)}")
    with tempfile.TemporaryDirectory(prefix="footfall-shops-") as shops:
        kept = {"FOOTFALL_BENCH_SHOPS": shops} | os.environ
        failed = [name for name in given if not _measure(name, kept)]
    charts.main()
    PAGE.write_text(page(TEXT.read_text(), results()))
    sys.exit(f"not measured: {', '.join(failed)}" if failed else 0)


def _measure(name: str, environment: Mapping[str, str]) -> bool:
    asked = PUBLISHED[name]
    print(f"{name}: {asked.command}", flush=True)
    words = (sys.executable, "-m", *asked.command.split(), "--json", str(RESULTS / f"{name}.json"))
    return subprocess.run(words, env=dict(environment), check=False).returncode == 0


if __name__ == "__main__":
    main()
