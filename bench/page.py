"""Makes docs/performance.md from the figures in `bench/results` and the text in `bench/page.md`.

    python -m bench.page

A line `{{ FILE N }}` of the text becomes the N-th table of `bench/results/FILE.json` under the command that
measured it; the lines `{{ brief }}` and `{{ targets }}` become the brief's figures and our aims beside ours.
Raises `KeyError` for what has no figures, so that no table goes missing.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from bench.brief import FIGURES, beside_ours
from bench.report import Report
from bench.targets import TARGETS

ROOT = Path(__file__).parent.parent
TEXT = Path(__file__).parent / "page.md"
RESULTS = Path(__file__).parent / "results"
PAGE = ROOT / "docs" / "performance.md"
_PLACE = re.compile(r"^\{\{ (?P<question>\w+)(?: (?P<number>\d+))? \}\}$", re.M)

Results = Mapping[str, Mapping[str, Any]]


def results() -> Results:
    """What was measured, by the name of its file: a question's, or `QUESTION_SIZE` for another size."""
    return {file.stem: json.loads(file.read_text()) for file in sorted(RESULTS.glob("*.json"))}


def page(text: str, figures: Results) -> str:
    """The page: the text with its tables in place."""

    def put(found: re.Match[str]) -> str:
        if found["question"] == "brief":
            return "\n".join(beside_ours(figures, FIGURES, "the brief"))
        if found["question"] == "targets":
            return "\n".join(beside_ours(figures, TARGETS, "aim"))
        return "\n".join(_table(figures[found["question"]], int(found["number"] or 0)))

    return _PLACE.sub(put, text)


def _table(figures: Mapping[str, Any], number: int) -> list[str]:
    """The command, the machine and the table."""
    table = msgspec.convert(figures["tables"][number], Report)
    machine = figures["machine"]
    about = (
        f"{table.title}. `{figures['command']}`; {table.engine}, {machine['cores']} cores "
        f"({machine['processor']}), {machine['memory_gib']} GiB; load before: {figures['load_before']}."
    )
    return [about, "", *table.lines()]


if __name__ == "__main__":
    PAGE.write_text(page(TEXT.read_text(), results()))
