"""What a measurement answers with, and the arithmetic that all of them share."""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles

from rich.console import Console
from rich.table import Table

WIDTH = 160
"""Of a table that is not printed on a terminal."""


@dataclass
class Report:
    """A table of figures and how they came about."""

    title: str
    columns: list[str]
    events: int
    runs: int
    engine: str
    rows: list[list[str | float]] = field(default_factory=list)

    def lines(self) -> list[str]:
        """The table in Markdown: a heading line, the rule, a line a row."""
        head = "| " + " | ".join(self.columns) + " |"
        return [head, "|" + "---|" * len(self.columns), *(self._line(row) for row in self.rows)]

    def _line(self, row: list[str | float]) -> str:
        return "| " + " | ".join(shown(cell) for cell in row) + " |"


def shown(cell: str | float) -> str:
    """A figure with three digits that count, and whole numbers whole."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, int) or abs(cell) >= 1000:
        return f"{cell:,.0f}"
    if cell == 0:
        return "0"
    return f"{cell:.1f}" if abs(cell) >= 10 else f"{cell:.2f}" if abs(cell) >= 1 else f"{cell:.3f}"


def in_turn(things: Sequence[Callable[[], object]], runs: int, *, warm_ups: int = 2) -> list[list[float]]:
    """Runs all things in turn, `runs` times after warm-ups; the milliseconds of each.

    Each turn begins with another one, so that none is always the one after the heaviest.
    """
    times: list[list[float]] = [[] for _ in things]
    for run in range(-warm_ups, runs):
        for place in range(len(things)):
            at = (place + run) % len(things)
            began = time.perf_counter()
            things[at]()
            if run >= 0:
                times[at].append((time.perf_counter() - began) * 1000)
    return times


def spread(times: Sequence[float]) -> list[str | float]:
    """Median, 95th and 99th percentile."""
    cuts = quantiles(times, n=100, method="inclusive")
    return [median(times), cuts[94], cuts[98]]


def show(report: Report) -> None:
    """Prints a report as a table."""
    table = Table(
        title=report.title, caption=f"{report.events:,} events; {report.runs} runs; {report.engine}"
    )
    for number, column in enumerate(report.columns):
        table.add_column(column, justify="right" if number else "left")
    for row in report.rows:
        table.add_row(*map(shown, row))
    Console(width=None if sys.stdout.isatty() else WIDTH).print(table)
