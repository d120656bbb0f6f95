"""Draws how everything grows with the events, out of what `footfall bench scale` measured.

    python -m bench.charts

Writes a page (bench/results/growth.html, Chart.js from node_modules) and a picture (docs/images/growth.png).
A group of queries is one line: the median of those that read a rollup, and of those that read raw rows.
"""

import html
import json
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from tests.browser.conftest import launched

from bench.page import RESULTS, ROOT, results
from bench.scale import PEAKS
from footfall.config import load
from footfall.query import catalogue

TEMPLATE = ROOT / "bench" / "charts.html"
PAGE = RESULTS / "growth.html"
PICTURE = ROOT / "docs" / "images" / "growth.png"
Point = dict[str, float]


def charts(tables: Sequence[Mapping[str, Any]], rollups: frozenset[str]) -> list[dict[str, Any]]:
    """The charts of the tables of `scale`: title, unit, and lines of points; `rollups` names queries."""
    loading, times = tables
    sizes = [float(row[0]) for row in loading["rows"]]

    def one(title: str, unit: str, column: str) -> dict[str, Any]:
        at = loading["columns"].index(column)
        return _chart(title, unit, [_line(title, 0, sizes, [row[at] for row in loading["rows"]])])

    found = [
        one("Loading, all rollups right", "rows a second", "rows/s loaded"),
        one("On disk, everything in", "bytes an event", "bytes an event"),
        one("The engine's memory, at its peak while it loaded", "MiB", PEAKS[0]),
        one("The engine's memory, at its peak while it answered", "MiB", PEAKS[1]),
        one("Rollups by hour, country and product", "rows", "rows of rollups by hour, country, product"),
    ]
    families = ("of rollups", "of raw rows")
    lines = []
    for family, name in enumerate(families):
        rows = [row[1 : len(sizes) + 1] for row in times["rows"] if (row[0] in rollups) == (family == 0)]
        answered = [
            [each for each in of_size if not isinstance(each, str)] for of_size in zip(*rows, strict=True)
        ]
        medians = [median(of_size) for of_size in answered]
        lines.append(_line(f"{name}: the middle one of {len(rows)}", family, sizes, medians))
    return [*found, _chart("Named queries over their default range", "ms", lines, logarithmic=True)]


def _chart(
    title: str, unit: str, lines: list[dict[str, Any]], *, logarithmic: bool = False
) -> dict[str, Any]:
    return {"title": title, "unit": unit, "logarithmic": logarithmic, "lines": lines}


def _line(label: str, family: int, sizes: Sequence[float], values: Sequence[float]) -> dict[str, Any]:
    points: list[Point] = [{"x": x, "y": y} for x, y in zip(sizes, values, strict=True)]
    return {"label": label, "family": family, "points": points}


def page(figures: Mapping[str, Any]) -> str:
    """The page with the charts, relative to the folder of results."""
    rollups = frozenset(name for name, query in catalogue(load()).items() if query.proof is not None)
    drawn = json.dumps(charts(figures["tables"], rollups)).replace("<", "\\u003c")
    machine = figures["machine"]
    about = f"{figures['command']}; {machine['cores']} cores ({machine['processor']})"
    text = TEMPLATE.read_text().replace("{{ about }}", html.escape(about))
    return text.replace("{{ charts }}", drawn).replace("{{ root }}", "../../")


def main() -> None:
    """Writes the page, and its picture by Chromium."""
    PAGE.write_text(page(results()["scale"]))
    with launched("--allow-file-access-from-files") as browser:
        opened = browser.new_page(viewport={"width": 1400, "height": 1240})
        opened.goto(PAGE.as_uri())
        opened.wait_for_selector("html[data-drawn]", state="attached")
        PICTURE.write_bytes(opened.screenshot(full_page=True, animations="disabled"))


if __name__ == "__main__":
    main()
